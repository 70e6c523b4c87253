"""The small networks whose emitted C is kept as golden text."""

import numpy as np

from codegen.ir import (
    Add,
    BespokeMlp,
    ClassOutput,
    Clip,
    Constant,
    Conv2d,
    DecisionTree,
    Feature,
    FullyConnected,
    Interface,
    Layer,
    MaxPool2d,
    Network,
    Neuron,
    PairTest,
    Quantization,
    Tensor,
    TensorGraph,
    TensorNet,
    Term,
    ThresholdTest,
    TreeNode,
    Value,
    ValueOutput,
    Window,
)


def features(n: int = 2, bits: int = 4, signed: bool = False) -> tuple[Feature, ...]:
    names = ("age", "weight of */ the 'thing'", "c", "d")
    return tuple(Feature(names[index % 4], -0.5, 7.25, bits, signed) for index in range(n))


def small_mlp() -> Network:
    hidden = Layer(
        (
            Neuron(5, (Term(0, 2, 6, 1), Term(1, 0, 15, -1))),
            Neuron(-3, (Term(0, 0, 15, 1), Term(1, 3, 15, 1))),
        ),
        Clip(2, 4),
    )
    last = Layer(
        (
            Neuron(0, (Term(0, 1, 15, 1),)),
            Neuron(-4, (Term(0, 0, 15, -1), Term(1, 1, 9, 1))),
            Neuron(7, (Term(1, 0, 15, 1), Term(1, 2, 15, 1))),
        )
    )
    return Network(Interface(features(), ClassOutput(("no", 'a "b"\\', "größe"))), BespokeMlp((hidden, last)))


def small_chain() -> Network:
    """Two int8 layers, three classes; a range of its own for each feature."""
    tensors = (
        Tensor("x", (2,), "int8", Quantization((0.5,), -128)),
        Tensor("w0", (3, 2), "int8", Quantization((0.25,))),
        Tensor("b0", (3,), "int32", Quantization((0.125,))),
        Tensor("y0", (3,), "int8", Quantization((0.75,), -128)),
        Tensor("w1", (3, 3), "int8", Quantization((0.2,))),
        Tensor("b1", (3,), "int32", Quantization((0.15,))),
        Tensor("y1", (3,), "int8", Quantization((1.0,), 5)),
    )
    values = {1: [1, -2, 3, 4, -5, 6], 4: [7, -8, 9, -10, 11, -12, 13, -14, 15]}
    biases = {2: [10, -20, 30], 5: [-40, 50, 60]}
    constants = [Constant(number, np.array(one, np.int8).tobytes()) for number, one in values.items()]
    constants += [Constant(number, np.array(one, "<i4").tobytes()) for number, one in biases.items()]
    operators = (FullyConnected(0, 1, 2, 3, "relu"), FullyConnected(3, 4, 5, 6))
    own = (Feature("age", 0.0, 128.0, 8, True), Feature("weight", 0.0, 96.0, 8, True))
    body = TensorNet(TensorGraph(tensors, operators, (0,), (6,)), tuple(constants))
    return Network(Interface(own, ClassOutput(("no", "yes", "2"))), body)


def small_tree() -> Network:
    nodes = (
        TreeNode(ThresholdTest(0, 2, 1), 1, 2),
        TreeNode(PairTest(0, 1, 3), -1, 2),
        TreeNode(ThresholdTest(1, 4, 9), -2, -3),
    )
    return Network(
        Interface(features(), ValueOutput((Value("y", 0.5, 1.0),))), DecisionTree(nodes, (10, -20, 300))
    )


def small_convolution() -> Network:
    """A convolution with padding, a maximum, a sum with a constant, and three classes."""
    tensors = (
        Tensor("image", (4, 4, 1), "int8", Quantization((0.5,), -3)),
        Tensor("conv_weight", (2, 3, 3, 1), "int8", Quantization((0.25, 0.125))),
        Tensor("conv_bias", (2,), "int32", Quantization((0.125, 0.0625))),
        Tensor("conv", (4, 4, 2), "int8", Quantization((10.0,), -128)),
        Tensor("largest", (2, 2, 2), "int8", Quantization((10.0,), -128)),
        Tensor("offset", (2, 2, 2), "int8", Quantization((1.5,), 4)),
        Tensor("sum", (2, 2, 2), "int8", Quantization((11.0,), -100)),
        Tensor("dense_weight", (3, 8), "int8", Quantization((0.5,))),
        Tensor("dense", (3,), "int8", Quantization((900.0,), 1)),
    )
    graph = TensorGraph(
        tensors,
        (
            Conv2d(0, 1, 2, 3, Window((3, 3), padding=(1, 1, 1, 1)), "relu"),
            MaxPool2d(3, 4, Window((2, 2), (2, 2))),
            Add(4, 5, 6),
            FullyConnected(6, 7, None, 8),
        ),
        (0,),
        (8,),
    )
    constants = (
        Constant(1, bytes((index * 37 + 11) % 256 for index in range(18))),
        Constant(2, bytes((100, 0, 0, 0, 156, 255, 255, 255))),
        Constant(5, bytes((index * 91 + 5) % 256 for index in range(8))),
        Constant(7, bytes((index * 41 + 130) % 256 for index in range(24))),
    )
    features = tuple(Feature(f"pixel {index}", -1.0, 1.0, 8, True) for index in range(16))
    return Network(Interface(features, ClassOutput(("left", "right", "none"))), TensorNet(graph, constants))
