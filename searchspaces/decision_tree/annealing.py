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


@njit(cache=True)
def loss(tree: Tree, task: Task) -> float:
    """Errors, and what the area must earn."""
    return float(tree.totals[0] + task.weight * tree.totals[1])


@njit(cache=True)
def _n_leaves(tree: Tree) -> int:
    return int(tree.size[0] + 1) // 2


@njit(cache=True)
def _take_over(source: Tree, target: Tree, scratch: Scratch, slot: int) -> None:
    """Makes the target equal to the source, where their rows differ below `slot` at most."""
    _copy(source, target)
    stack, n = scratch.stack, 1
    stack[0] = slot
    while n > 0:
        n -= 1
        here = stack[n]
        target.rows[here] = source.rows[here]
        if source.test[here] >= 0:
            stack[n], stack[n + 1] = source.left[here], source.right[here]
            n += 2


@njit(cache=True)
def _copy(source: Tree, target: Tree) -> None:
    """All but the rows."""
    target.test[:], target.left[:], target.right[:] = source.test, source.left, source.right
    target.answers[:], target.errors[:] = source.answers, source.errors
    target.order[:], target.depth[:] = source.order, source.depth
    target.uses[:], target.totals[:], target.size[:] = source.uses, source.totals, source.size
