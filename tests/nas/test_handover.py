"""When proofs are good enough to hand a design over."""

from dataclasses import replace
from pathlib import Path

import pytest

from codegen.artifact import Proof
from nas.errors import ProofError
from nas.handover import Export, check_proofs, lacking

PROVEN = Proof("verilog-iverilog", "Icarus Verilog", "proven", 300, 0)
UNDECIDED = Proof("verilog-cec", "ABC", "undecided", 0, 0, detail="no answer", all_inputs=True)
MISSING = Proof("c-host", "gcc", "missing", 0, 0, detail="apt install gcc")


def export(*proofs: Proof) -> Export:
    return Export(Path("mine"), (), proofs)


def test_an_undecided_check_is_fine_where_the_other_proofs_hold() -> None:
    check_proofs(export(PROVEN, UNDECIDED), require_proof=True)
    assert lacking((PROVEN, UNDECIDED)) == ()


def test_an_undecided_check_alone_is_no_proof() -> None:
    check_proofs(export(UNDECIDED), require_proof=False)
    text = r"mine: a proof was required, but could not be made: verilog-cec \(ABC: no answer\)"
    with pytest.raises(ProofError, match=text):
        check_proofs(export(UNDECIDED), require_proof=True)


def test_a_missing_tool_lacks_whatever_else_is_proven() -> None:
    assert lacking((PROVEN, MISSING, UNDECIDED)) == (MISSING,)
    with pytest.raises(ProofError, match=r"could not be made: c-host \(gcc: apt install gcc\)"):
        check_proofs(export(PROVEN, MISSING), require_proof=True)


def test_a_mismatch_on_vectors_names_how_many_and_the_first() -> None:
    differing = replace(PROVEN, status="mismatch", mismatches=2, first_mismatch="vector 7: x=1")
    text = "verilog-iverilog: 2 of 300 vectors differ from the network; the first: vector 7: x=1"
    with pytest.raises(ProofError, match=text):
        check_proofs(export(differing), require_proof=False)


def test_a_counterexample_is_named() -> None:
    differing = replace(
        UNDECIDED,
        status="mismatch",
        mismatches=1,
        first_mismatch="x=1: expected y=0, found y=1",
        detail="they differ",
    )
    with pytest.raises(
        ProofError, match="verilog-cec: they differ: x=1: expected y=0, found y=1; the export"
    ):
        check_proofs(export(differing), require_proof=False)
