"""Batteries: which there are, what share of one a circuit takes, and the limit that follows."""

import pytest

from codegen.ir import Design
from hwmodels.model import BoundedHardwareModel, HardwareModelError, Workload
from hwmodels.printed import PrintedModel
from hwmodels.printed.batteries import batteries, sufficient_batteries
from hwmodels.testing import check_model
from hwmodels.testing_designs import designs


def test_the_published_batteries_ship_with_their_sources() -> None:
    assert [(battery.name, battery.power_mw) for battery in batteries()] == [
        ("molex_30mw", 30.0),
        ("blue_spark_3mw", 3.0),
        ("harvester_0p1mw", 0.1),
    ]
    assert all(battery.source for battery in batteries())


def test_a_battery_suffices_up_to_exactly_what_it_gives() -> None:
    names = {power: [battery.name for battery in sufficient_batteries(power)] for power in (0.1, 3.01, 31.0)}
    assert names == {
        0.1: ["molex_30mw", "blue_spark_3mw", "harvester_0p1mw"],
        3.01: ["molex_30mw"],
        31.0: [],
    }


def test_an_unknown_battery_is_refused_with_the_nearest_and_the_list() -> None:
    with pytest.raises(HardwareModelError) as error:
        PrintedModel(battery="blue_spark")
    assert str(error.value) == (
        "printed: battery must be one of molex_30mw, blue_spark_3mw, harvester_0p1mw, not 'blue_spark'; "
        "did you mean 'blue_spark_3mw'?"
    )


def test_the_battery_share_is_power_by_what_the_battery_gives() -> None:
    model = PrintedModel(battery="blue_spark_3mw")
    cost = model.price(designs(0)[0].design, Workload())
    assert cost.metrics["battery_share"] == cost.metrics["power_mw"] / 3
    assert ("battery", 3.0, "mW") in {(s.constant, s.value, s.unit) for s in cost.sources}


def test_without_a_battery_there_is_no_share_and_no_bound() -> None:
    model = PrintedModel()
    assert isinstance(model, BoundedHardwareModel)
    assert model.bounds == {}
    assert "battery_share" not in {metric.name for metric in model.metrics}
    assert "battery_share" not in model.price(Design(designs(0)[0].design.content), Workload()).metrics


def test_a_battery_bounds_its_share() -> None:
    assert PrintedModel(battery="molex_30mw").bounds == {"synthesized_battery_share": 1.0}


def test_a_model_with_a_battery_passes_every_rule() -> None:
    assert [r for r in check_model(PrintedModel(battery="harvester_0p1mw")) if not r.passed] == []
