"""Decision trees to start from and to compare with, and the prices of a printed one's parts."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from codegen.cells import CellLibrary
from codegen.ir import ClassOutput, DecisionTree, Interface, Network, ThresholdTest, TreeNode
from hwmodels.printed.costs import unit_costs
from hwmodels.printed.units import AND, AND_NOT, COMPARE, INVERTER, MUX, NAND, NOR, OR, OR_NOT
from nas.errors import RunError
from nas.train.forest import Teacher, rows_to_learn
from nas.train.pairs import comparing_pays
from nas.train.rows import Codes, Targets, check_rows
from searchspaces.decision_tree import DecisionTreeOptions, TreeCosts, anneal_tree

if TYPE_CHECKING:
    from sklearn.tree import DecisionTreeClassifier

NO_CLASSES = "training: a decision tree needs classes to answer with, not values"


def tree_costs(library: CellLibrary) -> TreeCosts:
    """The areas by which `hwmodels.printed` prices trees in this library."""
    area = unit_costs(library, library.supplies[0]).area_cm2
    units = (INVERTER, AND, OR, OR_NOT, AND_NOT, COMPARE, MUX)
    return TreeCosts(*(float(area[unit]) for unit in units))


def mapped_tree_costs(library: CellLibrary) -> TreeCosts:
    """Areas nearer to those after mapping, where the polarity of a signal is free.

    Chains of AND and OR become NAND and NOR in turn, an OR by either, and half of the inverters vanish.
    Trees on cardio come out at about five sixths of the mapped area; by `tree_costs`, at four thirds of it.
    """
    area = unit_costs(library, library.supplies[0]).area_cm2
    nand, nor, inverter = (float(area[unit]) for unit in (NAND, NOR, INVERTER))
    return TreeCosts(
        inverter=inverter / 2,
        and_=nand,
        or_=(nand + nor) / 2,
        or_not=nand,
        and_not=nor,
        compare=3 * nand,
        mux=3 * nand,
    )


def cart_tree(
    interface: Interface,
    codes: Codes,
    targets: Targets,
    *,
    max_leaves: int,
    max_depth: int | None = None,
    seed: int = 0,
) -> Network:
    """scikit-learn's CART on codes, grown best leaf first. Raises RunError for unfit arrays or values."""
    if not isinstance(interface.output, ClassOutput):
        raise RunError(NO_CLASSES)
    rows = check_rows(interface, codes, targets)
    cart = _grow_cart(rows.codes, rows.targets, max_leaves, max_depth, seed)
    return Network(interface, _body(cart, interface))


def _grow_cart(
    codes: Codes, targets: Targets, max_leaves: int, max_depth: int | None, seed: int
) -> "DecisionTreeClassifier":
    from sklearn.tree import DecisionTreeClassifier  # slow to import

    cart = DecisionTreeClassifier(max_leaf_nodes=max_leaves, max_depth=max_depth, random_state=seed)
    return cart.fit(codes, targets)


def _body(cart: "DecisionTreeClassifier", interface: Interface) -> DecisionTree:
    """Nodes in scikit-learn's order, parents first; leaves by class."""
    tree, answers = cart.tree_, cart.classes_[cart.tree_.value[:, 0].argmax(axis=1)]
    classes = sorted({int(answer) for answer in answers})
    inner = np.flatnonzero(tree.children_left >= 0)
    position = {int(node): index for index, node in enumerate(inner)}

    def child(node: int) -> int:
        return position[node] if node in position else -1 - classes.index(int(answers[node]))

    nodes = tuple(
        TreeNode(
            ThresholdTest(
                int(tree.feature[node]),
                interface.features[tree.feature[node]].bits,
                int(np.floor(tree.threshold[node])),
            ),
            child(int(tree.children_left[node])),
            child(int(tree.children_right[node])),
        )
        for node in inner
    )
    return DecisionTree(nodes, tuple(classes))


@dataclass(frozen=True, slots=True, eq=False)
class TreeRows:
    """What the trees of one stage are annealed on, whatever their price.

    codes: (n_rows, n_features). labels: (n_rows,) class indices. weight: true rows by all rows. pairs:
    whether trees compare features. carts: of 2, 4, 8, ... leaves up to the most that the options allow, grown
    on all of these rows. Rows of one leaf of the largest stand together, so that most words of the sets that
    annealing counts are empty.
    """

    interface: Interface
    codes: npt.NDArray[np.int32]
    labels: npt.NDArray[np.int64]
    weight: float
    pairs: bool
    carts: tuple[Network, ...]


def tree_rows(
    interface: Interface,
    codes: Codes,
    targets: Targets,
    options: DecisionTreeOptions,
    teacher: Teacher,
    *,
    seed: int,
) -> TreeRows:
    """The rows, and for the teacher forest those that it answers; errors as `cart_tree`."""
    if not isinstance(interface.output, ClassOutput):
        raise RunError(NO_CLASSES)
    rows = check_rows(interface, codes, targets)
    true_labels = rows.targets.astype(np.int64)
    pairs = options.pairs is True or (
        options.pairs == "auto" and comparing_pays(rows.codes, true_labels, seed=seed)
    )
    known, labels = rows_to_learn(rows.codes, true_labels, teacher, seed=seed)
    grown = [
        _grow_cart(known, labels, leaves, options.depth, seed)
        for leaves in _sizes_up_to(options.leaves.upper)
    ]
    order = np.lexsort((labels, _leaf_ranks(grown[-1], known)))
    carts = tuple(Network(interface, _body(cart, interface)) for cart in grown)
    return TreeRows(interface, known[order], labels[order], len(rows.codes) / len(known), pairs, carts)


def _leaf_ranks(cart: "DecisionTreeClassifier", codes: Codes) -> npt.NDArray[np.int64]:
    """(n_rows,): the place of its leaf from left to right."""
    tree = cart.tree_
    ranks, waiting = np.zeros(tree.node_count, dtype=np.int64), [0]
    for rank in range(tree.node_count):
        node = waiting.pop()
        ranks[node] = rank
        if tree.children_left[node] >= 0:
            waiting += [int(tree.children_right[node]), int(tree.children_left[node])]
    return np.asarray(ranks[cart.apply(codes)], dtype=np.int64)


def _sizes_up_to(leaves: int) -> tuple[int, ...]:
    """2, 4, 8, ... and the number itself."""
    return (*(1 << power for power in range(1, (leaves - 1).bit_length())), leaves)


def train_tree(
    rows: TreeRows,
    *,
    price: float,
    costs: TreeCosts,
    options: DecisionTreeOptions,
    seed: int,
    previous: Network | None = None,
) -> Network:
    """One job of the family: the tree for a price, from the best of CART's and the one before it.

    previous: the tree of the price before, or None for the first. Depends on its arguments alone; errors
    as `anneal_tree`.
    """
    return anneal_tree(
        rows.codes,
        rows.labels,
        rows.interface,
        price=price,
        costs=costs,
        options=replace(options, pairs=rows.pairs),
        seed=seed,
        starts=rows.carts if previous is None else (previous, *rows.carts),
        row_weight=rows.weight,
    )
