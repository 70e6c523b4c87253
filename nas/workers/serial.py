"""Evaluates in this process, one task after the other."""

import time
from collections import deque
from collections.abc import Callable
from typing import Generic, Self

from nas.workers.protocol import Outcome, Result, Task


class SerialWorkers(Generic[Task, Result]):
    """`Workers` without workers. What an evaluation raises goes through, but for a lack of memory.

    capacity is 1: a task is evaluated while it is collected.
    """

    capacity = 1

    def __init__(self, evaluate: Callable[[Task], Result]) -> None:
        self._evaluate = evaluate
        self._queue: deque[tuple[int, Task]] = deque()

    def submit(self, key: int, task: Task) -> None:
        self._queue.append((key, task))

    def collect(self, timeout_s: float) -> list[Outcome[Result]]:
        if not self._queue:
            return []
        key, task = self._queue.popleft()
        start = time.monotonic()
        try:
            result, error = self._evaluate(task), ""
        except MemoryError as reason:
            result, error = None, f"ran out of memory: {reason}"
        return [Outcome(key, result, time.monotonic() - start, error)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._queue.clear()
