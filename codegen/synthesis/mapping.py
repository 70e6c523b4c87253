"""Mapping of a gate netlist to the cells of a library by ABC, with several recipes; the smallest is kept.

Recipes: measured on printed classifiers, docs/verilog.md. Each has a fixed number of rounds, so the
result does not depend on the speed of the machine.
"""

import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codegen.cells import CellLibrary
from codegen.circuit.netlist import area_cm2, remove_dead_gates
from codegen.ir.network import GateKind, GateNetlist
from codegen.synthesis.blif import CONSTANT_CELLS, from_mapped_blif, to_blif
from codegen.synthesis.errors import SynthesisError
from codegen.toolchain import Yosys, find_tool, find_yosys, run_tool, tool_version

TIMEOUT_S = 600.0
"""A stop for the case that something is wrong; the recipes end by themselves."""
MEMORY_MB = 4096

_RESUB = (
    "balance -l; resub -K 6 -l; rewrite -l; resub -K 6 -N 2 -l; refactor -l; resub -K 8 -l; balance -l; "
    "resub -K 8 -N 2 -l; rewrite -l; resub -K 10 -l; rewrite -z -l; resub -K 10 -N 2 -l; balance -l; "
    "resub -K 12 -l; refactor -z -l; resub -K 12 -N 2 -l; rewrite -z -l; balance -l; "
)
_LUTS = "dch -f; if -K 4 -a; mfs2 -a -W 50 -D 50 -L 100 -C 5000; strash; "


@dataclass(frozen=True, slots=True)
class Recipe:
    """name: shown in reports. script: ABC commands from a logic network to a mapped one."""

    name: str
    script: str


FAST: tuple[Recipe, ...] = (Recipe("map", "strash; dch; map -a; "),)
"""One recipe, for checks."""
THOROUGH: tuple[Recipe, ...] = (
    Recipe("cover", "strash; ifraig; amap -m; "),
    Recipe("dc2", "strash; ifraig; dc2; amap -m; "),
    *FAST,
    Recipe("resub", f"strash; ifraig; dc2; dc2; {_RESUB * 2}dch; amap -m; "),
    Recipe("luts", f"strash; ifraig; dc2; dc2; {(_RESUB + _LUTS) * 4}{_RESUB}dch -f; amap; "),
)
"""The recipes for a price; minutes for circuits far above 1 cm2."""

_FUNCTIONS: dict[GateKind, str] = {
    "inv": "!{0}",
    "nand": "!({0}*{1})",
    "nor": "!({0}+{1})",
    "and": "{0}*{1}",
    "or": "{0}+{1}",
    "xor": "{0}*!{1}+!{0}*{1}",
    "xnor": "{0}*{1}+!{0}*!{1}",
}


@dataclass(frozen=True, slots=True)
class Mapping:
    """recipe: name of the one that was smallest. tool: what mapped, with its version."""

    netlist: GateNetlist
    recipe: str
    tool: str


def map_netlist(
    netlist: GateNetlist, n_inputs: int, library: CellLibrary, recipes: Sequence[Recipe] = THOROUGH
) -> Mapping:
    """The same function in cells of the library, as small as the best of the recipes makes it.

    Uses berkeley-abc where it is installed, else the ABC inside yosys. Raises SynthesisError where none
    of the recipes gave a netlist, ToolError where no tool is there.
    """
    live = remove_dead_gates(netlist, n_inputs)
    if not live.gates:
        return Mapping(live, "none", "")
    with tempfile.TemporaryDirectory(prefix="silkscreen-") as name:
        folder = Path(name)
        (folder / "cells.genlib").write_text(genlib(library))
        (folder / "in.blif").write_text(to_blif(live, n_inputs))
        tool, words = _run_recipes(folder, recipes)
        groups = [len(group) for group in live.outputs]
        mapped = [
            (from_mapped_blif(path.read_text(), n_inputs, groups, library), recipe.name)
            for index, recipe in enumerate(recipes)
            if (path := folder / f"out{index}.blif").is_file()
        ]
    if not mapped:
        raise SynthesisError(f"mapping: {tool} gave no netlist: {words}")
    best, recipe_name = min(mapped, key=lambda pair: area_cm2(pair[0], library))
    return Mapping(best, recipe_name, tool)


def genlib(library: CellLibrary) -> str:
    """The library in ABC's genlib format.

    Areas are in the power of ten um2 that is at least the smallest, delays at the lowest supply in the
    power of ten ns that is at most the smallest, so that their digits survive ABC's few, whatever the
    technology: of EGFET in mm2 and ms.
    """
    delays = {kind: library.delay_ns(kind, library.supplies[0]) for kind in library.kinds}
    um2 = 10.0 ** math.ceil(math.log10(min(library.gate(kind).area_um2 for kind in library.kinds)))
    ns = 10.0 ** math.floor(math.log10(min(delays.values())))
    lines = [f"GATE {name} 0 Y=CONST{value};" for name, value in CONSTANT_CELLS.items()]
    for kind, delay_ns in delays.items():
        cell, delay = library.gate(kind), delay_ns / ns
        function = f"{cell.output}={_FUNCTIONS[kind].format(*cell.inputs)}"
        pins = f"PIN * UNKNOWN 1 999 {delay:.4f} 0 {delay:.4f} 0"
        lines.append(f"GATE {cell.name} {cell.area_um2 / um2:.6f} {function}; {pins}")
    return "\n".join(lines) + "\n"


def _run_recipes(folder: Path, recipes: Sequence[Recipe]) -> tuple[str, str]:
    """Leaves out0.blif, out1.blif, ... in the folder. Gives the tool and the end of what it said."""
    argv: tuple[str, ...] = ("berkeley-abc", "-f")
    memory_mb: int | None = MEMORY_MB
    if find_tool("berkeley-abc") is not None:
        script = _abc_script(recipes)
    else:
        yosys = find_yosys()
        argv, memory_mb = (*yosys.argv, "-q", "-s"), yosys_memory_mb(yosys)
        script = _yosys_script(folder, recipes)
    (folder / "script").write_text(script)
    result = run_tool([*argv, "script"], cwd=folder, timeout_s=TIMEOUT_S, memory_mb=memory_mb)
    words = (result.stdout + result.stderr).decode(errors="replace")
    return mapping_tool(), " ".join(words.split())[-300:]


def mapping_tool() -> str:
    """What maps, with its version: berkeley-abc, else the ABC of yosys. Raises ToolError without either."""
    if find_tool("berkeley-abc") is not None:
        return tool_version("berkeley-abc")
    return f"ABC of {find_yosys().version}"


def yosys_memory_mb(yosys: Yosys) -> int | None:
    """The memory limit of a yosys; the WebAssembly one reserves address space that it never uses."""
    return MEMORY_MB if yosys.argv == ("yosys",) else None


def _abc_script(recipes: Sequence[Recipe]) -> str:
    rounds = [
        f"read_blif in.blif\n{recipe.script}\nwrite_blif out{index}.blif\n"
        for index, recipe in enumerate(recipes)
    ]
    return "read_library cells.genlib\n" + "".join(rounds)


def _yosys_script(folder: Path, recipes: Sequence[Recipe]) -> str:
    # yosys reads a table of BLIF as a cell that its abc pass leaves alone; techmap and opt make gates of it
    rounds = ["read_blif in.blif\ntechmap\nopt -full\ndesign -save start\n"]
    for index, recipe in enumerate(recipes):
        (folder / f"recipe{index}.abc").write_text(recipe.script)
        rounds.append(
            f"design -load start\nabc -genlib cells.genlib -script recipe{index}.abc\n"
            f"opt_clean\nwrite_blif out{index}.blif\n"
        )
    return "".join(rounds)
