"""A Dask cluster of real scheduler and worker processes."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nas.workers.cluster import DaskWorkers
from nas.workers.identity import identity
from nas.workers.protocol import PerEvaluation, WorkersError
from tests.nas.workers.clusters import scheduler, worker
from tests.nas.workers.tasks import Squares, Trouble, Unprepared
from tests.nas.workers.test_process import collect_all

pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A scheduler with two workers, one of which has a thing called GPU."""
    folder = tmp_path_factory.mktemp("dask")
    with (
        scheduler(folder) as address,
        worker(address, folder),
        worker(address, folder, "--resources", "GPU=1"),
    ):
        yield address


def test_a_cluster_gives_each_result_once(cluster: str) -> None:
    with DaskWorkers(Squares(), cluster) as workers:
        for number in range(30):
            workers.submit(number, number)
        found = collect_all(workers, 30)
    assert {key: outcome.result for key, outcome in found.items()} == {n: n * n for n in range(30)}


def test_an_evaluation_runs_only_where_its_resources_are(cluster: str, tmp_path: Path) -> None:
    started = tmp_path / "started"
    with DaskWorkers(Squares(started), cluster, PerEvaluation(resources={"GPU": 1})) as workers:
        assert workers.capacity == 1
        for number in range(6):
            workers.submit(number, number)
        collect_all(workers, 6)
    assert len({line.split()[1] for line in started.read_text().splitlines()}) == 1


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas.workers.cluster.CONNECT_SECONDS", 2)


@pytest.mark.usefixtures("impatient")
def test_resources_that_no_worker_has_are_an_error_that_says_how_to_offer_them(cluster: str) -> None:
    with pytest.raises(WorkersError, match=r'with --resources "GPU=2".*--nthreads 1 --resources "GPU=2"'):
        DaskWorkers(Squares(), cluster, PerEvaluation(resources={"GPU": 2}))


@pytest.mark.parametrize("kind", ["crash", "hang", "memory"])
def test_limits_hold_on_a_cluster_and_trouble_costs_one_evaluation(
    cluster: str, tmp_path: Path, kind: str
) -> None:
    limits = PerEvaluation(memory_bytes=1 << 30, timeout_s=1.0)
    with DaskWorkers(Trouble(kind, tmp_path / "mark"), cluster, limits) as workers:
        for number in range(6):
            workers.submit(number, number)
        found = collect_all(workers, 6)
    assert found[3].error.startswith("tried 2 times; the last ")
    assert {key: outcome.result for key, outcome in found.items() if key != 3} == {
        n: n for n in (0, 1, 2, 4, 5)
    }


def test_a_lost_worker_loses_no_task(tmp_path: Path) -> None:
    with (
        scheduler(tmp_path) as address,
        worker(address, tmp_path),
        worker(address, tmp_path) as lost,
        DaskWorkers(Squares(seconds=0.2), address) as workers,
    ):
        for number in range(20):
            workers.submit(number, number)
        time.sleep(0.5)
        lost.kill()
        found = collect_all(workers, 20)
    assert {key: outcome.result for key, outcome in found.items()} == {n: n * n for n in range(20)}


def test_a_worker_that_can_not_prepare_is_named_before_the_first_evaluation(cluster: str) -> None:
    with pytest.raises(
        WorkersError, match=r"the worker tcp://\S+ can't evaluate: ValueError: the data is not"
    ):
        DaskWorkers(Unprepared(), cluster)


def test_a_worker_with_other_versions_is_named(cluster: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(identity(), "torch", "1.0")
    text = (
        r"can't evaluate: it has torch \S+ instead of 1.0; install the same there, and 1 others can't either"
    )
    with pytest.raises(WorkersError, match=text):
        DaskWorkers(Squares(), cluster)


@pytest.mark.usefixtures("impatient")
def test_no_scheduler_is_an_error_that_says_how_to_start_one() -> None:
    with pytest.raises(
        WorkersError, match=r"no Dask scheduler answers at tcp://127.0.0.1:9 .*dask scheduler"
    ):
        DaskWorkers(Squares(), "tcp://127.0.0.1:9")


@pytest.mark.usefixtures("impatient")
def test_a_scheduler_without_workers_is_an_error_that_says_how_to_start_one(tmp_path: Path) -> None:
    with (
        scheduler(tmp_path) as address,
        pytest.raises(WorkersError, match="must have a worker, but has none"),
    ):
        DaskWorkers(Squares(), address)
