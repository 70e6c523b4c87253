"""The quantities of `hwmodels.mcu.counts` for every network of a population, in the straight form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.c.forms import STRAIGHT_BYTES, straight_estimate
from codegen.c.program import GROUP_SIZE
from codegen.ir import ClassOutput, Interface, MlpBatch
from hwmodels.mcu.counts import LARGE_BIAS, STRAIGHT, feature_bytes, input_counts
from hwmodels.mcu.kernels import (
    ADD,
    CLIP_HIGH,
    CLIP_LOW,
    DROP_BITS,
    LOAD,
    N_FORMS,
    count_layer,
    merge,
    reads,
    wide_sums,
)
from hwmodels.model import FloatVector
from hwmodels.printed.batch_ranges import accumulator_ranges

IntArray: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class BatchCounts:
    """quantities: (n_networks, n_quantities) in the order of `counts.STRAIGHT`; array_bytes: (n_networks,)
    on the stack; table_bytes: of every network. wide: (n_networks,) where 32 bits are too few.
    maybe_table: (n_networks,) where the emitter may take tables.
    """

    quantities: FloatVector
    array_bytes: FloatVector
    table_bytes: float
    wide: npt.NDArray[np.bool_]
    maybe_table: npt.NDArray[np.bool_]

    def vector(self, each: Mapping[str, float]) -> FloatVector:
        """(n_quantities,) the coefficients in the order of the quantities."""
        return np.array([each[name] for name in STRAIGHT])


@dataclass(frozen=True, slots=True, eq=False)
class _Layer:
    """A layer of all networks: products (see `kernels.merge`), the largest inputs, the ranges of the sums.

    output_hi: (n_networks, n_neurons), after the clip. clip: shift and largest activation of each network.
    """

    bits: IntArray
    sums: IntArray
    biases: IntArray
    input_hi: IntArray
    lowest: IntArray
    highest: IntArray
    output_hi: IntArray
    clip: tuple[IntArray, IntArray] | None


def count_batch(batch: MlpBatch, interface: Interface) -> BatchCounts:
    """Counts of every network; equal to `count_straight` of each."""
    layers = _layers(batch)
    quantities = np.zeros((batch.n_networks, len(STRAIGHT)), dtype=np.int64)
    quantities[:, STRAIGHT.index("module")] = 1
    for name, number in input_counts(interface).items():
        quantities[:, STRAIGHT.index(name)] = number
    arrays = np.zeros(batch.n_networks, dtype=np.int64)
    wide = np.zeros(batch.n_networks, dtype=np.bool_)
    n_neurons = np.zeros(batch.n_networks, dtype=np.int64)
    read: IntArray = np.ones((batch.n_networks, batch.n_outputs), dtype=np.int64)
    for layer in reversed(layers):
        live = read if layer.clip is None else read * (layer.output_hi > 0)
        n_neurons += np.maximum(live.sum(axis=1), 1)
        products = layer.bits, layer.sums, layer.biases, layer.input_hi, live
        count_layer(*products, GROUP_SIZE, LARGE_BIAS, quantities)
        wide |= wide_sums(*products) > 0
        if layer.clip is not None:
            _count_clip(layer, live, layer.clip, quantities)
            arrays += _array_bytes(layer, live)
        read = reads(layer.sums, live)
    _count_argmax(batch, interface, quantities)
    if isinstance(interface.output, ClassOutput):
        arrays += 4 * interface.n_outputs
    return BatchCounts(
        quantities=quantities.astype(np.float64),
        array_bytes=arrays.astype(np.float64),
        table_bytes=float(feature_bytes(interface)),
        wide=wide,
        maybe_table=_estimate(n_neurons, quantities) > STRAIGHT_BYTES,
    )


def _layers(batch: MlpBatch) -> list[_Layer]:
    shape = (batch.n_networks, len(batch.input_hi))
    hi = np.broadcast_to(batch.input_hi.astype(np.int64), shape).copy()
    lo = np.zeros(shape, dtype=np.int64)
    layers = []
    for layer in batch.layers:
        masks, weights, biases = (
            array.astype(np.int64) for array in (layer.masks, layer.weights, layer.biases)
        )
        lowest, highest = accumulator_ranges(masks, weights, biases, lo, hi)
        bits, sums = merge(masks, weights, hi)
        clip = None
        if layer.clip_shift is not None and layer.clip_hi is not None:
            clip = (layer.clip_shift[:, None].astype(np.int64), layer.clip_hi[:, None].astype(np.int64))
        output_lo, output_hi = (_clipped(end, clip) for end in (lowest, highest))
        layers.append(_Layer(bits, sums, biases, hi, lowest, highest, output_hi, clip))
        lo, hi = output_lo, output_hi
    return layers


def _clipped(sums: IntArray, clip: tuple[IntArray, IntArray] | None) -> IntArray:
    return sums if clip is None else np.minimum(np.maximum(sums, 0) >> clip[0], clip[1])


def _count_clip(layer: _Layer, live: IntArray, clip: tuple[IntArray, IntArray], quantities: IntArray) -> None:
    shift, top = clip
    quantities[:, CLIP_LOW] += (live * (layer.lowest < 0)).sum(axis=1)
    quantities[:, CLIP_HIGH] += (live * (layer.highest >> shift > top)).sum(axis=1)
    quantities[:, DROP_BITS] += (live * (shift > 0)).sum(axis=1)


def _array_bytes(layer: _Layer, live: IntArray) -> IntArray:
    """(n_networks,) of the layer's activations, one or two bytes each."""
    wide = (layer.output_hi * live).max(axis=1) > 255
    sizes: IntArray = np.maximum(live.sum(axis=1), 1) * (1 + wide.astype(np.int64))
    return sizes


def _count_argmax(batch: MlpBatch, interface: Interface, quantities: IntArray) -> None:
    if not isinstance(interface.output, ClassOutput):
        return
    kind = "argmax" if batch.argmax is None else "tournament"
    quantities[:, STRAIGHT.index(kind)] = 1
    quantities[:, STRAIGHT.index(f"{kind}_match")] = interface.n_outputs - 1
    if batch.argmax is not None:
        quantities[:, STRAIGHT.index("tournament_mask")] = (batch.argmax.masks != -1).sum(axis=1)


def _estimate(n_neurons: IntArray, quantities: IntArray) -> IntArray:
    """(n_networks,) estimated bytes, as the emitter makes them."""
    plain = quantities[:, ADD : ADD + N_FORMS].sum(axis=1)
    masked = quantities[:, ADD + N_FORMS : ADD + 2 * N_FORMS].sum(axis=1)
    return straight_estimate(n_neurons, plain, masked, quantities[:, LOAD])
