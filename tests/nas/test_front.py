"""The front of designs with named metrics."""

from nas.front import front_of
from nas.objectives import Goals, Limit, Objective

GOALS = Goals((Objective("accuracy", "max"), Objective("area", "min")), (Limit("power", None, 2.0),))


def design(accuracy: float, area: float, power: float = 1.0) -> dict[str, float]:
    return {"accuracy": accuracy, "area": area, "power": power}


def test_dominated_designs_are_left_out_and_the_most_accurate_comes_first() -> None:
    designs = [design(0.8, 1.0), design(0.7, 2.0), design(0.9, 3.0)]
    assert front_of(designs, GOALS) == [2, 0]


def test_a_design_that_breaks_a_limit_is_left_out_and_dominates_nothing() -> None:
    assert front_of([design(0.9, 0.5, power=3.0), design(0.8, 1.0)], GOALS) == [1]


def test_of_equal_designs_the_first_stays() -> None:
    assert front_of([design(0.8, 1.0), design(0.8, 1.0)], GOALS) == [0]


def test_no_designs_have_no_front() -> None:
    assert front_of([], GOALS) == []
    assert front_of([design(0.9, 1.0, power=9.0)], GOALS) == []
