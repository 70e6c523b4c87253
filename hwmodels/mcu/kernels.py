# mypy: disable-error-code="untyped-decorator"
"""What `hwmodels.mcu.counts` counts, for one layer of a whole population, in compiled loops.

Arrays have a leading population axis, p. The meaning of each step is that of `codegen.c.program`.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

IntArray: TypeAlias = npt.NDArray[np.int64]

LAYER, GROUP, LOAD, NEURON, BIAS, LARGE_BIAS = 1, 2, 3, 4, 5, 6
ADD, MASK, CLIP_LOW, CLIP_HIGH, DROP_BITS = 7, 13, 14, 15, 16
"""Places of quantities in `counts.STRAIGHT`; from ADD on plain add, shift, multiply, then masked ones."""
N_FORMS = 3


@njit(cache=True)
def every_bit(hi: int) -> int:
    """The mask of all bits of 0..hi."""
    mask = 0
    while mask < hi:
        mask = 2 * mask + 1
    return mask


@njit(cache=True)
def merge(masks: IntArray, weights: IntArray, hi: IntArray) -> tuple[IntArray, IntArray]:
    """Products: masks cut to the input's bits, and terms of equal mask as one with the sum of weights.

    masks, weights: (p, n_neurons, n_inputs, n_terms). hi: (p, n_inputs). A product that is not there has
    weight 0.
    """
    n_networks, n_neurons, n_inputs, n_terms = masks.shape
    bits = np.zeros(masks.shape, np.int64)
    sums = np.zeros(masks.shape, np.int64)
    for p in range(n_networks):
        for i in range(n_inputs):
            full = every_bit(hi[p, i])
            for j in range(n_neurons):
                for k in range(n_terms):
                    mask = masks[p, j, i, k] & full
                    if mask == 0:
                        continue
                    place = 0
                    while place < k and bits[p, j, i, place] != mask:
                        place += 1
                    bits[p, j, i, place] = mask
                    sums[p, j, i, place] += weights[p, j, i, k]
    return bits, sums


@njit(cache=True)
def wide_sums(bits: IntArray, sums: IntArray, biases: IntArray, hi: IntArray, live: IntArray) -> IntArray:
    """(p,) 1 where a live sum needs more than 32 bits; see `codegen.c.program.Sum`."""
    n_networks, n_neurons, n_inputs, n_terms = bits.shape
    wide = np.zeros(n_networks, np.int64)
    for p in range(n_networks):
        for j in range(n_neurons):
            if not live[p, j]:
                continue
            bias = int(biases[p, j])
            low, high = min(bias, 0), max(bias, 0)
            for i in range(n_inputs):
                for k in range(n_terms):
                    value = int(sums[p, j, i, k]) * largest_masked(hi[p, i], bits[p, j, i, k])
                    low += min(value, 0)
                    high += max(value, 0)
            if low < -(1 << 31) or high >= 1 << 31:
                wide[p] = 1
    return wide


@njit(cache=True)
def largest_masked(hi: int, mask: int) -> int:
    """The largest `x & mask` over 0..hi."""
    largest = hi & mask
    step = 1
    while step <= hi:
        if hi & step:
            largest = max(largest, ((hi - step) | (step - 1)) & mask)
        step <<= 1
    return largest


@njit(cache=True)
def count_layer(
    bits: IntArray,
    sums: IntArray,
    biases: IntArray,
    hi: IntArray,
    live: IntArray,
    group_size: int,
    large_bias: int,
    counts: IntArray,
) -> None:
    """Adds a layer's quantities to counts (p, n_quantities). live: (p, n_neurons), 0 where it vanishes."""
    for p in range(bits.shape[0]):
        order = np.flatnonzero(live[p])
        n_neurons = max(len(order), 1)  # a layer that nobody reads keeps one empty neuron
        n_groups = -(-n_neurons // group_size)
        counts[p, LAYER] += 1
        counts[p, GROUP] += n_groups
        counts[p, NEURON] += len(order)
        for j in order:
            counts[p, BIAS] += biases[p, j] != 0
            counts[p, LARGE_BIAS] += abs(biases[p, j]) >= large_bias
        for group in range(n_groups):
            members = order[n_neurons * group // n_groups : n_neurons * (group + 1) // n_groups]
            for i in range(bits.shape[2]):
                _count_input(bits[p], sums[p], hi[p, i], members, counts[p], i)


@njit(cache=True)
def _count_input(
    bits: IntArray, sums: IntArray, hi: int, members: IntArray, counts: IntArray, i: int
) -> None:
    """The products of input i in a group of neurons of one network."""
    full = every_bit(hi)
    loaded = False
    for place in range(len(members)):
        for k in range(bits.shape[2]):
            mask, weight = bits[members[place], i, k], abs(sums[members[place], i, k])
            if weight == 0:
                continue
            loaded = True
            form = 0 if weight == 1 else 1 if weight & (weight - 1) == 0 else 2
            if mask == full:
                counts[ADD + form] += 1
            else:
                counts[ADD + N_FORMS + form] += 1
                counts[MASK] += _is_new(bits, sums, members[: place + 1], i, k)
    counts[LOAD] += loaded


@njit(cache=True)
def _is_new(bits: IntArray, sums: IntArray, members: IntArray, i: int, k: int) -> bool:
    """True where no product before number k of the last member has its mask on the same input."""
    last = len(members) - 1
    mask = bits[members[last], i, k]
    for place in range(last + 1):
        for term in range(k if place == last else bits.shape[2]):
            if bits[members[place], i, term] == mask and sums[members[place], i, term] != 0:
                return False
    return True


@njit(cache=True)
def reads(sums: IntArray, live: IntArray) -> IntArray:
    """(p, n_inputs) 1 where a live neuron reads the input."""
    n_networks, n_neurons, n_inputs, n_terms = sums.shape
    read = np.zeros((n_networks, n_inputs), np.int64)
    for p in range(n_networks):
        for j in range(n_neurons):
            if live[p, j]:
                for i in range(n_inputs):
                    for k in range(n_terms):
                        if sums[p, j, i, k] != 0:
                            read[p, i] = 1
    return read
