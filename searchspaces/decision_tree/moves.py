# mypy: disable-error-code="untyped-decorator"
"""Compiled moves: each changes one place of a tree and says which slot, or `NONE` where nothing changed."""

import numpy as np
from numba import njit

from searchspaces.decision_tree.kernels import Array, Scratch, Task, Tree, count_ones

NONE = -1
NODE_SHARE = 0.85
"""Moves that change a node; the others split a leaf."""
TEST_SHARE = 0.40
"""Moves that change a test without looking at the rows."""
BEST_SHARE = 0.70
"""Up to here moves look for the best test; from here to NODE_SHARE they prune."""


@njit(cache=True)
def propose(tree: Tree, task: Task, scratch: Scratch, heat: float, rng: np.random.Generator) -> int:
    """Makes a random move; gives the slot whose subtree it changed. heat: in errors."""
    kind = rng.random()
    slot = _pick(tree, kind < NODE_SHARE, rng)
    if kind >= NODE_SHARE:
        return _grow(tree, task, scratch, slot, heat, rng) if tree.test[slot] < 0 else NONE
    if tree.test[slot] < 0:
        return NONE
    if kind < TEST_SHARE:
        return _change(tree, task, slot, rng)
    if kind < BEST_SHARE:
        return _improve(tree, task, scratch, slot, heat, rng)
    return _prune(tree, slot, rng)


@njit(cache=True, inline="always")
def _pick(tree: Tree, wants_node: bool, rng: np.random.Generator) -> int:
    """A node, or else a leaf; anything where a few draws find none."""
    slot = tree.order[int(rng.random() * tree.size[0])]
    for _ in range(20):
        if (tree.test[slot] >= 0) == wants_node:
            break
        slot = tree.order[int(rng.random() * tree.size[0])]
    return int(slot)


@njit(cache=True, inline="always")
def _change(tree: Tree, task: Task, slot: int, rng: np.random.Generator) -> int:
    """A neighbor of the test, a test that another node uses, or any."""
    old, kind = tree.test[slot], rng.random()
    new = old
    if kind < 0.5:
        new = task.neighbors[old, int(rng.random() * task.neighbors.shape[1])]
    elif kind < 0.75:
        other = tree.test[tree.order[int(rng.random() * tree.size[0])]]
        new = other if other >= 0 else old
    else:
        new = int(rng.random() * task.truth.shape[0])
    tree.test[slot] = new
    return slot if new != old else NONE


@njit(cache=True)
def _improve(
    tree: Tree, task: Task, scratch: Scratch, slot: int, heat: float, rng: np.random.Generator
) -> int:
    """The best of every second test for the subtrees as they are: rows that one side gets right go there.

    Source: tree alternating optimization, Carreira-Perpinan and Tavallali, NeurIPS 2018; here with the
    price of the comparator, and noise that makes it a step of annealing.
    """
    _right_rows(tree, task, scratch, slot, tree.left[slot], 0)
    _right_rows(tree, task, scratch, slot, tree.right[slot], 1)
    n_active = 0
    for word in range(scratch.words.shape[1]):
        left, right = scratch.words[0, word], scratch.words[1, word]
        scratch.words[0, word], scratch.words[1, word] = left & ~right, right & ~left
        if left != right:
            scratch.active[n_active] = word
            n_active += 1
    old, best, lowest = tree.test[slot], NONE, np.inf
    uses, words, active, truth, area = tree.uses, scratch.words, scratch.active, task.truth, task.area
    noise, place, stride = scratch.noise, int(rng.random() * 2**30), 2 * int(rng.random() * 2**20) + 1
    for test in range(int(rng.random() * 2), truth.shape[0], 2):
        is_shared = uses[test] > (1 if test == old else 0)
        place = (place + stride) & (len(noise) - 1)
        loss = heat * noise[place] + (0.0 if is_shared else task.weight * area[test])
        loss += _wrong_rows(words, active, n_active, truth, test)
        if loss < lowest:
            best, lowest = test, loss
    tree.test[slot] = best
    return slot if best != old else NONE


@njit(cache=True, inline="always")
def _wrong_rows(words: Array, active: Array, n_active: int, truth: Array, test: int) -> int:
    """Rows of words[1] that a test sends left, less rows of words[0] that it does.

    Whole arrays come in, since a view of each row would cost more than the count.
    """
    wrong = 0
    for place in range(n_active):
        word = active[place]
        sent = truth[test, word]
        wrong += count_ones(words[1, word] & sent) - count_ones(words[0, word] & sent)
    return wrong


@njit(cache=True)
def _right_rows(tree: Tree, task: Task, scratch: Scratch, slot: int, child: int, side: int) -> None:
    """words[side]: the rows of `slot` that the subtree of `child` would all answer rightly."""
    stack, rows, right_rows, n = scratch.stack, scratch.sorted_rows, scratch.words, 1
    truth, labels, n_words = task.truth, task.labels, rows.shape[1]
    stack[0] = child
    for word in range(n_words):
        rows[child, word] = tree.rows[slot, word]
        right_rows[side, word] = 0
    while n > 0:
        n -= 1
        here = stack[n]
        test, left, right, answer = tree.test[here], tree.left[here], tree.right[here], tree.answers[here]
        for word in range(n_words):
            if test < 0:
                right_rows[side, word] |= rows[here, word] & labels[answer, word]
            else:
                rows[left, word] = rows[here, word] & truth[test, word]
                rows[right, word] = rows[here, word] & ~truth[test, word]
        if test >= 0:
            stack[n], stack[n + 1] = left, right
            n += 2


@njit(cache=True, inline="always")
def _prune(tree: Tree, slot: int, rng: np.random.Generator) -> int:
    """A node gives way to one of its subtrees, or to a leaf."""
    if rng.random() < 0.3:
        tree.test[slot] = NONE
        return slot
    child = tree.left[slot] if rng.random() < 0.5 else tree.right[slot]
    tree.test[slot] = tree.test[child]
    tree.left[slot], tree.right[slot] = tree.left[child], tree.right[child]
    return slot


@njit(cache=True)
def _grow(tree: Tree, task: Task, scratch: Scratch, slot: int, heat: float, rng: np.random.Generator) -> int:
    """Splits a leaf by the test, of every second one, after which its rows are purest, with noise."""
    if tree.size[0] + 2 > len(tree.test) or _depth(tree, slot) >= task.max_depth:
        return NONE
    best, lowest = NONE, np.inf
    uses, rows, labels, truth, area = tree.uses, tree.rows, task.labels, task.truth, task.area
    noise, place, stride = scratch.noise, int(rng.random() * 2**30), 2 * int(rng.random() * 2**20) + 1
    for test in range(int(rng.random() * 2), truth.shape[0], 2):
        loss = _split_loss(rows, slot, truth, test, labels, task.min_rows)
        place = (place + stride) & (len(noise) - 1)
        loss += heat * noise[place] + (0.0 if uses[test] > 0 else task.weight * area[test])
        if loss < lowest:
            best, lowest = test, loss
    if best == NONE:
        return NONE
    first, second = _free_slots(tree, scratch)
    tree.test[slot], tree.test[first], tree.test[second] = best, NONE, NONE
    tree.left[slot], tree.right[slot] = first, second
    return slot


@njit(cache=True, inline="always")
def _split_loss(rows: Array, slot: int, truth: Array, test: int, labels: Array, min_rows: int) -> float:
    """Minus the rows that the halves get right, between those of a leaf and of a random answer.

    Infinite where a half has too few rows.
    """
    n_left, n_right, most_left, most_right, squares_left, squares_right = 0, 0, 0, 0, 0.0, 0.0
    for label in range(labels.shape[0]):
        left, right = 0, 0
        for word in range(rows.shape[1]):
            here = rows[slot, word] & labels[label, word]
            if here != 0:
                left += count_ones(here & truth[test, word])
                right += count_ones(here & ~truth[test, word])
        n_left += left
        n_right += right
        most_left, most_right = max(most_left, left), max(most_right, right)
        squares_left += left * left
        squares_right += right * right
    if n_left < min_rows or n_right < min_rows:
        return np.inf
    random_right = squares_left / n_left + squares_right / n_right
    return -0.5 * (most_left + most_right + random_right)


@njit(cache=True)
def _depth(tree: Tree, slot: int) -> int:
    """How many tests lie above a slot."""
    for place in range(tree.size[0]):
        if tree.order[place] == slot:
            return int(tree.depth[place])
    return 0


@njit(cache=True)
def _free_slots(tree: Tree, scratch: Scratch) -> tuple[int, int]:
    """Two slots that the root does not reach; the caller knows that there are two."""
    taken = scratch.varying
    taken[:] = 0
    for place in range(tree.size[0]):
        taken[tree.order[place]] = 1
    first = NONE
    for slot in range(len(tree.test)):
        if not taken[slot]:
            if first != NONE:
                return first, slot
            first = slot
    return NONE, NONE
