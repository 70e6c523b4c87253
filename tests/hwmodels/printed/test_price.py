"""The price of networks: against circuits built gate by gate, by hand, and row by row."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.cells import load_cells
from codegen.circuit.netlist import area_cm2
from codegen.ir import (
    BatchLayer,
    BespokeMlp,
    ClassOutput,
    Clip,
    Comparison,
    DecisionTree,
    Design,
    Feature,
    Gate,
    GateNetlist,
    Interface,
    Layer,
    MlpBatch,
    Network,
    Neuron,
    PairTest,
    Term,
    ThresholdTest,
    TreeNode,
    Value,
    ValueOutput,
)
from codegen.ir.batch import network_of
from codegen.ir.evaluate import evaluate
from hwmodels.model import Cost, HardwareModelError, Workload
from hwmodels.printed import PrintedModel, units
from hwmodels.printed.costs import unit_costs
from hwmodels.printed.units import UNITS
from hwmodels.testing_designs import designs, tensor_network
from tests.hwmodels.bit_heap import build
from tests.networks import bespoke_mlps, codes_for, decision_trees, gate_netlists, mlp_batches

EGFET = load_cells("egfet")
COSTS = unit_costs(EGFET, 1.0)
AREA = dict(zip((unit.name for unit in UNITS), COSTS.area_cm2, strict=True))
MODEL = PrintedModel()


def price(content: Network, model: PrintedModel = MODEL) -> Cost:
    return model.price(Design(content), Workload())


def area(network: Network) -> float:
    return price(network).metrics["area_cm2"]


def parts(network: Network) -> dict[str, float]:
    return {item.part: item.amount for item in price(network).items if item.metric == "area_cm2"}


def interface(n_features: int, n_classes: int = 2, bits: int = 4) -> Interface:
    features = tuple(Feature(f"x{n}", 0.0, 1.0, bits) for n in range(n_features))
    return Interface(features, ClassOutput(tuple(f"c{n}" for n in range(n_classes))))


def linear(*neurons: tuple[int, list[Term]], features: int = 2, values: bool = False) -> Network:
    """A network without hidden layer."""
    layer = Layer(tuple(Neuron(bias, tuple(terms)) for bias, terms in neurons))
    face = interface(features, max(2, len(neurons)))
    if values:
        face = replace(face, output=ValueOutput(tuple(Value(f"y{n}", 1.0, 0.0) for n in range(len(neurons)))))
    return Network(face, BespokeMlp((layer,)))


@settings(max_examples=150, deadline=None)
@given(bespoke_mlps())
def test_the_price_is_the_area_of_a_circuit_that_computes_the_network(network: Network) -> None:
    built, has_constant_activation = build(network, COSTS)
    codes = codes_for(network.interface, 100, 0)
    np.testing.assert_array_equal(evaluate(built, codes), evaluate(network, codes))
    assert isinstance(built.body, GateNetlist)
    found = area_cm2(built.body, EGFET)
    if has_constant_activation:
        assert found <= area(network) + 1e-9
    else:
        assert found == pytest.approx(area(network), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(mlp_batches())
def test_each_row_of_a_population_has_the_price_of_its_network(drawn: tuple[MlpBatch, Interface]) -> None:
    batch, face = drawn
    priced = MODEL.price_batch(batch, face, Workload())
    for row in range(batch.n_networks):
        assert price(network_of(batch, row, face)).metrics == {name: v[row] for name, v in priced.items()}


@settings(max_examples=60, deadline=None)
@given(st.one_of(bespoke_mlps(), decision_trees(), gate_netlists()))
def test_shares_add_up_and_no_figure_is_negative(network: Network) -> None:
    cost = price(network)
    for name in ("area_cm2", "power_mw"):
        shares = [item.amount for item in cost.items if item.metric == name]
        assert min(shares, default=0.0) >= 0
        assert sum(shares) == pytest.approx(cost.metrics[name])
    assert all(np.isfinite(value) and value >= 0 for value in cost.metrics.values())


# Sums.


def test_a_sum_of_two_inputs_is_a_ripple_adder() -> None:
    network = linear((0, [Term(0, 0, 15, 1), Term(1, 0, 15, 1)]), values=True)
    assert area(network) == pytest.approx(AREA["half_adder"] + 3 * AREA["full_adder"])


def test_the_sign_of_a_difference_takes_carries_only() -> None:
    # class 1 where x0 - x1 < 0: x0 + not x1 + 1, of which only the sign is read. Column 0 holds two bits
    # and the one: an OR; then three carries; the sign column holds the carry and the ones of -16: not carry.
    network = linear((0, [Term(0, 0, 15, 1)]), (0, [Term(1, 0, 15, 1)]))
    carries = AREA["or"] + 3 * AREA["full_adder_carry"]
    assert area(network) == pytest.approx(4 * AREA["inverter"] + carries + AREA["inverter"])


def test_a_negative_bit_that_several_neurons_read_is_inverted_once() -> None:
    shared = [Term(0, 0, 15, -1)]
    network = linear((15, shared), (15, shared), values=True, features=1)
    assert parts(network)["layer 0/inputs/inverters"] == pytest.approx(4 * AREA["inverter"])


def test_a_shift_and_a_masked_copy_cost_nothing() -> None:
    assert area(linear((0, [Term(0, 3, 9, 1)]), values=True)) == 0.0


def test_a_constant_bias_folds_into_the_adders() -> None:
    one_input = linear((1, [Term(0, 0, 1, 1)]), values=True)
    assert area(one_input) == pytest.approx(AREA["inverter"])  # x + 1 is (x, not x)


# Clips.


def clipped(hidden: Neuron, clip: Clip, mask: int, sign: int = 1) -> Network:
    last = Layer((Neuron(0, (Term(0, 0, mask, sign),)),))  # type: ignore[arg-type]
    face = replace(interface(2), output=ValueOutput((Value("y", 1.0, 0.0),)))
    return Network(face, BespokeMlp((Layer((hidden,), clip), last)))


def test_a_clip_of_a_sum_that_can_not_be_negative_or_overflow_is_free() -> None:
    hidden = Neuron(0, (Term(0, 0, 15, 1), Term(1, 0, 15, 1)))
    assert "layer 0/neuron 0/clip" not in parts(clipped(hidden, Clip(0, 5), 31))


def test_zeroing_takes_an_and_a_bit_and_one_inverter() -> None:
    hidden = Neuron(0, (Term(0, 0, 15, 1), Term(1, 0, 15, -1)))
    found = parts(clipped(hidden, Clip(0, 4), 15))["layer 0/neuron 0/clip"]
    assert found == pytest.approx(4 * AREA["and"] + AREA["inverter"])


def test_inverted_activations_take_a_nand_instead() -> None:
    hidden = Neuron(0, (Term(0, 0, 15, 1), Term(1, 0, 15, -1)))
    found = parts(clipped(hidden, Clip(0, 4), 15, sign=-1))["layer 0/neuron 0/clip"]
    assert found == pytest.approx(4 * AREA["nand"] + AREA["inverter"])


def test_saturation_takes_an_or_for_each_bit_above_and_each_bit_read() -> None:
    hidden = Neuron(0, (Term(0, 2, 15, 1), Term(1, 0, 15, 1)))  # 0..75, seven bits
    found = parts(clipped(hidden, Clip(0, 5), 31))["layer 0/neuron 0/clip"]
    assert found == pytest.approx((1 + 5) * AREA["or"])


def test_only_activation_bits_that_a_mask_reads_are_built() -> None:
    hidden = Neuron(0, (Term(0, 0, 15, 1), Term(1, 0, 15, -1)))
    found = parts(clipped(hidden, Clip(0, 4), 0b1000))
    assert found["layer 0/neuron 0/clip"] == pytest.approx(AREA["and"] + AREA["inverter"])


def test_a_neuron_that_nobody_reads_or_that_is_constant_is_free() -> None:
    live = Neuron(0, (Term(0, 0, 15, 1), Term(1, 0, 15, -1)))
    last = Layer((Neuron(0, (Term(0, 0, 15, 1),)),))
    face = replace(interface(2), output=ValueOutput((Value("y", 1.0, 0.0),)))
    alone = Network(face, BespokeMlp((Layer((live,), Clip(0, 4)), last)))
    unread = Network(face, BespokeMlp((Layer((live, live), Clip(0, 4)), last)))
    negative = Neuron(-99, live.terms)
    constant = Layer((Neuron(0, (Term(0, 0, 15, 1), Term(1, 0, 15, 1))),))
    dead = Network(face, BespokeMlp((Layer((live, negative), Clip(0, 4)), constant)))
    assert area(alone) == area(unread) == pytest.approx(area(dead))


# The argmax.


def test_two_of_three_classes_that_can_win_still_take_a_comparison() -> None:
    scores = [(0, [Term(0, 0, 15, 1)]), (0, [Term(1, 0, 15, 1)]), (-1, [])]
    found = parts(linear(*scores))  # type: ignore[arg-type]
    compare = AREA["and_not"] + 3 * AREA["compare"]
    assert found == {"argmax/comparison 0/compare": pytest.approx(compare)}


def test_an_argmax_of_three_has_multiplexers_and_their_complement() -> None:
    scores = [(0, [Term(n, 0, 15, 1)]) for n in range(3)]
    found = parts(linear(*scores, features=3))
    compare = AREA["and_not"] + 3 * AREA["compare"]
    assert found["argmax/comparison 0/compare"] == pytest.approx(compare)
    assert found["argmax/comparison 0/select"] == pytest.approx(4 * AREA["mux"] + AREA["inverter"])
    # the index: bit 1 is the last comparison itself, bit 0 the first one unless class 2 wins
    assert found["argmax/comparison 1/select"] == pytest.approx(AREA["and"] + AREA["inverter"])


def test_a_reduced_argmax_pays_for_the_bits_that_it_looks_at() -> None:
    scores = [(0, [Term(n, 0, 15, 1)]) for n in range(3)]
    whole = linear(*scores, features=3)
    assert isinstance(whole.body, BespokeMlp)
    matches = (Comparison(0, 1, -4), Comparison(3, 2, -4))
    reduced = Network(whole.interface, BespokeMlp(whole.body.layers, matches))
    found = parts(reduced)
    assert found["argmax/comparison 0/compare"] == pytest.approx(AREA["and_not"] + AREA["compare"])
    assert found["argmax/comparison 0/select"] == pytest.approx(2 * AREA["mux"] + AREA["inverter"])


def test_a_class_that_always_wins_makes_everything_free() -> None:
    network = linear((100, [Term(0, 0, 15, 1)]), (0, [Term(1, 0, 15, 1)]), (0, []))
    assert price(network).metrics["area_cm2"] == price(network).metrics["latency_s"] == 0.0


# Trees and netlists.


def tree(*nodes: TreeNode, leaves: tuple[int, ...] = (0, 1)) -> Network:
    return Network(interface(3, max(leaves) + 1), DecisionTree(nodes, leaves))


def test_a_threshold_costs_a_gate_for_each_bit_above_its_trailing_ones() -> None:
    top_bit = tree(TreeNode(ThresholdTest(0, 4, 7), -1, -2))
    assert area(top_bit) == 0.0  # x > 7 is the highest bit
    found = area(tree(TreeNode(ThresholdTest(0, 4, 0b0101), -1, -2)))  # x3 or (x2 and x1)
    assert found == pytest.approx(AREA["or"] + AREA["and"])


def test_a_threshold_on_few_bits_is_the_same_comparator_as_on_all() -> None:
    nodes = (
        TreeNode(ThresholdTest(0, 4, 0b0011), 1, 2),
        TreeNode(ThresholdTest(1, 4, 0), -1, -2),
        TreeNode(ThresholdTest(0, 2, 0b00), -1, -2),
    )
    found = parts(tree(*nodes))
    assert found["comparators/feature 0 > 3"] == pytest.approx(AREA["or"])


def test_a_node_whose_children_agree_is_free() -> None:
    assert area(tree(TreeNode(ThresholdTest(0, 4, 5), -1, -1))) == 0.0


def test_a_test_that_is_always_true_takes_its_left_child() -> None:
    inner = TreeNode(ThresholdTest(1, 4, 6), -1, -2)
    assert area(tree(TreeNode(ThresholdTest(0, 4, 15), 1, -1), inner)) == area(tree(inner))


def test_a_pair_test_is_a_comparator_of_two_words() -> None:
    found = area(tree(TreeNode(PairTest(0, 1, 3), -1, -2)))
    assert found == pytest.approx(AREA["and_not"] + 2 * AREA["compare"])


@settings(max_examples=50, deadline=None)
@given(gate_netlists())
def test_a_netlist_costs_its_live_cells(network: Network) -> None:
    from codegen.circuit.netlist import remove_dead_gates

    assert isinstance(network.body, GateNetlist)
    live = remove_dead_gates(network.body, network.interface.n_input_bits)
    assert area(network) == pytest.approx(area_cm2(live, EGFET))


def test_the_latency_of_a_netlist_is_its_longest_path() -> None:
    gates = (Gate("nand", 2, 3), Gate("inv", 10, 10), Gate("xor", 11, 4))
    network = Network(interface(2), GateNetlist(gates, ((12,),)))
    delays = sum(EGFET.delay_ns(kind, 1.0) for kind in ("nand", "inv", "xor"))
    assert price(network).metrics["latency_s"] == pytest.approx(delays * 1e-9)


# The figures.


def some_network() -> Network:
    (network,) = [one.design.content for one in designs(0) if one.name == "a bespoke MLP for 3 classes"]
    assert isinstance(network, Network)
    return network


def test_power_is_leakage_with_its_dynamic_share_and_energy_is_power_times_the_period() -> None:
    network = some_network()
    slow, fast = (price(network, PrintedModel(inferences_per_s=rate)).metrics for rate in (5, 10))
    assert fast["power_mw"] / slow["power_mw"] == pytest.approx(1.102 / 1.051)
    assert slow["energy_uj"] == pytest.approx(slow["power_mw"] / 5 * 1000)
    assert slow["time_share"] == pytest.approx(slow["latency_s"] * 5)


def test_a_lower_supply_leaks_less_and_is_slower() -> None:
    low, high = (price(some_network(), PrintedModel(supply_v=volt)).metrics for volt in (0.6, 1.0))
    assert 0.30 < low["power_mw"] / high["power_mw"] < 0.35
    assert low["latency_s"] > high["latency_s"]
    assert low["area_cm2"] == high["area_cm2"]


def test_every_constant_has_a_source() -> None:
    constants = {source.constant for source in price(some_network()).sources}
    assert {"area of full_adder", "switching by leakage", "supply", "inferences a second"} <= constants


def test_one_term_more_in_a_column_costs_a_full_adder() -> None:
    terms = [Term(n, 0, 8, 1) for n in range(3)]
    two, three = (linear((0, terms[:n]), values=True, features=3) for n in (2, 3))
    assert area(three) - area(two) == pytest.approx(AREA["full_adder"] - AREA["half_adder"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"inferences_per_s": 0}, "printed: inferences_per_s must be finite and above 0, not 0"),
        ({"inferences_per_s": float("nan")}, "printed: inferences_per_s must be finite and above 0, not nan"),
        ({"supply_v": 3.0}, "printed: egfet: supply_v must be in 0.6..2.0 V, not 3.0"),
        ({"cells": "cmos"}, "printed: cells 'cmos' are not known: give one of egfet, sky130_hd, or a path"),
    ],
)
def test_an_impossible_option_is_refused(options: dict[str, float], message: str) -> None:
    with pytest.raises(HardwareModelError) as error:
        PrintedModel(**options)  # type: ignore[arg-type]
    assert str(error.value).startswith(message)


def test_tensor_networks_are_refused_with_the_reason() -> None:
    network = tensor_network(np.random.default_rng(0))
    reason = MODEL.accepts(Design(network))
    assert reason is not None
    assert reason.startswith("a printed circuit is built for one bespoke MLP, decision tree or gate netlist")
    with pytest.raises(HardwareModelError, match="printed: a printed circuit is built for one"):
        price(network)


def test_a_population_without_hidden_layer_is_priced() -> None:
    rng = np.random.default_rng(0)
    shape = (3, 4, 2, 1)
    layer = BatchLayer(
        rng.integers(0, 16, shape).astype(np.int32),
        (rng.choice((-1, 1), shape) << rng.integers(0, 5, shape)).astype(np.int32),
        rng.integers(-20, 20, (3, 4)).astype(np.int32),
        None,
        None,
    )
    batch, face = MlpBatch((layer,), np.full(2, 15, dtype=np.int32)), interface(2, 4)
    priced = MODEL.price_batch(batch, face, Workload())
    for row in range(3):
        assert priced["area_cm2"][row] == area(network_of(batch, row, face))


def test_units_are_numbered_as_they_are_named() -> None:
    blocks = UNITS[: units.MUX + 1]
    assert [getattr(units, unit.name.upper()) for unit in blocks] == list(range(len(blocks)))
