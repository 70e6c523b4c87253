"""export and verify: a design as files, and the proof that they compute what was measured."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import typer
from rich.table import Table
from rich.text import Text

from codegen.artifact import Proof
from codegen.ir import FormObjective, PatchSchedule
from nas import api
from nas.commands.failures import NOT_GOOD
from nas.commands.output import print_json, result_console
from nas.errors import RunError
from nas.handover import CLayout, Export, lacking
from nas.network_export import export_file
from nas.report.answer import compared
from nas.report.as_json import plain_json

_COLORS = {"proven": "green", "mismatch": "red", "missing": "yellow", "undecided": "yellow"}


def export_design(
    folder: Path, winner: str, out: Path, *, require_proof: bool, allow_code: bool, json: bool
) -> None:
    """Writes the files of a design and prints its proofs. Raises ProofError on a mismatch."""
    export = api.export(api.load_run(folder), winner, out, require_proof=require_proof, allow_code=allow_code)
    _print_export(export, json=json)


@dataclass(frozen=True, slots=True)
class FileOptions:
    """Options of a network file, as given: layout of the C; board, patches and objective of it."""

    layout: CLayout | None = None
    board: str | None = None
    patches: str | None = None
    objective: FormObjective | None = None


def export_network_file(
    path: Path, out: Path, options: FileOptions, *, require_proof: bool, json: bool
) -> None:
    """The same for the network of a file."""
    export = export_file(
        path,
        out,
        layout=options.layout or "cmake",
        board=options.board,
        patches=None if options.patches is None else parse_patches(options.patches),
        objective=options.objective or "balanced",
        require_proof=require_proof,
    )
    _print_export(export, json=json)


def parse_patches(text: str) -> PatchSchedule:
    """`OPERATORS:ROWSxCOLUMNS`. Raises RunError for anything else."""
    match = re.fullmatch(r"([0-9]{1,6}):([0-9]{1,6})x([0-9]{1,6})", text)
    if match is None:
        raise RunError(f"--patches: must be OPERATORS:ROWSxCOLUMNS, such as 12:4x4, not {text!r}")
    return PatchSchedule(*map(int, match.groups()))


def check_target(target: Path, winner: str | None, options: FileOptions) -> None:
    """Raises RunError where arguments of a run and of a network file are mixed, or one is missing."""
    if target.is_file():
        if winner is not None:
            raise RunError(f"{target}: a network file has no winners; leave out {winner!r}")
        return
    if not target.exists():
        raise RunError(f"{target}: there is no such run folder or network file")
    if winner is None:
        raise RunError(
            f"{target}: of a run, a winner must be named, such as knee; of a network, give its file"
        )
    for name, value in asdict(options).items():
        if value is not None:
            raise RunError(f"{target}: --{name} is for network files; of a run, the spec says it")


def _print_export(export: Export, *, json: bool) -> None:
    if json:
        proofs = [plain_json(asdict(proof)) for proof in export.proofs]
        files = [str(path) for path in export.files]
        print_json({"folder": str(export.folder), "files": files, "proofs": proofs})
        return
    for path in export.files:
        typer.echo(str(path))
    print_proofs(export.proofs)


def verify_export(folder: Path, *, require_proof: bool, json: bool) -> None:
    """Prints the proofs; exit code 1 where one differs, or where one is missing that is required."""
    proofs = api.verify(folder)
    if json:
        print_json({"folder": str(folder), "proofs": [plain_json(asdict(proof)) for proof in proofs]})
    else:
        print_proofs(proofs)
    differs = any(proof.status == "mismatch" for proof in proofs)
    if differs or (require_proof and lacking(proofs)):
        raise typer.Exit(NOT_GOOD)


def print_proofs(proofs: Sequence[Proof]) -> None:
    """A row for each proof on standard output."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    for name in ("target", "status", "vectors", "mismatches", "tool", ""):
        table.add_column(name, justify="right" if name in ("vectors", "mismatches") else "left")
    for proof in proofs:
        remark = " ".join(part for part in (proof.first_mismatch, proof.detail) if part)
        cells = (proof.target, proof.status, *compared(proof), proof.tool, remark)
        styles = ("", _COLORS[proof.status], "", "", "", "dim")
        table.add_row(*(Text(cell, style=style) for cell, style in zip(cells, styles, strict=True)))
    result_console().print(table)
