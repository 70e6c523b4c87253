"""Lowered circuits compute what the network computes, in fewer gates than its parts would take alone."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codegen.circuit import CircuitError, area_cm2, evaluate_netlist, lower, lower_netlist, pack_codes
from codegen.circuit.lowering import output_widths
from codegen.ir import (
    BespokeMlp,
    ClassOutput,
    Comparison,
    DecisionTree,
    Feature,
    GateNetlist,
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
from codegen.ir.evaluate import evaluate
from codegen.verilog import output_ports
from tests.codegen.circuit.libraries import EGFET, LIBRARIES
from tests.networks import bespoke_mlps, codes_for, decision_trees

GOLDEN = Path(__file__).parents[2] / "golden" / "circuit" / "comparison.txt"


def found_by(netlist, network, codes):
    widths = [feature.bits for feature in network.interface.features]
    signed = isinstance(network.interface.output, ValueOutput)
    return evaluate_netlist(netlist, pack_codes(codes, widths), signed=signed)


def classifier(*neurons, widths=(4, 4), argmax=None):
    features = tuple(Feature(f"x{index}", 0.0, 1.0, bits) for index, bits in enumerate(widths))
    labels = ClassOutput(tuple(f"class {index}" for index in range(len(neurons))))
    return Network(Interface(features, labels), BespokeMlp((Layer(neurons),), argmax))


def tree(*nodes, widths=(4, 4)):
    features = tuple(Feature(f"x{index}", 0.0, 1.0, bits) for index, bits in enumerate(widths))
    return Network(Interface(features, ClassOutput(("no", "yes"))), DecisionTree(nodes, (0, 1)))


def word(index, shift=0, sign=1):
    return Term(index, shift, 15, sign)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(bespoke_mlps(), decision_trees()), st.sampled_from(LIBRARIES))
def test_the_circuit_of_a_network_computes_the_network(network, library):
    codes = codes_for(network.interface, 200, 0)
    netlist = lower_netlist(network, library)
    Network(network.interface, netlist)  # the constructor checks the shape
    assert {gate.kind for gate in netlist.gates} <= set(library.kinds)
    np.testing.assert_array_equal(
        found_by(netlist, network, codes), evaluate(network, codes).reshape(len(codes), -1)
    )


@settings(max_examples=50, deadline=None)
@given(st.one_of(bespoke_mlps(), decision_trees()))
def test_outputs_are_as_wide_as_the_ports_of_the_emitted_module(network):
    assert output_widths(network) == tuple(port.width for port in output_ports(network).outputs)


def test_a_sum_of_two_words_is_a_half_adder_and_full_adders():
    circuit = lower(classifier(Neuron(0, (word(0), word(1))), Neuron(0, ())), EGFET)
    assert circuit.contest is not None
    assert circuit.contest.classes == (0,)  # a sum that is never negative keeps its tie against 0
    left, right = Neuron(0, (word(0),)), Neuron(0, (word(1),))
    kinds = [gate.kind for gate in lower_netlist(classifier(left, right), EGFET).gates]
    assert set(kinds) <= {"nand", "or", "inv", "and", "nor"}
    assert len(kinds) <= 3 + 3 * 5


def test_a_full_adder_is_nine_nands_whatever_is_inverted():
    nands = [
        sum(
            adder.total is not None and len(adder.inputs) == 3
            for built in circuit.sums
            for adder in built.result.adders
        )
        for signs in ((1, 1, 1), (1, -1, 1), (-1, -1, 1), (-1, -1, -1))
        for circuit in [lower(three_bits(signs), EGFET)]
    ]
    areas = [area_cm2(lower_netlist(three_bits(s), EGFET), EGFET) for s in ((1, 1, 1), (1, -1, 1))]
    assert nands == [1, 1, 1, 1]
    assert areas[1] - areas[0] < EGFET.area_cm2("inv") + 1e-12


def three_bits(signs):
    features = tuple(Feature(f"x{index}", 0.0, 1.0, 1) for index in range(3))
    output = ValueOutput((Value("y", 1.0, 0.0),))
    terms = tuple(Term(index, 0, 1, sign) for index, sign in enumerate(signs))
    bias = sum(sign < 0 for sign in signs)
    return Network(Interface(features, output), BespokeMlp((Layer((Neuron(bias, terms),)),)))


def test_what_two_classes_have_in_common_costs_nothing():
    shared = tuple(word(0, shift) for shift in range(3))
    with_shared = classifier(Neuron(1, shared), Neuron(0, (*shared, word(1))))
    without = classifier(Neuron(1, ()), Neuron(0, (word(1),)))
    assert lower_netlist(with_shared, EGFET) == lower_netlist(without, EGFET)


def test_what_all_of_more_classes_have_in_common_is_left_out():
    common = (word(0, 1),)
    own = [(word(1, shift),) for shift in range(3)]
    biases = (20, 10, 0)
    with_common = classifier(*(Neuron(b, common + t) for b, t in zip(biases, own, strict=True)))
    without = classifier(*(Neuron(b, t) for b, t in zip(biases, own, strict=True)))
    assert area_cm2(lower_netlist(with_common, EGFET), EGFET) <= area_cm2(
        lower_netlist(without, EGFET), EGFET
    )


def test_a_class_that_never_wins_has_no_logic():
    never = Neuron(-1, (word(0, 0, -1),))
    three = classifier(Neuron(3, (word(0),)), Neuron(0, (word(1),)), never)
    circuit = lower(three, EGFET)
    assert circuit.contest is not None
    assert circuit.contest.classes == (0, 1)
    assert circuit.contest.by_sign


def test_a_reduced_argmax_looks_only_at_its_bits():
    neurons = (Neuron(0, (word(0),)), Neuron(0, (word(1),)))
    exact, reduced = (
        area_cm2(lower_netlist(classifier(*neurons, argmax=(Comparison(0, 1, mask),)), EGFET), EGFET)
        for mask in (-1, -8)
    )
    assert reduced < exact / 3


def test_a_threshold_of_ones_is_a_wire():
    network = tree(TreeNode(ThresholdTest(0, 4, 7), -1, -2))
    assert lower_netlist(network, EGFET) == GateNetlist((), ((5,),))


def test_equal_comparators_of_a_tree_are_built_once():
    low = TreeNode(ThresholdTest(0, 4, 5), -1, -2)
    same = TreeNode(ThresholdTest(0, 3, 2), -2, -1)  # the three top bits at most 2: the same question
    once = lower(tree(low), EGFET)
    twice = lower(tree(TreeNode(PairTest(0, 1, 4), 1, 2), low, same), EGFET)
    pair = lower(tree(TreeNode(PairTest(0, 1, 4), -1, -2)), EGFET)
    assert len(twice.aig.nodes) <= len(once.aig.nodes) + len(pair.aig.nodes) + 4


def test_the_gates_of_a_small_network_are_the_golden_ones():
    netlist = lower_netlist(classifier(Neuron(2, (word(0, 1),)), Neuron(0, (word(1), word(0, 0, -1)))), EGFET)
    first = 2 + 8
    lines = [f"{first + index} = {gate.kind} {gate.a} {gate.b}" for index, gate in enumerate(netlist.gates)]
    lines += [f"output {' '.join(map(str, group))}" for group in netlist.outputs]
    assert "\n".join([*lines, ""]) == GOLDEN.read_text(encoding="utf-8")


def test_a_netlist_is_refused():
    interface = Interface((Feature("x", 0.0, 1.0, 1),), ClassOutput(("no", "yes")))
    message = "circuit: the body must be a BespokeMlp or a DecisionTree, not a GateNetlist"
    with pytest.raises(CircuitError, match=message):
        lower(Network(interface, GateNetlist((), ((2,),))), EGFET)
