"""Workers of an existing Dask cluster (docs/workers.md). The only module that imports `distributed`.

A worker runs a task in a thread of its own process, or where memory or time is limited, in a process below
it, which alone can be ended. Whoever reaches the scheduler runs code on the workers, so the cluster is
inside the trust boundary.
"""

import math
import pickle
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, Self

from nas.workers.identity import differences, identity
from nas.workers.process import ProcessWorkers
from nas.workers.protocol import (
    MAX_ATTEMPTS,
    Outcome,
    PerEvaluation,
    Recipe,
    Result,
    Task,
    WorkersError,
)
from nas.workers.serial import SerialWorkers

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT_SECONDS = 15
GATHER_SECONDS = 0.02
"""After a task has ended, how long others may still end whose results are fetched with it."""
CAPACITY_SECONDS = 2.0
"""How often the scheduler is asked how many threads there are."""


@dataclass(frozen=True, slots=True)
class PackedRecipe:
    """A recipe as it travels. identity: of the machine that packed it. digest: sha256 of the pickle."""

    pickle: bytes
    digest: str
    limits: PerEvaluation
    identity: dict[str, str]


def pack(recipe: object, limits: PerEvaluation) -> PackedRecipe:
    """Pickled once for all tasks."""
    data = pickle.dumps(recipe)
    return PackedRecipe(data, sha256(data).hexdigest(), limits, identity())


_prepared: dict[str, Callable[[Any], Any]] = {}
_processes: dict[tuple[str, int], ProcessWorkers[Any, Any]] = {}
_lock = threading.Lock()


def examine(packed: PackedRecipe) -> str:
    """On a worker: why it can't serve, or nothing. Leaves the recipe prepared where it can."""
    unlike = differences(packed.identity, identity())
    if unlike:
        return f"it has {unlike}; install the same there"
    try:
        _prepare(packed)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def evaluate_task(key: int, task: object, packed: PackedRecipe) -> Outcome[Any]:
    """On a worker: one task. A worker that came later than `examine` is examined by its first one."""
    with _lock:
        known = packed.digest in _prepared
    if not known and (why := examine(packed)):
        raise WorkersError(why)
    workers: SerialWorkers[Any, Any] | ProcessWorkers[Any, Any] = (
        _process_of_thread(packed) if packed.limits.needs_process else SerialWorkers(_prepare(packed))
    )
    workers.submit(key, task)
    while not (done := workers.collect(3600.0)):
        continue
    return done[0]


def forget(digest: str) -> None:
    """On a worker: drops a recipe and ends its processes."""
    with _lock:
        _prepared.pop(digest, None)
        mine = [key for key in _processes if key[0] == digest]
        for key in mine:
            _processes.pop(key).__exit__()


def _prepare(packed: PackedRecipe) -> Callable[[Any], Any]:
    """Once in each process; where the process below evaluates, this one prepares to see that it can."""
    with _lock:
        if packed.digest not in _prepared:
            _prepared[packed.digest] = pickle.loads(packed.pickle).prepare()  # noqa: S301 - from our client
        return _prepared[packed.digest]


def _process_of_thread(packed: PackedRecipe) -> ProcessWorkers[Any, Any]:
    key = (packed.digest, threading.get_ident())
    with _lock:
        if key not in _processes:
            _processes[key] = ProcessWorkers(pickle.loads(packed.pickle), 1, packed.limits)  # noqa: S301
        return _processes[key]


@dataclass(slots=True, eq=False)
class _Job:
    key: int
    task: Any
    attempts: int = 1


@dataclass(slots=True, eq=False)
class DaskWorkers(Generic[Task, Result]):
    """`Workers` of the cluster whose scheduler listens at `address`, such as "tcp://host:8786".

    A task whose worker was lost is run again by Dask; one that took several workers down counts as tried.
    Raises WorkersError where no scheduler answers, no worker has the resources, or one is unlike us.
    """

    recipe: Recipe[Task, Result]
    address: str
    limits: PerEvaluation = field(default_factory=PerEvaluation)
    _client: "Client" = field(init=False)
    _packed: PackedRecipe = field(init=False)
    _jobs: dict["Future", _Job] = field(default_factory=dict, init=False)
    _unsent: list[_Job] = field(default_factory=list, init=False)
    _ended: "SimpleQueue[Future]" = field(default_factory=SimpleQueue, init=False)
    _capacity: int = field(default=1, init=False)
    _asked_at: float = field(default=-math.inf, init=False)

    def __post_init__(self) -> None:
        self._packed = pack(self.recipe, self.limits)
        self._client = _connect(self.address)
        try:
            self._examine_all()
        except BaseException:
            self._client.close()
            raise

    @property
    def capacity(self) -> int:
        if time.monotonic() - self._asked_at > CAPACITY_SECONDS:
            self._asked_at = time.monotonic()
            self._capacity = max(1, sum(self._slots(facts) for facts in self._fit_workers().values()))
        return self._capacity

    def submit(self, key: int, task: Task) -> None:
        self._unsent.append(_Job(key, task))

    def collect(self, timeout_s: float) -> list[Outcome[Result]]:
        self._send()
        if not self._jobs:
            return []
        ended: list[Future] = []
        try:
            ended.append(self._ended.get(timeout=timeout_s))
            time.sleep(GATHER_SECONDS)
            while True:
                ended.append(self._ended.get_nowait())
        except Empty:
            return self._outcomes([future for future in ended if future in self._jobs])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._client.cancel(list(self._jobs), force=True)
        self._jobs.clear()
        self._client.run(forget, self._packed.digest, on_error="ignore", nanny=False)
        self._client.close()

    def _send(self) -> None:
        """What was submitted since the last call, in one message."""
        jobs, self._unsent = self._unsent, []
        futures = self._client.map(
            evaluate_task,
            [job.key for job in jobs],
            [job.task for job in jobs],
            packed=self._packed,
            pure=False,
            resources=dict(self.limits.resources) or None,
        )
        for job, future in zip(jobs, futures, strict=True):
            self._jobs[future] = job
            future.add_done_callback(self._ended.put)

    def _outcomes(self, ended: "list[Future]") -> list[Outcome[Result]]:
        """Results are fetched together: one round trip for all that ended meanwhile."""
        finished = [future for future in ended if future.status == "finished"]
        outcomes: list[Outcome[Result]] = list(self._client.gather(finished)) if finished else []
        for future in ended:
            job = self._jobs.pop(future)
            if future.status != "finished":
                outcomes += self._failed(future, job)
        return outcomes

    def _failed(self, future: "Future", job: _Job) -> list[Outcome[Result]]:
        from distributed import KilledWorker

        if future.status != "error":
            raise WorkersError(
                f"search.workers: the scheduler {self.address} gave up evaluation {job.key} "
                f"({future.status}); see whether it still runs, then resume"
            )
        error = future.exception()
        if not isinstance(error, KilledWorker):
            raise WorkersError(
                f"search.workers: a worker of {self.address} can't evaluate: {error}"
            ) from error
        if job.attempts < MAX_ATTEMPTS:
            self._unsent.append(_Job(job.key, job.task, job.attempts + 1))
            return []
        return [
            Outcome(job.key, None, 0.0, f"tried {job.attempts} times; each time several workers were lost")
        ]

    def _examine_all(self) -> None:
        """Every worker of now, before the first evaluation."""
        asked = {
            address: self._client.submit(examine, self._packed, workers=[address], pure=False)
            for address in self._wait_for_workers()
        }
        while any(future.status == "pending" for future in asked.values()):
            time.sleep(0.05)
            still_there = self._fit_workers().keys()
            asked = {address: future for address, future in asked.items() if address in still_there}
        unfit = {address: why for address, future in asked.items() if (why := _answer(future))}
        if unfit:
            address, why = next(iter(unfit.items()))
            more = f", and {len(unfit) - 1} others can't either" if len(unfit) > 1 else ""
            raise WorkersError(f"search.workers: the worker {address} can't evaluate: {why}{more}")

    def _wait_for_workers(self) -> dict[str, Any]:
        until = time.monotonic() + CONNECT_SECONDS
        while not (fit := self._fit_workers()):
            if time.monotonic() > until:
                resources = " ".join(f"{name}={amount:g}" for name, amount in self.limits.resources.items())
                option = f' --resources "{resources}"' if resources else ""
                wanted = f"a worker with{option}" if option else "a worker"
                raise WorkersError(
                    f"search.workers: the scheduler {self.address} must have {wanted}, but has none; "
                    f"start one: dask worker {self.address} --nthreads 1{option}"
                )
            time.sleep(0.2)
        return fit

    def _fit_workers(self) -> dict[str, Any]:
        """Those that have the resources of an evaluation, by address."""
        known = self._client.scheduler_info(n_workers=-1)["workers"]
        return {address: facts for address, facts in known.items() if self._slots(facts)}

    def _slots(self, facts: Any) -> int:
        """How many evaluations a worker runs at once."""
        by_resource = [
            math.floor(facts["resources"].get(name, 0) / amount)
            for name, amount in self.limits.resources.items()
        ]
        return int(min([facts["nthreads"], *by_resource]))


def _answer(future: "Future") -> str:
    """Of `examine`; a worker that lacks silkscreen can't even read the question."""
    if future.status == "finished":
        return str(future.result())
    error = future.exception()
    return f"{type(error).__name__}: {error}; install the same silkscreen there"


def _connect(address: str) -> "Client":
    try:
        from distributed import Client
    except ImportError:
        raise WorkersError(
            "search.workers: a cluster needs Dask; install it here and on the workers: "
            "pip install 'silkscreen[dask]'"
        ) from None
    try:
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False, name="silkscreen")
    except (OSError, TimeoutError) as error:
        raise WorkersError(
            f"search.workers: no Dask scheduler answers at {address} ({error}); start one: dask scheduler"
        ) from None
