"""The report as JSON."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from nas.report.as_json import plain_json, render_json
from nas.report.data import Convergence, ReportData
from nas.report.read import ReportError, read_report
from tests.nas.report.sample import mixed_report, sample_report


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
        "front_without_gates",
        "proofs",
        "families",
    ]
    assert list(found["front"][0]) == ["id", "family", "metrics", "design", "gate_level"]
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
        "all_inputs": False,
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


def test_families_and_stages_are_there_for_programs() -> None:
    found = json.loads(render_json(mixed_report()))
    assert [each["family"] for each in found["families"]["families"]] == [
        "gate_netlist-2",
        "approximate_mlp-1",
    ]
    split = found["winners"][0]["costs"][0]["by_stage"]
    assert (split["metric"], split["stages"]) == ("area_cm2", ["adders", "clip", "argmax"])
    assert split["rows"][1]["part"] == "layer 0, neuron 1"
    assert split["rows"][1]["total"] == pytest.approx(split["rows"][1]["adders"] + split["rows"][1]["clip"])
    assert found["winners"][0]["circuits"][0]["supplies"][0]["batteries"] == ["molex_30mw", "blue_spark_3mw"]


def test_figures_that_are_not_finite_become_null() -> None:
    course = Convergence((1, 2), (0.1, 0.2), {"accuracy": (math.nan, 0.5)})
    found = json.loads(render_json(replace(sample_report(), convergence=course)))
    assert found["convergence"]["best"] == {"accuracy": [None, 0.5]}


@pytest.mark.parametrize("report", [sample_report(), mixed_report()], ids=["one family", "two families"])
def test_a_report_is_read_back_as_it_was(tmp_path: Path, report: ReportData) -> None:
    path = tmp_path / "report.json"
    path.write_text(render_json(report), encoding="utf-8")
    assert read_report(path) == report


def test_a_report_of_another_format_is_refused_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    text = render_json(sample_report()).replace('"format_version": 1', '"format_version": 9')
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReportError, match="written in format 9, but this silkscreen reads format 1"):
        read_report(path)


def test_anything_but_plain_data_is_refused() -> None:
    with pytest.raises(TypeError, match="a report holds numbers and text only, not object"):
        plain_json({"a": [object()]})
