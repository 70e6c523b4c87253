# mypy: disable-error-code="untyped-decorator"
"""What networks of a population share with the network before them, so that it is computed once.

An annealing search asks for several small changes of one network in a row: most of their neurons are equal.
"""

import numpy as np
from numba import njit

from codegen.ir.lowering import WIDEST, Array, Program


@njit(cache=True)
def unchanged_neurons(program: Program) -> Array:
    """(n_networks, n_neurons) bool: where a neuron gives what the same one of the network before gives.

    It has equal terms and bias, reads only neurons that are unchanged, and is clipped, or in the last layer
    summed in a width, as before. Networks that the kernels skip (`WIDEST`) share nothing.
    """
    n_networks, n_neurons = program.biases.shape
    unchanged = np.zeros((n_networks, n_neurons), np.bool_)
    n_layers = len(program.widths) - 1
    for p in range(1, n_networks):
        if max(program.layer_widths[p].max(), program.layer_widths[p - 1].max()) == WIDEST:
            continue
        neuron = before = 0
        for layer in range(n_layers):
            is_last = layer == n_layers - 1
            may_be = _ends_alike(program, p, layer, is_last)
            for index in range(neuron, neuron + program.widths[layer + 1]):
                if may_be and _is_equal(program, p, index):
                    unchanged[p, index] = layer == 0 or _reads_only(program, p, index, before, unchanged)
            before, neuron = neuron, neuron + program.widths[layer + 1]
    return unchanged


@njit(cache=True)
def _ends_alike(program: Program, p: int, layer: int, is_last: bool) -> bool:
    if is_last:
        return bool(program.layer_widths[p, layer] == program.layer_widths[p - 1, layer])
    same_shift = program.clip_shift[p, layer] == program.clip_shift[p - 1, layer]
    return bool(same_shift and program.clip_hi[p, layer] == program.clip_hi[p - 1, layer])


@njit(cache=True)
def _is_equal(program: Program, p: int, neuron: int) -> bool:
    """Whether terms and bias of a neuron are those of the network before."""
    first, last = program.ends[p, neuron]
    there = program.ends[p - 1, neuron, 0]
    if program.biases[p, neuron] != program.biases[p - 1, neuron]:
        return False
    if program.ends[p - 1, neuron, 1] - there != last - first:
        return False
    for k in range(last - first):
        for part in range(3):
            if program.terms[first + k, part] != program.terms[there + k, part]:
                return False
    return True


@njit(cache=True)
def _reads_only(program: Program, p: int, neuron: int, before: int, unchanged: Array) -> bool:
    """before: number of the first neuron of the layer that is read."""
    first, last = program.ends[p, neuron]
    n_changed = 0
    for term in range(first, last):
        n_changed += not unchanged[p, before + program.terms[term, 0]]
    return n_changed == 0
