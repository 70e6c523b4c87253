# mypy: disable-error-code="untyped-decorator"
"""Interval analysis and the bits that are needed, for a whole population, in compiled loops.

Arrays have a leading population axis, p; `lo` and `hi` are int64 ranges of the inputs of a layer.
"""

import numpy as np
from numba import njit

from hwmodels.printed.costs import IntArray


@njit(cache=True)
def bit_length(value: int) -> int:
    """Of a number that is not negative; a fixed number of steps, since branches cost more here."""
    length = 0
    for step in (32, 16, 8, 4, 2, 1):
        high = value >> step
        length += step if high else 0
        value = high if high else value
    return length + value


@njit(cache=True)
def signed_width(lo: int, hi: int) -> int:
    """Bits of lo..hi, sign included where lo is negative."""
    if lo >= 0:
        return bit_length(hi)
    return 1 + bit_length(max(hi, -1 - lo, 0))


@njit(cache=True)
def varying_bits(lo: int, hi: int) -> int:
    """Mask of the bits that differ among lo..hi."""
    return (1 << bit_length(lo ^ hi)) - 1


@njit(cache=True)
def _masked_range(lo: int, hi: int, mask: int) -> tuple[int, int]:
    """See `codegen.ir.ranges.masked_range`."""
    largest, smallest = hi & mask, lo & mask
    if lo == 0 and hi & (hi + 1) == 0:
        return smallest, largest
    for bit in range(bit_length(hi)):
        step = 1 << bit
        below = (hi - step) | (step - 1)
        if hi & step and below >= lo:
            largest = max(largest, below & mask)
        above = (lo | step) & -step
        if not lo & step and above <= hi:
            smallest = min(smallest, above & mask)
    return smallest, largest


@njit(cache=True)
def accumulator_ranges(
    masks: IntArray, weights: IntArray, biases: IntArray, lo: IntArray, hi: IntArray
) -> tuple[IntArray, IntArray]:
    """Lowest and highest accumulator of each neuron, (n_networks, n_neurons) int64."""
    n_networks, n_neurons, n_inputs, n_terms = masks.shape
    lowest = np.empty((n_networks, n_neurons), np.int64)
    highest = np.empty((n_networks, n_neurons), np.int64)
    for p in range(n_networks):
        for j in range(n_neurons):
            low = high = np.int64(biases[p, j])
            for i in range(n_inputs):
                for k in range(n_terms):
                    if masks[p, j, i, k]:
                        ends = _masked_range(lo[p, i], hi[p, i], masks[p, j, i, k])
                        weight = np.int64(weights[p, j, i, k])
                        low += weight * (ends[0] if weight > 0 else ends[1])
                        high += weight * (ends[1] if weight > 0 else ends[0])
            lowest[p, j], highest[p, j] = low, high
    return lowest, highest


@njit(cache=True)
def reads(
    masks: IntArray, weights: IntArray, needed: IntArray, lo: IntArray, hi: IntArray
) -> tuple[IntArray, IntArray]:
    """Bits of each input that live sums read plain and inverted, (n_networks, n_inputs) int64."""
    n_networks, n_neurons, n_inputs, n_terms = masks.shape
    plain = np.zeros((n_networks, n_inputs), np.int64)
    inverted = np.zeros((n_networks, n_inputs), np.int64)
    for p in range(n_networks):
        for j in range(n_neurons):
            if needed[p, j]:
                for i in range(n_inputs):
                    for k in range(n_terms):
                        if weights[p, j, i, k] > 0:
                            plain[p, i] |= masks[p, j, i, k]
                        else:
                            inverted[p, i] |= masks[p, j, i, k]
        for i in range(n_inputs):
            varying = varying_bits(lo[p, i], hi[p, i])
            plain[p, i] &= varying
            inverted[p, i] &= varying
    return plain, inverted


@njit(cache=True)
def overflow_bits(hi: int, activation_top: int) -> int:
    """The bits of 0..hi from `activation_top` on."""
    return ((1 << bit_length(hi)) - 1) >> activation_top << activation_top


@njit(cache=True)
def hidden_needs(
    lowest: IntArray, highest: IntArray, used: IntArray, shift: IntArray, clip_hi: IntArray
) -> IntArray:
    """Bits of each accumulator that the clip looks at, (n_networks, n_neurons) int64; 0 where not built."""
    needed = np.zeros(used.shape, np.int64)
    for p in range(used.shape[0]):
        top = shift[p] + bit_length(clip_hi[p])
        for j in range(used.shape[1]):
            if used[p, j]:
                needed[p, j] = used[p, j] << shift[p] | overflow_bits(highest[p, j], top)
                if lowest[p, j] < 0:
                    needed[p, j] |= 1 << (signed_width(lowest[p, j], highest[p, j]) - 1)
    return needed


@njit(cache=True)
def value_needs(lowest: IntArray, highest: IntArray) -> IntArray:
    """All bits of every value that is not constant, (n_networks, n_values) int64."""
    needed = np.zeros(lowest.shape, np.int64)
    for p in range(lowest.shape[0]):
        for j in range(lowest.shape[1]):
            if lowest[p, j] < highest[p, j]:
                needed[p, j] = (1 << signed_width(lowest[p, j], highest[p, j])) - 1
    return needed


@njit(cache=True)
def sign_needs(lowest: IntArray, highest: IntArray) -> IntArray:
    """The sign bit, as a mask, of every number that can have either sign; (n_networks, n) int64."""
    needed = np.zeros(lowest.shape, np.int64)
    for p in range(lowest.shape[0]):
        for j in range(lowest.shape[1]):
            if lowest[p, j] < 0 <= highest[p, j]:
                needed[p, j] = 1 << (signed_width(lowest[p, j], highest[p, j]) - 1)
    return needed


@njit(cache=True)
def count_ones(masks: IntArray) -> IntArray:
    """Ones of each mask, (n_networks, n) int64."""
    ones = np.zeros(masks.shape, np.int64)
    for p in range(masks.shape[0]):
        for i in range(masks.shape[1]):
            left = masks[p, i]
            while left:
                ones[p, i] += left & 1
                left >>= 1
    return ones
