"""Why a stage ends before its budget."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.objectives import Goals, Objective
from nas.spec.workers import StallSpec, StopSpec
from nas.stopping import Stopping, growth

GOALS = Goals((Objective("accuracy", "max"), Objective("area", "min")), ())


def points(*rows: tuple[float, float]) -> np.ndarray:
    """Of accuracy and area, as minimized."""
    return np.array([[-accuracy, area] for accuracy, area in rows]).reshape(-1, 2)


def test_without_conditions_nothing_stops() -> None:
    stopping = Stopping.of(None, GOALS)
    assert stopping.reached(points((1.0, 0.0))) is None
    assert stopping.stalled(points((1.0, 0.0)), 10**9) is None


def test_a_target_is_reached_by_one_design_that_is_as_good_in_each_objective_named() -> None:
    stopping = Stopping.of(StopSpec(target={"accuracy": 0.9, "area": 2}), GOALS)
    assert stopping.reached(points((0.95, 3.0), (0.8, 1.0))) is None
    assert stopping.reached(points((0.8, 1.0), (0.9, 2.0))) == "the target is reached: accuracy 0.9, area 2"
    assert stopping.reached(points()) is None


def test_a_target_of_one_objective_leaves_the_others_open() -> None:
    stopping = Stopping.of(StopSpec(target={"accuracy": 0.9}), GOALS)
    assert stopping.reached(points((0.91, 1e9))) == "the target is reached: accuracy 0.9"


def test_the_target_of_a_metric_that_takes_seconds_is_judged_by_its_proxy() -> None:
    stop = StopSpec(target={"egfet.synthesized": 2})
    goals = Goals((Objective("egfet.estimated", "min"),), ())
    stopping = Stopping.of(stop, goals, {"egfet.synthesized": "egfet.estimated"})
    assert stopping.reached(np.array([[1.5]])) == "the target is reached: egfet.synthesized 2"


def test_a_front_that_grows_less_than_the_gain_over_the_evaluations_stalls() -> None:
    stopping = Stopping(stall=StallSpec(evaluations=100, gain=0.05))
    front = points((0.8, 1.0), (0.9, 2.0))
    better = points((0.8, 0.5), (0.95, 2.0))
    assert stopping.stalled(front, 50) is None
    assert stopping.stalled(front, 149) is None
    assert stopping.stalled(better, 150) is None
    assert stopping.stalled(better, 249) is None
    assert stopping.stalled(better, 250) == "the hypervolume grew by 0.00% over the last 100 evaluations"


def test_the_count_begins_with_the_first_design() -> None:
    stopping = Stopping(stall=StallSpec(evaluations=10))
    assert stopping.stalled(points(), 500) is None
    assert stopping.stalled(points((0.5, 1.0)), 510) is None
    assert stopping.stalled(points((0.5, 1.0)), 519) is None
    assert stopping.stalled(points((0.5, 1.0)), 520) is not None


def test_a_restored_watch_goes_on_where_it_was() -> None:
    stall = StallSpec(evaluations=10)
    before, after = Stopping(stall=stall), Stopping(stall=stall)
    before.stalled(points((0.5, 1.0)), 3)
    after.restore(before.snapshot())
    assert after.stalled(points((0.5, 1.0)), 12) is None
    assert after.stalled(points((0.5, 1.0)), 13) is not None


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 100)), min_size=1, max_size=20), st.data())
def test_a_front_never_shrinks(rows: list[tuple[float, float]], data: st.DataObject) -> None:
    more = data.draw(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 100)), max_size=5))
    assert growth(points(*rows), points(*rows, *more)) >= -1e-12


def test_growth_is_a_share_of_the_hypervolume_seen_from_beyond_the_worst_values() -> None:
    before, now = np.array([[1.0, 1.0]]), np.array([[0.0, 0.0]])
    assert growth(before, now) == pytest.approx(1.1**2 / 0.1**2 - 1)
