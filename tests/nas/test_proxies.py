"""Metrics that stand for others in a search: where they come from, and what a run notes of them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from codegen.ir import Design
from hwmodels.model import Cost, CostClass, Metric, Workload
from hwmodels.printed import PrintedModel
from nas.archive import FORMAT_VERSION, Archive, RunHeader
from nas.errors import RunError
from nas.objectives import PROXY_SLACK, Goals, Limit, Objective
from nas.proxies import noted_proxies, proxies_of, proxy_facts
from nas.records import Event

PROXIES = {"egfet.synthesized_area_cm2": "egfet.area_cm2"}


class Lame:
    """Names a proxy, but cannot refine."""

    metrics = (
        Metric("mass_g", "g", "min", "network"),
        Metric("weighed_g", "g", "min", "network", proxy="mass_g"),
    )
    cost_class: CostClass = "free"

    def accepts(self, design: Design) -> str | None:
        return None

    def price(self, design: Design, workload: Workload) -> Cost:
        return Cost({"mass_g": 1.0})


def test_proxies_are_known_by_their_full_names() -> None:
    found = proxies_of({"egfet": PrintedModel(), "other": PrintedModel()})
    assert found["egfet.synthesized_area_cm2"] == "egfet.area_cm2"
    assert found["other.synthesized_power_mw"] == "other.power_mw"


def test_a_model_that_cannot_refine_is_refused() -> None:
    text = "hardware.scale: weighed_g names the proxy 'mass_g', so the model must give that metric and have "
    with pytest.raises(RunError, match=text):
        proxies_of({"scale": Lame()})


def test_a_run_notes_its_proxies_for_reports_that_load_no_models(tmp_path: Path) -> None:
    header = RunHeader(
        format_version=FORMAT_VERSION,
        spec_text="",
        data_fingerprint="",
        seed=0,
        versions={},
        created=datetime.now(UTC).isoformat(),
    )
    with Archive.create(tmp_path / "run", header) as archive:
        assert noted_proxies(archive) == {}
        archive.append(Event("start", "", 0.0, {"base": ".", **proxy_facts(PROXIES)}))
        assert noted_proxies(archive) == PROXIES


def test_a_search_by_proxy_has_wider_limits_and_each_objective_once() -> None:
    goals = Goals(
        (
            Objective("accuracy", "max"),
            Objective("egfet.synthesized_area_cm2", "min"),
            Objective("egfet.area_cm2", "min"),
        ),
        (Limit("egfet.synthesized_area_cm2", 0.1, 2.0), Limit("egfet.area_cm2", None, 4.0)),
    )
    searched = goals.by_proxy(PROXIES)
    assert [each.metric for each in searched.objectives] == ["accuracy", "egfet.area_cm2"]
    assert searched.limits == (
        Limit("egfet.area_cm2", 0.1 / PROXY_SLACK, 2.0 * PROXY_SLACK),
        Limit("egfet.area_cm2", None, 4.0),
    )
    assert searched.metrics == {"accuracy", "egfet.area_cm2"}
    assert goals.by_proxy({}) == goals
