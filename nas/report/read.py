"""A report read back from its JSON."""

import json
import math
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from nas.report.as_json import FORMAT_VERSION
from nas.report.data import ReportData


class ReportError(ValueError):
    """A report file is damaged or too new. The text says where and what to do."""


def read_report(path: Path) -> ReportData:
    """The inverse of `render_json`, from a file. Raises ReportError."""
    where = str(path)
    try:
        plain = json.loads(path.read_bytes())
        version = plain.pop("format_version")
        if version != FORMAT_VERSION:
            raise ReportError(
                f"{where}: written in format {version}, but this silkscreen reads format {FORMAT_VERSION}"
            )
        _attach_proofs(plain)
        best = plain["convergence"]["best"]
        for name, series in best.items():
            best[name] = [math.nan if value is None else value for value in series]
        return TypeAdapter(ReportData).validate_python(plain)
    except ReportError:
        raise
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise ReportError(
            f"{where}: the report is damaged ({reason}); delete it, and `silkscreen resume` makes it again"
        ) from None


def _attach_proofs(plain: dict[str, Any]) -> None:
    """Undoes what the JSON rearranges for its readers."""
    proofs = plain.pop("proofs")
    plain.pop("families", None)
    for winner in plain["winners"]:
        del winner["fits"]
        for cost in winner["costs"]:
            cost.pop("by_stage", None)
        for check in winner["limits"]:
            del check["ok"]
        winner["proofs"] = [
            {name: value for name, value in proof.items() if name not in ("role", "id")}
            for proof in proofs
            if proof["role"] == winner["role"]
        ]
