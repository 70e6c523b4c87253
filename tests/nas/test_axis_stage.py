"""An axis stage asks and tells alike, whoever evaluates and in whichever order that ends."""

import random
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.archive import Archive
from nas.axis_search import AxisProblem, AxisTask, Key, Trained, values_key
from nas.axis_stage import AxisSearch, window_for
from nas.objectives import Goals, Limit, Objective
from nas.records import Evaluation
from nas.search.protocol import Asked, Searcher, SearchProblem, Told
from nas.search.registry import searcher_factory
from nas.spec.workers import StallSpec
from nas.stage import Budget, Clock, RunInterrupted, Sitting
from nas.stopping import Stopping
from nas.workers import Outcome
from searchspaces.approximate_mlp import ApproximateMlpAxes, parse_options
from tests.nas.annealed import iris
from tests.nas.archive.records import HEADER

OBJECTIVES = (Objective("accuracy", "max"), Objective("area", "min"))
GOALS = Goals(OBJECTIVES, (Limit("area", None, 20.0),))
SPACE = ApproximateMlpAxes(parse_options({"hidden": "1..12", "input_bits": "2..6", "detail": "axes"}), 4, 3)
N_EVALUATIONS = 23


def evaluate(task: AxisTask) -> Trained:
    """Figures of a candidate without training; every eleventh fails."""
    values = SPACE.values(task.row)
    hidden, bits = float(values["hidden0"]), float(values["input_bits"])
    if (7 * hidden + bits) % 11 == 0:
        return Trained(error="RunError: eleven")
    return Trained(metrics={"accuracy": 1 - 1 / (hidden + bits), "area": hidden * bits / 3 + hidden})


class Shuffled:
    """Workers of which nobody knows which is done first, and of which some take their candidate along."""

    def __init__(self, capacity: int, seed: int, lost: int = -1) -> None:
        self.capacity = capacity
        self._random = random.Random(seed)
        self._tasks: dict[int, AxisTask] = {}
        self._lost = lost
        self.most = 0

    def submit(self, key: int, task: AxisTask) -> None:
        assert key not in self._tasks
        self._tasks[key] = task
        self.most = max(self.most, len(self._tasks))

    def collect(self, timeout_s: float) -> list[Outcome[Trained]]:
        keys = self._random.sample(sorted(self._tasks), self._random.randint(0, len(self._tasks)))
        return [self._outcome(key, self._tasks.pop(key)) for key in keys]

    def _outcome(self, key: int, task: AxisTask) -> Outcome[Trained]:
        if key == self._lost:
            return Outcome(key, None, 1.0, "tried 2 times; the last took longer than 1 s")
        return Outcome(key, evaluate(task), 1.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._tasks.clear()


class Recorded:
    """A searcher with the course of its asks and tells."""

    def __init__(self, searcher: Searcher) -> None:
        self.searcher = searcher
        self.batch_size = searcher.batch_size
        self.course: list[str] = []

    def ask(self, n: int) -> Asked:
        asked = self.searcher.ask(n)
        self.course.append(f"ask {asked.rows.tolist()}")
        return asked

    def tell(self, told: Told) -> None:
        self.course.append(f"tell {told.numbers.tolist()} {told.failed.tolist()} {told.objectives.tolist()}")
        self.searcher.tell(told)


def run_stage(
    folder: Path,
    algorithm: str,
    workers: Shuffled,
    *,
    window: int | None = None,
    stopping: Stopping | None = None,
    earlier: Mapping[Key, Evaluation] | None = None,
    stop_after: int = 10**9,
    goals: Goals = GOALS,
) -> tuple[list[str], list[Evaluation], AxisSearch, str]:
    """Runs or resumes; gives the course, the records in the order of numbers, the search and its end."""
    problem = AxisProblem("axes", SPACE, iris(), goals, {}, 1)
    initial = np.stack([SPACE.row(done.values) for done in earlier.values()]) if earlier else None
    searcher = Recorded(
        searcher_factory(algorithm)(
            SearchProblem(SPACE.domain, 2, len(goals.limits)),
            seed=5,
            initial=initial,
            population=None if algorithm == "tpe" else 8,
        )
    )
    archive = Archive.open(folder, writable=True) if folder.exists() else Archive.create(folder, HEADER)
    with archive:
        known = {done.number: done for done in archive.evaluations()}
        sitting = Sitting(archive, lambda facts: None, lambda: archive.n_records >= stop_after)
        search = AxisSearch(
            problem,
            searcher,  # type: ignore[arg-type]
            workers,
            Budget(N_EVALUATIONS, float("inf")),
            Clock(),
            sitting,
            known,
            earlier or {},
            window or window_for(searcher.searcher, workers.capacity),
            stopping or Stopping(),
        )
        reason = search.run()
        done = sorted(archive.evaluations(), key=lambda each: each.number)
    return searcher.course, [replace(each, seconds=0.0) for each in done], search, reason


@given(st.sampled_from(["nsga2", "random"]), st.integers(1, 9), st.integers(0, 10**6))
@settings(max_examples=15)
def test_by_generations_the_course_depends_neither_on_the_workers_nor_on_their_order(
    algorithm: str, capacity: int, seed: int
) -> None:
    with tempfile.TemporaryDirectory() as name:
        one = run_stage(Path(name) / "one", algorithm, Shuffled(1, 0))
        many = run_stage(Path(name) / "many", algorithm, Shuffled(capacity, seed))
    assert many[0] == one[0]
    assert many[1] == one[1]
    assert len(many[1]) == N_EVALUATIONS


@given(st.integers(2, 6), st.integers(0, 10**6))
@settings(max_examples=8)
def test_one_by_one_the_course_depends_on_the_window_alone(capacity: int, seed: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        first = run_stage(Path(name) / "first", "tpe", Shuffled(4, 0), window=6)
        second = run_stage(Path(name) / "second", "tpe", Shuffled(capacity, seed), window=6)
    assert second[:2] == first[:2]


@pytest.mark.parametrize("algorithm", ["nsga2", "tpe"])
@pytest.mark.parametrize("stop_after", range(1, N_EVALUATIONS - 4, 3))
def test_a_stopped_stage_goes_on_as_if_it_had_not_been(
    tmp_path: Path, algorithm: str, stop_after: int
) -> None:
    unbroken = run_stage(tmp_path / "unbroken", algorithm, Shuffled(4, 1), window=8)
    with pytest.raises(RunInterrupted):
        run_stage(tmp_path / "stopped", algorithm, Shuffled(4, 2), window=8, stop_after=stop_after)
    resumed = run_stage(tmp_path / "stopped", algorithm, Shuffled(3, 3), window=8)
    assert resumed[:2] == unbroken[:2]


def test_a_window_leaves_room_for_workers_that_are_faster_than_others() -> None:
    tpe = searcher_factory("tpe")(SearchProblem(SPACE.domain, 2, 1), seed=1)
    nsga2 = searcher_factory("nsga2")(SearchProblem(SPACE.domain, 2, 1), seed=1, population=30)
    assert [window_for(tpe, n) for n in (1, 2, 4, 9)] == [1, 3, 6, 13]
    assert [window_for(nsga2, n) for n in (1, 4)] == [30, 30]


def test_workers_get_no_more_than_they_can_use(tmp_path: Path) -> None:
    workers = Shuffled(4, 1)
    run_stage(tmp_path / "run", "random", workers)
    assert workers.most == 5


def test_an_evaluation_that_no_worker_could_finish_is_a_failed_one_with_its_reason(tmp_path: Path) -> None:
    course, done, _, _ = run_stage(tmp_path / "run", "nsga2", Shuffled(2, 1, lost=3))
    assert (done[3].status, done[3].error, done[3].metrics) == (
        "failed",
        "tried 2 times; the last took longer than 1 s",
        {},
    )
    told = next(step for step in course if step.startswith("tell"))
    assert told.startswith("tell [0, 1, 2, 3, 4, 5, 6, 7] [False, False, False, True")


def test_evaluations_of_earlier_runs_come_first_and_are_not_charged(tmp_path: Path) -> None:
    _, done, _, _ = run_stage(tmp_path / "first", "nsga2", Shuffled(2, 1))
    earlier = {values_key(each.values): each for each in done if each.status == "ok"}
    course, more, search, _ = run_stage(tmp_path / "second", "nsga2", Shuffled(2, 1), earlier=earlier)
    assert not {values_key(each.values) for each in more} & earlier.keys()
    assert len(more) == search.evaluations == N_EVALUATIONS
    first = [each.values for each in done if each.status == "ok"][:8]
    assert course[0] == f"ask {[SPACE.row(values).tolist() for values in first]}"


def test_a_stall_is_noticed_at_the_same_candidate_whoever_evaluates(tmp_path: Path) -> None:
    ends = []
    for n in (1, 5):
        stopping = Stopping(stall=StallSpec(evaluations=6, gain=0.5))
        ends.append(run_stage(tmp_path / str(n), "random", Shuffled(n, n), stopping=stopping)[3])
    assert ends[0] == ends[1]
    assert ends[0].startswith("the hypervolume grew by ")


def test_a_limit_that_nothing_keeps_is_named_at_the_end(tmp_path: Path) -> None:
    goals = Goals(OBJECTIVES, (Limit("area", None, 0.5),))
    reason = run_stage(tmp_path / "run", "random", Shuffled(3, 1), goals=goals)[3]
    assert reason.startswith(
        "the budget of 23 evaluations is spent; no design keeps the limit on area: the nearest"
    )
