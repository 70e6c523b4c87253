"""Structure counts of every kind of content."""

from codegen.ir import (
    BespokeMlp,
    ClassOutput,
    Clip,
    DecisionTree,
    Feature,
    FullyConnected,
    GateNetlist,
    Interface,
    Layer,
    Network,
    Neuron,
    Tensor,
    TensorGraph,
    Term,
    ThresholdTest,
    TreeNode,
)
from codegen.ir.counts import StructureCounts, count

INTERFACE = Interface((Feature("a", 0.0, 1.0, 3), Feature("b", 0.0, 1.0, 3)), ClassOutput(("no", "yes")))


def test_an_mlp_counts_pairs_with_a_term_once_and_a_clip_as_one_operation() -> None:
    sevenfold = (Term(0, 3, 7, 1), Term(0, 0, 7, -1))
    hidden = Layer((Neuron(1, sevenfold), Neuron(0, (*sevenfold, Term(1, 0, 7, 1)))), Clip(0, 4))
    last = Layer((Neuron(0, (Term(0, 0, 1, 1),)), Neuron(0, ())))
    # pairs: 1 + 2 + 1; clips: 2; neurons: 4
    assert count(Network(INTERFACE, BespokeMlp((hidden, last)))) == StructureCounts(4, 10, 8)


def test_a_tree_counts_the_tests_of_its_longest_path() -> None:
    test = ThresholdTest(0, 3, 2)
    nodes = (TreeNode(test, 1, -1), TreeNode(test, -1, 2), TreeNode(test, -1, -2))
    assert count(Network(INTERFACE, DecisionTree(nodes, (0, 1)))) == StructureCounts(0, 3, 5)
    assert count(Network(INTERFACE, DecisionTree((), (0,)))) == StructureCounts(0, 0, 1)


def test_a_netlist_has_no_arithmetic() -> None:
    assert count(Network(INTERFACE, GateNetlist((), ((2,),)))) == StructureCounts(0, 0, 0)


def test_a_graph_counts_its_operators_before_any_training() -> None:
    tensors = (
        Tensor("x", (3,), "float32"),
        Tensor("w", (2, 3), "float32"),
        Tensor("b", (2,), "float32"),
        Tensor("y", (2,), "float32"),
    )
    graph = TensorGraph(tensors, (FullyConnected(0, 1, 2, 3, activation="relu"),), (0,), (3,))
    assert count(graph) == StructureCounts(6, 14, 8)
