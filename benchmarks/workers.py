"""Workers: what a second one brings, what a cluster of 200 keeps up with, and that no kill changes a result.

python benchmarks/workers.py            everything, some 20 minutes; goes on where it was stopped
python benchmarks/workers.py --quick    the kept figures, and two small cases measured again
"""

import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
from harness import (
    RESULTS,
    Arguments,
    Bar,
    arguments,
    code_fingerprint,
    load_results,
    report_bars,
    save_results,
)
from worker_cluster import cluster
from worker_kills import CASES, Killed, kill_and_resume, peak_memory, unbroken_front
from worker_tasks import GOALS, Waits, waiting_problem

from nas.archive import FORMAT_VERSION, Archive, RunHeader
from nas.axis_search import AxisTask, Trained
from nas.axis_stage import AxisSearch, window_for
from nas.pareto import pareto_mask
from nas.records import Evaluation
from nas.search.protocol import SearchProblem
from nas.search.registry import searcher_factory
from nas.stage import Budget, Clock, Sitting
from nas.workers import Workers
from nas.workers.cluster import DaskWorkers
from nas.workers.process import ProcessWorkers

CODE = ("nas/workers", "nas/axis_stage.py", "nas/job_stage.py", "nas/job_parts.py")
STATE = RESULTS / "workers.partial.json"
WAIT_SECONDS = 0.5
N_CLUSTER_WORKERS, N_CLUSTER_PROCESSES = 200, 4
KILL_SECONDS = 2.0
N_KILLS = 50
HEADER = RunHeader(FORMAT_VERSION, "", "0" * 64, 1, {"silkscreen": "benchmark"}, "2026-01-01T00:00:00+00:00")

AnyWorkers = Workers[AxisTask, Trained]


@dataclass(frozen=True, slots=True)
class Searched:
    """A finished search. seconds: from the first ask to the last tell, the workers being ready."""

    seconds: float
    evaluations: tuple[Evaluation, ...]

    @property
    def front(self) -> tuple[tuple[float, ...], ...]:
        """The points of the front, sorted."""
        figures = {
            name: np.array([done.metrics[name] for done in self.evaluations]) for name in GOALS.metrics
        }
        points = GOALS.minimized(figures)
        return tuple(sorted(tuple(point) for point in points[pareto_mask(points)].tolist()))


def search(workers: AnyWorkers, algorithm: str, n_evaluations: int, population: int | None) -> Searched:
    """A search of silkscreen with an archive, as a run drives it."""
    problem = waiting_problem(1)
    searcher = searcher_factory(algorithm)(
        SearchProblem(problem.space.domain, 2, 0), seed=1, population=population
    )
    with tempfile.TemporaryDirectory() as name, Archive.create(Path(name) / "run", HEADER) as archive:
        sitting = Sitting(archive, lambda facts: None, lambda: False)
        budget = Budget(n_evaluations, float("inf"))
        window = window_for(searcher, workers.capacity)
        start = time.perf_counter()
        AxisSearch(problem, searcher, workers, budget, Clock(), sitting, {}, {}, window).run()
        return Searched(time.perf_counter() - start, tuple(archive.evaluations()))


def speedup(algorithm: str, n_evaluations: int, population: int | None, n_runs: int) -> float:
    """Seconds with one worker over seconds with two; the median of pairs measured one after the other."""
    ratios = []
    for _ in range(n_runs):
        seconds = []
        for n_workers in (1, 2):
            with ProcessWorkers(Waits(WAIT_SECONDS), n_workers) as workers:
                wait_until_ready(workers, n_workers)
                seconds.append(search(workers, algorithm, n_evaluations, population).seconds)
        ratios.append(seconds[0] / seconds[1])
    return statistics.median(ratios)


def wait_until_ready(workers: ProcessWorkers[AxisTask, Trained], n_workers: int) -> None:
    """Processes start when there are tasks; how long that takes says nothing of what they do later."""
    row = waiting_problem(1).space.sample(np.random.default_rng(0), 1)[0]
    n_submitted = n_ended = 0
    while len(workers.pids) < n_workers or n_ended < n_submitted:
        if len(workers.pids) < n_workers and n_submitted - n_ended < n_workers:
            workers.submit(n_submitted, AxisTask(n_submitted, row))
            n_submitted += 1
        else:
            n_ended += len(workers.collect(60))


def cluster_rate() -> float:
    """Evaluations a second of 200 workers, of which each could do two."""
    threads_each = N_CLUSTER_WORKERS // N_CLUSTER_PROCESSES
    with (
        cluster(N_CLUSTER_PROCESSES, threads_each, nanny=False) as address,
        DaskWorkers(Waits(WAIT_SECONDS), address) as workers,
    ):
        while workers.capacity < N_CLUSTER_WORKERS:
            time.sleep(1)  # until all have found the scheduler
        search(workers, "random", 400, 400)  # each worker prepares once
        found = search(workers, "random", 6000, 3000)
    return len(found.evaluations) / found.seconds


def undisturbed(n_evaluations: int) -> Searched:
    with ProcessWorkers(Waits(0.2), 2) as workers:
        return search(workers, "nsga2", n_evaluations, 20)


def with_kills(workers: AnyWorkers, victims: Callable[[], Sequence[int]], n: int) -> tuple[Searched, int]:
    """The same search while one of some processes is killed every few seconds; and how many were."""
    ended, n_killed = threading.Event(), 0
    rng = np.random.default_rng()

    def kill() -> None:
        nonlocal n_killed
        while not ended.wait(KILL_SECONDS):
            if pids := victims():
                psutil.Process(int(rng.choice(pids))).kill()
                n_killed += 1

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        return search(workers, "nsga2", n, 20), n_killed
    finally:
        ended.set()
        killer.join()


def same_result(found: Searched, expected: Searched, n: int) -> bool:
    """Every candidate evaluated once, none failed, and the front of the undisturbed search."""
    numbers = [done.number for done in found.evaluations]
    ok = all(done.status == "ok" for done in found.evaluations)
    return ok and len(numbers) == len(set(numbers)) == n and found.front == expected.front


def pool_kills(n: int) -> dict[str, float]:
    with ProcessWorkers(Waits(0.2), 2) as workers:
        found, n_killed = with_kills(workers, lambda: workers.pids, n)
    return {"killed": n_killed, "same": float(same_result(found, undisturbed(n), n))}


def cluster_kills(n: int) -> dict[str, float]:
    with cluster(3, 1, nanny=True) as address, DaskWorkers(Waits(0.2), address) as workers:
        found, n_killed = with_kills(workers, _dask_workers, n)
    return {"killed": n_killed, "same": float(same_result(found, undisturbed(n), n))}


def _dask_workers() -> list[int]:
    """Pids of the processes below the nannies that this process started."""
    below = psutil.Process().children()
    nannies = [process for process in below if "worker" in process.cmdline()]
    return [
        child.pid
        for nanny in nannies
        for child in nanny.children()
        if "spawn_main" in " ".join(child.cmdline())
    ]


def main_kills(kept: dict[str, object], keep: Callable[[str, object], None]) -> dict[str, float]:
    """Rounds of kills of the main process over the cases; each round is kept when it is done."""
    total = same = number = 0
    while total < N_KILLS:
        case = list(CASES)[number % len(CASES)]
        name = f"main_kills/{case}/{number}"
        if name not in kept:
            if f"front/{case}" not in kept:
                keep(f"front/{case}", unbroken_front(case))
            front, seconds = kept[f"front/{case}"]  # type: ignore[misc]
            result: Killed = kill_and_resume(case, number, front, seconds)
            keep(name, {"kills": result.kills, "same": result.same, "instants_s": result.instants_s})
            print(name, kept[name], flush=True)
        round_: dict[str, float] = kept[name]  # type: ignore[assignment]
        total, same, number = total + int(round_["kills"]), same + int(round_["same"]), number + 1
    return {"kills": total, "rounds": number, "same": same}


def measure() -> dict[str, dict[str, float]]:
    """All figures; what was measured on this code before is taken from where it was kept."""
    code = code_fingerprint(CODE)
    kept: dict[str, object] = {"code": code}
    if STATE.is_file():
        before = json.loads(STATE.read_text(encoding="utf-8"))
        kept = before if before["code"] == code else kept

    def keep(name: str, value: object) -> None:
        kept[name] = value
        STATE.write_text(json.dumps(kept, indent=1), encoding="utf-8")

    parts: dict[str, Callable[[], dict[str, float]]] = {
        "speedup": lambda: {
            "tpe": speedup("tpe", 24, None, 3),
            "nsga2": speedup("nsga2", 24, 12, 3),
        },
        "cluster": lambda: {"per_second": statistics.median(cluster_rate() for _ in range(3))},
        "memory": lambda: dict(zip(("parent_mb", "worker_mb"), peak_memory("axes"), strict=True)),
        "pool_kills": lambda: pool_kills(200),
        "cluster_kills": lambda: cluster_kills(200),
        "main_kills": lambda: main_kills(kept, keep),
    }
    figures: dict[str, dict[str, float]] = {}
    for name, part in parts.items():
        if name not in kept:
            keep(name, part())
            print(name, kept[name], flush=True)
        figures[name] = kept[name]  # type: ignore[assignment]
    save_results("workers", figures, CODE)
    STATE.unlink(missing_ok=True)
    return figures


def bars_of(figures: dict[str, dict[str, float]]) -> list[Bar]:
    kills = figures["main_kills"]
    return [
        Bar("two workers against one, tpe", figures["speedup"]["tpe"], 1.8, "times"),
        Bar("two workers against one, nsga2", figures["speedup"]["nsga2"], 1.8, "times"),
        Bar("200 workers of a Dask cluster", figures["cluster"]["per_second"], 200, "evaluations/s"),
        Bar("main process at its peak", figures["memory"]["parent_mb"], 1000, "MB", "min"),
        Bar("training worker at its peak", figures["memory"]["worker_mb"], 2000, "MB", "min"),
        Bar("processes killed", figures["pool_kills"]["killed"], 10, "kills"),
        Bar("  same evaluations and front", figures["pool_kills"]["same"], 1, "of 1"),
        Bar("Dask workers killed", figures["cluster_kills"]["killed"], 10, "kills"),
        Bar("  same evaluations and front", figures["cluster_kills"]["same"], 1, "of 1"),
        Bar("main process killed", kills["kills"], 50, "kills"),
        Bar("  rounds that ended in the same front", kills["same"], kills["rounds"], "rounds"),
    ]


def quick() -> list[Bar]:
    figures: dict[str, dict[str, float]] = load_results("workers", CODE)  # type: ignore[assignment]
    again = pool_kills(60)
    return [
        *bars_of(figures),
        Bar("now: two workers against one, nsga2", speedup("nsga2", 24, 8, 1), 1.5, "times"),
        Bar("now: same evaluations and front under kills", again["same"], 1, "of 1"),
    ]


def main() -> int:
    given: Arguments = arguments(__doc__ or "")
    return report_bars(quick() if given.quick else bars_of(measure()), given)


if __name__ == "__main__":
    raise SystemExit(main())
