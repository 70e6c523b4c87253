# mypy: disable-error-code="untyped-decorator"
"""`hwmodels.adder_count.columns` for one layer of a whole population, in compiled loops."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

IntArray: TypeAlias = npt.NDArray[np.signedinteger[Any]]
N_COLUMNS = 64


@njit(cache=True)
def _put(heights: IntArray, value: int) -> None:
    """Raises the columns of a summand's one-bits."""
    column = 0
    while value:
        heights[column] += value & 1
        value >>= 1
        column += 1


@njit(cache=True)
def _reduce(heights: IntArray) -> int:
    """See `columns.count_columns`; uses the heights up."""
    adders = 0
    for column in range(N_COLUMNS - 1):
        while heights[column] >= 3:
            n = heights[column] // 3
            heights[column] -= 2 * n
            heights[column + 1] += n
            adders += n
    return adders


@njit(cache=True)
def _width(value: int) -> int:
    bits = 0
    while value:
        value >>= 1
        bits += 1
    return bits


@njit(cache=True)
def add_layer(
    masks: IntArray, weights: IntArray, biases: IntArray, live: npt.NDArray[np.bool_], counts: IntArray
) -> None:
    """Adds the full adders of a layer's live neurons to `counts` (n_networks,).

    masks, weights: (n_networks, n_neurons, n_inputs, n_terms), masks without bits that inputs lack.
    biases, live: (n_networks, n_neurons).
    """
    heights = np.zeros((2, N_COLUMNS), np.int64)
    sums = np.zeros(2, np.int64)
    for p in range(masks.shape[0]):
        for j in range(masks.shape[1]):
            if not live[p, j]:
                continue
            heights[:] = 0
            sums[:] = 0
            varies = False
            for i in range(masks.shape[2]):
                for k in range(masks.shape[3]):
                    value = int(masks[p, j, i, k]) * int(weights[p, j, i, k])
                    if value:
                        varies = True
                        side = 0 if value > 0 else 1
                        _put(heights[side], abs(value))
                        sums[side] += abs(value)
            if varies:
                bias = int(biases[p, j])
                side = 0 if bias > 0 else 1
                _put(heights[side], abs(bias))
                sums[side] += abs(bias)
                counts[p] += _reduce(heights[0]) + _reduce(heights[1]) + _width(max(sums[0], sums[1])) + 1
