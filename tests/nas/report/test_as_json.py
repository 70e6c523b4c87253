"""The report as JSON."""

import json
import math
from dataclasses import replace

import pytest

from nas.report.as_json import plain_json, render_json
from nas.report.data import Convergence
from nas.report.read import read_report
from tests.nas.report.sample import sample_report


def test_front_winners_and_proofs_are_at_the_top() -> None:
    found = json.loads(render_json(sample_report()))
    assert list(found) == [
        "format_version",
        "run",
        "data",
        "search",
        "metrics",
        "front",
        "convergence",
        "winners",
        "proofs",
    ]
    assert list(found["front"][0]) == ["id", "family", "metrics", "design"]
    assert found["proofs"][0] == {
        "role": "knee",
        "id": found["winners"][0]["id"],
        "target": "verilog-iverilog",
        "tool": "Icarus Verilog 11.0",
        "status": "proven",
        "vectors": 22126,
        "mismatches": 0,
        "first_mismatch": "",
        "detail": "",
    }
    assert len(found["proofs"]) == 8


def test_a_winner_says_whether_it_fits() -> None:
    knee, best = json.loads(render_json(sample_report()))["winners"]
    assert (knee["fits"], best["fits"]) == (True, False)
    assert best["limits"][0] == {
        "metric": "egfet.power_mw",
        "bound": "max",
        "limit": 3.0,
        "value": pytest.approx(3.740, abs=1e-3),
        "ok": False,
    }


def test_figures_that_are_not_finite_become_null() -> None:
    course = Convergence((1, 2), (0.1, 0.2), {"accuracy": (math.nan, 0.5)})
    found = json.loads(render_json(replace(sample_report(), convergence=course)))
    assert found["convergence"]["best"] == {"accuracy": [None, 0.5]}


def test_a_report_is_read_back_as_it_was() -> None:
    assert read_report(render_json(sample_report()), "report.json") == sample_report()


def test_anything_but_plain_data_is_refused() -> None:
    with pytest.raises(TypeError, match="a report holds numbers and text only, not object"):
        plain_json({"a": [object()]})
