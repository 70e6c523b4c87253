"""Weights of objectives come from the slopes of a front."""

import numpy as np
import pytest

from nas.search.prices import hull_slopes, prices_at, spread_weights


def test_slopes_are_those_of_the_lower_hull_and_fall() -> None:
    first = np.array([10.0, 4.0, 3.9, 2.0, 5.0])
    second = np.array([0.0, 1.0, 2.0, 3.0, 9.0])
    assert hull_slopes(first, second).tolist() == [6.0, 1.0]


def test_edges_that_end_in_the_worse_half_do_not_count() -> None:
    first, second = np.array([10.0, 8.0, 4.0, 2.0]), np.array([0.0, 0.1, 1.0, 3.0])
    assert hull_slopes(first, second).tolist() == pytest.approx([4 / 0.9, 1.0])


def test_points_on_a_line_and_copies_have_one_slope() -> None:
    points = np.array([0.0, 1.0, 1.0, 2.0, 3.0])
    assert hull_slopes(6 - 2 * points, points).tolist() == [2.0]


def test_a_single_point_has_no_slope_and_any_weights_do() -> None:
    assert len(hull_slopes(np.ones(3), np.ones(3))) == 0
    assert spread_weights(np.ones((3, 2)), 4, np.random.default_rng(0)).tolist() == [[1.0, 1.0]] * 4


def test_weights_rise_and_spread_evenly_over_the_slopes_on_a_logarithmic_scale() -> None:
    area = 2.0 ** np.arange(11)
    error = -(2.0 ** (np.arange(11) / 2))  # slopes fall by sqrt(2) from edge to edge
    slopes = hull_slopes(error, area)
    weights = spread_weights(np.column_stack((error, area)), 8, np.random.default_rng(0))
    assert (weights[:, 0] == 1).all()
    steps = np.log(weights[:, 1] / slopes.min()) / np.log(slopes.max() / slopes.min()) * 8
    assert np.floor(steps).tolist() == list(range(8))


def test_each_weight_picks_a_different_end_of_a_front() -> None:
    error, area = np.array([9.0, 4.0, 1.0]), np.array([0.0, 1.0, 4.0])
    points = np.column_stack((error, area))
    weights = spread_weights(points, 2, np.random.default_rng(0))
    low, high = np.argmin(points @ weights.T, axis=0)
    assert area[low] >= area[high]


def test_three_objectives_have_weights_for_each_pair_with_the_first() -> None:
    rng = np.random.default_rng(1)
    points = rng.random((50, 3)) * [1.0, 10.0, 1000.0]
    weights = spread_weights(points, 16, np.random.default_rng(0))
    assert weights.shape == (16, 3)
    assert np.median(weights[:, 1]) > 5 * np.median(weights[:, 2])


def test_one_objective_has_weight_one() -> None:
    assert spread_weights(np.array([[3.0], [1.0]]), 2, np.random.default_rng(0)).tolist() == [[1.0], [1.0]]


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_prices_follow_the_units_of_an_objective(scale: float) -> None:
    points = np.array([[9.0, 1.0], [4.0, 2.0], [1.0, 7.0]])
    plain = spread_weights(points, 4, np.random.default_rng(3))
    scaled = spread_weights(points * [1.0, scale], 4, np.random.default_rng(3))
    assert scaled[:, 1] * scale == pytest.approx(plain[:, 1])


def test_a_point_has_the_slope_of_its_edge_and_a_corner_the_mean_of_both() -> None:
    points = np.array([[10.0, 0.0], [4.0, 1.0], [3.5, 2.0], [2.0, 3.0]])
    weights = prices_at(points)
    assert (weights[:, 0] == 1).all()
    assert weights[:, 1] == pytest.approx([6.0, 6.0**0.5, 1.0, 1.0])


def test_points_that_cost_the_same_have_the_price_one() -> None:
    assert prices_at(np.array([[3.0, 1.0], [2.0, 1.0]])).tolist() == [[1.0, 1.0]] * 2


def test_each_corner_inside_a_hull_is_the_best_at_its_own_price() -> None:
    area = np.arange(1.0, 9.0)
    points = np.column_stack((1 / area, area))
    best = np.argmin(points @ prices_at(points).T, axis=0)
    assert best[1:-1].tolist() == list(range(1, 7))
