"""What all kinds of workers promise."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, Self, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")
TaskIn = TypeVar("TaskIn", contravariant=True)
ResultOut = TypeVar("ResultOut", covariant=True)

MAX_ATTEMPTS = 2
"""An evaluation that took its worker down, or too much time or memory, is tried once more."""
MAX_ATTEMPTS_KILLED = 4
"""Of an evaluation whose worker was killed from outside, perhaps for another's fault; as Dask has it."""


class WorkersError(RuntimeError):
    """Workers can't serve at all. The text says which, what must hold, what came, and what to do."""


class Recipe(Protocol[TaskIn, ResultOut]):
    """How a process that knows nothing yet comes to evaluate. It travels pickled, so it holds plain data."""

    def prepare(self) -> Callable[[TaskIn], ResultOut]:
        """The function that evaluates a task; called once in each process. What it raises ends the run."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Result]):
    """The end of a task. Just one of result and error is there.

    key: of the task. error: why no attempt came to a result: its worker crashed, ran out of memory or took
    too long. seconds: of the last attempt, as its worker measured them.
    """

    key: int
    result: Result | None
    seconds: float
    error: str = ""


@dataclass(frozen=True, slots=True)
class PerEvaluation:
    """What one evaluation may use. None is no limit.

    memory_bytes: of its process with the tools that it runs. timeout_s: seconds for one attempt.
    resources: of a Dask worker, by name, that it takes while it runs.
    """

    memory_bytes: int | None = None
    timeout_s: float | None = None
    resources: Mapping[str, float] = field(default_factory=dict)

    @property
    def needs_process(self) -> bool:
        """Whether only a process of its own can be held to the limits."""
        return self.memory_bytes is not None or self.timeout_s is not None


class Workers(Protocol[TaskIn, Result]):
    """Evaluates tasks side by side. A context manager; leaving it drops what is under way."""

    @property
    def capacity(self) -> int:
        """How many tasks run at the same time, at least 1; a cluster's may change."""
        ...

    def submit(self, key: int, task: TaskIn) -> None:
        """Queues a task; no other task under way has the same key."""
        ...

    def collect(self, timeout_s: float) -> list[Outcome[Result]]:
        """The tasks that ended since the last call, each once, in any order.

        Waits for the first one, at most so long; then, or where nothing is under way, gives an empty list.
        Raises WorkersError where no worker can serve, and for an evaluation that raised what it should not.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...
