"""Workers that are processes on this machine, each held to a limit of memory and time.

An own pool, since those of the standard library and of loky give up altogether when one process dies, and
can't end one that hangs. Each child has a socket of its own: no lock is shared that a killed process
could hold for ever.
"""

import math
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from signal import SIGKILL, SIGTERM, Signals
from subprocess import Popen
from typing import Any, Generic, Self

import psutil  # type: ignore[import-untyped]

from nas.workers.child import Message, start_child
from nas.workers.protocol import (
    MAX_ATTEMPTS,
    MAX_ATTEMPTS_KILLED,
    Outcome,
    PerEvaluation,
    Recipe,
    Result,
    Task,
    WorkersError,
)

MAX_FALSE_STARTS = 5
"""Children that die in a row before they are ready; then something is wrong with all of them."""
_SIGNALS_FROM_OUTSIDE = (SIGKILL, SIGTERM)
WATCH_SECONDS = 0.5
"""How often the memory of children is looked at, where it is limited."""


@dataclass(slots=True)
class _Job:
    key: int
    task: Any
    attempts: int = 0


@dataclass(slots=True, eq=False)
class _Child:
    """since: when it took its job. job: None while it is idle or not ready."""

    process: "Popen[bytes]"
    connection: Connection
    ready: bool = False
    job: _Job | None = None
    since: float = math.inf

    def end(self) -> int:
        """Kills it, in case it lives, with the tools that it started; gives its exit status."""
        for process in _family(self.process.pid):
            _kill(process)
        self.connection.close()
        return self.process.wait()


@dataclass(slots=True, eq=False)
class ProcessWorkers(Generic[Task, Result]):
    """`Workers` of n processes, started as they are needed. All are killed when the context is left."""

    recipe: Recipe[Task, Result]
    n_processes: int
    limits: PerEvaluation = field(default_factory=PerEvaluation)
    _queue: deque[_Job] = field(default_factory=deque, init=False)
    _children: list[_Child] = field(default_factory=list, init=False)
    _false_starts: int = field(default=0, init=False)

    @property
    def capacity(self) -> int:
        return self.n_processes

    @property
    def pids(self) -> tuple[int, ...]:
        """Of the children that are ready, idle or not."""
        return tuple(child.process.pid for child in self._children if child.ready)

    def submit(self, key: int, task: Task) -> None:
        self._queue.append(_Job(key, task))
        self._feed()

    def collect(self, timeout_s: float) -> list[Outcome[Result]]:
        until = time.monotonic() + timeout_s
        outcomes: list[Outcome[Result]] = []
        while not outcomes and (self._queue or any(child.job for child in self._children)):
            left = max(0.0, until - time.monotonic())
            outcomes = self._read(min(left, self._next_look()))
            outcomes += self._end_offenders()
            self._feed()
            if time.monotonic() >= until:
                break
        return outcomes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        for child in self._children:
            child.end()
        self._children.clear()
        self._queue.clear()

    def _feed(self) -> None:
        """Gives queued jobs to idle children, and starts as many more as there are jobs for."""
        for child in self._children:
            if self._queue and child.ready and child.job is None:
                self._give(child, self._queue.popleft())
        starting = sum(not child.ready for child in self._children)
        n_more = min(self.n_processes - len(self._children), len(self._queue) - starting)
        for _ in range(n_more):
            self._children.append(_Child(*start_child(self.recipe, self.limits.memory_bytes)))

    def _give(self, child: _Child, job: _Job) -> None:
        child.job, child.since = job, time.monotonic()
        with suppress(OSError):  # where it died while idle, the next read meets that
            child.connection.send(job.task)

    def _read(self, timeout_s: float) -> list[Outcome[Result]]:
        """What children said within some seconds, and what became of those that died."""
        by_connection = {child.connection: child for child in self._children}
        outcomes = []
        for ready in wait(list(by_connection), timeout_s):
            assert isinstance(ready, Connection)
            child = by_connection[ready]
            try:
                message: Message = ready.recv()
            except (EOFError, OSError):
                outcomes += self._lost(child)
                continue
            outcomes += self._heard(child, message)
        return outcomes

    def _heard(self, child: _Child, message: Message) -> list[Outcome[Result]]:
        match message.kind:
            case "ready":
                child.ready, self._false_starts = True, 0
                return []
            case "raised":
                raise WorkersError(f"an evaluation in a process of its own failed:\n{message.content}")
            case "memory":
                # What is left of the memory of such a process is not to be trusted.
                return self._lost(child, f"ran out of memory: {message.content}")
            case "done":
                job, child.job = child.job, None
                assert job is not None
                return [Outcome(job.key, message.content, message.seconds)]

    def _end_offenders(self) -> list[Outcome[Result]]:
        """Ends children that took too long or too much memory."""
        timeout_s, memory_bytes, now = self.limits.timeout_s, self.limits.memory_bytes, time.monotonic()
        outcomes = []
        for child in [child for child in self._children if child.job is not None]:
            if timeout_s is not None and now - child.since > timeout_s:
                outcomes += self._lost(child, f"took longer than {timeout_s:g} s")
            elif memory_bytes is not None and _memory_of(child.process.pid) > memory_bytes:
                outcomes += self._lost(child, f"took more than {memory_bytes / 2**20:,.0f} MiB of memory")
        return outcomes

    def _lost(self, child: _Child, cause: str = "") -> list[Outcome[Result]]:
        """Buries a child. Its job goes back to the head of the queue, or was tried often enough.

        cause: why it has to go; empty where it went by itself.
        """
        self._children.remove(child)
        status, job = child.end(), child.job
        cause = cause or _cause_of_death(status)
        if not child.ready:
            self._false_starts += 1
            if self._false_starts >= MAX_FALSE_STARTS:
                raise WorkersError(
                    f"workers must start, but {self._false_starts} in a row ended before they were ready, "
                    f"the last one {cause}; raise search.per_evaluation.memory_bytes, "
                    "or see above for what they printed"
                )
        if job is None:
            return []
        job.attempts += 1
        from_outside = cause == _cause_of_death(status) and -status in _SIGNALS_FROM_OUTSIDE
        if job.attempts < (MAX_ATTEMPTS_KILLED if from_outside else MAX_ATTEMPTS):
            self._queue.appendleft(job)
            return []
        seconds = time.monotonic() - child.since
        return [Outcome(job.key, None, seconds, f"tried {job.attempts} times; the last {cause}")]

    def _next_look(self) -> float:
        """Seconds until a child may have to be ended."""
        looks = [math.inf]
        busy = [child.since for child in self._children if child.job is not None]
        if self.limits.timeout_s is not None and busy:
            looks.append(max(0.0, min(busy) + self.limits.timeout_s - time.monotonic()) + 0.001)
        if self.limits.memory_bytes is not None:
            looks.append(WATCH_SECONDS)
        return min(looks)


def _cause_of_death(status: int) -> str:
    if status >= 0:
        return f"ended its process with exit status {status}"
    try:
        name = Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return f"ended its process by {name}"


def _family(pid: int) -> list[psutil.Process]:
    """A process and all below it; none where it is gone."""
    try:
        process = psutil.Process(pid)
        return [*process.children(recursive=True), process]
    except psutil.NoSuchProcess:
        return []


def _kill(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.kill()


def _memory_of(pid: int) -> int:
    """Bytes in memory of a process and all below it."""
    total = 0
    for process in _family(pid):
        with suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
    return total
