# mypy: disable-error-code="untyped-decorator"
"""The compiled loop of simulated annealing over trees."""

import numpy as np
from numba import njit

from searchspaces.decision_tree.kernels import Scratch, Task, Tree, settle
from searchspaces.decision_tree.moves import NONE, propose


@njit(cache=True)
def anneal(
    now: Tree,
    trial: Tree,
    best: Tree,
    task: Task,
    scratch: Scratch,
    n_moves: int,
    heats: tuple[float, float],
    rng: np.random.Generator,
) -> None:
    """Leaves the best tree met in `best`; `now` is settled, `trial` and `best` are room of its size.

    heats: first and last temperature, in errors; in between it falls by a constant factor a move.
    """
    hot, cold = heats
    _copy(now, trial)
    trial.rows[:] = now.rows
    _copy(now, best)
    lowest = current = loss(now, task)
    for move in range(n_moves):
        heat = hot * (cold / hot) ** (move / n_moves)
        slot = propose(trial, task, scratch, heat, rng)
        if slot == NONE:
            continue
        settle(trial, task, scratch, slot)
        new = loss(trial, task)
        if _n_leaves(trial) < min(task.min_leaves, _n_leaves(now)):
            new = np.inf
        if new <= current or rng.random() < np.exp((current - new) / heat):
            _take_over(trial, now, scratch, slot)
            current = new
            if new < lowest - 1e-9:
                lowest = new
                _copy(now, best)
        else:
            _take_over(now, trial, scratch, slot)


@njit(cache=True, inline="always")
def loss(tree: Tree, task: Task) -> float:
    """Errors, and what the area must earn."""
    return float(tree.totals[0] + task.weight * tree.totals[1])


@njit(cache=True, inline="always")
def _n_leaves(tree: Tree) -> int:
    return int(tree.size[0] + 1) // 2


@njit(cache=True)
def _take_over(source: Tree, target: Tree, scratch: Scratch, slot: int) -> None:
    """Makes the target equal to the source, where their rows differ below `slot` at most."""
    _copy(source, target)
    stack, rows, taken, n = scratch.stack, source.rows, target.rows, 1
    stack[0] = slot
    while n > 0:
        n -= 1
        here = stack[n]
        for word in range(rows.shape[1]):
            taken[here, word] = rows[here, word]
        if source.test[here] >= 0:
            stack[n], stack[n + 1] = source.left[here], source.right[here]
            n += 2


@njit(cache=True)
def _copy(source: Tree, target: Tree) -> None:
    """All but the rows, number by number: slices would count references."""
    for slot in range(len(source.test)):
        target.test[slot], target.left[slot] = source.test[slot], source.left[slot]
        target.right[slot], target.answers[slot] = source.right[slot], source.answers[slot]
        target.errors[slot], target.order[slot] = source.errors[slot], source.order[slot]
        target.depth[slot] = source.depth[slot]
    for test in range(len(source.uses)):
        target.uses[test] = source.uses[test]
    target.totals[0], target.totals[1] = source.totals[0], source.totals[1]
    target.size[0] = source.size[0]
