# mypy: disable-error-code="untyped-decorator, arg-type, assignment, no-any-return, return-value"
"""A population of bespoke MLPs as simulated graphs, one after the other in the same memory.

As `codegen.circuit.mlp`: forms and ranges forward, what is read backward, then heaps, clips and the answer.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
from numba import njit

from hwmodels.printed.batch_ranges import bit_length, signed_width
from hwmodels.printed.costs import FloatArray, IntArray
from hwmodels.printed.sketch.answer import (
    BITS,
    LENGTH,
    N_HEADS,
    SIGNED,
    Contest,
    decide,
    empty_words,
    plan,
)
from hwmodels.printed.sketch.cover import area_of
from hwmodels.printed.sketch.graph import FALSE, N_WORDS, OVERFLOW, UintArray, all_of, any_of, clear
from hwmodels.printed.sketch.patterns import add_patterns, direct_patterns
from hwmodels.printed.sketch.redundancy import n_live, rebuild, remove
from hwmodels.printed.sketch.sums import (
    MAX_CODE_BITS,
    MAX_COLUMNS,
    add_terms,
    empty_heap,
    fill,
    form_range,
    reduce_heap,
)

Arrays: TypeAlias = tuple[IntArray, ...]
Memory: TypeAlias = tuple[IntArray, UintArray, IntArray, UintArray, IntArray, UintArray, IntArray]
"""Two graphs, the scratch and the cover; made once, and used by all."""
MAX_REDUCED = 260
"""Nodes of the largest graph that is searched for redundant gates; the effort grows with the square."""
ROUNDS = 3
BUILT_CM2, REDUCED_CM2, N_NODES = range(3)
N_FIGURES = 3


class Population(NamedTuple):
    """A population by layer. masks, weights: see `BatchLayer`. biases, lo, hi (of sums), source_lo, source_hi
    (of a layer's inputs): (n_networks, n) int64. shift, clip_hi: (n_networks,) int64.

    sides, masks of the matches: see `BatchArgmax`, any content where exact.
    """

    masks: Arrays
    weights: Arrays
    biases: Arrays
    shift: Arrays
    clip_hi: Arrays
    lo: Arrays
    hi: Arrays
    source_lo: Arrays
    source_hi: Arrays
    sides: IntArray
    match_masks: IntArray


class Room(NamedTuple):
    """Memory for one network at a time. spare: a second graph. coefficients: (n_layers, n, n, MAX_CODE_BITS).

    constants, lo, hi, read, needed: (n_layers, n). literals: (n_layers + 1, n, MAX_CODE_BITS) of the inputs
    of each layer. out: (MAX_COLUMNS,). feature_bits: (n_features,).
    """

    graph: IntArray
    values: UintArray
    spare: IntArray
    spare_values: UintArray
    scratch: IntArray
    other: UintArray
    cover: IntArray
    heap: IntArray
    coefficients: IntArray
    constants: IntArray
    lo: IntArray
    hi: IntArray
    read: IntArray
    needed: IntArray
    literals: IntArray
    out: IntArray
    words: IntArray
    indexes: IntArray
    feature_bits: IntArray


def make_room(memory: Memory, masks: Arrays, feature_bits: IntArray) -> Room:
    """Memory for networks with masks of these shapes."""
    n_layers = len(masks)
    most = max(max(layer.shape[1], layer.shape[2]) for layer in masks)
    n_outputs = masks[-1].shape[1]
    literals = np.zeros((n_layers + 1, most, MAX_CODE_BITS), np.int64)
    first = 1
    for index, bits in enumerate(feature_bits.tolist()):
        literals[0, index, :bits] = 2 * np.arange(first, first + bits)
        first += bits
    constants, lo, hi, read, needed = (np.zeros((n_layers, most), np.int64) for _ in range(5))
    return Room(
        *memory,
        empty_heap(4 * most * MAX_CODE_BITS),
        np.zeros((n_layers, most, most, MAX_CODE_BITS), np.int64),
        constants,
        lo,
        hi,
        read,
        needed,
        literals,
        np.zeros(MAX_COLUMNS, np.int64),
        empty_words(2 * n_outputs + 1),
        empty_words(2 * n_outputs + 1),
        feature_bits,
    )


@njit(cache=True)
def sketch_population(
    m: Population, r: Room, exact: bool, is_class: bool, area: FloatArray, figures: FloatArray
) -> None:
    """Writes (n_networks, N_FIGURES) figures: area as built, area without redundant gates, nodes; NaN for a
    network that is too large. area: (5,) of cells, see `cover`."""
    for p in range(len(figures)):
        outputs = _build(m, r, p, exact, is_class)
        if r.graph[OVERFLOW]:
            figures[p] = np.nan
            continue
        measure(
            r.graph, r.values, r.spare, r.spare_values, r.scratch, r.other, r.cover, outputs, area, figures[p]
        )  # fmt: skip


@njit(cache=True)
def measure(
    g: IntArray,
    v: UintArray,
    spare: IntArray,
    spare_v: UintArray,
    s: IntArray,
    o: UintArray,
    c: IntArray,
    outputs: IntArray,
    area: FloatArray,
    figures: FloatArray,
) -> None:
    """The figures of one graph, which is used up."""
    figures[BUILT_CM2] = figures[REDUCED_CM2] = area_of(g, c, outputs, area)
    figures[N_NODES] = n_live(g, s, outputs)
    if not 0 < figures[N_NODES] <= MAX_REDUCED:
        return
    add_patterns(g, v, outputs)
    for _ in range(ROUNDS):
        if not remove(g, v, s, o, outputs):
            break
        rebuild(g, v, spare, spare_v, s, outputs)
        g, v, spare, spare_v = spare, spare_v, g, v
        figures[REDUCED_CM2] = min(figures[REDUCED_CM2], area_of(g, c, outputs, area))
        n_live(g, s, outputs)


@njit(cache=True)
def _build(m: Population, r: Room, p: int, exact: bool, is_class: bool) -> IntArray:
    """The graph of network p; the literals of its outputs."""
    _forms(m, r, p)
    last, n_outputs = len(m.masks) - 1, m.biases[-1].shape[1]
    n_inputs = m.masks[-1].shape[2]
    contest = Contest(
        r.coefficients[last, :n_outputs, :n_inputs], r.constants[last, :n_outputs], r.lo[last, :n_outputs],
        r.hi[last, :n_outputs], r.needed[last], np.zeros(n_outputs, np.int64), m.sides[p], m.match_masks[p],
        np.zeros(2, np.int64),
    )  # fmt: skip
    if is_class:
        plan(contest, exact, m.source_hi[-1][p])
    else:
        contest.facts[N_HEADS] = n_outputs
        for j in range(n_outputs):
            contest.needed[j] = (1 << signed_width(contest.lo[j], contest.hi[j])) - 1
    _plan_backwards(m, r, contest.facts[N_HEADS])
    direct_patterns(r.values, _directions(m, r, contest.facts[N_HEADS]), r.feature_bits)
    clear(r.graph, r.values, N_WORDS)
    for depth in range(last):
        _build_hidden(m, r, p, depth)
    for head in range(contest.facts[N_HEADS]):
        _build_sum(r, last, head, n_inputs, r.words[head, BITS:])
        width = min(signed_width(contest.lo[head], contest.hi[head]), bit_length(contest.needed[head]))
        r.words[head, LENGTH], r.words[head, SIGNED] = width, contest.lo[head] < 0
    if r.graph[OVERFLOW]:
        return r.out[:0]
    if is_class:
        place = decide(r.graph, r.values, contest, r.words, r.indexes)
        return r.indexes[place, BITS : BITS + r.indexes[place, LENGTH]].copy()
    return _all_bits(r, n_outputs)


@njit(cache=True)
def _directions(m: Population, r: Room, n_heads: int) -> FloatArray:
    """What the sums of the first layer, and the heads less their mean, gain by each input bit; no clips."""
    depth, n_features = len(m.masks) - 1, m.masks[0].shape[2]
    read = np.flatnonzero(r.read[0, : m.masks[0].shape[1]]) if depth else np.zeros(0, np.int64)
    n_linear = n_heads if depth < 2 else 0
    found = np.zeros((max(1, len(read) + n_linear), n_features, MAX_CODE_BITS))
    for place, j in enumerate(read):
        found[place] = r.coefficients[0, j, :n_features]
    heads = found[len(read) : len(read) + n_linear]
    for head in range(n_linear):
        if depth == 0:
            heads[head] = r.coefficients[0, head, :n_features]
        for place, j in enumerate(read):
            heads[head] += found[place] * r.coefficients[1, head, j].sum()
    if n_linear > 1:
        mean = heads.sum(axis=0) / n_linear
        for head in range(n_linear):
            heads[head] -= mean
    return found


@njit(cache=True)
def _all_bits(r: Room, n: int) -> IntArray:
    found = np.zeros(r.words[:n, LENGTH].sum(), np.int64)
    first = 0
    for head in range(n):
        length = r.words[head, LENGTH]
        found[first : first + length] = r.words[head, BITS : BITS + length]
        first += length
    return found


@njit(cache=True)
def _forms(m: Population, r: Room, p: int) -> None:
    """Coefficients, constants and ranges of all sums."""
    for depth in range(len(m.masks)):
        _, n_neurons, n_inputs, _ = m.masks[depth].shape
        lo, hi = m.source_lo[depth][p], m.source_hi[depth][p]
        for j in range(n_neurons):
            form = r.coefficients[depth, j, :n_inputs]
            form[:] = 0
            constant = m.biases[depth][p, j] + add_terms(
                form, m.masks[depth][p, j], m.weights[depth][p, j], lo, hi, 1
            )
            least, most = form_range(form, constant, hi)
            r.constants[depth, j] = constant
            r.lo[depth, j] = max(least, m.lo[depth][p, j])
            r.hi[depth, j] = min(most, m.hi[depth][p, j])


@njit(cache=True)
def _plan_backwards(m: Population, r: Room, n_heads: int) -> None:
    """Which bits of each activation are read, and so which bits of its sum; from the heads back."""
    n_rows = n_heads
    for depth in range(len(m.masks) - 1, 0, -1):
        n_inputs = m.masks[depth].shape[2]
        for i in range(n_inputs):
            read = 0
            for j in range(n_rows):
                if r.needed[depth, j]:
                    for bit in range(MAX_CODE_BITS):
                        if r.coefficients[depth, j, i, bit]:
                            read |= 1 << bit
            r.read[depth - 1, i], r.needed[depth - 1, i] = read, read
        n_rows = n_inputs


@njit(cache=True)
def _build_hidden(m: Population, r: Room, p: int, depth: int) -> None:
    """The activations of a hidden layer; `needed` of a sum is known once its clip is."""
    n_neurons, n_inputs = m.biases[depth].shape[1], m.masks[depth].shape[2]
    shift, top = m.shift[depth][p], bit_length(m.clip_hi[depth][p])
    for j in range(n_neurons):
        r.literals[depth + 1, j] = FALSE
        read = r.read[depth, j]
        if not read:
            continue
        lo, hi = r.lo[depth, j], r.hi[depth, j]
        n_magnitude = bit_length(max(hi, 0))
        above = ((1 << n_magnitude) - 1) >> (shift + top) << (shift + top)
        sign = 1 << (signed_width(lo, hi) - 1) if lo < 0 else 0
        r.needed[depth, j] = read << shift | above | sign
        _build_sum(r, depth, j, n_inputs, r.out)
        _clip(r, r.literals[depth + 1, j], read, shift, shift + top, n_magnitude, lo, hi)


@njit(cache=True)
def _clip(
    r: Room, found: IntArray, read: int, shift: int, top: int, n_magnitude: int, lo: int, hi: int
) -> None:
    """Writes the literals of an activation whose sum is in `r.out`."""
    g, v, bits = r.graph, r.values, r.out
    negative = bits[signed_width(lo, hi) - 1] if lo < 0 else FALSE
    over = FALSE
    for column in range(top, n_magnitude):
        over = any_of(g, v, over, bits[column])
    for bit in range(MAX_CODE_BITS):
        if (read >> bit) & 1:
            value = bits[bit + shift] if bit + shift < n_magnitude else FALSE
            found[bit] = all_of(g, v, any_of(g, v, value, over), negative ^ 1)


@njit(cache=True)
def _build_sum(r: Room, depth: int, j: int, n_inputs: int, out: IntArray) -> None:
    """Writes the literals of a sum to `out`."""
    out[:] = FALSE
    needed = r.needed[depth, j]
    if not needed:
        return
    width = min(signed_width(r.lo[depth, j], r.hi[depth, j]), bit_length(needed))
    if width > MAX_COLUMNS:
        r.graph[OVERFLOW] = 1
        return
    form = r.coefficients[depth, j, :n_inputs]
    fill(r.heap, form, r.constants[depth, j], r.literals[depth], width)
    reduce_heap(r.graph, r.values, r.heap, needed, out)
