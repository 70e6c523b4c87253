"""Pareto fronts of arrays of points; every column is minimized.

A point dominates another when it is nowhere larger and somewhere smaller. Equal points do not dominate
each other. An infinite value compares as the largest there is; NaN is refused.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nas.search.protocol import SearchError

Points: TypeAlias = npt.NDArray[np.number[Any]]
FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class DistinctPoints:
    """The different points among (n_points, n_objectives).

    values: (n_distinct, n_objectives), sorted by the first column, then by the second, and so on.
    index: (n_points,) row of values that each point equals. copy: (n_points,) how many equal points come
    before each, 0 for the first of its kind.
    """

    values: FloatArray
    index: IntArray
    copy: IntArray


def distinct_points(points: Points) -> DistinctPoints:
    """Tells equal points apart from different ones; raises SearchError for NaN or a wrong shape."""
    values = _checked(points)
    order = np.lexsort(values.T[::-1])
    ordered = values[order]
    is_new = np.zeros(len(values), dtype=np.bool_)
    is_new[:1] = True
    for column in ordered.T:
        is_new[1:] |= column[1:] != column[:-1]
    starts = np.flatnonzero(is_new)
    group = np.cumsum(is_new) - 1
    index, copy = np.empty_like(order), np.empty_like(order)
    index[order] = group
    copy[order] = np.arange(len(values)) - starts[group]
    return DistinctPoints(values=ordered[starts], index=index, copy=copy)


def pareto_mask(points: Points) -> BoolArray:
    """Which points nothing dominates: (n_points,) bool for (n_points, n_objectives).

    All copies of a point that is on the front are on it. Two objectives take O(n log n), more take
    O(n * size of the front). Raises SearchError for NaN or a wrong shape.
    """
    distinct = distinct_points(points)
    mask = _mask_of_two if distinct.values.shape[1] <= 2 else _mask_of_many
    return mask(distinct.values)[distinct.index]


def ranks(points: Points) -> IntArray:
    """Front of each point: (n_points,) int64, 0 for the Pareto front, 1 for that of the rest, and so on.

    Equal points share a front. Two objectives take O(n log n), more take O(n^2) time and memory.
    Raises SearchError for NaN or a wrong shape. Source: Deb et al. 2002, NSGA-II, section III A.
    """
    distinct = distinct_points(points)
    return ranks_of_distinct(distinct)[distinct.index]


def crowding_distance(points: Points) -> FloatArray:
    """Sum over the objectives of the gap between both neighbors, relative to the span of the objective.

    points: (n_points, n_objectives), usually one front. Returns (n_points,) float64: inf at the ends of
    an objective, 0 for a copy of an earlier point. Infinite values count as the largest finite one of
    their objective. Raises SearchError for NaN or a wrong shape. Source: Deb et al. 2002, NSGA-II,
    section III B.
    """
    distinct = distinct_points(points)
    one_front = np.zeros(len(distinct.values), dtype=np.int64)
    distance = crowding_of_distinct(distinct, one_front)
    return np.where(distinct.copy == 0, distance[distinct.index], 0.0)


def ranks_of_distinct(distinct: DistinctPoints) -> IntArray:
    """(n_distinct,) the `ranks` of distinct points."""
    rank = _ranks_of_two if distinct.values.shape[1] <= 2 else _ranks_of_many
    return rank(distinct.values)


def crowding_of_distinct(distinct: DistinctPoints, fronts: IntArray) -> FloatArray:
    """(n_distinct,) the `crowding_distance` of distinct points, within each of the fronts (n_distinct,)."""
    from nas.search.kernels import add_gaps

    values = _finite(distinct.values)
    result = np.zeros(len(values))
    by_first = np.argsort(fronts, kind="stable")
    for objective, column in enumerate(np.ascontiguousarray(values.T)):
        order = by_first if objective == 0 else np.lexsort((column, fronts))
        add_gaps(result, order, column, fronts)
    return result


def hypervolume(points: Points, reference: npt.ArrayLike) -> float:
    """Volume between the points and the reference that the points dominate; larger is better.

    points: (n_points, n_objectives). reference: (n_objectives,), finite; points not strictly better in
    every objective add nothing. Exact for any number of objectives; four and more use pymoo. Points with
    -inf give inf. Raises SearchError for NaN or a wrong shape.
    """
    corner = np.asarray(reference, dtype=np.float64)
    values = _checked(points)
    if corner.shape != values.shape[1:] or not np.isfinite(corner).all():
        raise SearchError(
            f"hypervolume: the reference must be {values.shape[1]} finite numbers, one an objective, "
            f"but got {corner.tolist()}"
        )
    values = values[(values < corner).all(axis=1)]
    if not len(values):
        return 0.0
    if np.isneginf(values).any():
        return float("inf")
    return _volume(np.unique(values[pareto_mask(values)], axis=0), corner)


def knee_index(points: Points) -> int:
    """Index of the knee: the point of the front that bulges furthest toward the ideal.

    points: (n_points, n_objectives). With every objective of the finite Pareto front scaled to [0, 1],
    the knee has the largest signed distance to the chord between the extremes (0, 1) and (1, 0), or to
    the plane through the unit points where there are more objectives: the smallest sum. An objective
    that is constant on the front counts nothing. The first of equals wins. Raises SearchError where no
    point is finite, for NaN or a wrong shape. Source: Das 1999, On characterizing the knee of the Pareto
    curve.
    """
    values = _checked(points)
    finite = np.flatnonzero(np.isfinite(values).all(axis=1))
    if not len(finite):
        raise SearchError(f"knee: at least one point must be finite, but none of {len(values)} is")
    front = finite[pareto_mask(values[finite])]
    low, high = values[front].min(axis=0), values[front].max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    return int(front[np.argmin(((values[front] - low) / span).sum(axis=1))])


def _checked(points: Points) -> FloatArray:
    values = np.asarray(points, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] == 0:
        raise SearchError(f"points must have shape (n_points, n_objectives), but got {values.shape}")
    if np.isnan(values).any():
        row = int(np.flatnonzero(np.isnan(values).any(axis=1))[0])
        raise SearchError(f"points must not hold NaN, but row {row} is {values[row].tolist()}")
    return values


def _finite(values: FloatArray) -> FloatArray:
    """Infinite values brought to the largest or smallest finite one of their column, or to 0."""
    is_finite = np.isfinite(values)
    if is_finite.all():
        return values
    high = np.where(is_finite, values, -np.inf).max(axis=0)
    low = np.where(is_finite, values, np.inf).min(axis=0)
    none = ~is_finite.any(axis=0)
    return np.clip(values, np.where(none, 0.0, low), np.where(none, 0.0, high))


def _mask_of_two(values: FloatArray) -> BoolArray:
    """Of distinct sorted points: of one column only the first is left, of two a falling staircase."""
    second = values[:, 1] if values.shape[1] == 2 else np.zeros(len(values))
    mask = np.ones(len(values), dtype=np.bool_)
    mask[1:] = second[1:] < np.minimum.accumulate(second)[:-1]
    return mask


def _mask_of_many(values: FloatArray) -> BoolArray:
    # Sorted by the sum of places, nothing is dominated by what comes after it.
    places = [np.unique(column, return_inverse=True)[1] for column in values.T]
    left = np.argsort(np.sum(places, axis=0), kind="stable")
    mask = np.zeros(len(values), dtype=np.bool_)
    while len(left):
        mask[left[0]] = True
        left = left[(values[left] < values[left[0]]).any(axis=1)]
    return mask


def _ranks_of_two(values: FloatArray) -> IntArray:
    if values.shape[1] == 1:
        return np.arange(len(values))
    from nas.search.kernels import staircase_ranks

    result: IntArray = staircase_ranks(np.ascontiguousarray(values[:, 1]))
    return result


def _ranks_of_many(values: FloatArray) -> IntArray:
    # In sorted order only an earlier point can dominate a later one.
    dominates = np.triu(np.ones((len(values), len(values)), dtype=np.bool_), k=1)
    for column in values.T:
        dominates &= column[:, None] <= column[None, :]
    n_above = dominates.sum(axis=0)
    result = np.full(len(values), -1, dtype=np.int64)
    rank = 0
    while (result < 0).any():
        front = (n_above == 0) & (result < 0)
        result[front] = rank
        n_above -= dominates[front].sum(axis=0)
        rank += 1
    return result


def _volume(front: FloatArray, corner: FloatArray) -> float:
    """front: distinct, mutually non-dominated, all below the corner."""
    if len(corner) == 1:
        return float(corner[0] - front[:, 0].min())
    if len(corner) == 2:
        return _area(front, corner)
    if len(corner) == 3:
        return _volume_3d(front, corner)
    from pymoo.indicators.hv import HV

    return float(HV(ref_point=corner)(front))


def _area(front: FloatArray, corner: FloatArray) -> float:
    ordered = front[np.argsort(front[:, 0], kind="stable")]
    widths = np.diff(np.append(ordered[:, 0], corner[0]))
    heights = corner[1] - np.minimum.accumulate(ordered[:, 1])
    return float((widths * heights).sum())


def _volume_3d(front: FloatArray, corner: FloatArray) -> float:
    """Slices along the last objective, each the area of the points at or below it."""
    ordered = front[np.argsort(front[:, 2], kind="stable")]
    depths = np.diff(np.append(ordered[:, 2], corner[2]))
    slices = np.flatnonzero(depths > 0)
    return float(sum(depths[k] * _area(ordered[: k + 1, :2], corner[:2]) for k in slices))
