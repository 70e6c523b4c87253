"""A decision tree as gates: comparators, each once, and a choice a node and bit of the answer."""

from codegen.circuit.aig import FALSE, Aig
from codegen.circuit.words import Word, at_least_constant, choose, is_greater
from codegen.ir.interface import Interface
from codegen.ir.network import DecisionTree, PairTest, ThresholdTest


def lower_tree(interface: Interface, tree: DecisionTree, aig: Aig) -> Word:
    """The answer of a tree: the class index, or the value in two's complement."""
    features, first = list[tuple[int, ...]](), 0
    for feature in interface.features:
        features.append(tuple(aig.input(first + bit) for bit in range(feature.bits)))
        first += feature.bits
    words = {-1 - number: _leaf(leaf) for number, leaf in enumerate(tree.leaves)}
    for number in sorted(_reached(tree), reverse=True):
        node = tree.nodes[number]
        above = _is_above(aig, features, node.test)
        words[number] = choose(aig, above, words[node.right], words[node.left], -1)
    return words[0 if tree.nodes else -1]


def _leaf(value: int) -> Word:
    width = value.bit_length() + (value < 0)
    return Word(tuple(value >> bit & 1 for bit in range(width)), signed=value < 0)


def _reached(tree: DecisionTree) -> set[int]:
    """The nodes below the root; a child comes after its parents."""
    reached = {0} if tree.nodes else set[int]()
    for number, node in enumerate(tree.nodes):
        if number in reached:
            reached |= {child for child in (node.left, node.right) if child >= 0}
    return reached


def _is_above(aig: Aig, features: list[tuple[int, ...]], test: ThresholdTest | PairTest) -> int:
    """Where the test fails: the feature is above the threshold, or the left one above the right one."""
    if isinstance(test, PairTest):
        left, right = (Word(features[side][-test.bits :], signed=False) for side in (test.left, test.right))
        return FALSE if test.left == test.right else is_greater(aig, left, right, -1)
    return at_least_constant(aig, features[test.feature][-test.bits :], test.threshold + 1)
