"""A stage of jobs: validated on every fold, and after a stop it goes on with the job it was at."""

import math
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from codegen.ir.serialize import content_hash
from nas.archive import Archive
from nas.evaluate import score_network
from nas.job_parts import JobProblem, make_part_of_job
from nas.job_stage import JobStage
from nas.parts import make_part
from nas.records import Evaluation
from nas.report.progress import ProgressFacts
from nas.stage import Budget, Clock, RunInterrupted, Sitting
from nas.workers import SerialWorkers
from tests.nas.annealed import GOALS, MODELS, N_FOLDS, chain, iris, tree_jobs_on
from tests.nas.archive.records import HEADER


def run_stage(folder: Path, *, stop_after: float = math.inf, seconds: float = math.inf) -> list[str]:
    """Runs or resumes a stage of trees on iris, stopped after some trainings; gives its progress."""
    shown: list[str] = []

    def show(facts: ProgressFacts) -> None:
        shown.append(facts.detail)

    archive = Archive.open(folder, writable=True) if folder.exists() else Archive.create(folder, HEADER)
    with archive:
        known = {done.number: done for done in archive.evaluations()}
        problem = JobProblem(tree_jobs_on(iris()), iris(), GOALS, MODELS)
        stage = JobStage(
            "trees",
            problem,
            SerialWorkers(partial(make_part_of_job, problem)),
            Budget(100, seconds),
            Clock(),
            Sitting(archive, show, lambda: len(shown) >= stop_after),
            known,
        )
        shown.append(stage.run())
    return shown


def records(folder: Path) -> list[Evaluation]:
    """What the stage wrote, without the time it took."""
    with Archive.open(folder, writable=False) as archive:
        return [replace(done, seconds=0.0) for done in archive.evaluations()]


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("jobs") / "run"
    run_stage(folder)
    return folder


def test_accuracy_is_the_mean_over_folds_and_fit_accuracy_that_of_the_last_network(unbroken: Path) -> None:
    dataset = iris()
    jobs = tree_jobs_on(dataset)
    of_folds = [chain(jobs, fold) for fold in range(N_FOLDS)]
    for number, (done, last) in enumerate(zip(records(unbroken), chain(jobs, None), strict=True)):
        accuracies = []
        for fold, networks in enumerate(of_folds):
            part = make_part(dataset, dataset.folds[fold], networks[number].interface)
            accuracies.append(score_network(networks[number], part)["accuracy"])
        assert done.metrics["accuracy"] == pytest.approx(np.mean(accuracies))
        train = make_part(dataset, dataset.train, last.interface)
        assert done.metrics["fit_accuracy"] == score_network(last, train)["accuracy"]


def test_a_job_keeps_the_network_of_each_fold(unbroken: Path) -> None:
    jobs = tree_jobs_on(iris())
    found = [[done.network, *done.folds] for done in records(unbroken)]
    expected = [[content_hash(each) for each in chain(jobs, fold)] for fold in (None, *range(N_FOLDS))]
    assert found == [list(each) for each in zip(*expected, strict=True)]


@pytest.mark.parametrize("stop_after", range(8))
def test_a_stage_stopped_between_any_two_trainings_ends_in_the_same_records(
    tmp_path: Path, unbroken: Path, stop_after: int
) -> None:
    with pytest.raises(RunInterrupted):
        run_stage(tmp_path / "run", stop_after=stop_after)
    assert records(tmp_path / "run") == records(unbroken)[: stop_after // (N_FOLDS + 1)]
    run_stage(tmp_path / "run")
    assert records(tmp_path / "run") == records(unbroken)


def test_a_resumed_stage_repeats_only_the_job_it_was_at(tmp_path: Path) -> None:
    with pytest.raises(RunInterrupted):
        run_stage(tmp_path / "run", stop_after=6)
    assert run_stage(tmp_path / "run") == [
        "trees, job 2 of 2, fold 1 of 3",
        "trees, job 2 of 2, fold 2 of 3",
        "trees, job 2 of 2, fold 3 of 3",
        "trees, job 2 of 2, all training rows",
        "every job was done",
    ]


def test_a_spent_budget_ends_a_stage_after_a_whole_job(tmp_path: Path) -> None:
    assert run_stage(tmp_path / "run", seconds=1e-9)[-1].startswith("the budget of")
    assert [done.number for done in records(tmp_path / "run")] == [0]
