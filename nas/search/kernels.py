# mypy: disable-error-code="untyped-decorator"
"""Compiled loops of the array searchers; imported when the first search that needs them begins."""

import numpy as np
from numba import njit

from nas.search.columns import BoolArray, Columns, FloatArray, HashArray, IntArray
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
def mutate_rows(
    rows: Rows,
    places: IntArray,
    uniform: FloatArray,
    normal: FloatArray,
    reset_rate: float,
    columns: Columns,
) -> None:
    """One mutation of rows[places[i]] for each i, in place.

    places: (n,). uniform: (n, 5) in [0, 1), that choose the variable, the kind, the value or width of a
    step, and its sign. normal: (n,) standard deviates, for variables that are real or logarithmic.
    """
    for i in range(len(places)):
        column = columns.free[int(uniform[i, 0] * len(columns.free))]
        old = float(rows[places[i], column])
        if columns.is_choice[column] or uniform[i, 1] < reset_rate:
            new = other_value(columns, column, old, uniform[i, 2])
        else:
            new = old
            if columns.is_real[column] or columns.is_log[column]:
                new = scaled_step(columns, column, old, uniform[i, 2], normal[i])
            if new == old and not columns.is_real[column]:
                new = _whole_step(columns, column, old, uniform[i, 3], uniform[i, 4] < 0.5)
        rows[places[i], column] = new


@njit(cache=True)
def other_value(columns: Columns, column: int, old: float, uniform: float) -> float:
    """A uniform draw; where a whole value is drawn again, a neighbor of it."""
    low, high = columns.low[column], columns.high[column]
    new = _value(columns, column, low + uniform * (high - low))
    if new != old or columns.is_real[column]:
        return new
    return old + 1 if old < columns.upper[column] else old - 1


@njit(cache=True)
def scaled_step(columns: Columns, column: int, old: float, uniform: float, normal: float) -> float:
    """A normal step, by ratio where the variable is logarithmic; its width is 0.1 % to 30 % of the range."""
    low, high = columns.low[column], columns.high[column]
    start = np.log(old) if columns.is_log[column] else old
    step = (high - low) * 10 ** (-3.0 + 2.5 * uniform) * normal
    end = start + step if low <= start + step <= high else start - step
    return _value(columns, column, min(max(end, low), high))


@njit(cache=True)
def _whole_step(columns: Columns, column: int, old: float, uniform: float, is_down: bool) -> float:
    lower, upper = columns.lower[column], columns.upper[column]
    step = min(2.0 ** np.floor(-np.log2(1.0 - uniform)), max(1.0, (upper - lower) // 2))
    if is_down:
        step = -step
    new = old + step if lower <= old + step <= upper else old - step
    return float(min(max(new, lower), upper))


@njit(cache=True)
def _value(columns: Columns, column: int, scaled: float) -> float:
    """The value of a variable at a place on the scale of low and high."""
    value: float = np.exp(scaled) if columns.is_log[column] else scaled
    if not columns.is_real[column]:
        value = np.rint(value)
    return float(min(max(value, columns.lower[column]), columns.upper[column]))


@njit(cache=True)
def weighted_sums(bits: HashArray, weights: HashArray) -> HashArray:
    """(n,) sums, modulo 2^64, of bits (n, n_variables) uint32 or uint64 times weights (n_variables,)."""
    sums = np.zeros(len(bits), np.uint64)
    for row in range(len(bits)):
        total = np.uint64(0)
        for variable in range(bits.shape[1]):
            total += np.uint64(bits[row, variable]) * weights[variable]
        sums[row] = total
    return sums


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

    order: (n,) indices by front, and within it by rising or falling value. values, fronts: (n,). A front
    without span adds no gap.
    """
    start = 0
    while start < len(order):
        end = start + 1
        while end < len(order) and fronts[order[end]] == fronts[order[start]]:
            end += 1
        span = values[order[end - 1]] - values[order[start]]
        for place in range(start + 1, end - 1):
            if span != 0:
                distances[order[place]] += (values[order[place + 1]] - values[order[place - 1]]) / span
        distances[order[start]] = np.inf
        distances[order[end - 1]] = np.inf
        start = end


@njit(cache=True)
def judge_pairs(points: FloatArray, order: IntArray) -> tuple[IntArray, FloatArray]:
    """Front (n,) and crowding distance (n,) of two-objective points, copies in fronts behind all others.

    points: (n, 2), finite. order: (n,) a stable lexicographic order. The same as `judge` of population.py
    for any number of objectives, in one pass.
    """
    firsts = np.empty(len(order), np.int64)
    index, copy = np.empty(len(order), np.int64), np.zeros(len(order), np.int64)
    n_distinct = 0
    for place in range(len(order)):
        point, before = order[place], order[place - 1]
        if place > 0 and points[point, 0] == points[before, 0] and points[point, 1] == points[before, 1]:
            copy[point] = copy[before] + 1
        else:
            firsts[n_distinct] = point
            n_distinct += 1
        index[point] = n_distinct - 1
    falling = points[firsts[:n_distinct], 1]
    fronts = staircase_ranks(falling)
    by_front = np.argsort(fronts, kind="mergesort")
    crowding = np.zeros(n_distinct)
    add_gaps(crowding, by_front, points[firsts[:n_distinct], 0], fronts)
    add_gaps(crowding, by_front, falling, fronts)
    return fronts[index] + copy * n_distinct, crowding[index]
