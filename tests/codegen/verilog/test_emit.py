"""The text of emitted Verilog: golden files, names, and what is refused."""

import re
from pathlib import Path

import numpy as np
import pytest

from codegen.cells import CellLibrary, CellLibraryError, load_cells
from codegen.ir import (
    BespokeMlp,
    ClassOutput,
    Clip,
    Comparison,
    Constant,
    Feature,
    FullyConnected,
    Gate,
    GateNetlist,
    Interface,
    Layer,
    Network,
    Neuron,
    Quantization,
    Tensor,
    TensorGraph,
    TensorNet,
    Term,
    Value,
    ValueOutput,
)
from codegen.synthesis import synthesize_network
from codegen.verilog import VerilogError, emit_verilog
from tests.codegen.c.golden_networks import small_mlp, small_tree
from tests.networks import codes_for

GOLDEN = Path(__file__).parents[2] / "golden" / "verilog"


def features(*widths: int) -> tuple[Feature, ...]:
    return tuple(Feature(f"x{index}", 0.0, 1.0, bits) for index, bits in enumerate(widths))


def small_netlist() -> Network:
    gates = (Gate("xor", 2, 4), Gate("nand", 3, 4), Gate("inv", 6, 6), Gate("or", 5, 7))
    interface = Interface((Feature("a", -1.0, 1.0, 2, signed=True), Feature("b", 0.0, 1.0, 1)), labels(2))
    return Network(interface, GateNetlist(gates, ((8,),)))


def labels(n: int) -> ClassOutput:
    return ClassOutput(tuple(f"class {index}" for index in range(n)))


def emit(network: Network, **options):
    return emit_verilog(network, name="golden", vectors=codes_for(network.interface, 3, 0), **options)


def module(network: Network, **options) -> str:
    return emit(network, **options).files[0].text


def single_layer(output, *neurons: Neuron, widths=(4, 4), argmax=None) -> Network:
    return Network(Interface(features(*widths), output), BespokeMlp((Layer(neurons),), argmax))


@pytest.mark.parametrize(
    ("folder", "network", "style"),
    [
        ("mlp", small_mlp(), "word"),
        ("tree", small_tree(), "word"),
        ("netlist", small_netlist(), "word"),
        ("cells", small_netlist(), "cells"),
    ],
)
def test_files_are_the_golden_ones(folder, network, style):
    for file in emit(network, style=style).files:
        assert file.text == (GOLDEN / folder / file.path).read_text(encoding="utf-8"), file.path


def test_the_header_tells_how_codes_come_from_raw_values():
    text = module(small_mlp())
    assert "code = floor((x - lo) * scale), limited to 0 .. 2**bits - 1" in text
    assert re.search(r'// +age +4 +-0\.5 +7\.25 +2\.06\d+ +"age"\n', text)
    assert '//   2: "gr\\u00f6\\u00dfe"\n' in text
    assert re.search(r"Network sha256: [0-9a-f]{64}\n", text)


def test_text_of_a_user_stays_inside_comments():
    hostile = 'x\nendmodule */ `include "/etc/passwd" \u202e' + "y" * 200
    network = Network(
        Interface((Feature(hostile, 0.0, 1.0, 2),), ClassOutput((hostile, "b"))),
        BespokeMlp((Layer(ONE_INPUT),)),
    )
    text = emit_verilog(network, name=hostile, vectors=np.zeros((1, 1), dtype=int)).files[0].text
    assert text.isascii()
    code = "\n".join(line for line in text.splitlines() if not line.startswith("//"))
    assert code.count("endmodule") == 1 + code.count("x_endmodule")
    assert "passwd" not in code.replace("x_endmodule_include_etc_passwd", "")


ONE_INPUT = (Neuron(0, (Term(0, 0, 3, 1),)), Neuron(1, ()))


def test_names_that_collide_get_numbers():
    interface = Interface(
        tuple(Feature(name, 0.0, 1.0, 1) for name in ("class_index", "wire", "a b", "a-b")), labels(2)
    )
    neurons = (Neuron(0, tuple(Term(index, 0, 1, 1) for index in range(4))), Neuron(1, ()))
    text = module(Network(interface, BespokeMlp((Layer(neurons),))))
    assert re.findall(r"^  input (\w+)", text, re.MULTILINE) == ["class_index_2", "wire_", "a_b", "a_b_2"]


def test_two_classes_are_the_sign_of_one_difference():
    text = module(single_layer(labels(2), Neuron(2, (Term(0, 1, 15, 1),)), Neuron(0, (Term(1, 0, 15, 1),))))
    assert "// lead = 2 + 2*x0 - x1\n" in text
    assert "assign class_index = lead[" in text
    assert "wins" not in text


def test_what_two_classes_have_in_common_cancels():
    shared = Term(0, 0, 15, 1)
    text = module(single_layer(labels(2), Neuron(0, (shared,)), Neuron(-1, (shared, Term(1, 0, 15, 1)))))
    assert "// lead = 1 - x1\n" in text


def test_a_class_that_can_not_win_has_no_logic():
    neurons = (
        Neuron(0, (Term(0, 0, 15, 1),)),
        Neuron(0, (Term(1, 0, 15, -1),)),
        Neuron(0, (Term(1, 1, 15, 1),)),
    )
    text = module(single_layer(labels(3), *neurons))
    assert "// lead = x0 - 2*x1\n" in text
    assert "? 2'd2 : 2'd0" in text


def test_a_reduced_argmax_compares_the_bits_it_looks_at():
    neurons = tuple(Neuron(0, (Term(index % 2, 0, 15, 1),)) for index in range(3))
    matches = (Comparison(0, 1, -4), Comparison(3, 2, 5))
    text = module(single_layer(labels(3), *neurons, argmax=matches))
    assert "wire wins0 = (score1 >>> 2) > (score0 >>> 2);" in text
    assert "wire wins1 = (score2 & 5'sb00101) > (best0 & 5'sb00101);" in text


def test_neurons_that_are_constant_or_unread_have_no_logic():
    hidden = Layer(
        (
            Neuron(-1, (Term(0, 0, 15, -1),)),
            Neuron(0, (Term(0, 0, 15, 1),)),
            Neuron(0, (Term(1, 0, 15, 1),)),
        ),
        Clip(0, 4),
    )
    last = Layer((Neuron(0, (Term(0, 0, 15, 1), Term(1, 0, 15, 1))),))
    output = ValueOutput((Value("y", 1.0, 0.0),))
    text = module(Network(Interface(features(4, 4), output), BespokeMlp((hidden, last))))
    assert "// layer 0, neuron 0: always 0, left out\n" in text
    assert "// layer 0, neuron 2: read by nobody, left out\n" in text
    assert "// y_value = act0_1\n" in text


def test_widths_are_exact():
    values = ValueOutput((Value("p", 1.0, 0.0), Value("n", 1.0, 0.0)))
    text = module(
        single_layer(
            values, Neuron(1, (Term(0, 0, 15, 1),)), Neuron(0, (Term(0, 0, 14, -1), Term(1, 1, 1, 1)))
        )
    )
    assert "output signed [5:0] p" in text  # 1..16
    assert "output signed [4:0] n" in text  # -14..2


def test_a_mask_with_holes_is_an_and():
    text = module(single_layer(ValueOutput((Value("y", 1.0, 0.0),)), Neuron(0, (Term(0, 3, 10, 1),))))
    assert "{x0[3:1] & 3'b101, 4'd0}" in text


def test_missing_vectors_are_an_error():
    network = small_mlp()
    with pytest.raises(VerilogError, match="verilog: at least one vector is needed"):
        emit_verilog(network, name="x", vectors=np.zeros((0, 2), dtype=int))


def test_a_tensor_network_is_refused():
    scale = Quantization((1.0,))
    tensors = (
        Tensor("in", (1,), "int8", scale),
        Tensor("w", (2, 1), "int8", scale),
        Tensor("out", (2,), "int8", scale),
    )
    graph = TensorGraph(tensors, (FullyConnected(0, 1, None, 2),), (0,), (2,))
    interface = Interface((Feature("x", 0.0, 1.0, 8, signed=True),), labels(2))
    network = Network(interface, TensorNet(graph, (Constant(1, b"\x01\x02"),)))
    with pytest.raises(VerilogError, match="a TensorNet can't be emitted; a BespokeMlp, DecisionTree or"):
        emit(network)


@pytest.mark.parametrize("network", [small_mlp(), small_tree()], ids=["mlp", "tree"])
def test_the_cells_of_a_network_are_those_it_is_synthesized_to(network, requires_tool):
    requires_tool("berkeley-abc")
    artifact = emit(network, style="cells")
    gates = synthesize_network(network, load_cells("egfet")).netlist.gates
    assert len(re.findall(r"^  \w+X1 \w+ \(", artifact.files[0].text, re.MULTILINE)) == len(gates) > 0
    assert [file.path for file in artifact.files][1] == "golden_cells.v"
    assert emit(network).files[0].text.splitlines()[:9] == artifact.files[0].text.splitlines()[:9]


def test_cells_need_a_library_that_has_them():
    egfet = load_cells("egfet")
    poor = CellLibrary("poor", "", tuple(cell for cell in egfet.cells if cell.kind in ("inv", "nand")))
    with pytest.raises(CellLibraryError, match="poor: no cell of kind 'xor'; it has inv, nand"):
        emit(small_netlist(), style="cells", library=poor)
