"""Bit-parallel netlists equal the exact evaluation; area and leakage equal sums done by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.cells import load_cells
from codegen.circuit import (
    area_cm2,
    cell_counts,
    evaluate_netlist,
    leakage_mw,
    pack_codes,
    random_samples,
    remove_dead_gates,
    state_counts,
)
from codegen.errors import CodegenError
from codegen.ir import ClassOutput, Gate, GateNetlist
from codegen.ir.evaluate import evaluate
from tests.networks import codes_for, gate_netlists

EGFET = load_cells("egfet")
AND_OF_TWO = GateNetlist((Gate("nand", 2, 3), Gate("inv", 4, 4)), ((5,),))
ALL_STATES = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])


def values(network, netlist, codes):
    widths = [feature.bits for feature in network.interface.features]
    signed = not isinstance(network.interface.output, ClassOutput)
    return evaluate_netlist(netlist, pack_codes(codes, widths), signed=signed)


@given(gate_netlists(), st.sampled_from((1, 63, 64, 65, 200)))
def test_bit_parallel_evaluation_equals_the_exact_one(network, n_samples):
    codes = codes_for(network.interface, n_samples, 0)
    expected = evaluate(network, codes).reshape(n_samples, -1)
    np.testing.assert_array_equal(values(network, network.body, codes), expected)


@given(gate_netlists())
def test_removing_dead_gates_keeps_the_function_and_leaves_no_dead_gate(network):
    codes, n_inputs = codes_for(network.interface, 64, 0), network.interface.n_input_bits
    live = remove_dead_gates(network.body, n_inputs)
    np.testing.assert_array_equal(values(network, live, codes), values(network, network.body, codes))
    read = {signal for gate in live.gates for signal in (gate.a, gate.b)}
    read |= {signal for group in live.outputs for signal in group}
    assert set(range(2 + n_inputs, 2 + n_inputs + len(live.gates))) <= read


def test_more_samples_than_a_block_are_evaluated():
    codes = np.random.default_rng(0).integers(0, 2, (70_000, 2))
    found = evaluate_netlist(AND_OF_TWO, pack_codes(codes, (1, 1)), signed=False)
    np.testing.assert_array_equal(found[:, 0], codes.all(axis=1))


def test_states_are_counted_without_the_padding():
    samples = pack_codes(np.repeat(ALL_STATES, [1, 2, 3, 4], axis=0), (1, 1))
    np.testing.assert_array_equal(state_counts(AND_OF_TWO, samples), [[1, 2, 3, 4], [4, 0, 0, 6]])


def test_area_is_the_sum_of_the_cells():
    assert cell_counts(AND_OF_TWO) == {"inv": 1, "nand": 1}
    assert area_cm2(AND_OF_TWO, EGFET) == pytest.approx((228420 + 247860) * 1e-8)


def test_leakage_is_the_mean_over_the_states_that_samples_bring():
    samples = pack_codes(ALL_STATES, (1, 1))
    nand = (248.054 + 391.073 + 490.604 + 18569.1) / 4
    inverter = (3 * 19283.8 + 491.103) / 4
    assert leakage_mw(AND_OF_TWO, samples, EGFET, supply_v=1.0) == pytest.approx((nand + inverter) * 1e-6)


def test_random_samples_are_about_half_ones_and_repeatable():
    first, second = (random_samples(8, 1000, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first.words, second.words)
    assert 0.45 < np.bitwise_count(first.words).sum() / 8000 < 0.55


def test_codes_of_a_wrong_shape_are_refused():
    with pytest.raises(CodegenError, match=r"samples: shape must be \(n_samples, 2\), not \(4, 3\)"):
        pack_codes(np.zeros((4, 3), dtype=int), (1, 1))


def test_leakage_without_samples_is_refused():
    with pytest.raises(CodegenError, match="leakage: at least one sample is needed"):
        leakage_mw(AND_OF_TWO, pack_codes(ALL_STATES[:0], (1, 1)), EGFET, supply_v=1.0)


def test_an_output_of_more_than_64_bits_is_refused():
    wide = GateNetlist((), ((2,) * 65,))
    with pytest.raises(CodegenError, match="netlist: an output must have at most 64 bits, not 65"):
        evaluate_netlist(wide, pack_codes(ALL_STATES, (1, 1)), signed=True)
