"""What the hardware physically allows is a limit of the run, beside those of the spec."""

import pytest

from hwmodels.printed import PrintedModel
from nas.errors import RunError
from nas.objectives import Goals, Limit
from nas.problem import make_goals
from nas.specfile import parse_spec
from tests.specs import changed

MODELS = {"egfet": PrintedModel(battery="blue_spark_3mw")}
LIMITS = "limits: {egfet.power_mw: {max: 3}}"


def goals(limits: str) -> Goals:
    text = changed(LIMITS, limits).replace("cells: egfet", "cells: egfet, battery: blue_spark_3mw")
    return make_goals(parse_spec(text), MODELS)


def test_a_battery_is_a_limit_beside_those_of_the_spec() -> None:
    assert goals(LIMITS).limits == (
        Limit("egfet.power_mw", None, 3.0),
        Limit("egfet.synthesized_battery_share", None, 1.0),
    )


@pytest.mark.parametrize(
    ("limit", "minimum", "maximum"),
    [("{max: 0.5}", None, 0.5), ("{max: 2}", None, 1.0), ("{min: 0.2}", 0.2, 1.0)],
)
def test_of_two_limits_on_a_metric_the_stricter_holds(
    limit: str, minimum: float | None, maximum: float
) -> None:
    found = goals(f"limits: {{egfet.synthesized_battery_share: {limit}}}").limits
    assert found == (Limit("egfet.synthesized_battery_share", minimum, maximum),)


def test_a_minimum_beyond_the_bound_is_refused() -> None:
    with pytest.raises(RunError) as error:
        goals("limits: {egfet.synthesized_battery_share: {min: 2}}")
    assert str(error.value) == (
        "limits.egfet.synthesized_battery_share: min must be at most 1, what the hardware allows, not 2"
    )


def test_without_a_bound_the_limits_are_those_of_the_spec() -> None:
    assert make_goals(parse_spec(changed(LIMITS, LIMITS)), {"egfet": PrintedModel()}).limits == (
        Limit("egfet.power_mw", None, 3.0),
    )
