# mypy: disable-error-code="untyped-decorator"
"""`hwmodels.printed.words` and the tournament for a whole population, in compiled loops.

A bit is 0, 1, or -1 where it varies. A word is a row of `words`: width, signed, varying, constant.
"""

import numpy as np
from numba import njit

from hwmodels.printed.batch_ranges import bit_length, signed_width
from hwmodels.printed.batch_sums import after2, after3, after4
from hwmodels.printed.costs import FloatArray, IntArray
from hwmodels.printed.units import AND, AND_NOT, COMPARE, INVERTER, MUX, OR, OR_NOT

WIDTH, SIGNED, VARYING, CONSTANT = range(4)


@njit(cache=True, inline="always")
def _looked_at(mask: int, width: int, signed: int) -> int:
    if width == 0:
        return 0
    read = mask & ((1 << width) - 1)
    return read | 1 << (width - 1) if signed and mask >> (width - 1) else read


@njit(cache=True)
def needed_bits(read: int, lo: int, hi: int) -> int:
    """Bits of an output in lo..hi that comparisons with the mask `read` look at."""
    return _looked_at(read, signed_width(lo, hi), lo < 0)


@njit(cache=True, inline="always")
def _bit(word: IntArray, index: int) -> int:
    if index >= word[WIDTH]:
        if not word[SIGNED]:
            return 0
        index = word[WIDTH] - 1
    return -1 if (word[VARYING] >> index) & 1 else (word[CONSTANT] >> index) & 1


@njit(cache=True, inline="always")
def _common(left: IntArray, right: IntArray) -> tuple[int, int]:
    signed = left[SIGNED] | right[SIGNED]
    left_width = left[WIDTH] + (signed - left[SIGNED])
    return max(left_width, right[WIDTH] + (signed - right[SIGNED])), signed


@njit(cache=True, inline="always")
def _step(
    high: int, low: int, below: int, start: float, settled: float, count: IntArray, delay: FloatArray
) -> tuple[int, float]:
    """See `hwmodels.printed.words._step`."""
    if high >= 0 and low >= 0:
        if high == low:
            return below, settled
        return (1 if high > low else 0), start
    if high < 0 and low < 0:
        if below < 0:
            count[COMPARE] += 1
            return -1, after3(delay, COMPARE, 0, start, start, settled)
        unit = OR_NOT if below else AND_NOT
        count[unit] += 1
        return -1, after2(delay, unit, 0, start, start)
    if below < 0:
        if high < 0:
            unit = AND if low else OR
            count[unit] += 1
            return -1, after2(delay, unit, 0, start, settled)
        unit = OR_NOT if high else AND_NOT
        count[unit] += 1
        return -1, after2(delay, unit, 0, settled, start)
    if high < 0:
        return (-1 if low == below else below), start
    if high == below:
        return below, start
    count[INVERTER] += 1
    return -1, start + delay[INVERTER, 0, 0]


@njit(cache=True, inline="always")
def _compare(
    left: IntArray, right: IntArray, start: float, mask: int, count: IntArray, delay: FloatArray
) -> tuple[int, float]:
    width, signed = _common(left, right)
    looked = _looked_at(mask, width, signed)
    select, settled = 0, start
    for index in range(bit_length(looked)):
        if (looked >> index) & 1:
            high, low = _bit(right, index), _bit(left, index)
            if signed and mask < 0 and index == width - 1:
                high, low = low, high
            select, settled = _step(high, low, select, start, settled, count, delay)
    return select, settled


@njit(cache=True, inline="always")
def _choose_bit(
    first: int, second: int, a: float, b: float, select: float, count: IntArray, delay: FloatArray
) -> float:
    """See `hwmodels.printed.words._choose_bit`."""
    inverted = select + delay[INVERTER, 0, 0]
    if first < 0 and second < 0:
        count[MUX] += 1
        return after4(delay, MUX, 0, a, b, select, inverted)
    if second < 0:
        unit = OR_NOT if first else AND
        count[unit] += 1
        return after2(delay, unit, 0, b, select)
    if first < 0:
        unit = OR if second else AND
        count[unit] += 1
        return after2(delay, unit, 0, a, select if second else inverted)
    return select if second else inverted


@njit(cache=True)
def _choose(
    left: IntArray,
    right: IntArray,
    left_s: float,
    right_s: float,
    select: int,
    select_s: float,
    read: int,
    out: IntArray,
    count: IntArray,
    delay: FloatArray,
) -> tuple[bool, float]:
    """Writes the chosen word to `out`; whether the complement is used, and when the word is settled."""
    if select >= 0:
        out[:] = right if select else left
        return False, right_s if select else left_s
    width, signed = _common(left, right)
    out[WIDTH], out[SIGNED], out[VARYING], out[CONSTANT] = width, signed, 0, 0
    looked, complement, settled = _looked_at(read, width, signed), False, select_s
    for index in range(bit_length(looked)):
        if (looked >> index) & 1:
            first, second = _bit(left, index), _bit(right, index)
            if first >= 0 and first == second:
                out[CONSTANT] |= first << index
                continue
            out[VARYING] |= 1 << index
            if (first < 0 and second != 1) or (first == 1 and second == 0):
                complement = True
            settled = max(settled, _choose_bit(first, second, left_s, right_s, select_s, count, delay))
    return complement, settled


@njit(cache=True)
def _balanced(n_live: int, sides: IntArray) -> None:
    """See `hwmodels.printed.argmax.balanced`."""
    entrants = np.arange(n_live)
    n_entrants, match = n_live, 0
    while n_entrants > 1:
        kept = 0
        for i in range(0, n_entrants - 1, 2):
            sides[match, 0], sides[match, 1] = entrants[i], entrants[i + 1]
            entrants[kept] = n_live + match
            match += 1
            kept += 1
        if n_entrants & 1:
            entrants[kept] = entrants[n_entrants - 1]
            kept += 1
        n_entrants = kept


@njit(cache=True)
def _offset(masks: IntArray, n_matches: int, lowest: int) -> int:
    """See `hwmodels.printed.mlp._offset`."""
    step = 1
    for match in range(n_matches):
        dropped = -masks[match]
        if dropped <= 0 or dropped & (dropped - 1):
            return 0
        step = max(step, dropped)
    return lowest // step * step


@njit(cache=True)
def plan(
    lowest: IntArray, highest: IntArray, exact: bool, sides: IntArray, masks: IntArray
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Who takes part in the tournaments of a population, and what of them is looked at.

    exact: drop outputs that can't win and fill `sides` (n_networks, n_outputs - 1, 2) and `masks`.
    Gives live (n_networks, n_outputs) with the class of each entrant, n_live (n_networks,), the offset
    (n_networks,) and by output the needed bits (n_networks, n_outputs).
    """
    n_networks, n_outputs = lowest.shape
    live = np.zeros((n_networks, n_outputs), np.int64)
    n_live, offsets = np.zeros(n_networks, np.int64), np.zeros(n_networks, np.int64)
    needed = np.zeros((n_networks, n_outputs), np.int64)
    read = np.zeros(2 * n_outputs, np.int64)
    for p in range(n_networks):
        n, floor, holder = 0, lowest[p].max(), lowest[p].argmax()
        for j in range(n_outputs):
            can_win = highest[p, j] > floor or (highest[p, j] == floor and j <= holder)
            if can_win or not exact:
                live[p, n] = j
                n += 1
        n_live[p] = n
        if n == 1:
            continue
        if exact:
            _balanced(n, sides[p])
            masks[p, : n - 1] = -1
        least = lowest[p, live[p, 0]]
        for e in range(1, n):
            least = min(least, lowest[p, live[p, e]])
        offsets[p] = _offset(masks[p], n - 1, least)
        read[: 2 * n] = 0
        for match in range(n - 2, -1, -1):
            for side in range(2):
                read[sides[p, match, side]] = masks[p, match] | read[n + match]
        for e in range(n):
            j = live[p, e]
            needed[p, j] = needed_bits(read[e], lowest[p, j] - offsets[p], highest[p, j] - offsets[p])
    return live, n_live, offsets, needed


@njit(cache=True)
def count_tournaments(
    live: IntArray,
    n_live: IntArray,
    sides: IntArray,
    masks: IntArray,
    lowest: IntArray,
    highest: IntArray,
    varying: IntArray,
    constant: IntArray,
    arrival: FloatArray,
    counts: IntArray,
    delay: FloatArray,
) -> FloatArray:
    """Counts all comparisons into `counts`; when the answer settles, (n_networks,). Ranges after offset."""
    n_networks, n_outputs = lowest.shape
    values, indices = np.zeros((2 * n_outputs, 4), np.int64), np.zeros((2 * n_outputs, 4), np.int64)
    values_s, indices_s = np.zeros(2 * n_outputs), np.zeros(2 * n_outputs)
    read, settled = np.zeros(2 * n_outputs, np.int64), np.zeros(n_networks)
    for p in range(n_networks):
        n = n_live[p]
        if n == 1:
            continue
        for e in range(n):
            j = live[p, e]
            values[e, WIDTH], values[e, SIGNED] = signed_width(lowest[p, j], highest[p, j]), lowest[p, j] < 0
            values[e, VARYING], values[e, CONSTANT] = varying[p, j], constant[p, j]
            indices[e, WIDTH], indices[e, SIGNED] = bit_length(live[p, :n].max()), 0
            indices[e, VARYING], indices[e, CONSTANT] = 0, j
            values_s[e], indices_s[e] = arrival[p, j], 0.0
        read[: 2 * n] = 0
        for match in range(n - 2, -1, -1):
            for side in range(2):
                read[sides[p, match, side]] = masks[p, match] | read[n + match]
        for match in range(n - 1):
            left, right, winner = sides[p, match, 0], sides[p, match, 1], n + match
            start = max(values_s[left], values_s[right])
            select, select_s = _compare(values[left], values[right], start, masks[p, match], counts[p], delay)
            first, values_s[winner] = _choose(
                values[left], values[right], values_s[left], values_s[right], select, select_s,
                read[winner], values[winner], counts[p], delay,
            )  # fmt: skip
            second, indices_s[winner] = _choose(
                indices[left], indices[right], indices_s[left], indices_s[right], select, select_s,
                -1, indices[winner], counts[p], delay,
            )  # fmt: skip
            if first or second:
                counts[p, INVERTER] += 1
        settled[p] = indices_s[2 * n - 2]
    return settled
