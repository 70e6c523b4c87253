"""A population made ready for the kernels: absent terms dropped, and the width of every sum decided.

Arrays only, without loops over networks: lowering costs a few percent of an evaluation.
"""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.ir.population import BatchArgmax, BatchLayer, MlpBatch

Array: TypeAlias = npt.NDArray[Any]

NARROW, WIDE, WIDEST = 0, 1, 2
"""Sums that fit int16, int32 and int64."""


class Program(NamedTuple):
    """What the kernels run; neurons are counted through all layers, the last layer's last.

    widths: (n_layers + 1,) int64, features first. terms: (n_terms, 3) int32, input, mask and weight of
    every term of the population that is not always zero; extremes: (n_terms,) int64, the value of each
    that is farthest from 0. ends: (n_networks, n_neurons, 2) int64, from which term to before which each
    neuron reaches. neuron_widths (n_networks, n_neurons) and layer_widths (n_networks, n_layers)
    uint8: NARROW, WIDE or WIDEST. biases: (n_networks, n_neurons) int32. clip_shift, clip_hi:
    (n_networks, n_layers - 1) int32. sides, match_masks: as in `BatchArgmax`; no matches mean the exact
    argmax.
    """

    widths: Array
    terms: Array
    extremes: Array
    ends: Array
    neuron_widths: Array
    layer_widths: Array
    biases: Array
    clip_shift: Array
    clip_hi: Array
    sides: Array
    match_masks: Array


class _LoweredLayer(NamedTuple):
    terms: Array
    extremes: Array
    counts: Array
    lo: Array
    hi: Array


def lower(batch: MlpBatch) -> Program:
    """The program of a population that has passed `check_batch`."""
    ceilings = np.broadcast_to(batch.input_hi.astype(np.int64), (batch.n_networks, len(batch.input_hi)))
    lowered = []
    for layer in batch.layers:
        one = _lower_layer(layer, ceilings)
        lowered.append(one)
        if layer.clip_shift is not None and layer.clip_hi is not None:
            kept = np.maximum(one.hi, 0) >> layer.clip_shift[:, None]
            ceilings = np.minimum(kept, layer.clip_hi[:, None])
    return _assemble(batch, lowered)


def _lower_layer(layer: BatchLayer, ceilings: Array) -> _LoweredLayer:
    """ceilings: (n_networks, n_inputs) int64, the largest value of each input."""
    n_networks, n_neurons, n_inputs, n_terms = layer.masks.shape
    reach = np.minimum(layer.masks, ceilings[:, None, :, None])
    extremes = (reach * layer.weights).reshape(n_networks * n_neurons, -1)
    present = np.flatnonzero(reach)
    inputs = present // n_terms % n_inputs
    terms = np.stack([inputs, layer.masks.reshape(-1)[present], layer.weights.reshape(-1)[present]], axis=1)
    # (sum + sum of magnitudes) / 2 is the sum of the positive numbers alone.
    total, reached = extremes.sum(axis=1), np.abs(extremes).sum(axis=1)
    hi = layer.biases + ((total + reached) >> 1).reshape(n_networks, n_neurons)
    lo = layer.biases + ((total - reached) >> 1).reshape(n_networks, n_neurons)
    counts = np.count_nonzero(reach.reshape(n_networks * n_neurons, -1), axis=1).reshape(
        n_networks, n_neurons
    )
    return _LoweredLayer(terms.astype(np.int32), extremes.reshape(-1)[present], counts, lo, hi)


def _assemble(batch: MlpBatch, lowered: list[_LoweredLayer]) -> Program:
    """Joins the layers; their terms lie layer by layer, and in each network by network."""
    n, none = batch.n_networks, np.empty((batch.n_networks, 0), dtype=np.int32)
    argmax = batch.argmax or BatchArgmax(np.empty((n, 0, 2), dtype=np.int32), none)
    ends, start = [], 0
    for one in lowered:
        after = start + np.cumsum(one.counts).reshape(one.counts.shape)
        ends.append(np.stack([after - one.counts, after], axis=-1))
        start += len(one.terms)
    widths = [_widths(one.lo, one.hi) for one in lowered]
    layer_widths = np.stack([width.max(axis=1) for width in widths], axis=1)
    # A match mask that is no 16-bit number looks at sign bits that 16-bit sums don't have.
    looks_wide = (argmax.masks != argmax.masks.astype(np.int16)).any(axis=1)
    layer_widths[:, -1] = np.maximum(layer_widths[:, -1], looks_wide)
    return Program(
        np.array([len(batch.input_hi), *(layer.biases.shape[1] for layer in batch.layers)]),
        np.concatenate([one.terms for one in lowered]),
        np.concatenate([one.extremes for one in lowered]),
        np.concatenate(ends, axis=1),
        np.concatenate(widths, axis=1),
        layer_widths,
        np.concatenate([layer.biases for layer in batch.layers], axis=1),
        _columns([layer.clip_shift for layer in batch.layers], none),
        _columns([layer.clip_hi for layer in batch.layers], none),
        np.ascontiguousarray(argmax.sides),
        np.ascontiguousarray(argmax.masks),
    )


def _widths(lo: Array, hi: Array) -> Array:
    """The width of sums in lo..hi, as uint8."""
    beyond = np.maximum(hi, -1 - lo)
    width: Array = (beyond >= 1 << 15).astype(np.uint8) + (beyond >= 1 << 31).astype(np.uint8)
    return width


def _columns(vectors: list[Array | None], none: Array) -> Array:
    given = [vector for vector in vectors if vector is not None]
    return np.stack(given, axis=1) if given else none
