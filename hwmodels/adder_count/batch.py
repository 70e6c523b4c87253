"""`hwmodels.adder_count.columns` for a whole population.

Networks are counted in the canonical form of `codegen.ir.members.network_of`: masks cut to the bits that
their inputs have, and without hidden neurons that nobody reads.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.ir import BatchLayer, MlpBatch
from hwmodels.adder_count.kernels import add_layer
from hwmodels.model import FloatVector
from hwmodels.printed.batch_ranges import accumulator_ranges

IntArray: TypeAlias = npt.NDArray[np.int64]


def count_batch(batch: MlpBatch) -> FloatVector:
    """(n_networks,) full adders of each network."""
    masks = _cut_masks(batch)
    counts = np.zeros(batch.n_networks, np.int64)
    live = np.ones((batch.n_networks, batch.n_outputs), np.bool_)
    for layer, cut in zip(reversed(batch.layers), reversed(masks), strict=True):
        add_layer(cut, layer.weights, layer.biases, live, counts)
        live = np.logical_or.reduce((cut != 0) & live[:, :, None, None], axis=(1, 3))
    return counts.astype(np.float64)


def _cut_masks(batch: MlpBatch) -> list[IntArray]:
    """The masks of each layer, cut to the bits of its inputs' largest values."""
    hi = np.repeat(batch.input_hi.astype(np.int64)[None], batch.n_networks, axis=0)
    cut = []
    for layer in batch.layers:
        masks = layer.masks & _every_bit(hi)[:, None, :, None]
        cut.append(masks)
        if layer.clip_shift is not None and layer.clip_hi is not None:
            hi = np.minimum(_highest(layer, masks, hi) >> layer.clip_shift[:, None], layer.clip_hi[:, None])
    return cut


def _highest(layer: BatchLayer, masks: IntArray, hi: IntArray) -> IntArray:
    """(n_networks, n_neurons) the largest sums, 0 where they are negative."""
    weights, biases = layer.weights.astype(np.int64), layer.biases.astype(np.int64)
    highest: IntArray = accumulator_ranges(masks, weights, biases, np.zeros_like(hi), hi)[1]
    return np.maximum(highest, 0)


def _every_bit(hi: IntArray) -> IntArray:
    """The masks of all bits of 0..hi, for hi below 2**16."""
    filled = hi.copy()
    for shift in (1, 2, 4, 8):
        filled |= filled >> shift
    return filled
