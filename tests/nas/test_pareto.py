"""Fronts, ranks, crowding, hypervolume and the knee, against direct definitions."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.pareto import (
    crowding_distance,
    crowding_of_distinct,
    distinct_points,
    hypervolume,
    knee_index,
    pareto_mask,
    ranks,
    ranks_of_distinct,
)
from nas.search.protocol import SearchError

FloatArray = npt.NDArray[np.float64]
LEVELS = [-1.0, 0.0, 0.5, 1.0, 2.0, np.inf]


@st.composite
def point_sets(draw: st.DrawFn, levels: list[float] = LEVELS) -> FloatArray:
    n_objectives = draw(st.integers(1, 4))
    row = st.lists(st.sampled_from(levels), min_size=n_objectives, max_size=n_objectives)
    return np.array(draw(st.lists(row, min_size=1, max_size=25)))


def dominates(a: FloatArray, b: FloatArray) -> bool:
    return bool((a <= b).all() and (a < b).any())


@given(point_sets())
def test_the_mask_is_the_definition_of_the_front(points: FloatArray) -> None:
    expected = [not any(dominates(q, p) for q in points) for p in points]
    assert pareto_mask(points).tolist() == expected


@given(point_sets())
@settings(deadline=None)  # a kernel compiles on its first call
def test_each_rank_is_the_front_of_what_the_ranks_before_leave(points: FloatArray) -> None:
    got = ranks(points)
    left = np.arange(len(points))
    for rank in range(got.max() + 1):
        front = left[pareto_mask(points[left])]
        assert got[front].tolist() == [rank] * len(front)
        left = np.setdiff1d(left, front)
    assert len(left) == 0


@given(point_sets())
def test_distinct_points_are_sorted_and_count_their_copies(points: FloatArray) -> None:
    distinct = distinct_points(points)
    assert distinct.values.tolist() == sorted({tuple(point): list(point) for point in points}.values())
    assert (distinct.values[distinct.index] == points).all()
    expected = [sum((q == p).all() for q in points[:i]) for i, p in enumerate(points)]
    assert distinct.copy.tolist() == expected


def test_large_two_objective_fronts_agree_with_the_general_method() -> None:
    points = np.random.default_rng(1).integers(0, 60, size=(400, 2)).astype(float)
    padded = np.column_stack((points, np.zeros((400, 1))))
    assert (pareto_mask(points) == pareto_mask(padded)).all()
    assert (ranks(points) == ranks(padded)).all()


def test_no_points_have_no_front() -> None:
    for n_objectives in (1, 2, 3):
        empty = np.empty((0, n_objectives))
        assert pareto_mask(empty).shape == ranks(empty).shape == crowding_distance(empty).shape == (0,)
        assert hypervolume(empty, [1.0] * n_objectives) == 0.0


def test_crowding_by_hand() -> None:
    points = np.array([[0.0, 4.0], [1.0, 2.0], [2.0, 1.0], [4.0, 0.0]])
    assert crowding_distance(points).tolist() == [np.inf, 2 / 4 + 3 / 4, 3 / 4 + 2 / 4, np.inf]


def test_a_copy_has_no_distance_and_does_not_change_that_of_others() -> None:
    points = np.array([[0.0, 4.0], [1.0, 2.0], [2.0, 1.0], [4.0, 0.0], [1.0, 2.0], [0.0, 4.0]])
    assert crowding_distance(points).tolist() == [np.inf, 1.25, 1.25, np.inf, 0.0, 0.0]


def test_crowding_of_several_fronts_is_that_of_each_alone() -> None:
    points = np.random.default_rng(2).random((50, 3))
    distinct = distinct_points(points)
    fronts = ranks(points)
    got = crowding_of_distinct(distinct, ranks_of_distinct(distinct))[distinct.index]
    for front in range(fronts.max() + 1):
        assert (got[fronts == front] == crowding_distance(points[fronts == front])).all()


def test_infinite_values_crowd_like_the_largest_finite_one() -> None:
    points = np.array([[0.0, np.inf], [1.0, 2.0], [2.0, 0.0], [3.0, 0.0]])
    clipped = np.array([[0.0, 2.0], [1.0, 2.0], [2.0, 0.0], [3.0, 0.0]])
    assert (crowding_distance(points) == crowding_distance(clipped)).all()
    assert not np.isnan(crowding_distance(np.array([[np.inf, 1.0], [np.inf, 0.0]]))).any()


def test_hypervolume_by_hand() -> None:
    assert hypervolume(np.array([[1.0], [2.0]]), [4.0]) == 3.0
    assert hypervolume(np.array([[0.0, 2.0], [1.0, 1.0], [2.0, 0.0], [2.0, 2.0]]), [3.0, 3.0]) == 6.0
    assert hypervolume(np.array([[0.0, 0.0, 1.0], [1.0, 1.0, 0.0]]), [2.0, 2.0, 2.0]) == 5.0
    assert hypervolume(np.array([[1.0, 1.0], [5.0, 0.0], [np.inf, 0.0]]), [3.0, 3.0]) == 4.0
    assert hypervolume(np.array([[3.0, 0.0]]), [3.0, 3.0]) == 0.0
    assert hypervolume(np.array([[-np.inf, 0.0]]), [3.0, 3.0]) == np.inf


@given(point_sets([0.0, 1.0, 2.0, 3.0, 4.0]))
def test_hypervolume_counts_the_unit_cells_that_the_points_dominate(points: FloatArray) -> None:
    n_objectives = points.shape[1]
    cells = np.stack(np.meshgrid(*[np.arange(4.0)] * n_objectives), axis=-1).reshape(-1, n_objectives)
    dominated = (points[None, :, :] <= cells[:, None, :]).all(axis=2).any(axis=1)
    assert hypervolume(points, [4.0] * n_objectives) == pytest.approx(dominated.sum())


def test_the_knee_bulges_furthest_toward_the_ideal() -> None:
    points = np.array([[0.0, 100.0], [1.0, 20.0], [2.0, 8.0], [10.0, 0.0], [50.0, 500.0], [0.0, np.inf]])
    assert knee_index(points) == 2
    assert knee_index(points[::-1]) == 3


def test_the_knee_of_one_point_or_of_constant_objectives_is_the_first_best() -> None:
    assert knee_index(np.array([[3.0, 1.0]])) == 0
    assert knee_index(np.array([[3.0, 1.0], [2.0, 1.0], [2.0, 1.0]])) == 1
    assert knee_index(np.array([[3.0], [1.0], [1.0]])) == 1


def test_a_knee_needs_a_finite_point() -> None:
    with pytest.raises(SearchError, match="at least one point must be finite, but none of 2 is"):
        knee_index(np.full((2, 2), np.inf))


def test_nan_names_the_row() -> None:
    with pytest.raises(SearchError, match=r"must not hold NaN, but row 1 is \[1.0, nan\]"):
        pareto_mask(np.array([[0.0, 1.0], [1.0, np.nan]]))


def test_shapes_are_checked() -> None:
    with pytest.raises(SearchError, match=r"must have shape \(n_points, n_objectives\), but got \(3,\)"):
        ranks(np.zeros(3))
    with pytest.raises(SearchError, match=r"reference must be 2 finite numbers, .* but got \[1.0\]"):
        hypervolume(np.zeros((1, 2)), [1.0])
