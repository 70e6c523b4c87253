"""The end of a gene stage: its front goes on, on all training rows, and keeps what validated it."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codegen.ir.serialize import content_hash
from nas.archive import Archive
from nas.evaluate import score_network
from nas.finish import finalists_of, gene_finalists
from nas.front import FIT_PREFIX, fit_figures
from nas.gene_search import evaluate_rows
from nas.history import entered, in_order
from nas.loop import drive
from nas.parts import make_part
from nas.problem import Problem, build_problem, gene_problem, refit_problem
from nas.records import STAGE_END, Evaluation
from nas.refit import MAX_STARTS, refit_name, search_budget, starts_of
from nas.report.progress import ProgressFacts
from nas.run_report import search_facts
from nas.search.prices import prices_at
from nas.specfile import parse_spec
from nas.stage import Budget, RunInterrupted, Sitting
from tests.e2e.specs import GENES, MASKS, REGRESSION
from tests.nas.archive.records import HEADER

ANNEALED = GENES.replace("algorithm: nsga2, evaluations: 20000", "algorithm: nsga2_anneal, evaluations: 9000")
NAME = "approximate_mlp"


def problem_of(text: str) -> Problem:
    return build_problem(parse_spec(text, base=Path()), allow_code=False)


def run(problem: Problem, folder: Path, *, stop_after: float = math.inf) -> list[ProgressFacts]:
    """Runs or resumes, stopped after some generations of the refitting; gives what was shown."""
    shown: list[ProgressFacts] = []

    def is_stopped() -> bool:
        return sum(facts.phase == "refitting" for facts in shown) >= stop_after

    archive = Archive.open(folder, writable=True) if folder.exists() else Archive.create(folder, HEADER)
    with archive:
        drive(problem, Sitting(archive, shown.append, is_stopped))
    return shown


def refitted(folder: Path) -> list[Evaluation]:
    with Archive.open(folder, writable=False) as archive:
        return list(archive.evaluations())


@pytest.fixture(scope="module")
def problem() -> Problem:
    return problem_of(ANNEALED)


@pytest.fixture(scope="module")
def folder(problem: Problem, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("refit") / "run"
    run(problem, folder)
    return folder


def test_the_search_has_two_thirds_of_a_budget() -> None:
    assert search_budget(Budget(9000, 60.0)) == Budget(6000, 40.0)
    assert search_budget(Budget(1, math.inf)) == Budget(1, math.inf)


def test_the_whole_budget_is_used_and_counted(folder: Path) -> None:
    with Archive.open(folder, writable=False) as archive:
        facts = search_facts(archive, ended=True)
        ends = [event.facts["stage"] for event in archive.events() if event.kind == STAGE_END]
    assert ends == [NAME, refit_name(NAME)]
    assert 8000 < facts.evaluations < 9600
    assert facts.asked == facts.evaluations + facts.rejected
    assert facts.stop_reason.endswith("designs were annealed further on all training rows")


def test_validation_figures_are_those_of_the_start_and_fit_figures_of_all_training_rows(
    problem: Problem, folder: Path
) -> None:
    dataset = problem.dataset
    with Archive.open(folder, writable=False) as archive:
        for done in refitted(folder):
            assert done.network is not None
            network, start = archive.network(done.network), archive.network(done.folds[0])
            fold = make_part(dataset, dataset.folds[0], start.interface)
            train = make_part(dataset, dataset.train, network.interface)
            assert done.metrics["accuracy"] == score_network(start, fold)["accuracy"]
            assert done.metrics["fit_accuracy"] == score_network(network, train)["accuracy"]


def test_starts_are_the_front_that_the_search_left(problem: Problem, folder: Path) -> None:
    with Archive.open(folder, writable=False) as archive:
        front = gene_finalists(gene_problem(problem, problem.stages[0]), archive)
    starts = {done.folds[0] for done in refitted(folder)}
    assert starts <= {item.entry.network for item in front}
    assert len(starts) == min(len(front), 6000 // 2 // 100)


def test_no_design_is_worse_than_its_start_by_what_its_chain_minimizes(
    problem: Problem, folder: Path
) -> None:
    genes = gene_problem(problem, problem.stages[0])
    on_all, goals = refit_problem(problem, genes, problem.stages[0]), problem.goals
    with Archive.open(folder, writable=False) as archive:
        starts = starts_of(genes, archive, 3000)
    before = evaluate_rows(on_all, starts.rows).objectives
    after = goals.minimized(
        {
            "accuracy": np.array([done.metrics["fit_accuracy"] for done in refitted(folder)]),
            "egfet.area_cm2": np.array([done.metrics["egfet.area_cm2"] for done in refitted(folder)]),
        }
    )
    weights = prices_at(goals.minimized(fit_figures(starts.figures)))
    gains = ((before - after) * weights).sum(axis=1)
    assert gains.min() >= -1e-12
    assert gains.max() > 0.002


def test_what_is_handed_over_is_what_was_refitted(problem: Problem, folder: Path) -> None:
    with Archive.open(folder, writable=False) as archive:
        finalists = finalists_of(problem, problem.stages, archive)
    done = {each.network: each for each in refitted(folder)}
    assert {content_hash(item.network) for item in finalists} == set(done)
    for item in finalists:
        assert item.folds == done[item.entry.network].folds
        assert item.n_validated == len(problem.dataset.folds[0])
        assert item.entry.metrics["egfet.power_mw"] <= 30


@pytest.mark.parametrize("stop_after", [1, 3])
def test_an_interrupted_refitting_goes_on_to_the_same_end(
    problem: Problem, folder: Path, tmp_path: Path, stop_after: int
) -> None:
    broken = tmp_path / "run"
    with pytest.raises(RunInterrupted):
        run(problem, broken, stop_after=stop_after)
    assert not refitted(broken)
    shown = run(problem, broken)
    assert {facts.phase for facts in shown} == {"preparing", "refitting"}
    assert refitted(broken) == refitted(folder)


def test_a_refitting_that_was_killed_while_it_wrote_writes_nothing_twice(
    problem: Problem, folder: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "run"
    with pytest.raises(RunInterrupted):
        run(problem, broken, stop_after=1)
    with Archive.open(broken, writable=True) as archive:
        for done in refitted(folder)[:3]:
            archive.append(done)
    run(problem, broken)
    assert refitted(broken) == refitted(folder)


def test_a_front_is_thinned_evenly_with_both_ends(problem: Problem, folder: Path) -> None:
    genes = gene_problem(problem, problem.stages[0])
    with Archive.open(folder, writable=False) as archive:
        few, all_of_them = starts_of(genes, archive, 500), starts_of(genes, archive, 100 * MAX_STARTS)
    assert few.n_rows == 5
    for pick in (np.min, np.max):
        assert pick(few.figures["egfet.area_cm2"]) == pick(all_of_them.figures["egfet.area_cm2"])


def test_algorithms_that_do_not_anneal_hand_over_what_they_found(tmp_path: Path) -> None:
    problem = problem_of(GENES.replace("20000", "2000"))
    run(problem, tmp_path / "run")
    assert not refitted(tmp_path / "run")
    with Archive.open(tmp_path / "run", writable=False) as archive:
        finalists = finalists_of(problem, problem.stages, archive)
        assert entered(in_order(archive.blocks(), NAME)) is not None
    assert all(item.folds == (item.entry.network,) for item in finalists)


def test_a_search_without_a_design_has_nothing_to_refit(problem: Problem, tmp_path: Path) -> None:
    impossible = problem_of(ANNEALED.replace("{max: 30}", "{max: 0.0000001}, accuracy: {min: 0.99}"))
    run(impossible, tmp_path / "run")
    with Archive.open(tmp_path / "run", writable=False) as archive:
        reasons = [event.text for event in archive.events() if event.kind == STAGE_END]
    assert reasons[-1] == "there is nothing to refit"


def test_masks_and_values_are_refitted_too(tmp_path: Path) -> None:
    operators = MASKS.index("  operators:"), MASKS.index("emit:")
    masks = (MASKS[: operators[0]] + MASKS[operators[1] :]).replace("pymoo_nsga2", "anneal")
    values = REGRESSION.replace(
        "algorithm: nsga2, evaluations: 20000", "algorithm: anneal, evaluations: 3000"
    )
    for number, text in enumerate((masks, values)):
        problem, folder = problem_of(text), tmp_path / str(number)
        run(problem, folder)
        score = "r2" if problem.dataset.task == "regression" else "accuracy"
        assert refitted(folder)
        assert all(FIT_PREFIX + score in done.metrics for done in refitted(folder))


def test_made_up_rows_are_answered_by_a_forest_of_all_training_rows() -> None:
    problem = problem_of(ANNEALED.replace("approximate_mlp: {", "approximate_mlp: {distill: forest, ", 1))
    genes = gene_problem(problem, problem.stages[0])
    taught = refit_problem(problem, genes, problem.stages[0])
    n_known = len(problem.dataset.train)
    assert taught.known.n_rows == n_known > genes.known.n_rows
    assert taught.fit.part.n_rows == 5 * n_known
    assert (taught.fit.part.codes[:n_known] == taught.known.codes).all()
    assert taught.workload.samples is taught.known.codes
    assert replace(taught, known=genes.known, fit=genes.fit, workload=genes.workload).space is genes.space
