"""Runs with several workers: the front of one, also when killed, resumed or warm-started."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

import nas
from nas.api import Run
from nas.archive import Archive
from nas.errors import RunError
from nas.records import Evaluation
from nas.report.data import FrontPoint
from tests.e2e.specs import JOBS, write_spec
from tests.nas.workers.clusters import scheduler, worker

TRAINED = """\
version: 1
name: trained
seed: 3
task: classification
data: {bundled: iris}
split: {test: 0.3, validation: 0.3}
space:
  - approximate_mlp: {hidden: 2, input_bits: 2..4, detail: axes}
hardware:
  egfet: {model: printed}
objectives: {accuracy: max, egfet.area_cm2: min}
search: {algorithm: nsga2, evaluations: 6, population: 4}
emit: {c: {layout: plain}, winners: [best_accuracy]}
"""
TPE = TRAINED.replace("nsga2, evaluations: 6, population: 4", "tpe, evaluations: 5, workers: 2")


def evaluations(folder: Path) -> list[Evaluation]:
    """What was evaluated, in the order of numbers, without the time it took."""
    with Archive.open(folder, writable=False) as archive:
        done = [replace(each, seconds=0.0) for each in archive.evaluations()]
    return sorted(done, key=lambda each: (each.family, each.number))


@pytest.fixture(scope="module")
def one_worker(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("one")
    return nas.run(write_spec(folder, TRAINED), folder / "run")


def run_with(tmp_path: Path, text: str, *overrides: str) -> Run:
    return nas.run(nas.read_spec(write_spec(tmp_path, text), overrides), tmp_path / "run")


def test_two_workers_find_what_one_does(tmp_path: Path, one_worker: Run) -> None:
    two = run_with(tmp_path, TRAINED, "search.workers=2")
    assert two.report.front == one_worker.report.front
    assert evaluations(two.folder) == evaluations(one_worker.folder)


def test_jobs_on_two_workers_make_what_one_does(tmp_path: Path) -> None:
    fronts: list[tuple[FrontPoint, ...]] = []
    for n_workers in (1, 2):
        (tmp_path / str(n_workers)).mkdir()
        run = run_with(tmp_path / str(n_workers), JOBS, f"search.workers={n_workers}")
        fronts.append(run.report.front)
    assert fronts[0] == fronts[1]
    assert evaluations(tmp_path / "1" / "run") == evaluations(tmp_path / "2" / "run")


def test_killed_workers_change_nothing(tmp_path: Path, one_worker: Run) -> None:
    with killing_workers() as killed:
        run = run_with(tmp_path, TRAINED, "search.workers=2")
    assert killed
    assert evaluations(run.folder) == evaluations(one_worker.folder)


def test_a_cluster_finds_what_one_worker_does(tmp_path: Path, one_worker: Run) -> None:
    with scheduler(tmp_path) as address, worker(address, tmp_path), worker(address, tmp_path):
        run = run_with(tmp_path, TRAINED, f"search.workers={address.replace('tcp', 'dask')}")
    assert run.report.front == one_worker.report.front
    assert evaluations(run.folder) == evaluations(one_worker.folder)


class killing_workers:  # noqa: N801 - used as a statement
    """Kills the oldest worker of this process twice, some seconds apart."""

    def __enter__(self) -> list[int]:
        self.killed: list[int] = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._kill)
        self.thread.start()
        return self.killed

    def __exit__(self, *exception: object) -> None:
        self.ended.set()
        self.thread.join()

    def _kill(self) -> None:
        while len(self.killed) < 2 and not self.ended.wait(6):
            for child in self._workers():
                child.kill()
                self.killed.append(child.pid)
                break

    def _workers(self) -> Iterator[psutil.Process]:
        for child in psutil.Process().children():
            if "nas.workers.child" in " ".join(child.cmdline()):
                yield child


START = """
import sys, nas
nas.run(sys.argv[1], sys.argv[2])
"""


def test_a_killed_run_of_tpe_with_two_workers_goes_on_as_if_nothing_had_been(tmp_path: Path) -> None:
    spec = write_spec(tmp_path, TPE)
    unbroken = nas.run(spec, tmp_path / "unbroken")
    folder = tmp_path / "killed"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    process = subprocess.Popen([sys.executable, "-c", START, str(spec), str(folder)], env=environment)
    while process.poll() is None and (not folder.exists() or not evaluations_so_far(folder)):
        process.poll()
    process.kill()
    process.wait()
    resumed = nas.resume(folder)
    assert resumed.report.front == unbroken.report.front
    assert evaluations(folder) == evaluations(unbroken.folder)


def evaluations_so_far(folder: Path) -> int:
    threading.Event().wait(0.2)
    return len(evaluations(folder)) if (folder / "records.log").exists() else 0


def test_a_warm_start_begins_with_the_evaluations_of_an_earlier_run(tmp_path: Path, one_worker: Run) -> None:
    warm = run_with(tmp_path, TRAINED, f"search.warm_start=[{one_worker.folder}]", "search.evaluations=1")
    done = evaluations(warm.folder)
    earlier = [each for each in done if each.family == "approximate_mlp, earlier"]
    assert [(each.values, each.metrics, each.network) for each in earlier] == [
        (each.values, each.metrics, each.network) for each in evaluations(one_worker.folder)
    ]
    assert len(done) == len(earlier) + 1
    assert done[0].values not in [each.values for each in earlier]
    assert warm.report.search.evaluations == 1
    assert "approximate_mlp: begins with 6 evaluations of earlier runs" in warm.report.search.notes
    assert {point.family for point in warm.report.front} == {"approximate_mlp"}
    assert nas.load_run(warm.folder).report.front == warm.report.front


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        (("seed=4",), r"must have the same data, seed and split \(fingerprint \w{12}\), but has \w{12}"),
        (("hardware.egfet.supply_v=0.8",), "hardware.egfet must be the same, but is not"),
        (
            ("space.0.approximate_mlp.hidden=3",),
            "must have searched the space of approximate_mlp with the same options, but it has none such",
        ),
    ],
)
def test_a_run_of_something_else_is_refused_by_its_name(
    tmp_path: Path, one_worker: Run, overrides: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(RunError, match=rf"search.warm_start: {one_worker.folder}: {reason}; leave it out"):
        run_with(tmp_path, TRAINED, f"search.warm_start=[{one_worker.folder}]", *overrides)


def test_a_target_ends_the_search_and_all_that_would_follow(tmp_path: Path) -> None:
    run = run_with(tmp_path, JOBS, "search.stop={target: {accuracy: 0.5}}")
    assert run.report.search.stop_reason == (
        "the target is reached: accuracy 0.5; not begun, since the target is reached"
    )
    assert run.report.search.evaluations == 1


def test_a_budget_of_energy_ends_the_search(tmp_path: Path) -> None:
    run = run_with(tmp_path, TRAINED, "search={algorithm: nsga2, population: 4, joules: 1, power_w: 1000}")
    assert run.report.search.stop_reason == "the budget of 1 joules is spent"
    assert run.report.search.evaluations == 1
