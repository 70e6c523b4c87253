"""models calibrate: from what self-tests printed on a board to a file of that board."""

from collections.abc import Sequence
from pathlib import Path

import typer
from pydantic import JsonValue

from hwmodels.mcu import board_text, load_board
from hwmodels.mcu.calibration import (
    MAX_PRINTOUT_BYTES,
    CycleCount,
    calibrated,
    read_printout,
    residuals_percent,
)
from nas.commands.output import print_json
from nas.errors import RunError


def calibrate_board(
    printout: Path, *, board: str, out: Path | None, measured_on: str | None, json: bool
) -> None:
    """Writes the board file and prints what was found.

    Raises RunError for a print-out that can't be read or a file that is there already, HardwareModelError for
    lines that can't be used.
    """
    known = load_board(board)
    counts = read_printout(_text(printout), str(printout))
    found = calibrated(known, counts, measured_on or known.title)
    target = out or Path(f"{known.name}_measured.yaml")
    if target.exists():
        raise RunError(f"{target}: must not exist yet; name another file with --out")
    target.write_text(board_text(found), encoding="utf-8")
    fact = found.cycles_per_instruction
    residuals = residuals_percent(counts, fact.value)
    if json:
        measured: list[dict[str, JsonValue]] = [
            {
                "name": one.name,
                "cycles_per_instruction": one.cycles_per_instruction,
                "residual_percent": residual,
            }
            for one, residual in zip(counts, residuals, strict=True)
        ]
        figures = {"value": fact.value, "lowest": fact.lowest, "highest": fact.highest}
        print_json({"file": str(target), "cycles_per_instruction": figures, "networks": measured})
        return
    typer.echo(
        f"{target}: {fact.value:.3f} cycles an instruction, between {fact.lowest:.3f} and {fact.highest:.3f}"
    )
    for line in _lines(counts, residuals):
        typer.echo(line)


def _lines(counts: Sequence[CycleCount], residuals: Sequence[float]) -> list[str]:
    return [
        f"  {one.name}: {one.mean:,} cycles over {one.instructions:,} foretold instructions, "
        f"{one.cycles_per_instruction:.3f} ({residual:+.1f} %)"
        for one, residual in zip(counts, residuals, strict=True)
    ]


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_PRINTOUT_BYTES:
            raise RunError(f"{path}: must be at most {MAX_PRINTOUT_BYTES} bytes")
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise RunError(f"{path}: must be a readable print-out ({error.strerror})") from None
