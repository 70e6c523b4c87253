"""The small networks whose emitted C is kept as golden text."""

from codegen.ir import (
    BespokeMlp,
    ClassOutput,
    Clip,
    DecisionTree,
    Feature,
    Interface,
    Layer,
    Network,
    Neuron,
    PairTest,
    Term,
    ThresholdTest,
    TreeNode,
    Value,
    ValueOutput,
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


def small_tree() -> Network:
    nodes = (
        TreeNode(ThresholdTest(0, 2, 1), 1, 2),
        TreeNode(PairTest(0, 1, 3), -1, 2),
        TreeNode(ThresholdTest(1, 4, 9), -2, -3),
    )
    return Network(
        Interface(features(), ValueOutput((Value("y", 0.5, 1.0),))), DecisionTree(nodes, (10, -20, 300))
    )
