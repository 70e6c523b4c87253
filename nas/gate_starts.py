"""What a chain of gate-level jobs starts from, and the rows that it learns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from codegen.cells import CellLibrary
from codegen.ir import Interface, Network
from nas.gate_level import as_gates
from nas.train.forest import rows_to_learn
from nas.train.rows import Codes, Targets, check_rows
from nas.train.trees import cart_tree
from searchspaces.gate_netlist import GateNetlistOptions

CART_BITS = 4
ROWS_A_LEAF, CART_LEAVES = 20, (8, 128)
"""CART's tree has a leaf for so many true rows, within these bounds: prices prune what is too much."""


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """starts: as gates, all of one interface. codes: (n_rows, n_features). labels: (n_rows,) class indices.

    weight: true rows by all rows.
    """

    starts: tuple[Network, ...]
    codes: npt.NDArray[np.int32]
    labels: npt.NDArray[np.int64]
    weight: float


def make_pool(
    networks: Sequence[Network],
    interface: Interface,
    codes: Codes,
    targets: Targets,
    library: CellLibrary,
    options: GateNetlistOptions,
    *,
    seed: int,
) -> Pool:
    """The networks as gates, or without any CART's tree, and the rows with those that a forest answers.

    Raises RunError for rows that do not fit and networks that have no gates, and what synthesis raises.
    """
    rows = check_rows(interface, codes, targets)
    known, labels = rows_to_learn(rows.codes, rows.targets.astype(np.int64), options.distill, seed=seed)
    if not networks:
        fewest, most = CART_LEAVES
        leaves = min(most, max(fewest, len(rows.codes) // ROWS_A_LEAF))
        networks = [cart_tree(interface, known, labels, max_leaves=leaves, seed=seed)]
    starts = tuple(as_gates(network, library) for network in networks)
    return Pool(starts, known, labels, len(rows.codes) / len(known))
