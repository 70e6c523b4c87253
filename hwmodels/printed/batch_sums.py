# mypy: disable-error-code="untyped-decorator"
"""`hwmodels.printed.adders` and the clip for a whole population, in compiled loops.

Arrays have a leading population axis, p; `lo` and `hi` are int64 ranges of the inputs of a layer. The small
functions are inlined, since handing arrays on costs more than what they do.
"""

import numpy as np
from numba import njit

from hwmodels.printed.adders import tree_levels
from hwmodels.printed.batch_ranges import bit_length, overflow_bits, signed_width, varying_bits
from hwmodels.printed.costs import FloatArray, IntArray
from hwmodels.printed.units import (
    AND,
    FULL_ADDER,
    FULL_ADDER_CARRY,
    FULL_ADDER_SUM,
    HALF_ADDER,
    HALF_ADDER_ONE,
    INVERTER,
    NAND,
    NOR,
    OR,
    XNOR,
    XOR,
)

MAX_HEIGHT = 1 << 14
LANES = np.array([sum((four >> bit & 1) << 16 * bit for bit in range(4)) for four in range(16)])
"""Four bits, each in 16 bits of its own: one addition counts four columns."""
LEVELS = np.array([tree_levels(height) for height in range(MAX_HEIGHT + 1)], dtype=np.int8)


@njit(cache=True, inline="always")
def after1(delay: FloatArray, unit: int, a: float) -> float:
    """When the output of a unit with one pin is settled."""
    return float(a + delay[unit, 0, 0])


@njit(cache=True, inline="always")
def after2(delay: FloatArray, unit: int, output: int, a: float, b: float) -> float:
    """When an output of a unit with two pins is settled."""
    return float(max(a + delay[unit, 0, output], b + delay[unit, 1, output]))


@njit(cache=True, inline="always")
def after3(delay: FloatArray, unit: int, output: int, a: float, b: float, c: float) -> float:
    """When an output of a unit with three pins is settled."""
    return float(max(after2(delay, unit, output, a, b), c + delay[unit, 2, output]))


@njit(cache=True)
def after4(delay: FloatArray, unit: int, output: int, a: float, b: float, c: float, d: float) -> float:
    """When an output of a unit with four pins is settled."""
    return float(max(after3(delay, unit, output, a, b, c), d + delay[unit, 3, output]))


@njit(cache=True, inline="always")
def _reduce(
    height: int,
    one: bool,
    keep: bool,
    last: bool,
    early: float,
    late: float,
    count: IntArray,
    delay: FloatArray,
) -> tuple[int, float, float]:
    """Carries, and when sum and carry are settled; see `hwmodels.printed.adders._reduce`."""
    if height <= 1:
        return _pass_on(height, one, keep, 0, max(early, late), 0.0, count, delay)
    early += (LEVELS[min(height, MAX_HEIGHT)] - 1) * delay[FULL_ADDER, 0, 0]
    n_full = (height - 1) // 2
    if height % 2 == 0:
        count[FULL_ADDER_SUM if last else FULL_ADDER] += n_full
        return _reduce_pair(one, keep, last, n_full, early, late, count, delay)
    if last:
        count[FULL_ADDER_SUM] += n_full
        total = after3(delay, FULL_ADDER_SUM, 0, early, early, late)
        return _pass_on(height, one, keep, 0, total, 0.0, count, delay)
    count[FULL_ADDER] += n_full - 1
    if not (keep or one):
        count[FULL_ADDER_CARRY] += 1
        return n_full, 0.0, after3(delay, FULL_ADDER_CARRY, 0, early, early, late)
    count[FULL_ADDER] += 1
    total = after3(delay, FULL_ADDER, 0, early, early, late)
    carry = after3(delay, FULL_ADDER, 1, early, early, late)
    return _pass_on(height, one, keep, n_full, total, carry, count, delay)


@njit(cache=True, inline="always")
def _pass_on(
    height: int,
    one: bool,
    keep: bool,
    carries: int,
    bit: float,
    carry: float,
    count: IntArray,
    delay: FloatArray,
) -> tuple[int, float, float]:
    if not (one and height):
        return carries, bit if keep else 0.0, carry
    total = 0.0
    if keep:
        count[INVERTER] += 1
        total = after1(delay, INVERTER, bit)
    return carries + 1, total, max(carry, bit)


@njit(cache=True, inline="always")
def _reduce_pair(
    one: bool,
    keep: bool,
    last: bool,
    n_full: int,
    early: float,
    late: float,
    count: IntArray,
    delay: FloatArray,
) -> tuple[int, float, float]:
    if last:
        unit = XNOR if one else XOR
        count[unit] += 1
        return 0, after2(delay, unit, 0, early, late), 0.0
    if keep:
        unit = HALF_ADDER_ONE if one else HALF_ADDER
        count[unit] += 1
        return n_full + 1, after2(delay, unit, 0, early, late), after2(delay, unit, 1, early, late)
    unit = OR if one else AND
    count[unit] += 1
    return n_full + 1, 0.0, after2(delay, unit, 0, early, late)


@njit(cache=True, inline="always")
def _add(
    mask: IntArray,
    weight: IntArray,
    bias: int,
    needed: int,
    lo: IntArray,
    varying: IntArray,
    arrival: FloatArray,
    heights: IntArray,
    settled: FloatArray,
    count: IntArray,
    delay: FloatArray,
) -> tuple[int, int]:
    """One sum: its varying bits and the values of the others. mask, weight: (n_inputs, n_terms).

    Writes to settled (n_columns,) when each bit is settled; heights (16,) is scratch, four columns a word.
    """
    width, constant, early = bit_length(needed), bias, 0.0
    heights[:] = 0
    for i in range(mask.shape[0]):
        for k in range(mask.shape[1]):
            if mask[i, k]:
                w, moving = np.int64(weight[i, k]), mask[i, k] & varying[i]
                constant += w * (lo[i] & mask[i, k] & ~varying[i]) + min(w, 0) * moving
                if moving:
                    early = max(early, arrival[i])
                    _spread(moving * abs(w), heights)
    result = 0
    carries, late = 0, 0.0
    for c in range(width):
        keep, one = (needed >> c) & 1 != 0, (constant >> c) & 1 != 0
        own = (heights[c >> 2] >> (16 * (c & 3))) & 0xFFFF
        height = own + carries
        if height and keep:
            result |= 1 << c
        start = early if own else 0.0
        carries, settled[c], late = _reduce(height, one, keep, c == width - 1, start, late, count, delay)
    return result, int(constant & needed & ~result)


@njit(cache=True, inline="always")
def _spread(summand: int, heights: IntArray) -> None:
    """Counts the ones of a summand into its columns; see `LANES`."""
    four = 0
    while summand:
        heights[four] += LANES[summand & 15]
        summand >>= 4
        four += 1


@njit(cache=True, inline="always")
def _clip_bit(
    settled: float,
    varies: bool,
    one: bool,
    overflow: float,
    positive: float,
    plain: bool,
    inverted: bool,
    count: IntArray,
    delay: FloatArray,
) -> float:
    """See `hwmodels.printed.mlp._clip_bit`; overflow and positive are -1 where there is none."""
    if positive < 0 and varies and overflow >= 0 and inverted:
        count[NOR] += 1
        settled = after2(delay, NOR, 0, settled, overflow)
        if plain:
            count[INVERTER] += 1
            settled = after1(delay, INVERTER, settled)
        return settled
    if overflow >= 0 and not one:
        if varies:
            count[OR] += 1
            settled = after2(delay, OR, 0, settled, overflow)
        else:
            settled = overflow
        varies = True
    if positive < 0 or not varies:
        wire = settled if positive < 0 else positive
        if inverted and varies:
            count[INVERTER] += 1
            return after1(delay, INVERTER, wire)
        return wire
    if not inverted:
        count[AND] += 1
        return after2(delay, AND, 0, settled, positive)
    count[NAND] += 1
    settled = after2(delay, NAND, 0, settled, positive)
    if plain:
        count[INVERTER] += 1
        settled = after1(delay, INVERTER, settled)
    return settled


@njit(cache=True)
def _clip(
    settled: FloatArray,
    varying: int,
    constant: int,
    lo: int,
    hi: int,
    shift: int,
    clip_hi: int,
    plain: int,
    inverted: int,
    count: IntArray,
    delay: FloatArray,
) -> float:
    overflow = positive = -1.0
    if lo < 0:
        count[INVERTER] += 1
        positive = after1(delay, INVERTER, settled[signed_width(lo, hi) - 1])
    above = overflow_bits(hi, shift + bit_length(clip_hi))
    if above & constant:
        return max(positive, 0.0)
    above &= varying
    for c in range(bit_length(above)):
        if (above >> c) & 1:
            if overflow < 0:
                overflow = settled[c]
            else:
                count[OR] += 1
                overflow = after2(delay, OR, 0, overflow, settled[c])
    latest = 0.0
    for bit in range(bit_length(plain | inverted)):
        is_plain, is_inverted = (plain >> bit) & 1 != 0, (inverted >> bit) & 1 != 0
        if is_plain or is_inverted:
            c = bit + shift
            varies = (varying >> c) & 1 != 0
            one = (constant >> c) & 1 != 0
            t = _clip_bit(settled[c], varies, one, overflow, positive, is_plain, is_inverted, count, delay)
            latest = max(latest, t)
    return latest


@njit(cache=True)
def count_layer(
    masks: IntArray,
    weights: IntArray,
    biases: IntArray,
    needed: IntArray,
    lo: IntArray,
    hi: IntArray,
    arrival: FloatArray,
    counts: IntArray,
    delay: FloatArray,
) -> tuple[IntArray, IntArray, FloatArray]:
    """Counts the sums of a layer into `counts`.

    Gives their varying bits and the values of the others, both (n_networks, n_neurons) int64, and when
    each bit is settled, (n_networks, n_neurons, n_columns).
    """
    n_networks, n_neurons, n_inputs, _ = masks.shape
    n_columns = bit_length(needed.max())
    heights, moving = np.zeros(16, np.int64), np.zeros(n_inputs, np.int64)
    varying = np.zeros((n_networks, n_neurons), np.int64)
    constant = np.zeros((n_networks, n_neurons), np.int64)
    settled = np.zeros((n_networks, n_neurons, n_columns))
    for p in range(n_networks):
        for i in range(n_inputs):
            moving[i] = varying_bits(lo[p, i], hi[p, i])
        for j in range(n_neurons):
            if needed[p, j]:
                varying[p, j], constant[p, j] = _add(
                    masks[p, j], weights[p, j], biases[p, j], needed[p, j], lo[p], moving, arrival[p],
                    heights, settled[p, j], counts[p], delay,
                )  # fmt: skip
    return varying, constant, settled


@njit(cache=True)
def count_clips(
    varying: IntArray,
    constant: IntArray,
    settled: FloatArray,
    lowest: IntArray,
    highest: IntArray,
    needed: IntArray,
    shift: IntArray,
    clip_hi: IntArray,
    plain: IntArray,
    inverted: IntArray,
    counts: IntArray,
    delay: FloatArray,
) -> FloatArray:
    """Counts the clips of a layer into `counts`; when its activations settle, (n_networks, n_neurons)."""
    result = np.zeros(needed.shape)
    for p in range(needed.shape[0]):
        for j in range(needed.shape[1]):
            if needed[p, j]:
                result[p, j] = _clip(
                    settled[p, j], varying[p, j], constant[p, j], lowest[p, j], highest[p, j],
                    shift[p], clip_hi[p], plain[p, j], inverted[p, j], counts[p], delay,
                )  # fmt: skip
    return result
