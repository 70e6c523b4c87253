"""Processor cores: their instruction set, how to compile for them, and what simulates them.

The cores are data, codegen/data/cores/cores.json.
"""

import difflib
import functools
import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

from codegen.errors import CodegenError

FORMAT = "silkscreen-cores-1"


class CoreError(CodegenError):
    """A core that is not known."""


@dataclass(frozen=True, slots=True)
class Simulator:
    """A machine of QEMU with this core, or with one that runs the same instructions.

    model: which core it really is, in words. flash_kib, ram_kib: memory that code and data can use, from
    flash_origin and ram_origin on. program: of QEMU; options: what it needs besides.
    """

    machine: str
    model: str
    flash_kib: int
    ram_kib: int
    flash_origin: int = 0
    ram_origin: int = 0x20000000
    program: str = "qemu-system-arm"
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Core:
    """A processor core.

    instruction_set: such as "armv7e-m". features: of "thumb1", "thumb2", "saturation" (USAT), "dsp"
    (16-bit multiply-accumulate), "float32" (a single-precision unit), "mve" (vectors of 16 bytes).
    compiler_flags: for the compiler. simulators: at least one; those after the first are larger.
    """

    name: str
    instruction_set: str
    features: frozenset[str]
    compiler_flags: tuple[str, ...]
    simulators: tuple[Simulator, ...]
    compiler: str = "arm-none-eabi-gcc"

    def tool(self, name: str) -> str:
        """The program of the compiler's binary utilities, such as "nm"."""
        return self.compiler.removesuffix("gcc") + name


def known_cores() -> tuple[str, ...]:
    """Names of the cores that ship with the package."""
    return tuple(_cores())


def load_core(name: str) -> Core:
    """A core by its name, such as "cortex-m4". Raises CoreError, naming the nearest, where there is none."""
    cores = _cores()
    if name not in cores:
        near = difflib.get_close_matches(name, cores, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(cores)}"
        raise CoreError(f"core {name!r} is not known; {hint}")
    return cores[name]


@functools.cache
def _cores() -> dict[str, Core]:
    path = resources.files("codegen") / "data" / "cores" / "cores.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    if document["format"] != FORMAT:
        raise CoreError(f"cores.json: format must be {FORMAT!r}, not {document['format']!r}")
    return {
        entry["name"]: Core(
            name=entry["name"],
            instruction_set=entry["instruction_set"],
            features=frozenset(entry["features"]),
            compiler_flags=tuple(entry["compiler_flags"]),
            simulators=tuple(_simulator(one) for one in entry["simulators"]),
            compiler=entry.get("compiler", "arm-none-eabi-gcc"),
        )
        for entry in document["cores"]
    }


def _simulator(entry: dict[str, Any]) -> Simulator:
    return Simulator(**{**entry, "options": tuple(entry.get("options", ()))})
