"""Several families in one run: MLPs by genes, annealed decision trees, and gates of what they found."""

from collections.abc import Callable
from pathlib import Path

import pytest

import nas
from nas import cli
from nas.api import Run
from tests.e2e.specs import write_spec

SPEC = """\
version: 1
name: families
seed: 2
task: classification
data: {bundled: iris}
split: {test: 0.3, validation: {folds: 3}}
space:
  - approximate_mlp: {hidden: 2, input_bits: 3, detail: genes}
  - decision_tree: {leaves: 2..8, prices: [2, 0.5], moves: 3000}
  - gate_netlist: {start: winners, prices: [0.5, 2], moves: 20000, rounds: 1}
hardware: {egfet: {model: printed}}
objectives: {accuracy: max, egfet.area_cm2: min}
search: {algorithm: nsga2, evaluations: 6000, population: 50, seed_with_gradients: false}
emit: {c: {layout: plain}, verilog: {style: cells}, winners: [knee, best_accuracy]}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("families")
    return nas.run(write_spec(folder, SPEC), folder / "run")


def test_every_family_has_its_turn_and_the_front_says_which_won(run: Run) -> None:
    assert run.report.search.algorithm == "nsga2, annealing, annealing"
    families = {point.family for point in run.report.front}
    assert families <= {"approximate_mlp-1", "decision_tree-2", "gate_netlist-3"}
    assert families
    assert max(point.metrics["accuracy"] for point in run.report.front) > 0.85


def test_winners_of_any_family_are_proven(run: Run) -> None:
    for winner in run.report.winners:
        assert winner.proofs
        assert all(proof.status != "mismatch" for proof in winner.proofs)


def test_winners_have_training_validation_and_test_figures(run: Run) -> None:
    for winner in run.report.winners:
        assert {"fit_accuracy", "accuracy"} <= winner.metrics.keys()
        assert "accuracy" in winner.test
    assert all({"fit_accuracy", "accuracy"} <= point.metrics.keys() for point in run.report.front)


def test_gate_level_designs_have_a_front_and_winners_without_them_beside(run: Run) -> None:
    report = run.report
    assert any(point.gate_level for point in report.front)
    assert report.front_without_gates
    assert not any(point.gate_level for point in report.front_without_gates)
    roles = ["knee", "best_accuracy", "knee_without_gates", "best_accuracy_without_gates"]
    assert [winner.role for winner in report.winners] == roles
    assert not any(winner.gate_level for winner in report.winners[2:])
    assert {winner.id for winner in report.winners[2:]} <= {point.id for point in report.front_without_gates}
    assert run.network(report.front_without_gates[0].id)


def test_the_power_of_winners_is_told_at_every_supply(run: Run, requires_tool: Callable[..., None]) -> None:
    requires_tool("berkeley-abc")
    for winner in run.report.winners:
        (circuit,) = winner.circuits
        assert (circuit.alias, circuit.library) == ("egfet", "egfet")
        assert [row.supply_v for row in circuit.supplies] == [0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0]
        for row in circuit.supplies:
            assert 0 <= row.leakage_mw <= row.power_mw
            suffice = [each.name for each in circuit.batteries if each.power_mw >= row.power_mw]
            assert list(row.batteries) == suffice


def test_a_run_of_families_is_repeated_and_finished_again_with_the_same_front(
    run: Run, tmp_path: Path
) -> None:
    again = nas.run(run.spec, tmp_path / "again")
    assert again.report.front == run.report.front
    (again.folder / "report.json").unlink()
    assert nas.resume(again.folder).report.front == run.report.front


def test_gates_without_a_design_to_start_from_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = SPEC.replace("  - approximate_mlp: {hidden: 2, input_bits: 3, detail: genes}\n", "").replace(
        "  - decision_tree: {leaves: 2..8, prices: [2, 0.5], moves: 3000}\n", ""
    )
    with pytest.raises(SystemExit) as stop:
        cli.main(["run", str(write_spec(tmp_path, text)), "--out", str(tmp_path / "run")])
    assert stop.value.code == 2
    assert "gate_netlist improves designs of the families before it in the list" in capsys.readouterr().err
