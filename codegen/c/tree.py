"""A decision tree as nested conditions."""

from collections import Counter

from codegen.c.mlp import predict_head
from codegen.c.text import comment, integer
from codegen.ir import ClassOutput, DecisionTree, Feature, Interface, PairTest, ThresholdTest, TreeNode

MAX_DEPTH = 12
"""Nesting of conditions inside one function; C99 promises 127, a reader needs fewer."""


def tree_lines(tree: DecisionTree, interface: Interface, prefix: str) -> list[str]:
    """The lines of `P_predict` and of a function for every node that needs one of its own."""
    classes = isinstance(interface.output, ClassOutput)
    writer = _TreeWriter(tree, interface.features, prefix)
    kind = "int" if classes else f"{prefix}_value_t"
    lines: list[str] = []
    for node in reversed(writer.own_functions):  # children come later in the list, and C wants them first
        body = writer.condition(node, 1)
        lines += [f"static {kind} {prefix}_node{node}(const {prefix}_input_t x[])", "{"]
        lines += [*_unused_input(body), *body, "}", ""]
    answer = writer.answer(0 if tree.nodes else -1)
    last = [f"    return {answer};" if classes else f"    y[0] = {answer};"]
    return [*lines, *predict_head(interface, prefix), *_unused_input(last), *last, "}"]


def _unused_input(body: list[str]) -> list[str]:
    return [] if any("x[" in line or "(x)" in line for line in body) else ["    (void)x;"]


def successors(node: TreeNode, features: tuple[Feature, ...]) -> tuple[int, ...]:
    """The children that can be reached: one where the test always holds or decides nothing."""
    if node.left == node.right or condition(node.test, features) is None:
        return (node.left,)
    return (node.left, node.right)


def condition(test: ThresholdTest | PairTest, features: tuple[Feature, ...]) -> str | None:
    """The test as a C expression over whole codes; None where it always holds."""
    if isinstance(test, PairTest):
        drop = features[test.left].bits - test.bits
        shift = f" >> {drop}" if drop else ""
        same = test.left == test.right
        return None if same else f"(x[{test.left}]{shift}) <= (x[{test.right}]{shift})"
    drop = features[test.feature].bits - test.bits
    highest = ((test.threshold + 1) << drop) - 1
    return None if highest >= features[test.feature].code_hi else f"x[{test.feature}] <= {highest}"


class _TreeWriter:
    """Writes the nodes of one tree.

    own_functions: the nodes that become functions, in order: the root, those with several parents, and
    those `MAX_DEPTH` conditions below a function.
    """

    def __init__(self, tree: DecisionTree, features: tuple[Feature, ...], prefix: str) -> None:
        self._tree = tree
        self._features = features
        self._prefix = prefix
        self.own_functions = self._find_functions()
        self._is_function = frozenset(self.own_functions)

    def _find_functions(self) -> tuple[int, ...]:
        parents: Counter[int] = Counter()
        depths = {0: 0}
        found = []
        for index, node in enumerate(self._tree.nodes):
            if index not in depths:
                continue  # out of reach
            if index == 0 or parents[index] > 1 or depths[index] >= MAX_DEPTH:
                found.append(index)
                depths[index] = 0
            for child in successors(node, self._features):
                parents[child] += 1
                depths[child] = max(depths.get(child, 0), depths[index] + 1)
        return tuple(found)

    def answer(self, child: int) -> str:
        """The value of a leaf, or the call of a node that is a function."""
        return f"{self._prefix}_node{child}(x)" if child >= 0 else integer(self._tree.leaves[-1 - child])

    def condition(self, index: int, indent: int) -> list[str]:
        """The statements that return what a node answers."""
        node, pad = self._tree.nodes[index], "    " * indent
        reached = successors(node, self._features)
        if len(reached) == 1:
            return self._branch(reached[0], indent)
        head = f"{pad}if ({condition(node.test, self._features)}) {{ /* {self._about(node.test)} */"
        return [head, *self._branch(node.left, indent + 1), f"{pad}}}", *self._branch(node.right, indent)]

    def _branch(self, child: int, indent: int) -> list[str]:
        if child < 0 or child in self._is_function:
            return [f"{'    ' * indent}return {self.answer(child)};"]
        return self.condition(child, indent)

    def _about(self, test: ThresholdTest | PairTest) -> str:
        read = (test.left, test.right) if isinstance(test, PairTest) else (test.feature,)
        return " and ".join(comment(self._features[feature].name) for feature in read)
