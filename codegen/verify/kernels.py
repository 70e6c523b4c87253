"""Runs emitted kernels on the host and on a core, many in one program, and counts what they cost."""

import functools
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt

from codegen.c.kernels import PORTABLE_MACRO, KernelCode
from codegen.cores import Core, Simulator
from codegen.toolchain import ToolError, ToolResult, run_tool
from codegen.verify.build import (
    WARNINGS,
    build_host,
    compile_c,
    link_firmware,
    run_firmware,
    run_host,
)

OPTIMIZATION = "-O2"
"""At which kernels are compiled for a core."""
_HOST_FILES = ("kernels.h", "kernels_host.c", "io.h", "io_host.c")
_CORE_FILES = (
    "kernels.h",
    "kernels_core.c",
    "kernels_call.S",
    "io.h",
    "io_semihosting.c",
    "startup.c",
    "link.ld.in",
)
_COUNT = re.compile(rb"^INSTRUCTIONS (\d+) CYCLES (\d+)$", re.MULTILINE)
_FAILURES = {1: "could not use its files", 2: "wrote behind its output", 3: "wrote behind its scratch"}
Int8Array = npt.NDArray[np.int8]


class KernelError(Exception):
    """A kernel does what it must not: a sanitizer's finding, a write behind a buffer, a fault."""


@dataclass(frozen=True, slots=True)
class KernelCase:
    """A kernel and what it is run on.

    code: its prototype's name is `name`. inputs: (n_runs, input bytes). output_bytes: of a run.
    """

    name: str
    code: KernelCode
    inputs: Int8Array
    output_bytes: int
    in_place: bool = False


@dataclass(frozen=True, slots=True)
class KernelCost:
    """Of one run. cycles: an estimate for a Cortex-M4 without wait states (see firmware/cycles.c), and of
    no meaning for other instruction sets."""

    instructions: int
    cycles: int


def run_kernels_on_host(cases: Sequence[KernelCase]) -> list[Int8Array]:
    """Outputs (n_runs, output bytes) of each case, of the portable form under sanitizers.

    Raises KernelError with the sanitizer's words; ToolError, BuildError as codegen.verify.build says.
    """
    with tempfile.TemporaryDirectory(prefix="silkscreen-") as folder_name:
        folder = Path(folder_name)
        _write(folder, cases, _HOST_FILES)
        build_host(["kernels.c", "kernels_host.c", "io_host.c"], "run", folder)
        _check(run_host("run", folder))
        return _outputs(folder, cases)


def run_kernels_on_core(
    cases: Sequence[KernelCase],
    core: Core,
    *,
    portable: bool = False,
    inspect: Callable[[Path], None] | None = None,
) -> tuple[list[Int8Array], list[list[KernelCost]]]:
    """(outputs of each case, costs of each run of each case) from one program in QEMU.

    portable: the portable form in place of the core's own. inspect: is called with the folder, where
    kernels.o and its call graph kernels.ci lie. Raises KernelError, ToolError, BuildError.
    """
    with tempfile.TemporaryDirectory(prefix="silkscreen-") as folder_name:
        folder = Path(folder_name)
        _write(folder, cases, _CORE_FILES)
        image = "image.elf"
        simulator = _build(folder, cases, core, [f"-D{PORTABLE_MACRO}"] if portable else [])
        (folder / "cycles.so").write_bytes(_plugin())
        begin, end = _labels(folder / image, core)
        plugin = ["-plugin", f"./cycles.so,begin={begin:#x},end={end:#x}"]
        result = run_firmware(simulator, image, folder, plugin)
        _check(result)
        if inspect is not None:
            inspect(folder)
        return _outputs(folder, cases), _costs(result, cases)


def kernel_flash_bytes(code: KernelCode, core: Core) -> int:
    """Code and constants of one kernel, compiled for a core."""
    with tempfile.TemporaryDirectory(prefix="silkscreen-") as folder_name:
        folder = Path(folder_name)
        name = re.findall(r"(\w+)\(const", code.prototype)[0]
        pointer = f"void (*const kept_{name})(const int8_t *, int8_t *, void *) = {name};\n"
        (folder / "one.c").write_text(f"#include <stdint.h>\n{code.constants}{code.functions}{pointer}")
        compile_c(core.compiler, [*core.compiler_flags, "-std=c99", OPTIMIZATION, "-c", "one.c"], folder)
        text = _tool([core.tool("size"), "one.o"], folder).splitlines()[1].split()
        return int(text[0]) + int(text[1]) - 4


def _write(folder: Path, cases: Sequence[KernelCase], names: Sequence[str]) -> None:
    for name in names:
        text = resources.files("codegen.verify").joinpath(f"firmware/{name}").read_text(encoding="utf-8")
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "kernels.c").write_text(_program(cases), encoding="utf-8")
    (folder / "inputs.bin").write_bytes(b"".join(case.inputs.tobytes() for case in cases))


def _program(cases: Sequence[KernelCase]) -> str:
    parts = ['#include "kernels.h"\n']
    parts += [f"{case.code.constants}\n{case.code.functions}\n" for case in cases]
    parts.append("const kernel_case_t kernel_cases[] = {\n")
    for case in cases:
        sizes = (case.inputs.shape[1], case.output_bytes, case.code.scratch_bytes, len(case.inputs))
        parts.append(f"    {{{case.name}, {', '.join(map(str, sizes))}, {int(case.in_place)}}},\n")
    parts.append(f"}};\nconst uint32_t n_kernel_cases = {len(cases)};\n")
    return "".join(parts)


def _build(folder: Path, cases: Sequence[KernelCase], core: Core, flags: Sequence[str]) -> Simulator:
    sizes = {
        "INPUT_BYTES": max(max(case.inputs.shape[1], case.output_bytes) for case in cases),
        "OUTPUT_BYTES": max(case.output_bytes for case in cases),
        "SCRATCH_BYTES": max(case.code.scratch_bytes for case in cases),
    }
    common = [*core.compiler_flags, "-std=c99", OPTIMIZATION, "-ffunction-sections", "-c"]
    compile_c(core.compiler, [*common, *WARNINGS, *flags, "-fcallgraph-info=su", "kernels.c"], folder)
    sources = ["kernels_core.c", "kernels_call.S", "io_semihosting.c", "startup.c"]
    compile_c(
        core.compiler, [*common, *(f"-D{name}={size}u" for name, size in sizes.items()), *sources], folder
    )
    objects = ["kernels.o", *(f"{Path(source).stem}.o" for source in sources)]
    return link_firmware(core, objects, "image.elf", folder)


def _check(result: ToolResult) -> None:
    if result.returncode != 0:
        words = result.stderr.decode(errors="replace")[:1500]
        reason = _FAILURES.get(result.returncode, f"ended with status {result.returncode}")
        raise KernelError(f"a kernel {reason}: {words}")


def _outputs(folder: Path, cases: Sequence[KernelCase]) -> list[Int8Array]:
    data = np.frombuffer((folder / "outputs.bin").read_bytes(), dtype=np.int8)
    found, at = [], 0
    for case in cases:
        n = len(case.inputs) * case.output_bytes
        found.append(data[at : at + n].reshape(len(case.inputs), case.output_bytes))
        at += n
    return found


def _costs(result: ToolResult, cases: Sequence[KernelCase]) -> list[list[KernelCost]]:
    counts = [KernelCost(int(a), int(b)) for a, b in _COUNT.findall(result.stderr)]
    n_runs = sum(len(case.inputs) for case in cases)
    if len(counts) != n_runs:
        raise ToolError(f"QEMU: {n_runs} calls must be counted, but {len(counts)} were")
    found, at = [], 0
    for case in cases:
        found.append(counts[at : at + len(case.inputs)])
        at += len(case.inputs)
    return found


def _labels(image: Path, core: Core) -> tuple[int, int]:
    lines = _tool([core.tool("nm"), image.name], image.parent).splitlines()
    symbols = {parts[2]: int(parts[0], 16) for parts in (line.split() for line in lines) if len(parts) == 3}
    return symbols["measured_begin"], symbols["measured_end"]


def _tool(argv: list[str], folder: Path) -> str:
    result = run_tool(argv, cwd=folder, timeout_s=60.0)
    if result.returncode != 0:
        raise ToolError(f"{argv[0]}: must end with status 0: {result.stderr.decode(errors='replace')[:500]}")
    return result.stdout.decode(errors="replace")


@functools.cache
def _plugin() -> bytes:
    """The compiled plugin of QEMU."""
    source = resources.files("codegen.verify").joinpath("firmware/cycles.c").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="silkscreen-") as name:
        (Path(name) / "cycles.c").write_text(source, encoding="utf-8")
        compile_c("gcc", ["-shared", "-fPIC", "-O2", "cycles.c", "-o", "cycles.so"], Path(name))
        return (Path(name) / "cycles.so").read_bytes()
