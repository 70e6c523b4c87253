"""What every stage of a run shares: its time, whom it tells, and how it is interrupted."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from nas.archive import Archive
from nas.objectives import Goals
from nas.report.progress import ProgressFacts


class RunInterrupted(Exception):  # noqa: N818 - an event, like KeyboardInterrupt
    """The user stopped the run. All that was told is in its folder, and a resume goes on from there."""


@dataclass(slots=True)
class Clock:
    """Seconds spent on a stage over all sittings; `before` is the sum of the earlier ones."""

    before: float = 0.0
    start: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return self.before + time.monotonic() - self.start


@dataclass(frozen=True, slots=True)
class Budget:
    """A stage ends when either is spent."""

    evaluations: int
    seconds: float

    def spent(self, evaluations: int, seconds: float) -> str | None:
        """Which budget is spent, in a sentence, or None."""
        if evaluations >= self.evaluations:
            return f"the budget of {self.evaluations:,} evaluations is spent"
        if seconds >= self.seconds:
            return f"the budget of {self.seconds / 60:g} minutes is spent"
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Sitting:
    """What one process lends to a run: where it writes, whom it tells, and whether it is asked to stop."""

    archive: Archive
    show: Callable[[ProgressFacts], None]
    interrupted: Callable[[], bool]

    def check(self) -> None:
        """Raises RunInterrupted when the user asked to stop."""
        if self.interrupted():
            raise RunInterrupted


def infeasible_reason(goals: Goals, smallest_excess: npt.NDArray[np.float64]) -> str:
    """Why no design was found: the limit furthest from being kept, and by how much.

    smallest_excess: (n_limits,) the smallest relative excess over each limit that any candidate had.
    """
    if not goals.limits:
        return "no design could be evaluated"
    worst = int(smallest_excess.argmax())
    if smallest_excess[worst] == 0:
        names = ", ".join(limit.metric for limit in goals.limits)
        return f"each limit is kept by some design, but no design keeps all of them at once ({names})"
    limit, excess = goals.limits[worst].metric, float(smallest_excess[worst])
    return f"no design keeps the limit on {limit}: the nearest one misses it by {excess:.1%}"
