"""Networks become the smallest of several netlists, each with the network's function and ports."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from codegen.cells import load_cells
from codegen.circuit import area_cm2, evaluate_netlist, lower_netlist, pack_codes
from codegen.ir import (
    BespokeMlp,
    Feature,
    GateNetlist,
    Interface,
    Layer,
    Network,
    Neuron,
    Term,
    Value,
    ValueOutput,
)
from codegen.ir.evaluate import evaluate
from codegen.synthesis import FAST, THOROUGH, Port, synthesize_network
from tests.codegen.c.golden_networks import small_mlp, small_tree
from tests.networks import codes_for, networks

EGFET = load_cells("egfet")


@pytest.fixture(scope="module", autouse=True)
def _needs_abc(requires_tool):
    requires_tool("berkeley-abc", "yosys")


def adder(n_terms):
    """A sum of 4-bit words, in which synthesis finds nothing to save."""
    features = tuple(Feature(f"x{index}", 0.0, 1.0, 4) for index in range(n_terms))
    terms = tuple(Term(index, 0, 15, 1) for index in range(n_terms))
    output = ValueOutput((Value("y", 1.0, 0.0),))
    return Network(Interface(features, output), BespokeMlp((Layer((Neuron(0, terms),)),)))


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(networks())
def test_the_netlist_of_a_network_computes_it_and_is_not_larger_than_the_lowered_one(network):
    mapped = synthesize_network(network, EGFET, recipes=FAST)
    codes = codes_for(network.interface, 200, 0)
    widths = [feature.bits for feature in network.interface.features]
    signed = isinstance(network.interface.output, ValueOutput)
    found = evaluate_netlist(mapped.netlist, pack_codes(codes, widths), signed=signed)
    np.testing.assert_array_equal(found, evaluate(network, codes).reshape(len(codes), -1))
    if not isinstance(network.body, GateNetlist):
        assert mapped.area_cm2 <= area_cm2(lower_netlist(network, EGFET), EGFET) + 1e-12


def test_adders_that_synthesis_only_breaks_are_kept():
    mapped = synthesize_network(adder(5), EGFET, recipes=FAST)
    assert (mapped.recipe, mapped.tool) == ("lowered", "")
    assert mapped.cell_counts["NAND2X1"] > 9 * 12


def test_the_best_recipe_is_named():
    mapped = synthesize_network(small_mlp(), EGFET)
    assert mapped.recipe in {"lowered", *(recipe.name for recipe in THOROUGH)}
    assert mapped.area_cm2 == pytest.approx(area_cm2(mapped.netlist, EGFET))


def test_verilog_of_the_network_is_one_more_start():
    text = "module better (input [3:0] a, input [3:0] b, output [9:0] y); assign y = 10'd0; endmodule"
    mapped = synthesize_network(small_tree(), EGFET, recipes=FAST, verilog=text)
    assert mapped.recipe == "verilog, none"
    assert mapped.area_cm2 == 0


def test_ports_are_named_as_features_and_outputs_are():
    mapped = synthesize_network(adder(2), EGFET, recipes=FAST)
    assert mapped.inputs == (Port("x0", 4), Port("x1", 4))
    assert mapped.outputs == (Port("y", 6),)
