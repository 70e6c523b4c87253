"""A decision tree as Verilog lines: the comparisons, then a multiplexer a node from the leaves up."""

from codegen.ir.interface import ClassOutput
from codegen.ir.network import DecisionTree, Network, PairTest, ThresholdTest
from codegen.ir.ranges import signed_bits
from codegen.verilog.ports import Ports, select, signed_literal, unsigned_literal, width_text


def tree_value_width(tree: DecisionTree) -> int:
    """Width of the value of a regression tree."""
    return signed_bits(min(tree.leaves), max(tree.leaves))


def tree_lines(network: Network, tree: DecisionTree, ports: Ports) -> list[str]:
    """The body of the module. Nodes that the root does not reach are left out."""
    lowering = _TreeLowering(tree, ports, signed=not isinstance(network.interface.output, ClassOutput))
    reached = _reached_nodes(tree)
    for index in reached:
        lowering.add_test(index)
    for index in reversed(reached):
        lowering.add_node(index)
    return lowering.finish()


def _reached_nodes(tree: DecisionTree) -> list[int]:
    """In rising order; a child comes after its parent."""
    reached = {0} if tree.nodes else set[int]()
    for index, node in enumerate(tree.nodes):
        if index in reached:
            reached |= {child for child in (node.left, node.right) if child >= 0}
    return sorted(reached)


class _TreeLowering:
    def __init__(self, tree: DecisionTree, ports: Ports, *, signed: bool) -> None:
        self._tree, self._ports, self._signed = tree, ports, signed
        self._tests: dict[ThresholdTest | PairTest, str] = {}
        self._answers: dict[int, str] = {}
        self._test_lines: list[str] = []
        self._node_lines: list[str] = []

    def add_test(self, index: int) -> None:
        """Declares the comparison of a node; equal comparisons share one."""
        test = self._tree.nodes[index].test
        if test not in self._tests:
            self._tests[test] = self._ports.names.claim(f"test{len(self._tests)}")
            self._test_lines.append(f"wire {self._tests[test]} = {self._comparison(test)};")

    def _comparison(self, test: ThresholdTest | PairTest) -> str:
        if isinstance(test, PairTest):
            return f"{self._top_bits(test.left, test.bits)} <= {self._top_bits(test.right, test.bits)}"
        if test.threshold == (1 << test.bits) - 1:
            return "1'b1"  # a threshold that nothing exceeds
        return f"{self._top_bits(test.feature, test.bits)} <= {unsigned_literal(test.threshold, test.bits)}"

    def _top_bits(self, feature: int, bits: int) -> str:
        port = self._ports.inputs[feature]
        return select(port.name, port.width, port.width - 1, port.width - bits)

    def add_node(self, index: int) -> None:
        node, output = self._tree.nodes[index], self._ports.outputs[0]
        name = self._ports.names.claim(f"node{index}")
        kind = f"{'signed ' if self._signed else ''}{width_text(output.width)}"
        condition, left, right = self._tests[node.test], self._answer(node.left), self._answer(node.right)
        self._node_lines.append(f"wire {kind}{name} = {condition} ? {left} : {right};")
        self._answers[index] = name

    def _answer(self, child: int) -> str:
        """A node's word, or a leaf's constant."""
        if child >= 0:
            return self._answers[child]
        literal = signed_literal if self._signed else unsigned_literal
        return literal(self._tree.leaves[-1 - child], self._ports.outputs[0].width)

    def finish(self) -> list[str]:
        root = self._answer(0 if self._tree.nodes else -1)
        blocks = [["// comparisons", *self._test_lines], ["", "// nodes, the root last", *self._node_lines]]
        shown = [line for block in blocks for line in block] if self._tree.nodes else []
        return [*shown, f"assign {self._ports.outputs[0].name} = {root};"]
