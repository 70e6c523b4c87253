"""Compiled loops over samples; `codegen.ir.batch` is their interface.

Every inner loop runs over the samples of one block, which stays in the cache, and carries nothing from one
sample to the next, so that the compiler makes vector instructions of it.

A sum that fits 16 bits is made in 16 bits, whatever the order of its terms: wrapping is harmless where
the result fits. Of a sum that does not, runs of terms that fit are, and only the runs are added up in 32
bits. Kernels skip the networks with a layer beyond 32 bits.
"""
# mypy: disable-error-code="untyped-decorator"

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from codegen.ir.lowering import NARROW, WIDEST, Array, Program
from codegen.ir.reuse import unchanged_neurons

OUTER: dict[str, Any] = {"cache": True, "error_model": "numpy"}
INNER: dict[str, Any] = {**OUTER, "no_cpython_wrapper": True}
"""Only kernels call them: without an entry from Python they compile in three quarters of the time."""

STEP = 64
"""Blocks are multiples of this many samples."""


class Answers(NamedTuple):
    """Where results go: winners (n_networks, n_samples) or sums (n_networks, n_outputs, n_samples) int64.

    The one to be left out has no samples.
    """

    winners: Array
    sums: Array


class Scratch(NamedTuple):
    """Rows of one block each: sums modulo 2**16 as uint16 and, the same memory, as int16; sums in int32.

    indices: uint16, who won; row i begins as i. best_narrow, best_wide: (block,), a maximum so far.
    """

    narrow: Array
    signed: Array
    wide: Array
    indices: Array
    best_narrow: Array
    best_wide: Array


@njit(**OUTER)
def evaluate_population(program: Program, blocks: Array, answers: Answers) -> None:
    """Fills `answers`. blocks: (n_blocks, n_features, block) uint16, block a multiple of `STEP`.

    What a network shares with the one before it is still in the rows of its layer, and stays there.
    """
    widths, block = program.widths, blocks.shape[2]
    n_layers, n_outputs = len(widths) - 1, widths[-1]
    n_samples = max(answers.winners.shape[1], answers.sums.shape[2])
    unchanged = unchanged_neurons(program)
    hidden, last = _scratch(widths[1:].max(), n_outputs, block), _scratch(2 * n_outputs, n_outputs, block)
    activations = np.empty((n_layers, widths.max(), block), np.uint16)
    for b in range(len(blocks)):
        start = b * block
        # Whole steps of the unrolled vector loops: a remainder would go one sample at a time.
        n = min(block, (n_samples - start + STEP - 1) // STEP * STEP)
        for p in range(len(program.biases)):
            if program.layer_widths[p].max() == WIDEST:
                continue
            x, neuron = blocks[b], 0
            for layer in range(n_layers - 1):
                kept = unchanged[p, neuron : neuron + widths[layer + 1]]
                _sum_layer(program, p, layer, neuron, x, n, kept, hidden)
                x = activations[layer]
                shift, hi = program.clip_shift[p, layer], program.clip_hi[p, layer]
                if program.layer_widths[p, layer] == NARROW:
                    _clip(hidden.signed, kept, n, shift, hi, x)
                else:
                    _clip(hidden.wide, kept, n, shift, hi, x)
                neuron += widths[layer + 1]
            _sum_layer(program, p, n_layers - 1, neuron, x, n, unchanged[p, neuron:], last)
            if program.layer_widths[p, n_layers - 1] == NARROW:
                _finish(last.signed, last.best_narrow, last.indices, program, p, start, n, answers)
            else:
                _finish(last.wide, last.best_wide, last.indices, program, p, start, n, answers)


@njit(**INNER)
def _scratch(n_rows: int, n_outputs: int, block: int) -> Scratch:
    narrow = np.empty((n_rows, block), np.uint16)
    wide, indices = np.empty(narrow.shape, np.int32), np.empty((2 * n_outputs, block), np.uint16)
    for output in range(n_outputs):
        indices[output] = output
    best_narrow, best_wide = np.empty(block, np.int16), np.empty(block, np.int32)
    return Scratch(narrow, narrow.view(np.int16), wide, indices, best_narrow, best_wide)


@njit(**INNER)
def _sum_layer(
    program: Program, p: int, layer: int, neuron: int, x: Array, n: int, kept: Array, scratch: Scratch
) -> None:
    """The sums of a layer, in rows of `scratch.narrow` or, where one of them needs it, `scratch.wide`.

    kept: (n_rows,) those that are there already.
    """
    terms, wide, signed = program.terms, scratch.wide, scratch.signed
    for row in range(program.widths[layer + 1]):
        if kept[row]:
            continue
        first, last = program.ends[p, neuron + row]
        bias = program.biases[p, neuron + row]
        whole = program.neuron_widths[p, neuron + row] == NARROW
        if not whole:
            for i in range(n):
                wide[row, i] = bias
        while whole or first < last:
            end = last if whole else _run_end(program.extremes, first, last)
            _narrow_sum(scratch.narrow, row, x, n, terms, first, end, bias if whole else 0)
            if whole:
                break
            if end == first:
                _add_wide(wide, row, x, n, terms, first)
            else:
                for i in range(n):
                    wide[row, i] += signed[row, i]
            first = max(end, first + 1)
        if whole and program.layer_widths[p, layer] != NARROW:
            for i in range(n):
                wide[row, i] = signed[row, i]


@njit(**INNER)
def _run_end(extremes: Array, first: int, last: int) -> int:
    """How far the terms from `first` on reach that together fit 16 bits; `first` where not even one does."""
    lo = hi = np.int64(0)
    for term in range(first, last):
        lo, hi = lo + min(extremes[term], 0), hi + max(extremes[term], 0)
        if lo < -(1 << 15) or hi >= 1 << 15:
            return term
    return last


@njit(**INNER)
def _narrow_sum(
    narrow: Array, row: int, x: Array, n: int, terms: Array, first: int, last: int, bias: int
) -> None:
    """bias + terms first..last - 1, modulo 2**16."""
    start = np.uint16(bias)
    if first + 4 <= last:
        _add_four(narrow, row, x, n, terms, first, True, start)
        first += 4
    else:
        for i in range(n):
            narrow[row, i] = start
    while first + 4 <= last:
        _add_four(narrow, row, x, n, terms, first, False, start)
        first += 4
    while first < last:
        _add_one(narrow, row, x, n, terms, first)
        first += 1


@njit(**INNER, forceinline=True)
def _add_four(
    narrow: Array, row: int, x: Array, n: int, terms: Array, k: int, fresh: bool, start: int
) -> None:
    """Adds terms k..k + 3 in one pass, so that a sum is read and written once for four terms.

    fresh: to `start`, else to what the row holds.
    """
    f0, m0, w0 = terms[k, 0], np.uint16(terms[k, 1]), np.uint16(terms[k, 2])
    f1, m1, w1 = terms[k + 1, 0], np.uint16(terms[k + 1, 1]), np.uint16(terms[k + 1, 2])
    f2, m2, w2 = terms[k + 2, 0], np.uint16(terms[k + 2, 1]), np.uint16(terms[k + 2, 2])
    f3, m3, w3 = terms[k + 3, 0], np.uint16(terms[k + 3, 1]), np.uint16(terms[k + 3, 2])
    for i in range(n):
        a = np.uint16(np.uint16(x[f0, i] & m0) * w0)
        b = np.uint16(np.uint16(x[f1, i] & m1) * w1)
        c = np.uint16(np.uint16(x[f2, i] & m2) * w2)
        d = np.uint16(np.uint16(x[f3, i] & m3) * w3)
        before = start if fresh else narrow[row, i]
        narrow[row, i] = np.uint16(before + np.uint16(np.uint16(a + b) + np.uint16(c + d)))


@njit(**INNER, forceinline=True)
def _add_one(narrow: Array, row: int, x: Array, n: int, terms: Array, k: int) -> None:
    f, m, w = terms[k, 0], np.uint16(terms[k, 1]), np.uint16(terms[k, 2])
    for i in range(n):
        narrow[row, i] = np.uint16(narrow[row, i] + np.uint16(np.uint16(x[f, i] & m) * w))


@njit(**INNER)
def _add_wide(wide: Array, row: int, x: Array, n: int, terms: Array, k: int) -> None:
    f, m, w = terms[k, 0], np.uint16(terms[k, 1]), terms[k, 2]
    for i in range(n):
        wide[row, i] += np.int32(np.int32(x[f, i] & m) * w)


@njit(**INNER)
def _clip(sums: Array, kept: Array, n: int, shift: int, hi: int, activations: Array) -> None:
    """`min(max(sum, 0) >> shift, hi)` of each row but those that are kept."""
    kind, n_bits = sums.dtype.type, 8 * sums.itemsize
    if shift >= n_bits:
        shift, hi = 0, 0
    top = kind(min(hi, (1 << (n_bits - 1)) - 1))
    for row in range(len(kept)):
        if kept[row]:
            continue
        for i in range(n):
            # The mask changes nothing; it tells the compiler that the shift fits the narrow type.
            above = kind(kind(max(sums[row, i], kind(0))) >> (shift & (n_bits - 1)))
            activations[row, i] = min(above, top)


@njit(**INNER)
def _finish(
    sums: Array, best: Array, indices: Array, program: Program, p: int, start: int, n: int, answers: Answers
) -> None:
    """Writes what one network answers to one block, from the sums of its last layer."""
    n_outputs, row = program.widths[-1], 0
    for output in range(n_outputs if answers.sums.shape[2] else 0):
        target = answers.sums[p, output, start : start + n]
        for i in range(len(target)):
            target[i] = sums[output, i]
    if answers.winners.shape[1]:
        if program.match_masks.shape[1]:
            row = _tournament(sums, indices, n_outputs, n, program.sides, program.match_masks, p)
        else:
            _exact_argmax(sums, best, indices[0], n_outputs, n)
        winners = answers.winners[p, start : start + n]
        for i in range(len(winners)):
            winners[i] = indices[row, i]


@njit(**INNER)
def _exact_argmax(sums: Array, best: Array, winners: Array, n_outputs: int, n: int) -> None:
    """The lowest index of the largest sum. One array a purpose: rows of one array would not vectorize."""
    for i in range(n):
        best[i] = sums[0, i]
        winners[i] = 0
    for output in range(1, n_outputs):
        index = np.uint16(output)
        for i in range(n):
            value, before = sums[output, i], best[i]
            winners[i] = index if value > before else winners[i]
            best[i] = max(value, before)


@njit(**INNER)
def _tournament(
    sums: Array, indices: Array, n_outputs: int, n: int, sides: Array, match_masks: Array, p: int
) -> int:
    """Plays the matches; a winner's sum and index go to the row after the last. Gives the final's row.

    Winners are chosen by masks of all ones or zeros: an if between two loads would not vectorize.
    """
    kind = sums.dtype.type
    for match in range(n_outputs - 1):
        left, right, mask = sides[p, match, 0], sides[p, match, 1], kind(match_masks[p, match])
        row = n_outputs + match
        for i in range(n):
            a, b, index_a, index_b = sums[left, i], sums[right, i], indices[left, i], indices[right, i]
            right_wins = kind(b & mask) > kind(a & mask)
            sums[row, i] = a ^ ((a ^ b) & kind(-kind(right_wins)))
            indices[row, i] = index_a ^ ((index_a ^ index_b) & np.uint16(-np.int16(right_wins)))
    return 2 * n_outputs - 2


@njit(**OUTER)
def count_confusions(winners: Array, offsets: Array, counts: Array) -> None:
    """Adds to counts (n_networks, n_classes * n_classes) int64.

    offsets: (n_samples,) uint32, true class * n_classes. Four tables in turn, since adding to the counter
    that was just added to waits.
    """
    n_samples, n_cells = len(offsets), counts.shape[1]
    whole = n_samples - n_samples % 4
    first, second, third, fourth = np.zeros((4, n_cells), np.int64)
    for p in range(len(winners)):
        row = winners[p]
        for i in range(0, whole, 4):
            first[np.uint64(offsets[i] + row[i])] += 1
            second[np.uint64(offsets[i + 1] + row[i + 1])] += 1
            third[np.uint64(offsets[i + 2] + row[i + 2])] += 1
            fourth[np.uint64(offsets[i + 3] + row[i + 3])] += 1
        for i in range(whole, n_samples):
            first[np.uint64(offsets[i] + row[i])] += 1
        for cell in range(n_cells):
            counts[p, cell] += first[cell] + second[cell] + third[cell] + fourth[cell]
            first[cell] = second[cell] = third[cell] = fourth[cell] = 0
