"""Pareto fronts of arrays of points; every column is minimized.

A point dominates another when it is nowhere larger and somewhere smaller. Equal points do not dominate
each other. An infinite value compares as the largest there is; NaN is refused.
"""

from bisect import bisect_right
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nas.search.protocol import SearchError

Points: TypeAlias = npt.NDArray[np.number[Any]]
FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]


def pareto_mask(points: Points) -> BoolArray:
    """Which points nothing dominates: (n_points,) bool for (n_points, n_objectives).

    All copies of a point that is on the front are on it. Two objectives take O(n log n), more take
    O(n * size of the front). Raises SearchError for NaN or a wrong shape.
    """
    values = _checked(points)
    if values.shape[1] <= 2:
        return _pareto_mask_2d(values)
    return _pareto_mask_nd(values)


def ranks(points: Points) -> IntArray:
    """Front of each point: (n_points,) int64, 0 for the Pareto front, 1 for that of the rest, and so on.

    Equal points share a front. Two objectives take O(n log n), more take O(n^2) time and memory.
    Raises SearchError for NaN or a wrong shape. Source: Deb et al. 2002, NSGA-II, section III A.
    """
    values = _checked(points)
    if values.shape[1] <= 2:
        return _ranks_2d(values)
    return _ranks_nd(values)


def occurrences(points: Points) -> IntArray:
    """How many equal points come before each: (n_points,) int64, 0 for the first of its kind.

    Raises SearchError for NaN or a wrong shape.
    """
    values = _checked(points)
    order, starts_group = _grouped(values)
    position = np.arange(len(values))
    group_start = np.maximum.accumulate(np.where(starts_group, position, 0))
    result = np.empty(len(values), dtype=np.int64)
    result[order] = position - group_start
    return result


def crowding_distance(points: Points, fronts: IntArray | None = None) -> FloatArray:
    """Sum over the objectives of the gap between both neighbors, relative to the span of the front.

    points: (n_points, n_objectives). fronts: (n_points,) front of each point, by default all one front.
    Returns (n_points,) float64: inf at the ends of an objective, 0 for a copy of an earlier point of the
    same front. Infinite values count as the largest finite one of their objective. Raises SearchError
    for NaN or a wrong shape. Source: Deb et al. 2002, NSGA-II, section III B.
    """
    values = _finite(_checked(points))
    front = np.zeros(len(values), dtype=np.int64) if fronts is None else fronts
    first = occurrences(np.column_stack((front, values))) == 0
    result = np.zeros(len(values))
    kept = np.flatnonzero(first)
    for column in values[kept].T:
        order = np.lexsort((column, front[kept]))
        result[kept[order]] += _gaps(column[order], front[kept[order]])
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


def _grouped(values: FloatArray) -> tuple[IntArray, BoolArray]:
    """A stable lexicographic order, first column first, and which sorted rows differ from the one before."""
    order = np.lexsort(values.T[::-1])
    starts = np.ones(len(values), dtype=np.bool_)
    starts[1:] = (values[order[1:]] != values[order[:-1]]).any(axis=1)
    return order, starts


def _pareto_mask_2d(values: FloatArray) -> BoolArray:
    if values.shape[1] == 1:
        best: BoolArray = values[:, 0] == values[:, 0].min(initial=np.inf)
        return best
    order, starts_group = _grouped(values)
    second = values[order[starts_group], 1]
    on_front = np.ones(len(second), dtype=np.bool_)
    on_front[1:] = second[1:] < np.minimum.accumulate(second)[:-1]
    mask = np.empty(len(values), dtype=np.bool_)
    mask[order] = on_front[np.cumsum(starts_group) - 1]
    return mask


def _pareto_mask_nd(values: FloatArray) -> BoolArray:
    # Sorted by the sum of places, nothing is dominated by what comes after it.
    places = [np.unique(column, return_inverse=True)[1] for column in values.T]
    left = np.argsort(np.sum(places, axis=0), kind="stable")
    mask = np.zeros(len(values), dtype=np.bool_)
    while len(left):
        head, rest = values[left[0]], values[left]
        equal = (rest == head).all(axis=1)
        mask[left[equal]] = True
        left = left[(rest < head).any(axis=1)]
    return mask


def _ranks_2d(values: FloatArray) -> IntArray:
    if values.shape[1] == 1:
        return np.unique(values[:, 0], return_inverse=True)[1].astype(np.int64)
    order, starts_group = _grouped(values)
    tails: list[float] = []  # smallest second objective of each front so far, ascending
    sorted_ranks = []
    rank = 0
    for second, is_new in zip(values[order, 1].tolist(), starts_group.tolist(), strict=True):
        if is_new:
            rank = bisect_right(tails, second)
            tails[rank : rank + 1] = [second]
        sorted_ranks.append(rank)
    result = np.empty(len(values), dtype=np.int64)
    result[order] = sorted_ranks
    return result


def _ranks_nd(values: FloatArray) -> IntArray:
    order, starts_group = _grouped(values)
    distinct = values[order[starts_group]]
    # In lexicographic order only an earlier row can dominate a later one.
    dominates = np.triu(np.ones((len(distinct), len(distinct)), dtype=np.bool_), k=1)
    for column in distinct.T:
        dominates &= column[:, None] <= column[None, :]
    n_above = dominates.sum(axis=0)
    rank_of = np.full(len(distinct), -1, dtype=np.int64)
    rank = 0
    while (rank_of < 0).any():
        front = (n_above == 0) & (rank_of < 0)
        rank_of[front] = rank
        n_above -= dominates[front].sum(axis=0)
        rank += 1
    result = np.empty(len(values), dtype=np.int64)
    result[order] = rank_of[np.cumsum(starts_group) - 1]
    return result


def _gaps(column: FloatArray, front: IntArray) -> FloatArray:
    """Relative gaps of values sorted within each front; the ends of a front are inf."""
    starts = np.ones(len(column), dtype=np.bool_)
    starts[1:] = front[1:] != front[:-1]
    ends = np.append(starts[1:], True)[: len(column)]
    sizes = np.diff(np.append(np.flatnonzero(starts), len(column)))
    span = np.repeat(column[ends] - column[starts], sizes)
    around = np.zeros(len(column))
    around[1:-1] = column[2:] - column[:-2]
    gaps = np.zeros(len(column))
    np.divide(around, span, out=gaps, where=span > 0)
    gaps[starts | ends] = np.inf
    return gaps


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
