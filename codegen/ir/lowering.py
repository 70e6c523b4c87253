"""A population made ready for the kernels: absent terms dropped, and the width of every sum decided.

A neuron whose interval fits 16 bits is summed in 16 bits, whatever the order of its terms: wrapping is
harmless where the result fits. Of a neuron that does not, runs of terms that fit are summed in 16 bits,
and only the runs are added up in 32 or 64 bits.
"""
# mypy: disable-error-code="untyped-decorator, arg-type, return-value"

from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

Array: TypeAlias = npt.NDArray[Any]

NARROW, WIDE, WIDEST = 0, 1, 2
"""Sums in int16, int32 and int64."""

_INT16_END, _INT32_END = 1 << 15, 1 << 31


class Shape(NamedTuple):
    """What all networks share: widths (n_layers + 1,) int64, features first; n_terms (n_layers,) int64."""

    widths: Array
    n_terms: Array


class Genes(NamedTuple):
    """A population with its layers laid end to end on the second axis; all int32.

    masks, weights: (n_networks, all terms). biases: (n_networks, all neurons). clip_shift, clip_hi:
    (n_networks, n_layers - 1). input_hi: (n_features,). sides: (n_networks, n_matches, 2) and
    match_masks: (n_networks, n_matches) of the reduced argmax; no matches mean the exact one.
    """

    masks: Array
    weights: Array
    biases: Array
    clip_shift: Array
    clip_hi: Array
    input_hi: Array
    sides: Array
    match_masks: Array


class Program(NamedTuple):
    """What the kernels run. Terms lie in runs, runs in neurons; the first axis is the network.

    terms: (n_networks, all terms, 3) int32: input, mask, weight of each term that is left.
    run_ends, neuron_ends: int32, one entry more than there are runs or neurons: run r holds the terms
    from run_ends[r] to run_ends[r + 1] - 1, and likewise a neuron its runs.
    run_widths, neuron_widths, layer_widths: uint8, NARROW, WIDE or WIDEST.
    """

    terms: Array
    run_ends: Array
    run_widths: Array
    neuron_ends: Array
    neuron_widths: Array
    layer_widths: Array


def empty_program(shape: Shape, genes: Genes) -> Program:
    """Room for a lowered population."""
    (n_networks, n_terms), n_neurons = genes.masks.shape, genes.biases.shape[1]
    return Program(
        np.zeros((n_networks, n_terms, 3), np.int32),
        np.zeros((n_networks, n_terms + 1), np.int32),
        np.zeros((n_networks, n_terms), np.uint8),
        np.zeros((n_networks, n_neurons + 1), np.int32),
        np.zeros((n_networks, n_neurons), np.uint8),
        np.zeros((n_networks, len(shape.n_terms)), np.uint8),
    )


@njit(cache=True, error_model="numpy")
def lower(shape: Shape, genes: Genes, program: Program) -> None:
    """Fills `program`, which must hold zeros."""
    widths, n_terms = shape.widths, shape.n_terms
    ceilings = np.zeros((2, widths.max()), np.int64)
    for p in range(len(genes.masks)):
        ceilings[0, : widths[0]] = genes.input_hi
        first_gene, neuron = 0, 0
        for layer in range(len(n_terms)):
            ceiling, following = ceilings[layer % 2], ceilings[(layer + 1) % 2]
            for position in range(widths[layer + 1]):
                hi = _lower_neuron(
                    genes, program, p, neuron, first_gene, n_terms[layer], ceiling[: widths[layer]]
                )
                if layer < len(n_terms) - 1:
                    kept = max(hi, 0) >> min(genes.clip_shift[p, layer], 63)
                    following[position] = min(kept, np.int64(genes.clip_hi[p, layer]))
                width = program.neuron_widths[p, neuron]
                program.layer_widths[p, layer] = max(program.layer_widths[p, layer], width)
                first_gene += widths[layer] * n_terms[layer]
                neuron += 1
        _widen_for_match_masks(genes, program, p)


@njit(cache=True, error_model="numpy")
def _lower_neuron(
    genes: Genes, program: Program, p: int, neuron: int, first_gene: int, n_terms: int, ceiling: Array
) -> int:
    """Appends the terms and runs of one neuron; gives the largest sum. ceiling: largest input values."""
    n_runs = program.neuron_ends[p, neuron]
    first = program.run_ends[p, n_runs]
    last = first
    lo = hi = np.int64(genes.biases[p, neuron])
    for gene in range(first_gene, first_gene + n_terms * len(ceiling)):
        source = (gene - first_gene) // n_terms
        mask = np.int64(genes.masks[p, gene])
        if mask != 0 and ceiling[source] != 0:
            weight = np.int64(genes.weights[p, gene])
            program.terms[p, last, 0] = source
            program.terms[p, last, 1] = mask
            program.terms[p, last, 2] = weight
            most = weight * min(mask, ceiling[source])
            lo, hi = lo + min(most, 0), hi + max(most, 0)
            last += 1
    width = _width(lo, hi)
    program.neuron_widths[p, neuron] = width
    if width == NARROW and first < last:
        program.run_widths[p, n_runs], program.run_ends[p, n_runs + 1] = NARROW, last
        n_runs += 1
    elif width != NARROW:
        n_runs = _split(program, p, n_runs, last, ceiling)
    program.neuron_ends[p, neuron + 1] = n_runs
    return hi


@njit(cache=True, error_model="numpy")
def _split(program: Program, p: int, n_runs: int, last: int, ceiling: Array) -> int:
    """Splits the terms from the end of the last run up to `last` into runs; gives the number of runs."""
    first = program.run_ends[p, n_runs]
    lo = hi = np.int64(0)
    for term in range(first, last):
        source, mask, weight = program.terms[p, term]
        most = np.int64(weight) * min(np.int64(mask), ceiling[source])
        lo, hi = lo + min(most, 0), hi + max(most, 0)
        if term == first or _width(lo, hi) != NARROW:
            lo, hi = min(most, 0), max(most, 0)
            program.run_widths[p, n_runs] = _width(lo, hi)
            n_runs += 1
        program.run_ends[p, n_runs] = term + 1
    return n_runs


@njit(cache=True, error_model="numpy")
def _width(lo: int, hi: int) -> int:
    if lo >= -_INT16_END and hi < _INT16_END:
        return NARROW
    return WIDE if lo >= -_INT32_END and hi < _INT32_END else WIDEST


@njit(cache=True, error_model="numpy")
def _widen_for_match_masks(genes: Genes, program: Program, p: int) -> None:
    """A match mask that is no 16-bit number looks at sign bits that 16-bit sums don't have."""
    last = program.layer_widths.shape[1] - 1
    for match in range(genes.match_masks.shape[1]):
        if _width(genes.match_masks[p, match], genes.match_masks[p, match]) != NARROW:
            program.layer_widths[p, last] = max(program.layer_widths[p, last], WIDE)
