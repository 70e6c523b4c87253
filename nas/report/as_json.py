"""The report as JSON, for programs."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import TypeAlias

from nas.report.data import HardwareCost, ReportData, WinnerReport
from nas.report.shares import family_shares
from nas.report.stages import stage_table

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None

FORMAT_VERSION = 1


def render_json(report: ReportData) -> str:
    """Indented JSON; figures that are not finite become null.

    At the top: `format_version`, `run`, `data`, `search`, `metrics`, `front` and `front_without_gates` (id,
    family, metrics, design, gate_level), `families` (null where the front has one only), `convergence`,
    `winners`, and `proofs` (role and id of the winner, target, tool, status, vectors, mismatches,
    first_mismatch, detail, all_inputs). A cost of a winner has `by_stage` beside its `items`.
    """
    return json.dumps(report_json(report), indent=2, ensure_ascii=False, allow_nan=False)


def report_json(report: ReportData) -> dict[str, Json]:
    """The same as plain dicts and lists."""
    plain = plain_json(asdict(report))
    assert isinstance(plain, dict)
    plain["winners"] = [_winner(winner) for winner in report.winners]
    plain["proofs"] = [
        {"role": winner.role, "id": winner.id, **_object(asdict(proof))}
        for winner in report.winners
        for proof in winner.proofs
    ]
    shares = family_shares(report)
    families = None if shares is None else plain_json(asdict(shares))
    return {"format_version": FORMAT_VERSION, **plain, "families": families}


def plain_json(value: object) -> Json:
    """Dataclass fields, mappings and sequences as JSON values. Raises TypeError for anything else."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {str(name): plain_json(item) for name, item in value.items()}
        case list() | tuple():
            return [plain_json(item) for item in value]
    raise TypeError(f"a report holds numbers and text only, not {type(value).__name__}")


def _object(value: Mapping[str, object]) -> dict[str, Json]:
    return {name: plain_json(item) for name, item in value.items()}


def _winner(winner: WinnerReport) -> dict[str, Json]:
    fields = _object(asdict(winner))
    del fields["proofs"]
    fields["limits"] = [{**_object(asdict(check)), "ok": check.ok} for check in winner.limits]
    fields["fits"] = all(check.ok for check in winner.limits)
    fields["costs"] = [{**_object(asdict(cost)), "by_stage": _by_stage(cost)} for cost in winner.costs]
    return fields


def _by_stage(cost: HardwareCost) -> Json:
    table = stage_table(cost)
    if table is None:
        return None
    rows = [
        {"part": row.part, **dict(zip(table.stages, row.amounts, strict=True)), "total": row.total}
        for row in table.rows
    ]
    return {"metric": table.metric, "stages": list(table.stages), "rows": plain_json(rows)}
