# mypy: disable-error-code="untyped-decorator"
"""Compiled loops over a tree and the rows it sorts; imported when the first tree is annealed."""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

Array: TypeAlias = npt.NDArray[Any]


class Task(NamedTuple):
    """What stays the same while a tree is annealed.

    truth: (n_tests, n_words) uint64. area: (n_tests,) float64. neighbors: (n_tests, n_neighbors) int64.
    labels: (n_classes, n_words) uint64, the rows of each class. inverter, and_, or_, or_not, mux: areas
    in cm2. weight: errors that a cm2 must save. n_bits: of an answer. min_leaves, max_depth: bounds of
    moves; that of leaves is the number of slots. min_rows: of a leaf that is split off.
    """

    truth: Array
    area: Array
    neighbors: Array
    labels: Array
    inverter: float
    and_: float
    or_: float
    or_not: float
    mux: float
    weight: float
    n_bits: int
    min_leaves: int
    max_depth: int
    min_rows: int


class Tree(NamedTuple):
    """A tree and what follows from it, all arrays changed in place; see `Slots` for the first three.

    answers, errors: (n_slots,) of the leaves. rows: (n_slots, n_words) uint64, which rows come to a
    slot. order, depth: (n_slots,) slots reached, parents first, and their depths in that order. uses:
    (n_tests,) how many nodes need a comparator. totals: (2,) float64, errors and area of the whole.
    size: (1,) slots reached.
    """

    test: Array
    left: Array
    right: Array
    answers: Array
    errors: Array
    rows: Array
    order: Array
    depth: Array
    uses: Array
    totals: Array
    size: Array


class Scratch(NamedTuple):
    """stack: (n_slots,). varying, constant: (n_slots,) bits of answers. inverted: (n_tests,) bool.

    sorted_rows: (n_slots, n_words). words: (2, n_words). active: (n_words,) numbers of words. noise: (a power
    of two,) Gumbel deviates, negated: the lowest of losses with heat times such added is a draw by their
    Boltzmann weights.
    """

    stack: Array
    varying: Array
    constant: Array
    inverted: Array
    sorted_rows: Array
    words: Array
    active: Array
    noise: Array


@njit(cache=True, inline="always")
def count_ones(word: int) -> int:
    """Ones of a 64-bit word; the compiler knows this form as one instruction."""
    x = np.uint64(word)
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return int((x * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit(cache=True)
def settle(tree: Tree, task: Task, scratch: Scratch, slot: int) -> None:
    """Everything that follows from the tests below `slot`, whose rows are known."""
    route(tree, task, scratch, slot)
    list_slots(tree, scratch)
    tree.totals[0] = 0.0
    for place in range(tree.size[0]):
        if tree.test[tree.order[place]] < 0:
            tree.totals[0] += tree.errors[tree.order[place]]
    tree.totals[1] = circuit_area(tree, task, scratch)


@njit(cache=True)
def route(tree: Tree, task: Task, scratch: Scratch, slot: int) -> None:
    """Sends the rows of a slot down to the leaves, and lets each answer with its commonest class."""
    stack, rows, truth, n = scratch.stack, tree.rows, task.truth, 1
    stack[0] = slot
    while n > 0:
        n -= 1
        here = stack[n]
        test = tree.test[here]
        if test < 0:
            _answer(tree, task, here)
            continue
        left, right = tree.left[here], tree.right[here]
        for word in range(rows.shape[1]):
            rows[left, word] = rows[here, word] & truth[test, word]
            rows[right, word] = rows[here, word] & ~truth[test, word]
        stack[n], stack[n + 1] = right, left
        n += 2


@njit(cache=True, inline="always")
def _answer(tree: Tree, task: Task, leaf: int) -> None:
    """The lowest of the commonest classes; every other row is an error."""
    rows, labels, n_rows, most, answer = tree.rows, task.labels, 0, -1, 0
    for label in range(labels.shape[0]):
        count = 0
        for word in range(rows.shape[1]):
            if rows[leaf, word] != 0:
                count += count_ones(rows[leaf, word] & labels[label, word])
        n_rows += count
        if count > most:
            most, answer = count, label
    tree.answers[leaf] = answer
    tree.errors[leaf] = n_rows - most


@njit(cache=True)
def list_slots(tree: Tree, scratch: Scratch) -> None:
    """Fills order, depth and size."""
    stack, levels, n, size = scratch.stack, scratch.varying, 1, 0
    stack[0], levels[0] = 0, 0
    while n > 0:
        n -= 1
        here, level = stack[n], levels[n]
        tree.order[size], tree.depth[size] = here, level
        size += 1
        if tree.test[here] >= 0:
            stack[n], stack[n + 1] = tree.right[here], tree.left[here]
            levels[n], levels[n + 1] = level + 1, level + 1
            n += 2
    tree.size[0] = size


@njit(cache=True)
def circuit_area(tree: Tree, task: Task, scratch: Scratch) -> float:
    """Comparators and their complements, each once, and a choice a node and bit of the answer that varies.

    Fills uses. It is the count of docs/printed.md for trees.
    """
    tree.uses[:] = 0
    scratch.inverted[:] = False
    area = 0.0
    for place in range(tree.size[0] - 1, -1, -1):
        slot = tree.order[place]
        test = tree.test[slot]
        if test < 0:
            scratch.varying[slot], scratch.constant[slot] = 0, tree.answers[slot]
            continue
        area += _choice_area(tree, task, scratch, slot, test)
    return area


@njit(cache=True, inline="always")
def _choice_area(tree: Tree, task: Task, scratch: Scratch, slot: int, test: int) -> float:
    """What a node adds, and which bits of its answer vary."""
    left, right = tree.left[slot], tree.right[slot]
    va, ca = scratch.varying[left], scratch.constant[left]
    vb, cb = scratch.varying[right], scratch.constant[right]
    if va == 0 and vb == 0 and ca == cb:
        scratch.varying[slot], scratch.constant[slot] = 0, ca
        return 0.0
    area, varying, complement = 0.0, 0, False
    for bit in range(task.n_bits):
        first_varies, second_varies = (va >> bit) & 1, (vb >> bit) & 1
        first, second = (ca >> bit) & 1, (cb >> bit) & 1
        if not first_varies and not second_varies and first == second:
            continue
        varying |= 1 << bit
        if first_varies and second_varies:
            area += task.mux
        elif second_varies:
            area += task.or_not if first else task.and_
        elif first_varies:
            area += task.or_ if second else task.and_
        complement |= _needs_complement(first_varies, second_varies, second)
    if tree.uses[test] == 0:
        area += task.area[test]
    tree.uses[test] += 1
    if complement and not scratch.inverted[test]:
        scratch.inverted[test] = True
        area += task.inverter
    scratch.varying[slot], scratch.constant[slot] = varying, ca & cb & ~varying
    return area


@njit(cache=True, inline="always")
def _needs_complement(first_varies: int, second_varies: int, second: int) -> bool:
    """Whether the choice of a bit reads the comparator in both polarities."""
    if first_varies:
        return second_varies != 0 or second == 0
    return second_varies == 0 and second == 0
