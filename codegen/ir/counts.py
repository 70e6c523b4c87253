"""What a structure costs in operations and numbers, whatever the hardware."""

from dataclasses import dataclass

from codegen.ir.graph import TensorGraph, TensorNet
from codegen.ir.network import BespokeMlp, DecisionTree, GateNetlist, Network
from codegen.ir.operators import (
    Concatenate,
    Conv2d,
    DepthwiseConv2d,
    FullyConnected,
    GlobalAveragePool,
    Operator,
    Pad,
    Reshape,
)


@dataclass(frozen=True, slots=True)
class StructureCounts:
    """macs: multiply-accumulates an inference. flops: 2 * macs plus elementwise operations.

    parameters: trained numbers.
    """

    macs: int
    flops: int
    parameters: int


def count(content: Network | TensorGraph) -> StructureCounts:
    """Counts of a network, or of a graph before training.

    Bespoke MLP: a MAC is a (neuron, input) pair with at least one term; a clip is elementwise; the
    parameters are the pairs and the biases. Tree: no MACs, one operation for each test on the longest
    path, and as parameters one for each node and leaf. Netlist: nothing but gates, all three are 0.
    Tensor graph: operators as they stand; an activation is elementwise.
    """
    if isinstance(content, TensorGraph):
        return _count_graph(content)
    match content.body:
        case BespokeMlp():
            return _count_mlp(content.body)
        case DecisionTree():
            tree = content.body
            return StructureCounts(0, _depth(tree), len(tree.nodes) + len(tree.leaves))
        case GateNetlist():
            return StructureCounts(0, 0, 0)
        case TensorNet():
            return _count_graph(content.body.graph)


def _count_mlp(mlp: BespokeMlp) -> StructureCounts:
    neurons = [neuron for layer in mlp.layers for neuron in layer.neurons]
    macs = sum(len({term.input for term in neuron.terms}) for neuron in neurons)
    clips = sum(len(layer.neurons) for layer in mlp.layers if layer.clip is not None)
    return StructureCounts(macs, 2 * macs + clips, macs + len(neurons))


def _depth(tree: DecisionTree) -> int:
    """Children come later than their parents, so one backward pass knows every node's depth."""
    depths: dict[int, int] = {}
    for index in reversed(range(len(tree.nodes))):
        node = tree.nodes[index]
        depths[index] = 1 + max(depths.get(node.left, 0), depths.get(node.right, 0))
    return depths.get(0, 0)


def _count_graph(graph: TensorGraph) -> StructureCounts:
    macs = elementwise = 0
    for operator in graph.operators:
        macs += operator_macs(operator, graph)
        elementwise += _operator_elementwise(operator, graph)
    parameters = sum(graph.tensors[number].n_items for number in graph.constants)
    return StructureCounts(macs, 2 * macs + elementwise, parameters)


def operator_macs(operator: Operator, graph: TensorGraph) -> int:
    """Multiply-accumulates of one operator of a graph, padding included."""
    match operator:
        case FullyConnected():
            return graph.tensors[operator.weight].n_items
        case Conv2d():
            positions = graph.tensors[operator.output].n_items // graph.tensors[operator.weight].shape[0]
            return positions * graph.tensors[operator.weight].n_items
        case DepthwiseConv2d():
            height, width = operator.window.size
            return graph.tensors[operator.output].n_items * height * width
        case _:
            return 0


def _operator_elementwise(operator: Operator, graph: TensorGraph) -> int:
    """Activations, pools, sums and conversions by their outputs, a global mean by what it reads."""
    match operator:
        case FullyConnected() | Conv2d() | DepthwiseConv2d():
            return graph.tensors[operator.output].n_items if operator.activation != "none" else 0
        case Reshape() | Pad() | Concatenate():
            return 0
        case GlobalAveragePool():
            return graph.tensors[operator.input].n_items
        case _:
            return graph.tensors[operator.output].n_items
