"""What a classifier in C costs on a core, whoever wrote it: instructions from features to class, flash, RAM.

A program is a set of C files with `int classify(const float *raw)`. All are compiled alike, run in QEMU over
the same rows and counted from the first instruction of `classify` to its return. Flash is what a firmware
that calls it has more than one that does not, with the routines of the compiler and the C library.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from codegen.cores import Core
from codegen.verify.build import FIRMWARE_FLAGS, compile_c, compile_firmware, link_firmware, run_firmware
from codegen.verify.measure import COUNT, count_plugin, image_size, image_symbols

_WRAPPER = """\
    .syntax unified
    .thumb
    .text
    .global measured
    .thumb_func
measured:
    push {r4, lr}
    bl classify
    .global measured_return
measured_return:
    pop {r4, pc}
"""
_RUN = """\
#include "io.h"
int measured(const float *raw);
static const unsigned bits[] = {ROWS};
static int answers[N_ROWS];
int main(void)
{
    int row, out;
    for (row = 0; row < N_ROWS; row++) {
        answers[row] = measured((const float *)(const void *)bits + row * N_FEATURES);
    }
    out = io_open("answers.bin", "wb");
    return io_write(out, answers, sizeof answers);
}
"""
_USER = """\
int classify(const float *raw);
static float raw[N_FEATURES];
int main(void)
{
    return classify(raw);
}
"""
_NOTHING = "int classify(const float *raw)\n{\n    return raw == 0;\n}\n"


@dataclass(frozen=True, slots=True)
class Measured:
    """instructions: mean over the rows. classes: (n_rows,) answers."""

    instructions: float
    flash_bytes: int
    ram_bytes: int
    classes: tuple[int, ...]


def measure_program(
    core: Core,
    sources: Mapping[str, str],
    rows: np.ndarray,
    *,
    level: str = "-O2",
    includes: Sequence[str] = (),
    libraries: Sequence[str] = (),
) -> Measured:
    """sources: text by file name; those that end in .c are compiled. rows: (n_rows, n_features) raw
    features."""
    with tempfile.TemporaryDirectory(prefix="silkscreen-") as name:
        folder = Path(name)
        _write(folder, sources, rows.astype(np.float32))
        flags = [*core.compiler_flags, *FIRMWARE_FLAGS, level, *(f"-I{path}" for path in includes), "-c"]
        ours = [source for source in sources if source.endswith(".c")]
        compile_c(core.compiler, [*flags, *ours], folder)
        compile_firmware(
            core, ["startup.c", "io_semihosting.c", "run.c", "user.c", "nothing.c", "wrapper.S"], folder
        )
        objects = [source.replace(".c", ".o") for source in ours]
        start = ["startup.o", "io_semihosting.o"]
        flash, ram = (
            used - without
            for used, without in zip(
                _size(core, [*start, "user.o", *objects, *libraries], folder),
                _size(core, [*start, "user.o", "nothing.o"], folder),
                strict=True,
            )
        )
        counts = _run(core, [*start, "run.o", "wrapper.o", *objects, *libraries], folder)
        classes = np.fromfile(folder / "answers.bin", dtype="<i4")
        return Measured(float(np.mean(counts)), flash, ram, tuple(int(one) for one in classes))


def _write(folder: Path, sources: Mapping[str, str], rows: np.ndarray) -> None:
    firmware = resources.files("codegen.verify").joinpath("firmware")
    texts = {name: firmware.joinpath(name).read_text(encoding="utf-8") for name in _FIRMWARE}
    bits = ", ".join(f"{int(word)}u" for word in np.ascontiguousarray(rows).view(np.uint32).ravel())
    sizes = f"#define N_ROWS {len(rows)}\n#define N_FEATURES {rows.shape[1]}\n"
    texts |= {"run.c": sizes + _RUN.replace("ROWS}", f"{bits}}}"), "user.c": sizes + _USER}
    texts |= {"nothing.c": _NOTHING, "wrapper.S": _WRAPPER, **sources}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


_FIRMWARE = ("startup.c", "io_semihosting.c", "io.h", "link.ld.in")


def _size(core: Core, objects: Sequence[str], folder: Path) -> tuple[int, int]:
    link_firmware(core, objects, "image.elf", folder)
    return image_size(folder / "image.elf", core)


def _run(core: Core, objects: Sequence[str], folder: Path) -> list[int]:
    simulator = link_firmware(core, objects, "image.elf", folder)
    (folder / "count.so").write_bytes(count_plugin())
    symbols = image_symbols(folder / "image.elf", core)
    plugin = ["-plugin", f"./count.so,begin={symbols['classify']:#x},end={symbols['measured_return']:#x}"]
    result = run_firmware(simulator, "image.elf", folder, plugin)
    if result.returncode != 0:
        raise SystemExit(f"qemu: must end with 0, not {result.returncode}: {result.stderr.decode()[:500]}")
    return [int(number) for number in COUNT.findall(result.stderr)]
