"""`evaluate` against answers worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.ir import (
    BespokeMlp,
    ClassOutput,
    Clip,
    Comparison,
    DecisionTree,
    Feature,
    Gate,
    GateNetlist,
    Interface,
    IrError,
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
from codegen.ir.evaluate import decide, evaluate, outputs
from tests.networks import codes_for, networks

VALUE = ValueOutput((Value("y", 1.0, 0.0),))


def interface(*bits: int, output: ClassOutput | ValueOutput = VALUE, signed: bool = False) -> Interface:
    features = (Feature(f"x{index}", 0.0, 1.0, width, signed) for index, width in enumerate(bits))
    return Interface(tuple(features), output)


def classes(n: int) -> ClassOutput:
    return ClassOutput(tuple(f"c{index}" for index in range(n)))


def constant_network(sums: list[int], argmax: tuple[Comparison, ...] | None = None) -> Network:
    layer = Layer(tuple(Neuron(bias, ()) for bias in sums))
    return Network(interface(1, output=classes(len(sums))), BespokeMlp((layer,), argmax))


def test_a_neuron_adds_signed_shifted_masked_inputs_to_its_bias() -> None:
    neuron = Neuron(-7, (Term(0, 2, 5, 1), Term(1, 0, 6, -1), Term(0, 0, 2, -1)))
    network = Network(interface(3, 3), BespokeMlp((Layer((neuron,)),)))
    codes = np.array([[0, 0], [7, 0], [0, 7], [3, 5]])
    # 4 * (x0 & 5) - (x1 & 6) - (x0 & 2) - 7
    assert evaluate(network, codes).tolist() == [[-7], [11], [-13], [4 - 4 - 2 - 7]]


@pytest.mark.parametrize(
    ("bias", "expected"), [(-100, 0), (-1, 0), (3, 0), (4, 1), (11, 2), (12, 3), (99, 3)]
)
def test_a_clip_rounds_down_and_stops_at_both_ends(bias: int, expected: int) -> None:
    hidden = Layer((Neuron(bias, ()),), Clip(shift=2, bits=2))
    network = Network(interface(1), BespokeMlp((hidden, Layer((Neuron(0, (Term(0, 0, 3, 1),)),)))))
    assert evaluate(network, np.array([[0]])).tolist() == [[expected]]


@pytest.mark.parametrize(("sums", "winner"), [([1, 3, 2], 1), ([5, 5, 5], 0), ([-4, -1, -1], 1)])
def test_the_exact_argmax_takes_the_lowest_of_equal_outputs(sums: list[int], winner: int) -> None:
    assert evaluate(constant_network(sums), np.array([[0]])).tolist() == [winner]


@pytest.mark.parametrize(
    ("sums", "argmax", "winner"),
    [
        ([8, 9, 7], (Comparison(0, 1), Comparison(2, 3)), 1),
        ([8, 9, 7], (Comparison(0, 1, -2), Comparison(2, 3)), 0),  # 8 and 9 are equal without bit 0
        ([8, 9, 15], (Comparison(1, 0, -4), Comparison(3, 2, -8)), 1),  # and the left of equals wins
        ([-1, 0], (Comparison(0, 1),), 1),
        ([0, -1], (Comparison(0, 1, 255),), 1),  # a mask without the sign sees 255 in -1
        ([-8, -1], (Comparison(0, 1, -8),), 0),
    ],
)
def test_a_reduced_argmax_looks_at_masked_bits_only(
    sums: list[int], argmax: tuple[Comparison, ...], winner: int
) -> None:
    assert evaluate(constant_network(sums, argmax), np.array([[0]])).tolist() == [winner]


def test_a_winner_of_a_masked_comparison_goes_on_with_all_its_bits() -> None:
    sums = np.array([[9, 8, 8]])
    assert decide(sums, (Comparison(0, 1, -2), Comparison(2, 3))).tolist() == [0]


def test_sums_far_beyond_32_bits_stay_exact() -> None:
    neuron = Neuron((1 << 40) - 1, tuple(Term(0, 24, 0xFFFF, 1) for _ in range(3)))
    network = Network(interface(16), BespokeMlp((Layer((neuron,)),)))
    assert evaluate(network, np.array([[0xFFFF]])).tolist() == [[(1 << 40) - 1 + 3 * (0xFFFF << 24)]]


def test_a_tree_goes_left_where_the_test_is_true() -> None:
    nodes = (
        TreeNode(ThresholdTest(0, 2, 1), 1, -2),  # x0 >> 1 <= 1
        TreeNode(PairTest(0, 1, 3), -1, -3),  # x0 <= x1
    )
    network = Network(interface(3, 3, output=classes(3)), DecisionTree(nodes, (0, 1, 2)))
    codes = np.array([[3, 3], [3, 2], [4, 7], [0, 0]])
    assert evaluate(network, codes).tolist() == [0, 2, 1, 0]


def test_a_tree_without_nodes_answers_with_leaf_0() -> None:
    assert evaluate(Network(interface(2), DecisionTree((), (-5,))), np.array([[0], [3]])).tolist() == [
        [-5],
        [-5],
    ]


@pytest.mark.parametrize(
    ("kind", "table"),
    [
        ("and", [0, 0, 0, 1]),
        ("or", [0, 1, 1, 1]),
        ("xor", [0, 1, 1, 0]),
        ("nand", [1, 1, 1, 0]),
        ("nor", [1, 0, 0, 0]),
        ("xnor", [1, 0, 0, 1]),
    ],
)
def test_each_gate_has_its_truth_table(kind: str, table: list[int]) -> None:
    netlist = GateNetlist((Gate(kind, 2, 3),), ((4,),))  # type: ignore[arg-type]
    network = Network(interface(1, 1, output=classes(2)), netlist)
    assert evaluate(network, np.array([[0, 0], [0, 1], [1, 0], [1, 1]])).tolist() == table


def test_netlist_signals_are_constants_then_feature_bits_lowest_first() -> None:
    # Features of 2 and 1 bits are signals 2, 3 and 4; the inverter of the first is 5.
    netlist = GateNetlist((Gate("inv", 2, 2),), ((3, 4, 1),))
    network = Network(interface(2, 1, output=classes(2)), netlist)
    assert evaluate(network, np.array([[2, 0], [0, 1], [3, 1]])).tolist() == [
        5,
        6,
        7,
    ]  # at or above 2: no class


def test_netlist_values_and_signed_features_are_twos_complement() -> None:
    network = Network(interface(3, signed=True), GateNetlist((), ((2, 3, 4),)))
    assert evaluate(network, np.array([[-4], [-1], [0], [3]])).tolist() == [[-4], [-1], [0], [3]]


def test_a_netlist_group_that_is_too_wide_is_refused() -> None:
    network = Network(interface(1), GateNetlist((), ((1,) * 65,)))
    with pytest.raises(IrError, match="an output group of 65 bits is not evaluated; at most 64 bits are"):
        evaluate(network, np.array([[0]]))


def test_codes_outside_a_feature_are_refused_by_row_and_name() -> None:
    network = constant_network([0, 1])
    with pytest.raises(IrError, match=r"codes: row 2, feature 'x0': must be in 0\.\.1, not 5"):
        evaluate(network, np.array([[0], [1], [5]]))


@pytest.mark.parametrize(
    ("codes", "text"),
    [
        (np.zeros((3, 2), dtype=np.int64), r"codes: shape must be \(n_samples, 1\), not \(3, 2\)"),
        (np.zeros(3, dtype=np.int64), r"codes: shape must be \(n_samples, 1\), not \(3,\)"),
        (np.zeros((3, 1)), "codes: must be integers, not float64; Interface.quantize makes them"),
    ],
)
def test_codes_of_a_wrong_shape_or_type_are_refused(codes: np.ndarray, text: str) -> None:
    with pytest.raises(IrError, match=text):
        evaluate(constant_network([0, 1]), codes)


def test_outputs_are_refused_for_a_body_without_sums() -> None:
    network = Network(interface(1), DecisionTree((), (0,)))
    with pytest.raises(IrError, match="outputs: the body must be a BespokeMlp, not a DecisionTree"):
        outputs(network, np.array([[0]]))


@given(networks(), st.integers(0, 2**32 - 1))
def test_answers_have_the_promised_shape_and_each_row_stands_alone(network: Network, seed: int) -> None:
    codes = codes_for(network.interface, 6, seed)
    answers = evaluate(network, codes)
    n_values = () if isinstance(network.interface.output, ClassOutput) else (network.interface.n_outputs,)
    assert answers.dtype == np.int64
    assert answers.shape == (6, *n_values)
    assert np.array_equal(evaluate(network, codes[3:4])[0], answers[3])
    assert evaluate(network, codes[:0]).shape == (0, *n_values)
