"""A tree as arrays that can be changed in place, and the way back to a network."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from codegen.ir import DecisionTree, Interface, Network, TreeNode
from searchspaces.decision_tree.comparators import Comparators, canonical_test
from searchspaces.space import SpaceError

LEAF = -1


class Slots(NamedTuple):
    """A binary tree whose root is slot 0; slots that it does not reach are free.

    test: (n_slots,) int64, the number of a comparator, or `LEAF`. left, right: (n_slots,) int64 slots of
    the children: left where the test is true.
    """

    test: npt.NDArray[np.int64]
    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]


def tree_of(network: Network) -> DecisionTree:
    """The body of a network. Raises SpaceError where it is no tree."""
    if not isinstance(network.body, DecisionTree):
        raise SpaceError(
            f"decision_tree: the body must be a DecisionTree, not a {type(network.body).__name__}"
        )
    return network.body


def slots_of(network: Network, comparators: Comparators, max_leaves: int) -> Slots:
    """The tree of a network in slots for `max_leaves` leaves; what its leaves answer is left out.

    A test that all rows answer alike gives way to the child they go to; a shared node is doubled.
    Raises SpaceError for a body that is no tree and for too many leaves.
    """
    tree = tree_of(network)
    slots = Slots(*(np.full(2 * max_leaves - 1, fill, dtype=np.int64) for fill in (LEAF, 0, 0)))
    waiting, used = [(0, 0 if tree.nodes else -1)], 1
    while waiting:
        slot, place = waiting.pop()
        if place < 0:
            continue
        node = tree.nodes[place]
        test = canonical_test(node.test, network.interface)
        if test in comparators.settled:
            waiting.append((slot, node.left if comparators.settled[test] else node.right))
            continue
        if used + 2 > len(slots.test):
            raise SpaceError(f"decision_tree: a tree to start from must have at most {max_leaves} leaves")
        slots.test[slot] = comparators.number[test]
        slots.left[slot], slots.right[slot] = used, used + 1
        waiting += [(used + 1, node.right), (used, node.left)]
        used += 2
    return slots


def network_of(
    slots: Slots, answers: Sequence[int], comparators: Comparators, interface: Interface
) -> Network:
    """The network of a tree whose leaf in slot i answers with class answers[i].

    Leaves of one class become one, and a node whose two leaves answer the same becomes a leaf.
    """
    merged = _merged_answers(slots, answers)
    classes = sorted({answer for answer in merged.values() if answer is not None})
    kept = [slot for slot in _preorder(slots, merged) if merged[slot] is None]
    position = {slot: index for index, slot in enumerate(kept)}

    def child(slot: int) -> int:
        answer = merged[slot]
        return position[slot] if answer is None else -1 - classes.index(answer)

    nodes = tuple(
        TreeNode(
            comparators.tests[int(slots.test[slot])],
            child(int(slots.left[slot])),
            child(int(slots.right[slot])),
        )
        for slot in kept
    )
    return Network(interface, DecisionTree(nodes, tuple(classes)))


def _merged_answers(slots: Slots, answers: Sequence[int]) -> dict[int, int | None]:
    """What a subtree answers whatever its tests say, or None; by slot."""
    merged: dict[int, int | None] = {}
    for slot in reversed(_preorder(slots, {})):
        if slots.test[slot] == LEAF:
            merged[slot] = int(answers[slot])
            continue
        left, right = merged[int(slots.left[slot])], merged[int(slots.right[slot])]
        merged[slot] = left if left == right else None
    return merged


def _preorder(slots: Slots, merged: Mapping[int, int | None]) -> list[int]:
    """Slots that the root reaches, parents first; none below one with a merged answer."""
    order, waiting = [], [0]
    while waiting:
        slot = waiting.pop()
        order.append(slot)
        if slots.test[slot] != LEAF and merged.get(slot) is None:
            waiting += [int(slots.right[slot]), int(slots.left[slot])]
    return order
