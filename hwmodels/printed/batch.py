"""Counts the units of a population of bespoke MLPs: row by row what `hwmodels.printed.mlp` counts of one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from codegen.ir import BatchLayer, ClassOutput, Interface, MlpBatch
from hwmodels.model import FloatVector
from hwmodels.printed import batch_argmax, batch_ranges, batch_sums
from hwmodels.printed.costs import FloatArray, IntArray
from hwmodels.printed.units import INVERTER, UNITS


@dataclass(frozen=True, slots=True, eq=False)
class _Ranges:
    """Lowest and highest values. lo, hi: (n_networks, n) int64."""

    lo: IntArray
    hi: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class _Layer:
    """A layer in 64 bits; fields as in `BatchLayer`, `shift` and `clip_hi` are not read in the last."""

    masks: IntArray
    weights: IntArray
    biases: IntArray
    shift: IntArray
    clip_hi: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class BatchTally:
    """What the circuits of a population are made of.

    counts: (n_networks, n_units) int64, how often each unit is there. latency_s: (n_networks,) critical
    paths. reads: (n_networks, n_features) int64, masks of the bits of the features that are read.
    """

    counts: IntArray
    latency_s: FloatVector
    reads: IntArray


@dataclass(slots=True, eq=False)
class _Count:
    """A count in progress. counts, reads: see `BatchTally`. delay_s: see `UnitCosts`.

    sources: ranges of the inputs of each layer. accumulators: ranges of the sums of each layer.
    """

    layers: Sequence[_Layer]
    delay_s: FloatArray
    counts: IntArray
    sources: list[_Ranges]
    accumulators: list[_Ranges]
    reads: IntArray


def count_batch(batch: MlpBatch, interface: Interface, delay_s: FloatArray) -> BatchTally:
    """Counts every circuit of a population."""
    layers = [_layer(layer, batch.n_networks) for layer in batch.layers]
    if not isinstance(interface.output, ClassOutput):
        return _count_values(_start(layers, batch.input_hi, delay_s))
    exact = batch.argmax is None
    sides = np.zeros((batch.n_networks, batch.n_outputs - 1, 2), dtype=np.int64)
    masks = np.full((batch.n_networks, batch.n_outputs - 1), -1, dtype=np.int64)
    sides[:, 0, 1] = 1
    if batch.argmax is not None:
        sides, masks = batch.argmax.sides.astype(np.int64), batch.argmax.masks.astype(np.int64)
    if batch.n_outputs > 2:
        return _count_tournaments(_start(layers, batch.input_hi, delay_s), exact, sides, masks)
    tally = BatchTally(
        np.zeros((batch.n_networks, len(UNITS)), dtype=np.int64),
        np.zeros(batch.n_networks),
        np.zeros((batch.n_networks, interface.n_features), dtype=np.int64),
    )
    for rows, by_sign in ((masks[:, 0] == -1, True), (masks[:, 0] != -1, False)):
        if rows.any():
            part = [_take(layer, rows) for layer in layers]
            if by_sign:
                found = _count_differences(part, batch.input_hi, delay_s, sides[rows, 0])
            else:
                found = _count_tournaments(
                    _start(part, batch.input_hi, delay_s), False, sides[rows], masks[rows]
                )
            tally.counts[rows], tally.latency_s[rows], tally.reads[rows] = (
                found.counts,
                found.latency_s,
                found.reads,
            )
    return tally


def _layer(layer: BatchLayer, n_networks: int) -> _Layer:
    nothing = np.zeros(n_networks, dtype=np.int64)
    return _Layer(
        np.ascontiguousarray(layer.masks),
        np.ascontiguousarray(layer.weights),
        layer.biases.astype(np.int64),
        nothing if layer.clip_shift is None else layer.clip_shift.astype(np.int64),
        nothing if layer.clip_hi is None else layer.clip_hi.astype(np.int64),
    )


def _take(layer: _Layer, rows: np.ndarray) -> _Layer:
    return _Layer(
        layer.masks[rows], layer.weights[rows], layer.biases[rows], layer.shift[rows], layer.clip_hi[rows]
    )


def _start(layers: Sequence[_Layer], input_hi: np.ndarray, delay_s: FloatArray) -> _Count:
    """Interval analysis, from the inputs on."""
    n_networks = len(layers[0].biases)
    hi = np.repeat(input_hi.astype(np.int64)[None, :], n_networks, axis=0)
    sources, accumulators = [_Ranges(np.zeros_like(hi), hi)], []
    for layer in layers:
        source = sources[-1]
        found = _Ranges(
            *batch_ranges.accumulator_ranges(layer.masks, layer.weights, layer.biases, source.lo, source.hi)
        )
        accumulators.append(found)
        shift, top = layer.shift[:, None], layer.clip_hi[:, None]
        lo, hi = (np.minimum(np.maximum(end, 0) >> shift, top) for end in (found.lo, found.hi))
        sources.append(_Ranges(lo, hi))
    counts = np.zeros((n_networks, len(UNITS)), dtype=np.int64)
    return _Count(layers, delay_s, counts, sources[:-1], accumulators, np.zeros_like(sources[0].hi))


def _count_values(count: _Count) -> BatchTally:
    last = count.accumulators[-1]
    needed = batch_ranges.value_needs(last.lo, last.hi)
    _, _, settled_s = _count_sums(count, needed)
    return BatchTally(count.counts, settled_s.max(axis=1), count.reads)


def _count_differences(
    layers: Sequence[_Layer], input_hi: np.ndarray, delay_s: FloatArray, sides: IntArray
) -> BatchTally:
    """Two classes: the sign of left - right. sides: (n_networks, 2)."""
    last, rows = layers[-1], np.arange(len(sides))
    left, right = sides[:, 0], sides[:, 1]
    masks = np.concatenate([last.masks[rows, left], last.masks[rows, right]], axis=-1)[:, None]
    weights = np.concatenate([last.weights[rows, left], -last.weights[rows, right]], axis=-1)[:, None]
    biases = (last.biases[rows, left] - last.biases[rows, right])[:, None]
    merged = _Layer(masks, weights, biases, last.shift, last.clip_hi)
    count = _start([*layers[:-1], merged], input_hi, delay_s)
    span = count.accumulators[-1]
    needed = batch_ranges.sign_needs(span.lo, span.hi)
    _, _, settled_s = _count_sums(count, needed)
    inverted = (needed[:, 0] != 0) & (right == 0)
    count.counts[inverted, INVERTER] += 1
    latency_s = settled_s[:, 0] + inverted * delay_s[INVERTER, 0, 0]
    return BatchTally(count.counts, latency_s, count.reads)


def _count_tournaments(count: _Count, exact: bool, sides: IntArray, masks: IntArray) -> BatchTally:
    """Three classes or more, or a reduced argmax. sides, masks: see `BatchArgmax`, filled where exact."""
    last, layer = count.accumulators[-1], count.layers[-1]
    live, n_live, offsets, needed = batch_argmax.plan(last.lo, last.hi, exact, sides, masks)
    shifted = _Layer(layer.masks, layer.weights, layer.biases - offsets[:, None], layer.shift, layer.clip_hi)
    count.layers = [*count.layers[:-1], shifted]
    varying, constant, settled_s = _count_sums(count, needed)
    latency_s = batch_argmax.count_tournaments(
        live, n_live, sides, masks, last.lo - offsets[:, None], last.hi - offsets[:, None],
        varying, constant, settled_s, count.counts, count.delay_s,
    )  # fmt: skip
    return BatchTally(count.counts, latency_s, count.reads)


def _count_sums(count: _Count, needed: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Counts all layers for the needed bits of the last, (n_networks, n_outputs), and their inverters.

    Gives the varying bits, the values of the others, and when each output is settled.
    """
    needs, plain, inverted = _backwards(count, needed)
    count.reads = plain[0] | inverted[0]
    n_inverted = batch_ranges.count_ones(inverted[0])
    count.counts[:, INVERTER] += n_inverted.sum(axis=1)
    arrival_s = np.where(n_inverted > 0, count.delay_s[INVERTER, 0, 0], 0.0)
    for depth, layer in enumerate(count.layers[:-1]):
        varying, constant, settled_s = _count_layer(count, depth, needs[depth], arrival_s)
        sums = count.accumulators[depth]
        arrival_s = batch_sums.count_clips(
            varying, constant, settled_s, sums.lo, sums.hi, needs[depth], layer.shift, layer.clip_hi,
            plain[depth + 1], inverted[depth + 1], count.counts, count.delay_s,
        )  # fmt: skip
    varying, constant, settled_s = _count_layer(count, -1, needed, arrival_s)
    return varying, constant, settled_s.max(axis=2, initial=0.0)


def _count_layer(
    count: _Count, depth: int, needed: IntArray, arrival_s: FloatArray
) -> tuple[IntArray, IntArray, FloatArray]:
    layer, source = count.layers[depth], count.sources[depth]
    found: tuple[IntArray, IntArray, FloatArray] = batch_sums.count_layer(
        layer.masks, layer.weights, layer.biases, needed, source.lo, source.hi, arrival_s,
        count.counts, count.delay_s,
    )  # fmt: skip
    return found


def _backwards(count: _Count, needed: IntArray) -> tuple[list[IntArray], list[IntArray], list[IntArray]]:
    """By layer, the needed bits of its sums, and the bits of its inputs that are read plain and inverted."""
    needs, plain, inverted = [needed], list[IntArray](), list[IntArray]()
    for depth in reversed(range(len(count.layers))):
        layer, source = count.layers[depth], count.sources[depth]
        read = batch_ranges.reads(layer.masks, layer.weights, needs[0], source.lo, source.hi)
        plain.insert(0, read[0])
        inverted.insert(0, read[1])
        if depth:
            below, sums = count.layers[depth - 1], count.accumulators[depth - 1]
            used = read[0] | read[1]
            needs.insert(0, batch_ranges.hidden_needs(sums.lo, sums.hi, used, below.shift, below.clip_hi))
    return needs, plain, inverted
