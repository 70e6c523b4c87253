"""The answer in words."""

from dataclasses import replace

from codegen.artifact import Proof
from nas.report.answer import Answer, compared, designs, fit_answer, proof_answer
from nas.report.data import LimitCheck
from tests.nas.report.sample import sample_report

KNEE, BEST = sample_report().winners


def test_a_design_that_keeps_its_limits_fits() -> None:
    assert fit_answer(KNEE) == Answer("good", "fits: keeps both limits")
    assert fit_answer(replace(KNEE, limits=KNEE.limits[:1])) == Answer("good", "fits: keeps the limit")
    assert fit_answer(replace(KNEE, limits=KNEE.limits * 2)) == Answer("good", "fits: keeps all 4 limits")
    assert fit_answer(replace(KNEE, limits=())) == Answer("none", "no limits were set")


def test_a_broken_limit_is_named_with_both_figures() -> None:
    text = "does not fit: egfet.power_mw is 3.740, above the limit 3"
    assert fit_answer(BEST) == Answer("bad", text)
    low = replace(KNEE, limits=(LimitCheck("accuracy", "min", 0.95, 0.9),))
    assert fit_answer(low).text == "does not fit: accuracy is 0.9000, below the limit 0.9500"


def test_a_value_at_its_limit_keeps_it() -> None:
    assert LimitCheck("macs", "max", 3.0, 3.0).ok
    assert LimitCheck("macs", "min", 3.0, 3.0).ok


def test_a_proven_design_names_the_proofs_and_the_vectors() -> None:
    assert proof_answer(KNEE) == Answer(
        "good",
        "proven bit for bit: verilog-iverilog, verilog-netlist, c-host and c-cortex-m4, 68,504 vectors",
    )


def test_a_missing_proof_is_named() -> None:
    answer = proof_answer(BEST)
    assert answer.verdict == "partly"
    assert answer.text.endswith("66,378 vectors; not tried: c-cortex-m4")
    only_missing = replace(BEST, proofs=BEST.proofs[3:])
    assert proof_answer(only_missing) == Answer("none", "not proven: no tool for c-cortex-m4")
    assert proof_answer(replace(BEST, proofs=())) == Answer("none", "not proven yet")


def test_a_mismatch_outweighs_every_proof() -> None:
    differing = Proof("c-host", "gcc", "mismatch", 2000, 3, first_mismatch="vector 7")
    answer = proof_answer(replace(KNEE, proofs=(*KNEE.proofs, differing)))
    assert answer == Answer("bad", "not proven: c-host differs in 3 of 2,000 vectors")


CEC = Proof("verilog-cec", "ABC", "proven", 0, 0, all_inputs=True)
SUMS = Proof("certificate", "silkscreen", "proven", 0, 0, all_inputs=True)


def test_proofs_for_all_inputs_are_named_apart() -> None:
    answer = proof_answer(replace(KNEE, proofs=(KNEE.proofs[0], CEC, SUMS)))
    text = "proven bit for bit: verilog-iverilog, 22,126 vectors; for all inputs: verilog-cec and certificate"
    assert answer == Answer("good", text)
    assert proof_answer(replace(KNEE, proofs=(CEC,))).text == "proven for all inputs: verilog-cec"


def test_an_undecided_check_is_said_and_spoils_nothing() -> None:
    open_question = replace(CEC, status="undecided")
    answer = proof_answer(replace(KNEE, proofs=(KNEE.proofs[0], open_question)))
    assert answer.verdict == "good"
    assert answer.text.endswith("22,126 vectors; not decided in time: verilog-cec")
    assert proof_answer(replace(KNEE, proofs=(open_question,))) == Answer("none", "not proven yet")


def test_a_counterexample_is_a_mismatch() -> None:
    differing = replace(CEC, status="mismatch", vectors=1, mismatches=1)
    answer = proof_answer(replace(KNEE, proofs=(*KNEE.proofs, differing)))
    assert answer == Answer("bad", "not proven: verilog-cec differs")


def test_the_extent_of_a_proof_is_told_in_words() -> None:
    assert compared(KNEE.proofs[0]) == ("22,126", "0")
    assert compared(CEC) == ("all inputs", "0")
    assert compared(replace(CEC, status="undecided")) == ("", "")


def test_winners_that_share_a_design_are_one_entry_with_both_roles() -> None:
    report = sample_report()
    shared = replace(report, winners=(KNEE, replace(KNEE, role="best_accuracy"), BEST))
    assert [design.roles for design in designs(shared)] == [("knee", "best_accuracy"), ("best_accuracy",)]
