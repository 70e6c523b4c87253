"""The circuit of a decision tree, counted: comparators, each once, then one choice a node and output bit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from codegen.ir import ClassOutput, DecisionTree, Interface, PairTest, ThresholdTest
from codegen.ir.ranges import signed_bits
from hwmodels.printed.tally import Tally
from hwmodels.printed.units import AND, INVERTER, OR
from hwmodels.printed.words import Bit, Word, choose, compare

TestKey: TypeAlias = tuple[str, int, int]
"""What makes two tests the same circuit: "threshold", feature, threshold at full width; or a pair."""


@dataclass(slots=True)
class _Comparators:
    """Comparators built so far. built: by key, whether a feature is above, and when that is settled."""

    tally: Tally
    interface: Interface
    built: dict[TestKey, tuple[Bit, float]] = field(default_factory=dict)
    inverted: set[TestKey] = field(default_factory=set)

    def above(self, test: ThresholdTest | PairTest) -> tuple[Bit, float]:
        """The negation of a test; a comparator that is there already costs nothing again."""
        key = self.key(test)
        if key not in self.built:
            build = _above_threshold if isinstance(test, ThresholdTest) else _above_feature
            self.built[key] = build(self.tally, key, self._width(test))
            self._note_reads(test)
        return self.built[key]

    def _note_reads(self, test: ThresholdTest | PairTest) -> None:
        """The bits that the comparator of a test looks at."""
        features = self.interface.features
        if isinstance(test, ThresholdTest):
            _, feature, threshold = self.key(test)
            trailing_ones = threshold & ~(threshold + 1)
            self.tally.read(feature, ((1 << features[feature].bits) - 1) & ~trailing_ones)
            return
        for feature in (test.left, test.right) if test.left != test.right else ():
            dropped = features[feature].bits - test.bits
            self.tally.read(feature, ((1 << test.bits) - 1) << dropped)

    def invert(self, test: ThresholdTest | PairTest) -> None:
        """The test itself, from its negation; once however many nodes need it."""
        key = self.key(test)
        if key not in self.inverted:
            self.inverted.add(key)
            self.tally.place("comparators/complements", INVERTER, 0.0)

    def key(self, test: ThresholdTest | PairTest) -> TestKey:
        if isinstance(test, PairTest):
            return f"pair of {test.bits} bits", test.left, test.right
        dropped = self.interface.features[test.feature].bits - test.bits
        return "threshold", test.feature, ((test.threshold + 1) << dropped) - 1

    def _width(self, test: ThresholdTest | PairTest) -> int:
        return test.bits if isinstance(test, PairTest) else self.interface.features[test.feature].bits


def count_tree(interface: Interface, tree: DecisionTree, tally: Tally) -> float:
    """Counts every unit of a tree's circuit; its critical path in seconds."""
    comparators = _Comparators(tally, interface)
    leaves = _leaf_words(interface, tree.leaves)
    words: dict[int, Word] = {-1 - number: word for number, word in enumerate(leaves)}
    root = 0 if tree.nodes else -1
    for number in _reached(tree):
        node = tree.nodes[number]
        left, right = words[node.left], words[node.right]
        if left.varying == 0 == right.varying and left.constant == right.constant:
            words[number] = left
            continue
        select, select_s = comparators.above(node.test)
        choice = choose(tally, f"nodes/node {number}", select, select_s, left, right, -1)
        if choice.complement:
            comparators.invert(node.test)
        words[number] = choice.word
    return words[root].arrival_s


def _leaf_words(interface: Interface, leaves: Sequence[int]) -> list[Word]:
    lowest, highest = min(leaves), max(leaves)
    if isinstance(interface.output, ClassOutput) or lowest >= 0:
        width = highest.bit_length()
    else:
        width = signed_bits(lowest, highest)
    return [Word(width, False, 0, leaf & ((1 << width) - 1), 0.0) for leaf in leaves]


def _reached(tree: DecisionTree) -> list[int]:
    """The nodes below the root, children before their parents."""
    reached = {0} if tree.nodes else set[int]()
    for number, node in enumerate(tree.nodes):
        if number in reached:
            reached.update(child for child in (node.left, node.right) if child >= 0)
    return sorted(reached, reverse=True)


def _above_threshold(tally: Tally, key: TestKey, width: int) -> tuple[Bit, float]:
    """x > threshold, from the lowest bit that is not a trailing one of the threshold."""
    _, feature, threshold = key
    free = (threshold ^ (threshold + 1)).bit_length() - 1
    if free >= width:
        return 0, 0.0
    settled = 0.0
    for bit in range(free + 1, width):
        gate = AND if threshold >> bit & 1 else OR
        settled = tally.place(f"comparators/feature {feature} > {threshold}", gate, 0.0, settled)[0]
    return None, settled


def _above_feature(tally: Tally, key: TestKey, width: int) -> tuple[Bit, float]:
    """x[left] > x[right] on the highest bits."""
    _, left, right = key
    if left == right:
        return 0, 0.0
    value = Word(width, False, (1 << width) - 1, 0, 0.0)
    return compare(tally, f"comparators/feature {left} > feature {right}", value, value, -1)
