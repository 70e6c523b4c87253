"""Operation counts of a whole population, equal to `codegen.ir.counts.count` network by network."""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.ir.population import BatchLayer, MlpBatch

Counts: TypeAlias = npt.NDArray[np.int64]
Array: TypeAlias = npt.NDArray[np.int64]


class BatchCounts(NamedTuple):
    """(n_networks,) each; see `StructureCounts`."""

    macs: Counts
    flops: Counts
    parameters: Counts


def count_batch(batch: MlpBatch) -> BatchCounts:
    """Counts each network in its canonical form (see `network_of`), without building it."""
    n_networks = batch.n_networks
    macs, n_neurons = np.zeros(n_networks, np.int64), np.zeros(n_networks, np.int64)
    n_clips = np.zeros(n_networks, np.int64)
    read = np.ones((n_networks, batch.n_outputs), np.bool_)
    for layer, synapses in zip(reversed(batch.layers), reversed(_synapses(batch)), strict=True):
        used = synapses & read[:, :, None]
        macs += np.count_nonzero(used, axis=(1, 2))
        kept = np.maximum(np.count_nonzero(read, axis=1), 1)
        n_neurons += kept
        if layer.clip_shift is not None:
            n_clips += kept
        read = np.logical_or.reduce(used, axis=1)
    return BatchCounts(macs, 2 * macs + n_clips, macs + n_neurons)


def _synapses(batch: MlpBatch) -> list[npt.NDArray[np.bool_]]:
    """(n_networks, n_neurons, n_inputs) of each layer: whether a neuron sees anything of an input."""
    ceilings: Array = np.broadcast_to(
        batch.input_hi.astype(np.int64), (batch.n_networks, len(batch.input_hi))
    )
    synapses = []
    for layer in batch.layers:
        masks = layer.masks & _all_ones(ceilings)[:, None, :, None]
        synapses.append(np.logical_or.reduce(masks != 0, axis=3))
        if layer.clip_shift is not None:
            ceilings = _ceilings_after(layer, masks, ceilings)
    return synapses


def _all_ones(values: Array) -> Array:
    """The smallest 2**b - 1 that is at least each value (0 to 65535)."""
    filled = values.copy()
    for shift in (1, 2, 4, 8):
        filled |= filled >> shift
    return filled


def _ceilings_after(layer: BatchLayer, masks: Array, ceilings: Array) -> Array:
    """(n_networks, n_neurons) the largest value of each neuron after the clip."""
    largest = _largest_masked(ceilings[:, None, :, None], masks)
    positive = np.where(layer.weights > 0, largest * layer.weights.astype(np.int64), 0)
    hi = np.maximum(layer.biases + positive.sum(axis=(2, 3)), 0)
    assert layer.clip_shift is not None
    assert layer.clip_hi is not None
    clipped: Array = np.minimum(hi >> layer.clip_shift[:, None], layer.clip_hi[:, None])
    return clipped


def _largest_masked(hi: npt.NDArray[Any], masks: Array) -> Array:
    """The largest `x & mask` over x = 0..hi; see `codegen.ir.ranges.masked_range`."""
    largest = hi & masks
    for bit in range(16):
        step = 1 << bit
        below = (hi - step) | (step - 1)
        largest = np.where(hi & step, np.maximum(largest, below & masks), largest)
    return largest
