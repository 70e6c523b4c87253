"""Decision trees to start from and to compare with, and the prices of a printed one's parts."""

from typing import TYPE_CHECKING

import numpy as np

from codegen.cells import CellLibrary
from codegen.ir import ClassOutput, DecisionTree, Interface, Network, ThresholdTest, TreeNode
from hwmodels.printed.costs import unit_costs
from hwmodels.printed.units import AND, AND_NOT, COMPARE, INVERTER, MUX, OR, OR_NOT
from nas.errors import RunError
from nas.train.forest import distill_rows
from nas.train.rows import Codes, Targets, check_rows
from searchspaces.decision_tree import DecisionTreeOptions, TreeCosts, anneal_tree

if TYPE_CHECKING:
    from sklearn.tree import DecisionTreeClassifier


def tree_costs(library: CellLibrary) -> TreeCosts:
    """The areas by which `hwmodels.printed` prices trees in this library."""
    area = unit_costs(library, library.supplies[0]).area_cm2
    units = (INVERTER, AND, OR, OR_NOT, AND_NOT, COMPARE, MUX)
    return TreeCosts(*(float(area[unit]) for unit in units))


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
        raise RunError("training: a decision tree needs classes to answer with, not values")
    from sklearn.tree import DecisionTreeClassifier  # slow to import

    rows = check_rows(interface, codes, targets)
    cart = DecisionTreeClassifier(max_leaf_nodes=max_leaves, max_depth=max_depth, random_state=seed)
    return Network(interface, _body(cart.fit(rows.codes, rows.targets), interface))


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


def train_tree(
    interface: Interface,
    codes: Codes,
    targets: Targets,
    *,
    price: float,
    costs: TreeCosts,
    options: DecisionTreeOptions,
    seed: int,
    previous: Network | None = None,
) -> Network:
    """One job of the family: the tree for a price, annealed from CART or from the tree before it.

    previous: the tree of the price before, or None. Depends on its arguments alone. Raises RunError and
    SpaceError.
    """
    rows = check_rows(interface, codes, targets)
    cart = cart_tree(
        interface, codes, targets, max_leaves=options.leaves.upper, max_depth=options.depth, seed=seed
    )
    known, labels = rows.codes, rows.targets.astype(np.int64)
    if options.distill == "forest":
        known, labels = distill_rows(rows.codes, labels, seed=seed)
    return anneal_tree(
        known,
        labels,
        interface,
        price=price,
        costs=costs,
        options=options,
        seed=seed,
        starts=(cart,) if previous is None else (previous, cart),
        row_weight=len(rows.codes) / len(known),
    )
