"""The figures of a population, of one network, or of any circuit: the arrays that the kernels want."""

from functools import lru_cache

import numpy as np

from codegen.cells import CellLibrary
from codegen.circuit.lowering import Circuit
from codegen.ir import ClassOutput, Interface, MlpBatch
from codegen.ir.network import GateKind
from hwmodels.printed import batch_ranges
from hwmodels.printed.costs import FloatArray, IntArray
from hwmodels.printed.sketch.cover import empty_cover
from hwmodels.printed.sketch.graph import N_WORDS, OVERFLOW, UintArray, all_of, clear, empty_graph
from hwmodels.printed.sketch.network import (
    N_FIGURES,
    Memory,
    Population,
    make_room,
    measure,
    sketch_population,
)
from hwmodels.printed.sketch.redundancy import empty_scratch

CELLS: tuple[GateKind, ...] = ("inv", "nand", "nor", "and", "or")
"""In the order of `cover`."""
EXTREME_SHARES = (0.0, 0.3, 0.8)
"""Of the features of a pattern, how many are at an end of their range; each for a third of the patterns."""


def sketch_batch(batch: MlpBatch, interface: Interface, library: CellLibrary) -> FloatArray:
    """(n_networks, N_FIGURES) float64: area in cm2 as built and without redundant gates, and nodes.

    NaN for a network of more than about 12,000 gates. All features must be unsigned.
    """
    bits = tuple(feature.bits for feature in interface.features)
    population = _population(batch)
    room = make_room(_memory(bits), population.masks, np.array(bits, dtype=np.int64))
    figures = np.zeros((batch.n_networks, N_FIGURES))
    is_class = isinstance(interface.output, ClassOutput)
    sketch_population(population, room, batch.argmax is None, is_class, _areas(library), figures)
    return figures


def sketch_circuit(circuit: Circuit, interface: Interface, library: CellLibrary) -> FloatArray:
    """(N_FIGURES,) of any circuit that `codegen.circuit.lower` made; NaN where it is too large."""
    memory = _memory(tuple(feature.bits for feature in interface.features))
    g, v = memory[:2]
    clear(g, v, N_WORDS)
    first = 2 * (1 + circuit.aig.n_inputs)
    literals = {literal: literal for literal in range(0, first, 2)}

    def found(literal: int) -> int:
        return literals[literal & ~1] ^ (literal & 1)

    for number, node in enumerate(circuit.aig.nodes):
        literals[first + 2 * number] = int(all_of(g, v, found(node.a), found(node.b)))
    outputs = np.array([found(literal) for group in circuit.outputs for literal in group], dtype=np.int64)
    figures = np.full(N_FIGURES, np.nan)
    if not g[OVERFLOW]:
        measure(*memory, outputs, _areas(library), figures)
    return figures


def _population(batch: MlpBatch) -> Population:
    n, n_matches = batch.n_networks, max(batch.n_outputs - 1, 1)
    hi = np.repeat(batch.input_hi.astype(np.int64)[None, :], n, axis=0)
    sources, sums = [(np.zeros_like(hi), hi)], list[tuple[IntArray, IntArray]]()
    masks = tuple[IntArray, ...](np.ascontiguousarray(layer.masks) for layer in batch.layers)
    weights = tuple[IntArray, ...](np.ascontiguousarray(layer.weights) for layer in batch.layers)
    biases = [layer.biases.astype(np.int64) for layer in batch.layers]
    shifts, tops = [np.zeros(n, np.int64)] * len(biases), [np.zeros(n, np.int64)] * len(biases)
    for depth, layer in enumerate(batch.layers):
        limits = batch_ranges.accumulator_ranges(masks[depth], weights[depth], biases[depth], *sources[depth])
        sums.append(limits)
        if layer.clip_shift is not None and layer.clip_hi is not None:
            shifts[depth], tops[depth] = layer.clip_shift.astype(np.int64), layer.clip_hi.astype(np.int64)
            lo, hi = (
                np.minimum(np.maximum(end, 0) >> shifts[depth][:, None], tops[depth][:, None])
                for end in limits
            )
            sources.append((lo, hi))
    sides = np.zeros((n, n_matches, 2), dtype=np.int64)
    match_masks = np.full((n, n_matches), -1, dtype=np.int64)
    if batch.argmax is not None:
        sides, match_masks = batch.argmax.sides.astype(np.int64), batch.argmax.masks.astype(np.int64)
    return Population(
        masks,
        weights,
        tuple(biases),
        tuple(shifts),
        tuple(tops),
        tuple(lo for lo, _ in sums),
        tuple(hi for _, hi in sums),
        tuple(lo for lo, _ in sources),
        tuple(hi for _, hi in sources),
        sides,
        match_masks,
    )


@lru_cache(maxsize=1)
def _memory(bits: tuple[int, ...]) -> Memory:
    """Memory for circuits with these features, with the patterns in it; every use clears it first."""
    patterns = simulation_patterns(bits)
    return *empty_graph(patterns), *empty_graph(patterns), *empty_scratch(), empty_cover()


def simulation_patterns(bits: tuple[int, ...]) -> UintArray:
    """(n_input_bits, N_WORDS) uint64: always the same codes for features of these widths.

    Codes are random; in two thirds of the patterns some are 0 or the largest, so that sums reach their ends.
    """
    rng, n = np.random.default_rng(0), N_WORDS * 64
    share = np.repeat(EXTREME_SHARES, -(-n // len(EXTREME_SHARES)))[:n]
    rows = list[UintArray]()
    for width in bits:
        codes = rng.integers(0, 1 << width, n)
        extreme = rng.random(n) < share
        codes[extreme] = rng.integers(0, 2, n)[extreme] * ((1 << width) - 1)
        for bit in range(width):
            packed = np.packbits((codes >> bit & 1).astype(np.uint8), bitorder="little")
            rows.append(packed.view("<u8").astype(np.uint64))
    return np.array(rows, dtype=np.uint64).reshape(len(rows), N_WORDS)


def _areas(library: CellLibrary) -> FloatArray:
    """Areas in cm2 of `CELLS`; a cell that is missing is never the smallest choice."""
    kinds = set(library.kinds)
    return np.array([library.area_cm2(kind) if kind in kinds else 1e6 for kind in CELLS])
