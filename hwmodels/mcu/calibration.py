"""A board's cycles per instruction from what self-tests printed on it.

A self-test prints, where the processor counts its cycles, one line of `key=value` pairs:

    silkscreen-cycles: version=1 name=kws network=9f86d081884c7d65 core=cortex-m4 instructions=2830773
    counter=dwt rows=64 lowest=4511000 mean=4512345 highest=4513000

(in one line). instructions: what the model foretold of one `P_predict` when the module was exported for a
board with that core. lowest, mean, highest: cycles of one `P_predict` over the rows.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import fsum

from hwmodels.mcu.board import Board, Fact
from hwmodels.model import HardwareModelError

VERSION = "1"
_LINE = re.compile(r"silkscreen-cycles:((?: [a-z]+=\S+)+)")
_NUMBERS = ("instructions", "rows", "lowest", "mean", "highest")
_KEYS = ("version", "name", "network", "core", "counter", *_NUMBERS)
MAX_PRINTOUT_BYTES = 16 << 20
MAX_SOURCE_CHARS = 2000


@dataclass(frozen=True, slots=True)
class CycleCount:
    """One line of a print-out: what it says of one network. lowest, mean, highest: cycles."""

    name: str
    network: str
    core: str
    counter: str
    instructions: int
    rows: int
    lowest: int
    mean: int
    highest: int

    @property
    def cycles_per_instruction(self) -> float:
        return self.mean / self.instructions


def read_printout(text: str, where: str) -> tuple[CycleCount, ...]:
    """The lines that hold cycles, whatever stands around them. where: that errors begin with.

    Raises HardwareModelError where there is none, or where one can't be used, with its line.
    """
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        match = _LINE.search(line)
        if match is not None:
            found.append(_count(match.group(1), f"{where}:{number}"))
    if not found:
        raise HardwareModelError(
            f"{where}: must hold a line that begins with 'silkscreen-cycles:', "
            "as the self-test of an export prints it"
        )
    return tuple(found)


def _count(text: str, where: str) -> CycleCount:
    pairs = dict(pair.split("=", 1) for pair in text.split())
    missing = [key for key in _KEYS if key not in pairs]
    if missing:
        raise HardwareModelError(f"{where}: must say {missing[0]}=...; print it again with the self-test")
    if pairs["version"] != VERSION:
        raise HardwareModelError(f"{where}: version must be {VERSION}, not {pairs['version']}")
    numbers = {key: _number(key, pairs[key], where) for key in _NUMBERS}
    if numbers["instructions"] == 0:
        raise HardwareModelError(
            f"{where}: {pairs['name']} says nothing of its instructions; "
            "export it for a board that prices it, and run that self-test"
        )
    lowest, mean, highest = (numbers[key] for key in ("lowest", "mean", "highest"))
    if not 0 < lowest <= mean <= highest:
        raise HardwareModelError(
            f"{where}: 0 < lowest <= mean <= highest must hold, but got {lowest}, {mean}, {highest} "
            f"(0 where the counter {pairs['counter']} stands still or does not reach so far)"
        )
    return CycleCount(pairs["name"], pairs["network"], pairs["core"], pairs["counter"], **numbers)


def _number(key: str, text: str, where: str) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise HardwareModelError(f"{where}: {key} must be a whole number, not {text!r}")
    return int(text)


def calibrated(board: Board, counts: Sequence[CycleCount], measured_on: str) -> Board:
    """The board with the measured cycles per instruction: the mean of the networks, the range of all rows.

    The ratio is to foretold instructions, so that it brings the model's own prices to the cycles that were
    counted. Raises HardwareModelError where a print-out is of another core.
    """
    for count in counts:
        if count.core != board.core.name:
            raise HardwareModelError(
                f"{count.name}: was exported for a {count.core}, but {board.name} has a {board.core.name}"
            )
    value = fsum(count.cycles_per_instruction for count in counts) / len(counts)
    told = ", ".join(
        f"{count.name} ({count.network}) {count.cycles_per_instruction:.3f} ({residual:+.1f} %)"
        for count, residual in zip(counts, residuals_percent(counts, value), strict=True)
    )
    source = (
        f"measured on {measured_on}, counter {counts[0].counter}: cycles over foretold instructions of {told}"
    )
    fact = Fact(
        value,
        min(count.lowest / count.instructions for count in counts),
        max(count.highest / count.instructions for count in counts),
        source[:MAX_SOURCE_CHARS],
    )
    return replace(board, cycles_per_instruction=fact)


def residuals_percent(counts: Sequence[CycleCount], cycles_per_instruction: float) -> tuple[float, ...]:
    """How far each network's own cycles per instruction are from those of all."""
    return tuple(100 * (count.cycles_per_instruction / cycles_per_instruction - 1) for count in counts)
