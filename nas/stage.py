"""What every stage of a run shares: its time, whom it tells, and how it is interrupted."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from nas.archive import Archive
from nas.energy import PowerMeter
from nas.objectives import Figures, FloatArray, Goals
from nas.report.progress import ProgressFacts


class RunInterrupted(Exception):  # noqa: N818 - an event, like KeyboardInterrupt
    """The user stopped the run. All that was told is in its folder, and a resume goes on from there."""


@dataclass(slots=True)
class Clock:
    """Seconds and joules spent on a stage over all sittings; `before` is the seconds of the earlier ones.

    meter: of the power; their energy is counted at the mean power of this sitting. None counts no energy.
    """

    before: float = 0.0
    meter: PowerMeter | None = None
    start: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return self.before + time.monotonic() - self.start

    @property
    def joules(self) -> float:
        return 0.0 if self.meter is None else self.seconds * self.meter.mean_w

    def seconds_within(self, budget: "Budget") -> float | None:
        """All seconds that the budgets of time and energy allow at the power so far; None for no end."""
        seconds = budget.seconds
        if self.meter is not None and self.meter.mean_w > 0:
            seconds = min(seconds, budget.joules / self.meter.mean_w)
        return None if math.isinf(seconds) else seconds


@dataclass(frozen=True, slots=True)
class Budget:
    """A stage ends when one of them is spent."""

    evaluations: int
    seconds: float
    joules: float = math.inf

    def spent(self, evaluations: int, seconds: float, joules: float = 0.0) -> str | None:
        """Which budget is spent, in a sentence, or None."""
        if evaluations >= self.evaluations:
            return f"the budget of {self.evaluations:,} evaluations is spent"
        if seconds >= self.seconds:
            return f"the budget of {self.seconds / 60:g} minutes is spent"
        if joules >= self.joules:
            return f"the budget of {self.joules:,.0f} joules is spent"
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Sitting:
    """What one process lends to a run: where it writes, whom it tells, and whether it is asked to stop.

    meter: of the power, where energy is budgeted.
    """

    archive: Archive
    show: Callable[[ProgressFacts], None]
    interrupted: Callable[[], bool]
    meter: PowerMeter | None = None

    def check(self) -> None:
        """Raises RunInterrupted when the user asked to stop."""
        if self.interrupted():
            raise RunInterrupted


@dataclass(slots=True, eq=False)
class Excess:
    """How near the candidates of a stage came to keeping all limits.

    smallest: (n_limits,) the smallest relative excess over each limit. total: the smallest sum of a
    candidate's excesses. since_better: candidates since that sum fell.
    """

    smallest: FloatArray
    total: float = math.inf
    since_better: int = 0

    @classmethod
    def of(cls, goals: Goals) -> Self:
        """Before the first candidate."""
        return cls(np.full(len(goals.limits), np.inf))

    def note(self, goals: Goals, prices: Figures, figures: Figures, violations: FloatArray) -> None:
        """Takes in some candidates.

        prices: what is known of all of them; figures: what is known of those that were evaluated.
        violations: (n, n_limits) of all, where an unknown metric counts as kept.
        """
        if not len(violations) or not goals.limits:
            return
        for index, limit in enumerate(goals.limits):
            known = prices.get(limit.metric, figures.get(limit.metric))
            if known is not None and len(known):
                self.smallest[index] = min(self.smallest[index], float(limit.excess(known).min()))
        total = float(violations.sum(axis=1).min())
        self.since_better = 0 if total < self.total else self.since_better + len(violations)
        self.total = min(self.total, total)

    def reason(self, goals: Goals) -> str:
        """Why no design was found: the limit furthest from being kept, and by how much."""
        if not goals.limits:
            return "no design could be evaluated"
        worst = int(self.smallest.argmax())
        if self.smallest[worst] == 0:
            names = ", ".join(limit.metric for limit in goals.limits)
            return f"each limit is kept by some design, but no design keeps all of them at once ({names})"
        limit, excess = goals.limits[worst].metric, float(self.smallest[worst])
        if math.isinf(excess):
            return f"no design keeps the limit on {limit}: none came far enough to know it"
        return f"no design keeps the limit on {limit}: the nearest one misses it by {excess:.1%}"
