"""Compiled loops over samples; `codegen.ir.batch` is their interface.

Every inner loop runs over the samples of one block, which stays in the first-level cache, and carries
nothing from one sample to the next, so that the compiler makes vector instructions of it.
"""
# mypy: disable-error-code="untyped-decorator"

from typing import NamedTuple

import numpy as np
from numba import njit

from codegen.ir.lowering import NARROW, WIDE, Array, Genes, Program, Shape


class Rows(NamedTuple):
    """Scratch of one width: sums (n_rows, block), best (block,), both of one signed type."""

    sums: Array
    best: Array


@njit(cache=True, error_model="numpy")
def evaluate_population(
    shape: Shape, genes: Genes, program: Program, blocks: Array, winners: Array, sums: Array
) -> None:
    """Fills `winners` (n_networks, n_samples), or `sums` (n_networks, n_outputs, n_samples) int64.

    The one to be left out has no samples. blocks: (n_blocks, n_features, block) uint16.
    """
    block, n_samples = blocks.shape[2], max(winners.shape[1], sums.shape[2])
    narrow = np.empty((max(shape.widths.max(), 2 * shape.widths[-1]), block), np.uint16)
    rows16 = Rows(narrow.view(np.int16), np.empty(block, np.int16))
    rows32 = Rows(np.empty(narrow.shape, np.int32), np.empty(block, np.int32))
    rows64 = Rows(np.empty(narrow.shape, np.int64), np.empty(block, np.int64))
    activations = np.empty((2, shape.widths.max(), block), np.uint16)
    indices = np.empty((2 * shape.widths[-1], block), np.uint16)
    n_layers = len(shape.n_terms)
    for b in range(len(blocks)):
        start = b * block
        n = min(block, n_samples - start)
        for p in range(len(genes.masks)):
            x, neuron = blocks[b], 0
            for layer in range(n_layers):
                n_neurons, width, last = (
                    shape.widths[layer + 1],
                    program.layer_widths[p, layer],
                    layer == n_layers - 1,
                )
                target = activations[layer % 2]
                if width == NARROW:
                    _narrow_layer(narrow, n_neurons, neuron, x, n, genes.biases, program, p)
                    if last:
                        _finish(rows16, indices, n_neurons, n, genes, p, start, winners, sums)
                    else:
                        _clip(
                            rows16.sums,
                            n_neurons,
                            n,
                            genes.clip_shift[p, layer],
                            genes.clip_hi[p, layer],
                            target,
                        )
                elif width == WIDE:
                    _wide_layer(rows32.sums, narrow, n_neurons, neuron, x, n, genes.biases, program, p)
                    if last:
                        _finish(rows32, indices, n_neurons, n, genes, p, start, winners, sums)
                    else:
                        _clip(
                            rows32.sums,
                            n_neurons,
                            n,
                            genes.clip_shift[p, layer],
                            genes.clip_hi[p, layer],
                            target,
                        )
                else:
                    _wide_layer(rows64.sums, narrow, n_neurons, neuron, x, n, genes.biases, program, p)
                    if last:
                        _finish(rows64, indices, n_neurons, n, genes, p, start, winners, sums)
                    else:
                        _clip(
                            rows64.sums,
                            n_neurons,
                            n,
                            genes.clip_shift[p, layer],
                            genes.clip_hi[p, layer],
                            target,
                        )
                x = target
                neuron += n_neurons


@njit(cache=True, error_model="numpy")
def _narrow_layer(
    narrow: Array, n_neurons: int, neuron: int, x: Array, n: int, biases: Array, program: Program, p: int
) -> None:
    """The sums of a layer's neurons, modulo 2**16, in the first rows of `narrow`."""
    for row in range(n_neurons):
        first = program.run_ends[p, program.neuron_ends[p, neuron + row]]
        last = program.run_ends[p, program.neuron_ends[p, neuron + row + 1]]
        _narrow_sum(narrow, row, x, n, program.terms, p, first, last, biases[p, neuron + row])


@njit(cache=True, error_model="numpy")
def _narrow_sum(
    narrow: Array, row: int, x: Array, n: int, terms: Array, p: int, first: int, last: int, bias: int
) -> None:
    """bias + terms first..last - 1, modulo 2**16."""
    start = np.uint16(bias)
    for i in range(n):
        narrow[row, i] = start
    while first + 4 <= last:
        _add_four(narrow, row, x, n, terms, p, first)
        first += 4
    while first < last:
        _add_one(narrow, row, x, n, terms, p, first)
        first += 1


@njit(cache=True, error_model="numpy", forceinline=True)
def _add_four(narrow: Array, row: int, x: Array, n: int, terms: Array, p: int, k: int) -> None:
    """Adds terms k..k + 3 in one pass, so that a sum is read and written once for four terms."""
    f0, m0, w0 = terms[p, k, 0], np.uint16(terms[p, k, 1]), np.uint16(terms[p, k, 2])
    f1, m1, w1 = terms[p, k + 1, 0], np.uint16(terms[p, k + 1, 1]), np.uint16(terms[p, k + 1, 2])
    f2, m2, w2 = terms[p, k + 2, 0], np.uint16(terms[p, k + 2, 1]), np.uint16(terms[p, k + 2, 2])
    f3, m3, w3 = terms[p, k + 3, 0], np.uint16(terms[p, k + 3, 1]), np.uint16(terms[p, k + 3, 2])
    for i in range(n):
        a = np.uint16(np.uint16(x[f0, i] & m0) * w0)
        b = np.uint16(np.uint16(x[f1, i] & m1) * w1)
        c = np.uint16(np.uint16(x[f2, i] & m2) * w2)
        d = np.uint16(np.uint16(x[f3, i] & m3) * w3)
        narrow[row, i] = np.uint16(narrow[row, i] + np.uint16(np.uint16(a + b) + np.uint16(c + d)))


@njit(cache=True, error_model="numpy", forceinline=True)
def _add_one(narrow: Array, row: int, x: Array, n: int, terms: Array, p: int, k: int) -> None:
    f, m, w = terms[p, k, 0], np.uint16(terms[p, k, 1]), np.uint16(terms[p, k, 2])
    for i in range(n):
        narrow[row, i] = np.uint16(narrow[row, i] + np.uint16(np.uint16(x[f, i] & m) * w))


@njit(cache=True, error_model="numpy")
def _wide_layer(
    sums: Array,
    narrow: Array,
    n_neurons: int,
    neuron: int,
    x: Array,
    n: int,
    biases: Array,
    program: Program,
    p: int,
) -> None:
    """The sums of a layer's neurons in int32 or int64 rows; the first row of `narrow` is scratch."""
    signed = narrow.view(np.int16)
    for row in range(n_neurons):
        first, last = program.neuron_ends[p, neuron + row], program.neuron_ends[p, neuron + row + 1]
        bias = biases[p, neuron + row]
        whole = program.neuron_widths[p, neuron + row] == NARROW
        for i in range(n):
            sums[row, i] = 0 if whole else bias
        for run in range(first, last):
            begin, end = program.run_ends[p, run], program.run_ends[p, run + 1]
            if program.run_widths[p, run] == NARROW:
                # The interval of a whole neuron counts its bias in, so the bias must be in its one run.
                _narrow_sum(narrow, 0, x, n, program.terms, p, begin, end, bias if whole else 0)
                for i in range(n):
                    sums[row, i] += signed[0, i]
            else:
                _add_wide(sums, row, x, n, program.terms, p, begin)
        if whole and first == last:
            for i in range(n):
                sums[row, i] = bias


@njit(cache=True, error_model="numpy")
def _add_wide(sums: Array, row: int, x: Array, n: int, terms: Array, p: int, k: int) -> None:
    f, m, w = terms[p, k, 0], np.uint16(terms[p, k, 1]), sums.dtype.type(terms[p, k, 2])
    for i in range(n):
        sums[row, i] += sums.dtype.type(x[f, i] & m) * w


@njit(cache=True, error_model="numpy")
def _clip(sums: Array, n_rows: int, n: int, shift: int, hi: int, activations: Array) -> None:
    """`min(max(sum, 0) >> shift, hi)` of the first rows."""
    kind, n_bits = sums.dtype.type, 8 * sums.itemsize
    if shift >= n_bits:
        shift, hi = 0, 0
    top = kind(min(np.int64(hi), np.int64(np.iinfo(sums.dtype).max)))
    for row in range(n_rows):
        for i in range(n):
            # The mask changes nothing; it tells the compiler that the shift fits the narrow type.
            kept = kind(kind(max(sums[row, i], kind(0))) >> (shift & (n_bits - 1)))
            activations[row, i] = min(kept, top)


@njit(cache=True, error_model="numpy")
def _finish(
    rows: Rows,
    indices: Array,
    n_outputs: int,
    n: int,
    genes: Genes,
    p: int,
    start: int,
    winners: Array,
    sums: Array,
) -> None:
    """Writes the answers of one network to one block, from the sums of its last layer."""
    for output in range(n_outputs if sums.shape[2] else 0):
        for i in range(n):
            sums[p, output, start + i] = rows.sums[output, i]
    if winners.shape[1]:
        row = 0
        if genes.match_masks.shape[1]:
            row = _tournament(rows.sums, indices, n_outputs, n, genes.sides, genes.match_masks, p)
        else:
            _exact_argmax(rows.sums, rows.best, indices, n_outputs, n)
        for i in range(n):
            winners[p, start + i] = indices[row, i]


@njit(cache=True, error_model="numpy")
def _exact_argmax(sums: Array, best: Array, indices: Array, n_outputs: int, n: int) -> None:
    """The lowest index of the largest sum, in row 0 of `indices`."""
    for i in range(n):
        best[i] = sums[0, i]
        indices[0, i] = 0
    for output in range(1, n_outputs):
        index = np.uint16(output)
        for i in range(n):
            value, before = sums[output, i], best[i]
            indices[0, i] = index if value > before else indices[0, i]
            best[i] = max(value, before)


@njit(cache=True, error_model="numpy")
def _tournament(
    sums: Array, indices: Array, n_outputs: int, n: int, sides: Array, match_masks: Array, p: int
) -> int:
    """Plays the matches; a winner's sum and index go to the row after the last. Gives the final's row."""
    kind = sums.dtype.type
    for output in range(n_outputs):
        for i in range(n):
            indices[output, i] = output
    for match in range(n_outputs - 1):
        left, right, mask = sides[p, match, 0], sides[p, match, 1], kind(match_masks[p, match])
        row = n_outputs + match
        for i in range(n):
            a, b, index_a, index_b = sums[left, i], sums[right, i], indices[left, i], indices[right, i]
            right_wins = kind(b & mask) > kind(a & mask)
            sums[row, i] = b if right_wins else a
            indices[row, i] = index_b if right_wins else index_a
    return 2 * n_outputs - 2


@njit(cache=True, error_model="numpy")
def count_confusions(winners: Array, labels: Array, counts: Array) -> None:
    """Adds to counts (n_networks, n_classes, n_classes) int64, true class first.

    Four tables in turn, since adding twice to one counter waits for the first addition.
    """
    n_classes = counts.shape[1]
    tables = np.empty((4, n_classes * n_classes), np.int32)
    n_samples = len(labels)
    for p in range(len(winners)):
        tables[:] = 0
        for i in range(0, n_samples - 3, 4):
            for lane in range(4):
                tables[lane, labels[i + lane] * n_classes + winners[p, i + lane]] += 1
        for i in range(n_samples - n_samples % 4, n_samples):
            tables[0, labels[i] * n_classes + winners[p, i]] += 1
        for cell in range(n_classes * n_classes):
            counts[p, cell // n_classes, cell % n_classes] += tables[:, cell].sum()
