"""What the types of the contract refuse, and in which words."""

import re

import numpy as np
import pytest

from codegen.ir import (
    BespokeMlp,
    ClassOutput,
    Clip,
    Comparison,
    Constant,
    DecisionTree,
    Feature,
    FullyConnected,
    Gate,
    GateNetlist,
    Interface,
    IrError,
    Layer,
    Network,
    Neuron,
    PairTest,
    Tensor,
    TensorGraph,
    TensorNet,
    Term,
    ThresholdTest,
    TreeNode,
    Value,
    ValueOutput,
)

YES_NO = ClassOutput(("no", "yes"))
INTERFACE = Interface((Feature("a", 0.0, 1.0, 3), Feature("b", 0.0, 1.0, 2)), YES_NO)
SIGNED = Interface((Feature("a", 0.0, 1.0, 3, signed=True),), YES_NO)
EMPTY = Neuron(0, ())


def layer(*neurons: Neuron) -> Layer:
    return Layer(neurons)


def mlp(*neurons: Neuron) -> BespokeMlp:
    return BespokeMlp((layer(*neurons),))


def tree(test: ThresholdTest | PairTest, left: int = -1, right: int = -1) -> DecisionTree:
    return DecisionTree((TreeNode(test, left, right),), (0, 1))


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (lambda: Feature("a", 0.0, 1.0, 17), "feature 'a': bits must be in 1..16, not 17"),
        (lambda: Feature("a", 0.1, 1.0, 3), "feature 'a': lo and hi must be finite float32 values, not 0.1"),
        (
            lambda: Feature("a", 0.0, 1e300, 3),
            "feature 'a': lo and hi must be finite float32 values, not 1e+300",
        ),
        (lambda: Feature("a", 1.0, 1.0, 3), "feature 'a': lo must be below hi, but got 1.0 and 1.0"),
        (lambda: ClassOutput(("x", "x")), "output: at least two distinct labels are needed, not ('x', 'x')"),
        (lambda: Value("y", 0.0, 1.0), "output 'y': scale must be finite and not 0, offset finite"),
        (lambda: ValueOutput(()), "output: at least one value is needed"),
        (lambda: Interface((), YES_NO), "interface: at least one feature is needed"),
        (lambda: Term(-1, 0, 1, 1), "term: input must be at least 0, not -1"),
        (lambda: Term(0, 25, 1, 1), "term: shift must be in 0..24, not 25"),
        (lambda: Term(0, 0, 0, 1), "term: mask must be positive, not 0; leave the term out instead"),
        (lambda: Term(0, 0, 1, 0), "term: sign must be 1 or -1, not 0"),  # type: ignore[arg-type]
        (lambda: Neuron(1 << 40, ()), "neuron: |bias| must be below 2**40, not 1099511627776"),
        (lambda: Clip(41, 8), "clip: shift must be in 0..40, not 41"),
        (lambda: Clip(0, 0), "clip: bits must be in 1..16, not 0"),
        (lambda: Layer(()), "layer: at least one neuron is needed"),
        (lambda: BespokeMlp(()), "mlp: at least one layer is needed"),
        (
            lambda: BespokeMlp((layer(EMPTY), layer(EMPTY))),
            "mlp: layer 0: every layer but the last has a clip",
        ),
        (
            lambda: BespokeMlp((layer(EMPTY, EMPTY),), (Comparison(0, 0),)),
            "argmax: each output and each winner but the last must enter exactly one comparison",
        ),
        (
            lambda: BespokeMlp((layer(EMPTY, EMPTY, EMPTY),), (Comparison(0, 3), Comparison(1, 2))),
            "argmax: comparison 0 uses a winner that is not decided yet",
        ),
        (lambda: DecisionTree((), ()), "tree: at least one leaf is needed"),
        (
            lambda: tree(ThresholdTest(0, 1, 0), left=0),
            "tree: node 0: a child must be a later node or a leaf, not 0",
        ),
        (lambda: tree(ThresholdTest(0, 1, 0), right=-3), "a child must be a later node or a leaf, not -3"),
        (lambda: Network(INTERFACE, mlp(EMPTY)), "network: the interface has 2 outputs, the body 1"),
        (
            lambda: Network(INTERFACE, mlp(EMPTY, Neuron(0, (Term(2, 0, 1, 1),)))),
            "mlp: layer 0, neuron 1: input must be below 2, not 2",
        ),
        (
            lambda: Network(INTERFACE, mlp(EMPTY, Neuron(0, (Term(1, 0, 4, 1),)))),
            "mlp: layer 0, neuron 1: the mask of input 1 must be at most 3, not 4",
        ),
        (lambda: Network(SIGNED, mlp(EMPTY, EMPTY)), "mlp: features must be unsigned codes"),
        (lambda: Network(SIGNED, DecisionTree((), (0,))), "tree: features must be unsigned codes"),
        (lambda: Network(INTERFACE, DecisionTree((), (2,))), "tree: a leaf must be in 0..1, not 2"),
        (lambda: Network(INTERFACE, tree(ThresholdTest(2, 1, 0))), "node 0: feature must be in 0..1, not 2"),
        (
            lambda: Network(INTERFACE, tree(ThresholdTest(1, 3, 0))),
            "tree: node 0: bits must be in 1..2, not 3",
        ),
        (
            lambda: Network(INTERFACE, tree(ThresholdTest(1, 2, 4))),
            "tree: node 0: threshold must be in 0..3, not 4",
        ),
        (
            lambda: Network(INTERFACE, tree(PairTest(0, 1, 1))),
            "node 0: a pair test needs features of equal width",
        ),
        (
            lambda: Network(INTERFACE, GateNetlist((Gate("and", 2, 7),), ((7,),))),
            "netlist: gate 0 must read earlier signals, not 2, 7",
        ),
        (
            lambda: Network(INTERFACE, GateNetlist((Gate("inv", 2, 3),), ((7,),))),
            "netlist: gate 0: an inverter has b equal to a",
        ),
        (
            lambda: Network(INTERFACE, GateNetlist((Gate("mux", 2, 3),), ((7,),))),  # type: ignore[arg-type]
            "netlist: gate 0: kind must be one of inv, nand, nor, and, or, xor, xnor",
        ),
        (lambda: Network(INTERFACE, GateNetlist((), ((7,),))), "netlist: output signal 7 does not exist"),
        (
            lambda: Network(INTERFACE, GateNetlist((), ((2,), (3,)))),
            "netlist: 1 non-empty output groups are needed",
        ),
        (lambda: Tensor("x", (0,), "int8"), "tensor 'x': sizes must be at least 1, not (0,)"),
    ],
)
def test_an_impossible_network_is_refused_in_plain_words(build: object, text: str) -> None:
    with pytest.raises(IrError, match=re.escape(text)):
        build()  # type: ignore[operator]


def graph(operator: FullyConnected) -> TensorGraph:
    tensors = (
        Tensor("x", (2,), "int8"),
        Tensor("w", (3, 2), "int8"),
        Tensor("b", (3,), "int32"),
        Tensor("y", (3,), "int8"),
    )
    return TensorGraph(tensors, (operator,), (0,), (3,))


@pytest.mark.parametrize(
    ("operator", "text"),
    [
        (FullyConnected(0, 4, 2, 3), "graph: operator 0: tensor 4 does not exist"),
        (FullyConnected(3, 1, 2, 3), "graph: operator 0: tensor 3 is read before it is written"),
        (FullyConnected(0, 2, 2, 3), "graph: operator 0: weight must have shape (3, 2), not (3,)"),
        (FullyConnected(0, 1, 1, 3), "graph: operator 0: bias must have shape (3,), not (3, 2)"),
    ],
)
def test_an_impossible_graph_is_refused_in_plain_words(operator: FullyConnected, text: str) -> None:
    with pytest.raises(IrError, match=re.escape(text)):
        graph(operator)


def test_constants_must_fill_their_tensors() -> None:
    whole = graph(FullyConnected(0, 1, 2, 3))
    assert whole.constants == (1, 2)
    with pytest.raises(IrError, match=r"tensor network: constants must fill \[1, 2\], not \[1\]"):
        TensorNet(whole, (Constant(1, bytes(6)),))
    with pytest.raises(IrError, match="tensor network: 'b' needs 12 bytes, not 3"):
        TensorNet(whole, (Constant(1, bytes(6)), Constant(2, bytes(3))))
    with pytest.raises(IrError, match="tensor network: one output of 2 items is needed"):
        Network(INTERFACE, TensorNet(whole, (Constant(1, bytes(6)), Constant(2, bytes(12)))))


def test_terms_in_another_order_make_an_equal_neuron() -> None:
    terms = (Term(0, 0, 1, 1), Term(1, 0, 1, -1), Term(0, 2, 1, 1))
    assert Neuron(1, terms) == Neuron(1, terms[::-1])
    assert hash(Neuron(1, terms)) == hash(Neuron(1, terms[::-1]))


def test_raw_values_are_quantized_by_floor_and_clipped() -> None:
    interface = Interface((Feature("a", 0.0, 4.0, 2), Feature("b", -1.0, 1.0, 3, signed=True)), YES_NO)
    raw = np.array(
        [[0.0, -1.0], [0.999, 0.0], [1.0, 0.26], [3.999, 0.999], [4.0, 1.0], [-7.0, 9e9], [np.nan, -np.inf]]
    )
    expected = [[0, -4], [0, 0], [1, 1], [3, 3], [3, 3], [0, 3], [0, -4]]
    codes = interface.quantize(raw)
    assert (codes.dtype, codes.tolist()) == (np.int32, expected)
    with pytest.raises(IrError, match=r"quantize: shape must be \(n_samples, 2\), not \(2,\)"):
        interface.quantize(np.zeros(2))


def test_quantization_is_done_in_float32() -> None:
    # 0.7 is below 0.7 in float32, where the product with 10 rounds to exactly 7.
    interface = Interface((Feature("a", 0.0, float(np.float32(1.6)), 4),), YES_NO)
    assert interface.features[0].scale == float(np.float32(16 / float(np.float32(1.6))))
    value = np.float32(0.7)
    assert interface.quantize(np.array([[0.7]])).tolist() == [[int(np.floor(value * np.float32(10)))]]
