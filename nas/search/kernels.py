# mypy: disable-error-code="untyped-decorator"
"""Compiled loops of the array searchers; imported when the first search that needs them begins."""

import numpy as np
from numba import njit

from nas.search.columns import BoolArray, FloatArray, IntArray
from searchspaces.space import Rows


@njit(cache=True)
def cross_rows(
    rows: Rows, first: IntArray, second: IntArray, from_second: BoolArray, starts: IntArray
) -> Rows:
    """Children (n, n_variables) of rows[first] and rows[second], copied run by run.

    first, second: (n,). from_second: (n, n_runs). starts: (n_runs + 1,) first variable of each run of
    neighbors that stay together, and last the number of variables.
    """
    children = np.empty((len(first), rows.shape[1]), rows.dtype)
    for child in range(len(first)):
        for run in range(len(starts) - 1):
            parent = second[child] if from_second[child, run] else first[child]
            for variable in range(starts[run], starts[run + 1]):
                children[child, variable] = rows[parent, variable]
    return children


@njit(cache=True)
def staircase_ranks(seconds: FloatArray) -> IntArray:
    """Fronts (n,) of two-objective points that are distinct and sorted; seconds: (n,) second objectives.

    A point lies in the first front whose lowest second objective so far is above its own.
    """
    ranks = np.empty(len(seconds), np.int64)
    tails = np.empty(len(seconds), np.float64)
    n_fronts = 0
    for point in range(len(seconds)):
        low, high = 0, n_fronts
        while low < high:
            middle = (low + high) // 2
            if tails[middle] <= seconds[point]:
                low = middle + 1
            else:
                high = middle
        tails[low] = seconds[point]
        n_fronts = max(n_fronts, low + 1)
        ranks[point] = low
    return ranks


@njit(cache=True)
def add_gaps(distances: FloatArray, order: IntArray, values: FloatArray, fronts: IntArray) -> None:
    """Adds to distances (n,) the gap around each value relative to the span of its front; inf at the ends.

    order: (n,) indices by front and value. values, fronts: (n,). A front without span adds no gap.
    """
    start = 0
    while start < len(order):
        end = start + 1
        while end < len(order) and fronts[order[end]] == fronts[order[start]]:
            end += 1
        span = values[order[end - 1]] - values[order[start]]
        for place in range(start + 1, end - 1):
            if span > 0:
                distances[order[place]] += (values[order[place + 1]] - values[order[place - 1]]) / span
        distances[order[start]] = np.inf
        distances[order[end - 1]] = np.inf
        start = end
