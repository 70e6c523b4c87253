"""What many kernels cost on a core, measured in one program: instructions, bytes and stack."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codegen.cores import Core
from codegen.toolchain import ToolError, run_tool
from codegen.verify.kernels import KernelCase, run_kernels_on_core
from codegen.verify.stack import worst_stacks

_SYMBOL = re.compile(r"^[0-9a-f]+ ([0-9a-f]+) (\w) (\S+)$", re.MULTILINE)
CODE_KINDS, CONSTANT_KINDS = "tT", "rRdD"


@dataclass(frozen=True, slots=True)
class KernelMeasurement:
    """instructions: of the first run. code_bytes, constant_bytes: in flash, without library routines.
    stack_bytes: the worst case by the call graph."""

    instructions: int
    code_bytes: int
    constant_bytes: int
    stack_bytes: int


def measure_kernels(cases: Sequence[KernelCase], core: Core) -> list[KernelMeasurement]:
    """Of each case. All names of a case must begin with its name and an underscore, or be its name.

    Raises KernelError, ToolError, BuildError as codegen.verify.kernels does.
    """
    names = tuple(case.name for case in cases)
    sizes: dict[str, tuple[int, int]] = {}
    stacks: dict[str, int] = {}

    def inspect(folder: Path) -> None:
        sizes.update(_sizes(folder, names, core))
        stacks.update(worst_stacks(folder, "kernels", names, core))

    _, costs = run_kernels_on_core(cases, core, inspect=inspect)
    return [
        KernelMeasurement(cost[0].instructions, *sizes[name], stacks[name])
        for name, cost in zip(names, costs, strict=True)
    ]


def _symbols(folder: Path, core: Core) -> str:
    argv = [core.tool("nm"), "-S", "kernels.o"]
    result = run_tool(argv, cwd=folder, timeout_s=60.0)
    if result.returncode != 0:
        raise ToolError(f"{argv[0]}: must end with status 0: {result.stderr.decode(errors='replace')[:500]}")
    return result.stdout.decode()


def _sizes(folder: Path, names: Sequence[str], core: Core) -> dict[str, tuple[int, int]]:
    """(code, constants) in whole words a symbol, by the case whose name a symbol begins with."""
    found = {name: [0, 0] for name in names}
    for size, kind, symbol in _SYMBOL.findall(_symbols(folder, core)):
        name = symbol.partition("_")[0].partition(".")[0]
        if name in found and kind in CODE_KINDS + CONSTANT_KINDS:
            found[name][kind in CONSTANT_KINDS] += (int(size, 16) + 3) // 4 * 4
    return {name: (code, constants) for name, (code, constants) in found.items()}
