"""Trees annealed for few errors and little area; docs/spaces.md explains how."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.ir import ClassOutput, DecisionTree, Interface, Network
from searchspaces.decision_tree.comparators import Comparators, make_comparators, pack_rows
from searchspaces.decision_tree.costs import TreeCosts
from searchspaces.decision_tree.options import LEAVES, DecisionTreeOptions
from searchspaces.decision_tree.slots import Slots, network_of, slots_of, tree_of
from searchspaces.space import SpaceError

if TYPE_CHECKING:
    from searchspaces.decision_tree.kernels import Scratch, Task, Tree

Codes: TypeAlias = npt.NDArray[np.integer[Any]]
Labels: TypeAlias = npt.NDArray[np.integer[Any]]

HEATS = (4.0, 0.15)
"""First and last temperature in errors, where each row counts as one."""
MIN_LEAF_ROWS = 3
"""Rows of a leaf that a move splits off."""
NO_BOUND = 1 << 30
N_NOISE = 1 << 12
"""Deviates that moves choose from; a power of two."""


@dataclass(frozen=True, slots=True)
class TreeFit:
    """A tree whose leaves answer with their commonest class. errors: wrong rows. area_cm2: by the costs."""

    network: Network
    errors: int
    area_cm2: float

    def loss(self, price: float, n_rows: int) -> float:
        """What annealing lowers. price: accuracy that a cm2 must earn."""
        return self.errors + price * n_rows * self.area_cm2


def anneal_tree(
    codes: Codes,
    labels: Labels,
    interface: Interface,
    *,
    price: float,
    costs: TreeCosts,
    options: DecisionTreeOptions,
    seed: int,
    starts: Sequence[Network] = (),
    row_weight: float = 1.0,
) -> Network:
    """The tree with the lowest `errors + price * n_rows * area` that annealing meets, its start included.

    codes: (n_rows, n_features) unsigned, at least one row. labels: (n_rows,) class indices. price:
    accuracy that a cm2 must earn, above 0. seed: not negative; equal arguments give equal trees.
    starts: trees of this interface, of which the one with the lowest loss is gone on from; without any,
    a single leaf. row_weight: true rows by all rows where most are made up, above 0 and up to 1; the
    temperatures and the fewest rows of a leaf follow it. Raises SpaceError.
    """
    if not price > 0 or not np.isfinite(price):
        raise SpaceError(f"decision_tree: a price must be finite and above 0, not {price}")
    _check_rows(codes, labels, interface)
    max_leaves = options.leaves.upper
    given = starts or (Network(interface, DecisionTree((), (0,))),)
    board = _make_board(codes, labels, interface, options, costs, given)
    task = _make_task(board, options, price, max(1, round(MIN_LEAF_ROWS / row_weight)))
    trees = [_settled(slots_of(start, board.comparators, max_leaves), task) for start in given]
    now = min(trees, key=lambda tree: float(tree.totals[0] + task.weight * tree.totals[1]))
    best = _anneal(now, task, options.moves, row_weight, np.random.default_rng(seed))
    return board.network(best)


def fit_leaves(network: Network, codes: Codes, labels: Labels, *, costs: TreeCosts) -> TreeFit:
    """A tree of at most 256 leaves with answers fitted to rows, as annealing sees it; see `anneal_tree`.

    Leaves of one class are merged, and tests that all rows answer alike are left out.
    """
    _check_rows(codes, labels, network.interface)
    options = DecisionTreeOptions()
    board = _make_board(codes, labels, network.interface, options, costs, (network,))
    task = _make_task(board, options, 1.0, MIN_LEAF_ROWS)
    tree = _settled(slots_of(network, board.comparators, LEAVES.upper), task)
    return TreeFit(board.network(tree), int(tree.totals[0]), float(tree.totals[1]))


@dataclass(frozen=True, slots=True, eq=False)
class _Board:
    """What all trees on the same rows share. labels: (n_classes, n_words), the rows of each class."""

    interface: Interface
    comparators: Comparators
    costs: TreeCosts
    labels: npt.NDArray[np.uint64]
    n_rows: int

    def network(self, tree: "Tree") -> Network:
        slots = Slots(tree.test, tree.left, tree.right)
        return network_of(slots, tree.answers.tolist(), self.comparators, self.interface)


def _make_board(
    codes: Codes,
    labels: Labels,
    interface: Interface,
    options: DecisionTreeOptions,
    costs: TreeCosts,
    starts: Sequence[Network],
) -> _Board:
    for start in starts:
        if start.interface != interface:
            raise SpaceError("decision_tree: a tree to start from must have the interface of the rows")
    used = [node.test for start in starts for node in tree_of(start).nodes]
    comparators = make_comparators(codes, interface, options, costs, used)
    classes = pack_rows(labels[None, :] == np.arange(interface.n_outputs)[:, None])
    return _Board(interface, comparators, costs, classes, len(labels))


def _check_rows(codes: Codes, labels: Labels, interface: Interface) -> None:
    if not isinstance(interface.output, ClassOutput):
        raise SpaceError(
            "decision_tree: the task must be classification, since leaves answer with a class; "
            "for a regression use approximate_mlp"
        )
    if any(feature.signed for feature in interface.features):
        raise SpaceError("decision_tree: features must be unsigned codes")
    if codes.ndim != 2 or codes.shape[1] != interface.n_features or not len(codes):
        raise SpaceError(
            f"decision_tree: codes must be (n_rows, {interface.n_features}) with a row at least, "
            f"not {codes.shape}"
        )
    top = interface.n_outputs - 1
    if labels.shape != (len(codes),) or labels.min() < 0 or labels.max() > top:
        raise SpaceError(f"decision_tree: labels must be {len(codes)} class indices in 0..{top}")


def _make_task(board: _Board, options: DecisionTreeOptions, price: float, min_rows: int) -> "Task":
    from searchspaces.decision_tree.kernels import Task  # numba is loaded when a tree is annealed

    costs, comparators = board.costs, board.comparators
    return Task(
        truth=comparators.truth,
        area=comparators.area_cm2,
        neighbors=comparators.neighbors,
        labels=board.labels,
        inverter=costs.inverter,
        and_=costs.and_,
        or_=costs.or_,
        or_not=costs.or_not,
        mux=costs.mux,
        weight=price * board.n_rows,
        n_bits=(board.interface.n_outputs - 1).bit_length(),
        min_leaves=options.leaves.lower,
        max_depth=options.depth or NO_BOUND,
        min_rows=min_rows,
    )


def _settled(slots: Slots, task: "Task") -> "Tree":
    """The tree with everything that follows from its tests."""
    from searchspaces.decision_tree.kernels import settle

    tree = _make_tree(slots, task)
    settle(tree, task, _make_scratch(tree), 0)
    return tree


def _make_tree(slots: Slots, task: "Task") -> "Tree":
    from searchspaces.decision_tree.kernels import Tree

    n_slots, (n_tests, n_words) = len(slots.test), task.truth.shape
    answers, errors, order, depth = np.zeros((4, n_slots), dtype=np.int64)
    rows = np.zeros((n_slots, n_words), dtype=np.uint64)
    rows[0] = np.bitwise_or.reduce(task.labels, axis=0)
    uses, size = np.zeros(n_tests, dtype=np.int64), np.zeros(1, dtype=np.int64)
    return Tree(
        test=slots.test.copy(),
        left=slots.left.copy(),
        right=slots.right.copy(),
        answers=answers,
        errors=errors,
        rows=rows,
        order=order,
        depth=depth,
        uses=uses,
        totals=np.zeros(2),
        size=size,
    )


def _make_scratch(tree: "Tree") -> "Scratch":
    from searchspaces.decision_tree.kernels import Scratch

    n_slots, n_words = tree.rows.shape
    stack, varying, constant = np.zeros((3, n_slots), dtype=np.int64)
    inverted = np.zeros(len(tree.uses), dtype=np.bool_)
    words = np.zeros((2, n_words), dtype=np.uint64)
    active = np.zeros(n_words, dtype=np.int64)
    noise = -np.random.default_rng(0).gumbel(size=N_NOISE)
    return Scratch(stack, varying, constant, inverted, np.zeros_like(tree.rows), words, active, noise)


def _anneal(now: "Tree", task: "Task", n_moves: int, row_weight: float, rng: np.random.Generator) -> "Tree":
    from searchspaces.decision_tree.annealing import anneal

    slots = Slots(now.test, now.left, now.right)
    trial, best = _make_tree(slots, task), _make_tree(slots, task)
    heats = HEATS[0] / row_weight, HEATS[1] / row_weight
    anneal(now, trial, best, task, _make_scratch(now), n_moves, heats, rng)
    return best
