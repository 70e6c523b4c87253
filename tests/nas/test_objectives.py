"""Objectives and limits as figures to minimize and excesses."""

import numpy as np

from nas.objectives import Goals, Limit, Objective

GOALS = Goals(
    (Objective("accuracy", "max"), Objective("area", "min")),
    (Limit("power", None, 2.0), Limit("accuracy", 0.5, None)),
)
FIGURES = {
    "accuracy": np.array([0.9, 0.4, 0.8]),
    "area": np.array([1.0, 2.0, 3.0]),
    "power": np.array([1.0, 3.0, np.nan]),
}


def test_what_is_maximized_changes_sign() -> None:
    assert GOALS.minimized(FIGURES).tolist() == [[-0.9, 1.0], [-0.4, 2.0], [-0.8, 3.0]]


def test_the_excess_is_relative_to_the_limit_and_zero_where_it_is_kept() -> None:
    assert GOALS.violations(FIGURES)[:2].round(9).tolist() == [[0.0, 0.0], [0.5, 0.2]]


def test_a_figure_that_is_not_a_number_breaks_its_limit() -> None:
    assert np.isinf(GOALS.violations(FIGURES)[2, 0])


def test_a_limit_on_a_metric_that_is_not_known_yet_counts_as_kept() -> None:
    assert GOALS.violations({"power": np.array([3.0])}).tolist() == [[0.5, 0.0]]


def test_a_limit_of_zero_is_exceeded_by_anything_above_it() -> None:
    assert Limit("macs", None, 0.0).excess(np.array([0.0, 1.0]))[0] == 0
    assert Limit("macs", None, 0.0).excess(np.array([0.0, 1.0]))[1] > 0


def test_the_goals_name_all_their_metrics() -> None:
    assert GOALS.metrics == {"accuracy", "area", "power"}
