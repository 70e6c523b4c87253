"""What a chain of gate-level jobs starts from, and the rows that it learns."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from codegen.cells import CellLibrary
from codegen.ir import ClassOutput, Interface, Network
from nas.errors import RunError
from nas.gate_level import as_gates
from nas.train.forest import Teacher, rows_to_learn
from nas.train.rows import Codes, Targets, check_rows
from nas.train.trees import cart_tree

CART_BITS = 4
ROWS_A_LEAF, CART_LEAVES = 60, (8, 128)
"""CART's tree has a leaf for so many true rows, within these bounds; prices prune what is too much."""


@dataclass(frozen=True, slots=True, eq=False)
class LearnedRows:
    """codes: (n_rows, n_features). labels: (n_rows,) class indices. weight: true rows by all rows."""

    interface: Interface
    codes: npt.NDArray[np.int32]
    labels: npt.NDArray[np.int64]
    weight: float


def learned_rows(
    interface: Interface, codes: Codes, targets: Targets, teacher: Teacher, *, seed: int
) -> LearnedRows:
    """The rows, and for the teacher forest those that it answers.

    Raises RunError for unfit rows and without classes.
    """
    if not isinstance(interface.output, ClassOutput):
        raise RunError("gate_netlist: rows must have classes to answer with, not values; leave it out")
    rows = check_rows(interface, codes, targets)
    known, labels = rows_to_learn(rows.codes, rows.targets.astype(np.int64), teacher, seed=seed)
    return LearnedRows(interface, known, labels, len(rows.codes) / len(known))


def cart_start(rows: LearnedRows, library: CellLibrary, *, seed: int) -> Network:
    """CART's tree of the rows as gates. Raises RunError without classes, and what synthesis raises."""
    fewest, most = CART_LEAVES
    leaves = round(rows.weight * len(rows.codes)) // ROWS_A_LEAF
    tree = cart_tree(
        rows.interface, rows.codes, rows.labels, max_leaves=min(most, max(fewest, leaves)), seed=seed
    )
    return as_gates(tree, library)
