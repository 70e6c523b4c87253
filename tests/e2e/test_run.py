"""From a spec to proven files, with every real part."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import nas
from codegen.ir.evaluate import evaluate
from nas.api import Run
from nas.data import load_dataset
from nas.errors import RunError
from tests.e2e.specs import AXES, GENES, REGRESSION, write_spec


@pytest.fixture(scope="module")
def genes_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("genes")
    return nas.run(write_spec(folder, GENES), folder / "run")


def test_a_run_ends_with_a_front_and_the_winners_of_the_spec(genes_run: Run) -> None:
    report = genes_run.report
    assert report.front
    assert [winner.role for winner in report.winners] == ["knee", "best_accuracy"]
    best = max(point.metrics["accuracy"] for point in report.front)
    assert report.winners[1].metrics["accuracy"] == best
    assert best > 0.9


def test_no_design_of_the_front_beats_another(genes_run: Run) -> None:
    points = np.array([[-p.metrics["accuracy"], p.metrics["egfet.area_cm2"]] for p in genes_run.report.front])
    for point in points:
        better = (points <= point).all(axis=1) & (points < point).any(axis=1)
        assert not better.any()


def test_every_design_of_the_front_keeps_the_limits(genes_run: Run) -> None:
    assert all(point.metrics["egfet.power_mw"] <= 30 for point in genes_run.report.front)


def test_the_budget_of_evaluations_is_kept_exactly(genes_run: Run) -> None:
    assert genes_run.report.search.evaluations == 20000


def test_test_scores_are_those_of_the_exact_network_on_the_test_rows(genes_run: Run) -> None:
    spec = genes_run.spec
    dataset = load_dataset(spec.data, spec.split, spec.task, spec.seed, spec.base)
    for winner in genes_run.report.winners:
        network = genes_run.network(winner.id)
        codes = network.interface.quantize(dataset.table.x[dataset.test])
        right = evaluate(network, codes) == dataset.table.y[dataset.test]
        assert winner.test["accuracy"] == pytest.approx(right.mean())
        assert winner.confusion is not None
        assert np.trace(np.array(winner.confusion)) == right.sum()


@pytest.mark.usefixtures("_all_tools")
def test_every_winner_is_proven_in_verilog_and_c_on_the_core_of_its_board(genes_run: Run) -> None:
    targets = {"verilog-iverilog", "verilog-netlist", "c-host", "c-cortex-m3"}
    targets |= {"verilog-cec", "certificate"}
    for winner in genes_run.report.winners:
        assert {proof.target for proof in winner.proofs} == targets
        for proof in winner.proofs:
            assert (proof.status, proof.mismatches) == ("proven", 0), proof
            assert proof.all_inputs or proof.vectors > 0


def test_the_report_file_holds_front_winners_and_proofs(genes_run: Run) -> None:
    plain = json.loads((genes_run.folder / "report.json").read_text(encoding="utf-8"))
    assert {"front", "winners", "proofs"} <= plain.keys()
    assert {"id", "metrics"} <= plain["front"][0].keys()
    assert "<html" in (genes_run.folder / "report.html").read_text(encoding="utf-8")


def test_a_finished_run_loads_as_it_was_reported(genes_run: Run) -> None:
    loaded = nas.load_run(genes_run.folder)
    assert loaded.finished
    assert loaded.report == genes_run.report
    assert nas.resume(genes_run.folder).report == genes_run.report


def test_the_same_spec_gives_the_same_front_again(genes_run: Run, tmp_path: Path) -> None:
    again = nas.run(genes_run.spec, tmp_path / "again")
    assert again.report.front == genes_run.report.front


def test_any_design_of_the_front_can_be_exported_and_verified_again(genes_run: Run, tmp_path: Path) -> None:
    design = genes_run.report.front[0].id
    export = nas.export(genes_run, design, tmp_path / "out")
    assert export.files
    proofs = nas.verify(tmp_path / "out")
    assert [proof.status for proof in proofs] == [proof.status for proof in export.proofs]


def test_a_changed_export_fails_its_proof(genes_run: Run, tmp_path: Path) -> None:
    nas.export(genes_run, "best_accuracy", tmp_path / "out")
    for source in (tmp_path / "out" / "verilog").rglob("*.v"):
        if "_tb" not in source.name:
            text = source.read_text(encoding="utf-8")
            source.write_text(
                text.replace("assign class_index = ", "assign class_index = ~"), encoding="utf-8"
            )
    proofs = nas.verify(tmp_path / "out")
    assert "mismatch" in {proof.status for proof in proofs if proof.target.startswith("verilog")}


def test_a_design_that_is_not_there_is_refused_with_those_that_are(genes_run: Run, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no design is called 'nice'; there are knee, best_accuracy"):
        nas.export(genes_run, "nice", tmp_path / "out")


def test_an_export_that_is_damaged_is_refused(genes_run: Run, tmp_path: Path) -> None:
    nas.export(genes_run, "knee", tmp_path / "out")
    (tmp_path / "out" / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(RunError, match="the export is damaged"):
        nas.verify(tmp_path / "out")
    (tmp_path / "out" / "network.json").unlink()
    with pytest.raises(RunError, match=r"no complete export: network\.json is missing"):
        nas.verify(tmp_path / "out")


def test_candidates_of_an_axis_space_are_trained_and_reported(tmp_path: Path) -> None:
    run = nas.run(write_spec(tmp_path, AXES), tmp_path / "run")
    assert run.report.search.evaluations == 3
    assert run.report.winners[0].metrics["accuracy"] > 0.6
    assert all(proof.status != "mismatch" for proof in run.report.winners[0].proofs)


def test_a_regression_ends_in_a_proven_network_of_values(tmp_path: Path) -> None:
    run = nas.run(write_spec(tmp_path, REGRESSION), tmp_path / "run")
    winner = run.report.winners[0]
    assert winner.metrics["r2"] > 0.2
    assert winner.confusion is None
    assert all(proof.status != "mismatch" for proof in winner.proofs)


def test_an_impossible_limit_ends_early_and_names_what_bites(tmp_path: Path) -> None:
    text = GENES.replace("egfet.power_mw: {max: 30}", "mcu.flash_bytes: {max: 1}")
    run = nas.run(write_spec(tmp_path, text), tmp_path / "run")
    assert not run.report.front
    assert "no design keeps the limit on mcu.flash_bytes" in run.report.search.stop_reason
    assert run.report.search.evaluations == 0


def test_a_run_on_other_data_is_not_resumed(tmp_path: Path) -> None:
    rows = "\n".join(f"{i},{i % 7},{'ab'[i % 2]}" for i in range(60))
    (tmp_path / "d.csv").write_text(f"x,z,y\n{rows}\n", encoding="utf-8")
    text = GENES.replace("{bundled: wdbc}", "{csv: d.csv, target: y}").replace("20000", "300")
    run = nas.run(write_spec(tmp_path, text), tmp_path / "run")
    (run.folder / "report.json").unlink()
    (tmp_path / "d.csv").write_text(f"x,z,y\n{rows}\n99,1,a\n", encoding="utf-8")
    with pytest.raises(RunError, match="the data must be what the run began with"):
        nas.resume(run.folder)


@pytest.fixture
def _all_tools(requires_tool: Callable[..., None]) -> None:
    requires_tool("gcc", "iverilog", "vvp", "yosys", "arm-none-eabi-gcc", "qemu-system-arm")
