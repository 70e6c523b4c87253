"""What an emitted C module costs on a core: instructions counted in QEMU, flash, RAM and stack."""

import functools
import re
import tempfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.artifact import Artifact
from codegen.cores import Core, Simulator
from codegen.ir import Network
from codegen.toolchain import ToolError, run_tool, tool_version
from codegen.verify.budget import rows_within
from codegen.verify.build import (
    compile_c,
    compile_firmware,
    compile_module,
    link_firmware,
    run_firmware,
)
from codegen.verify.stack import worst_stack
from codegen.verify.subject import Subject, rows_bytes, write_subject

IntArray: TypeAlias = npt.NDArray[np.integer[Any]]

MAX_ROWS = 256
"""Rows over which instructions are counted."""
MAX_MACS = 1 << 25
"""Multiply-accumulates of all rows of a tensor network, whose instructions hardly depend on the data."""

_MEASURED_ARM = """\
    .syntax unified
    .thumb
    .text
    .global measured_predict
    .thumb_func
measured_predict:
    push {{r4, lr}}
    bl {prefix}_predict
    .global measured_return
measured_return:
    pop {{r4, pc}}
"""
_MEASURED_RISCV = """\
    .text
    .global measured_predict
measured_predict:
    addi sp, sp, -16
    sw ra, 12(sp)
    call {prefix}_predict
    .global measured_return
measured_return:
    lw ra, 12(sp)
    addi sp, sp, 16
    ret
"""
_USER = """\
#include "subject.h"
static float raw[N_FEATURES];
static input_t x[N_FEATURES];
static answer_t y[N_ANSWERS];
int main(void)
{
    SUBJECT_QUANTIZE(raw, x);
    SUBJECT_PREDICT(x, y);
    return (int)y[0];
}
"""
_EMPTY = """\
void {prefix}_quantize(void);
void {prefix}_predict(void);
void {prefix}_quantize(void) {{}}
void {prefix}_predict(void) {{}}
"""
COUNT = re.compile(rb"^INSTRUCTIONS (\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FirmwareMeasurement:
    """The cost of a module on one core.

    instructions_*: of one `P_predict`, from its first instruction to its return, over the given rows.
    flash_bytes: what the module adds to a firmware that calls `P_quantize` and `P_predict`, with the
    library routines that these need and no other part does. ram_bytes: static data, the arena of a tensor
    network included, and the stack. arena_bytes: of the module's own arena as compiled, 0 where it has none.
    stack_bytes: of `P_predict` and what it calls, the larger one of the worst case by the compiler's call
    graph, which has no library routines, and of what the rows used. stack_used_bytes: the latter alone.
    compiler: its version line.
    """

    instructions_mean: float
    instructions_min: int
    instructions_max: int
    flash_bytes: int
    ram_bytes: int
    arena_bytes: int
    stack_bytes: int
    stack_used_bytes: int
    compiler: str


def measure_firmware(
    artifact: Artifact, network: Network, codes: IntArray, core: Core
) -> FirmwareMeasurement:
    """Compiles the module for a core with -Os, a tensor network with -O2, and measures it.

    codes: (n_samples, n_features), of which the first `MAX_ROWS` are run, of a large tensor network as many
    as take `MAX_MACS` multiply-accumulates, with instructions counted by a
    plugin of QEMU that is compiled on the fly. Raises ToolError where a tool is missing or its plugin
    interface is another one, BuildError where the module does not compile.
    """
    with tempfile.TemporaryDirectory(prefix="silkscreen-") as name:
        subject = write_subject(network, artifact, Path(name))
        rows = codes[: min(MAX_ROWS, rows_within(network, MAX_MACS))]
        (subject.folder / "codes.bin").write_bytes(rows_bytes(rows, subject.input_dtype))
        objects = _compile(subject, core)
        counts = _count_instructions(subject, core, objects, len(rows))
        flash, static_ram = _measure_size(subject, core, objects)
        used = _use_stack(subject, core, objects)
        stack = max(worst_stack(subject.folder, "module", f"{subject.prefix}_predict", core), used)
        return FirmwareMeasurement(
            instructions_mean=float(np.mean(counts)),
            instructions_min=int(min(counts)),
            instructions_max=int(max(counts)),
            flash_bytes=flash,
            ram_bytes=static_ram + stack,
            arena_bytes=_symbol_bytes(subject, f"{subject.prefix}_arena", core),
            stack_bytes=stack,
            stack_used_bytes=used,
            compiler=tool_version(core.compiler),
        )


def _compile(subject: Subject, core: Core) -> dict[str, str]:
    """The object files of all images, by their stem."""
    measured = _MEASURED_RISCV if core.instruction_set.startswith("rv") else _MEASURED_ARM
    texts = {"measured.S": measured, "user.c": _USER, "empty.c": _EMPTY}
    for name, text in texts.items():
        filled = text if name == "user.c" else text.format(prefix=subject.prefix)
        (subject.folder / name).write_text(filled, encoding="utf-8")
    ours = ["startup.c", "io_semihosting.c", "harness.c", "measured.S", "empty.c"]
    objects = [
        compile_module(core, subject.module, subject.folder, subject.optimization),
        *compile_firmware(core, ours, subject.folder, ["-DMEASURED"]),
        *compile_firmware(core, ["user.c", "stack.c"], subject.folder),
    ]
    return {Path(name).stem: name for name in objects}


def _link(subject: Subject, core: Core, objects: dict[str, str], stems: str) -> tuple[Path, Simulator]:
    """An image of the start-up and the objects named in `stems`, and the simulator that it fits."""
    names = [objects[stem] for stem in ("startup", "io_semihosting", *stems.split())]
    simulator = link_firmware(core, names, "image.elf", subject.folder)
    return subject.folder / "image.elf", simulator


def _count_instructions(subject: Subject, core: Core, objects: dict[str, str], n_rows: int) -> list[int]:
    folder = subject.folder
    image, simulator = _link(subject, core, objects, "module harness measured")
    (folder / "count.so").write_bytes(count_plugin())
    symbols = image_symbols(image, core)
    begin, end = symbols[f"{subject.prefix}_predict"], symbols["measured_return"]
    plugin = ["-plugin", f"./count.so,begin={begin:#x},end={end:#x}"]
    result = run_firmware(simulator, image.name, folder, plugin)
    counts = [int(number) for number in COUNT.findall(result.stderr)]
    if result.returncode != 0 or len(counts) != n_rows:
        words = result.stderr.decode(errors="replace")[:500]
        raise ToolError(
            f"{simulator.program}: {n_rows} calls must be counted, but {len(counts)} were: {words}"
        )
    return counts


def image_symbols(image: Path, core: Core) -> dict[str, int]:
    """Addresses by name."""
    lines = _tool([core.tool("nm"), image.name], image.parent).splitlines()
    fields = [line.split() for line in lines]
    return {parts[2]: int(parts[0], 16) for parts in fields if len(parts) == 3}


def _tool(argv: list[str], folder: Path) -> str:
    result = run_tool(argv, cwd=folder, timeout_s=60.0)
    if result.returncode != 0:
        raise ToolError(f"{argv[0]}: must end with status 0: {result.stderr.decode(errors='replace')[:500]}")
    return result.stdout.decode(errors="replace")


@functools.cache
def count_plugin() -> bytes:
    """The compiled plugin."""
    source = resources.files("codegen.verify").joinpath("firmware/count.c").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="silkscreen-") as name:
        (Path(name) / "count.c").write_text(source, encoding="utf-8")
        compile_c("gcc", ["-shared", "-fPIC", "-O2", "count.c", "-o", "count.so"], Path(name))
        return (Path(name) / "count.so").read_bytes()


def _measure_size(subject: Subject, core: Core, objects: dict[str, str]) -> tuple[int, int]:
    """(flash, static RAM) in bytes: a program that uses the module less one that has empty functions."""
    full = image_size(_link(subject, core, objects, "user module")[0], core)
    empty = image_size(_link(subject, core, objects, "user empty")[0], core)
    return full[0] - empty[0], full[1] - empty[1]


def image_size(image: Path, core: Core) -> tuple[int, int]:
    """(flash, RAM): text and data, data and bss."""
    text, data, bss = _tool([core.tool("size"), image.name], image.parent).splitlines()[1].split()[:3]
    return int(text) + int(data), int(data) + int(bss)


def _use_stack(subject: Subject, core: Core, objects: dict[str, str]) -> int:
    """Bytes of stack below `P_predict`'s caller that a run over the rows has written."""
    image, simulator = _link(subject, core, objects, "stack module")
    result = run_firmware(simulator, image.name, subject.folder)
    if result.returncode != 0:
        raise ToolError(f"{simulator.program}: the stack's program must end with 0, not {result.returncode}")
    return int.from_bytes((subject.folder / "stack.bin").read_bytes(), "little")


def _symbol_bytes(subject: Subject, name: str, core: Core) -> int:
    """The size of a variable of the module, 0 where there is none of this name."""
    for line in _tool([core.tool("nm"), "-S", "module.o"], subject.folder).splitlines():
        fields = line.split()
        if len(fields) == 4 and fields[3] == name:
            return int(fields[1], 16)
    return 0
