"""Processes of their own: what a crash, a hang and a lack of memory cost."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from nas.workers.process import ProcessWorkers
from nas.workers.protocol import Outcome, PerEvaluation, Workers, WorkersError
from tests.nas.workers.tasks import Squares, Trouble, Unprepared


def collect_all(workers: Workers[int, int], n: int) -> dict[int, Outcome[int]]:
    """The outcomes of n tasks by key; fails where one comes twice or none comes in a minute."""
    found: dict[int, Outcome[int]] = {}
    until = time.monotonic() + 60
    while len(found) < n:
        assert time.monotonic() < until, "the workers stand still"
        for outcome in workers.collect(1.0):
            assert outcome.key not in found
            found[outcome.key] = outcome
    assert workers.collect(0.0) == []
    return found


def test_each_task_is_evaluated_once_and_given_back_under_its_key(tmp_path: Path) -> None:
    started = tmp_path / "started"
    with ProcessWorkers(Squares(started), 2) as workers:
        for number in range(20):
            workers.submit(100 + number, number)
        found = collect_all(workers, 20)
    assert {key: outcome.result for key, outcome in found.items()} == {100 + n: n * n for n in range(20)}
    lines = [line.split() for line in started.read_text().splitlines()]
    assert sorted(int(number) for number, _ in lines) == list(range(20))
    assert str(os.getpid()) not in {pid for _, pid in lines}


def test_no_more_processes_are_started_than_there_are_tasks() -> None:
    with ProcessWorkers(Squares(), 8) as workers:
        workers.submit(0, 2)
        assert collect_all(workers, 1)[0].result == 4
        assert len(workers.pids) == 1


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("crash", "tried 2 times; the last ended its process by SIGABRT"),
        ("killed", "tried 4 times; the last ended its process by SIGKILL"),
        ("exit", "tried 2 times; the last ended its process with exit status 7"),
        ("hang", "tried 2 times; the last took longer than 0.5 s"),
        ("memory", "tried 2 times; the last ran out of memory: Unable to allocate 8.00 GiB"),
    ],
)
def test_trouble_costs_one_evaluation_which_is_tried_again(tmp_path: Path, kind: str, error: str) -> None:
    limits = PerEvaluation(memory_bytes=1 << 30, timeout_s=0.5)
    with ProcessWorkers(Trouble(kind, tmp_path / "mark"), 2, limits) as workers:
        for number in range(6):
            workers.submit(number, number)
        found = collect_all(workers, 6)
    assert found[3].result is None
    assert found[3].error.startswith(error)
    assert {key: outcome.result for key, outcome in found.items() if key != 3} == {
        n: n for n in (0, 1, 2, 4, 5)
    }


@pytest.mark.parametrize("kind", ["crash", "hang", "memory"])
def test_trouble_that_passes_costs_nothing(tmp_path: Path, kind: str) -> None:
    limits = PerEvaluation(memory_bytes=1 << 30, timeout_s=1.0)
    with ProcessWorkers(Trouble(kind, tmp_path / "mark", once=True), 1, limits) as workers:
        workers.submit(3, 3)
        assert collect_all(workers, 1)[3].result == 3


def test_a_killed_idle_worker_is_replaced() -> None:
    with ProcessWorkers(Squares(), 1) as workers:
        workers.submit(0, 2)
        collect_all(workers, 1)
        os.kill(workers.pids[0], signal.SIGKILL)
        workers.submit(1, 3)
        assert collect_all(workers, 1)[1].result == 9


def test_an_unforeseen_error_of_an_evaluation_is_raised_with_its_trace(tmp_path: Path) -> None:
    with ProcessWorkers(Trouble("raise", tmp_path / "mark"), 1) as workers:
        workers.submit(3, 3)
        with pytest.raises(WorkersError, match=r"(?s)Traceback.*KeyError: 'no such thing'"):
            collect_all(workers, 1)


def test_a_recipe_that_cannot_be_prepared_ends_the_run() -> None:
    with ProcessWorkers(Unprepared(), 1) as workers:
        workers.submit(0, 0)
        with pytest.raises(WorkersError, match="ValueError: the data is not here"):
            collect_all(workers, 1)


def test_no_process_outlives_its_context(tmp_path: Path) -> None:
    with ProcessWorkers(Trouble("hang", tmp_path / "mark"), 2) as workers:
        workers.submit(3, 3)
        workers.submit(4, 4)
        collect_all_but_the_hung(workers)
        pids = workers.pids
    assert len(pids) == 2
    assert not any(psutil.pid_exists(pid) for pid in pids)


def collect_all_but_the_hung(workers: ProcessWorkers[int, int]) -> None:
    while not workers.collect(1.0):
        continue


MAIN = """
from pathlib import Path
from nas.workers.process import ProcessWorkers
from tests.nas.workers.tasks import Trouble
import sys
workers = ProcessWorkers(Trouble("hang", Path(sys.argv[1])), 1)
workers.submit(3, 3)
while not Path(sys.argv[1]).exists():
    workers.collect(0.1)
print(*workers.pids, flush=True)
workers.collect(600)
"""


def test_workers_end_when_the_process_that_made_them_is_killed(tmp_path: Path) -> None:
    main = subprocess.Popen(
        [sys.executable, "-c", MAIN, str(tmp_path / "mark")],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
    )
    assert main.stdout is not None
    with main.stdout:
        pid = int(main.stdout.readline())
    main.kill()
    main.wait()
    until = time.monotonic() + 30
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < until, "a worker outlived the process that made it"
        time.sleep(0.1)
