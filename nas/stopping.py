"""Why a stage ends before its budget: its target is reached, or its front no longer grows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from nas.objectives import FloatArray, Goals
from nas.pareto import hypervolume
from nas.search.protocol import Snapshot
from nas.spec.workers import StallSpec, StopSpec

TARGET_REACHED = "the target is reached"
"""Begins the reason of a stage after which no other is needed."""
MARGIN = 0.1
"""The reference point lies so much of a front's span beyond its worst values."""


@dataclass(slots=True, eq=False)
class Stopping:
    """Watches a stage. Points are (n, n_objectives), minimized, of designs that keep all limits.

    target: (n_objectives,), inf where none is named; None where no target is. mark: the front when the
    hypervolume was last looked at, after `marked_at` evaluations.
    """

    target: FloatArray | None = None
    target_text: str = ""
    stall: StallSpec | None = None
    mark: FloatArray | None = field(default=None, init=False)
    marked_at: int = field(default=0, init=False)

    @classmethod
    def of(cls, stop: StopSpec | None, goals: Goals, proxies: Mapping[str, str] | None = None) -> "Stopping":
        """proxies: by metric, what stands for it in the goals of this stage."""
        if stop is None:
            return cls()
        if stop.target is None:
            return cls(stall=stop.stall)
        wanted = {(proxies or {}).get(metric, metric): value for metric, value in stop.target.items()}
        signs = [1.0 if goal.direction == "min" else -1.0 for goal in goals.objectives]
        target = np.array(
            [
                sign * wanted[goal.metric] if goal.metric in wanted else np.inf
                for sign, goal in zip(signs, goals.objectives, strict=True)
            ]
        )
        text = ", ".join(f"{metric} {value:g}" for metric, value in stop.target.items())
        return cls(target, text, stop.stall)

    def reached(self, points: FloatArray) -> str | None:
        """Says that some point is at least as good as the target in every objective."""
        if self.target is None or not (points <= self.target).all(axis=1).any():
            return None
        return f"{TARGET_REACHED}: {self.target_text}"

    def stalled(self, front: FloatArray, evaluations: int) -> str | None:
        """Says that the front grew too little over the last evaluations; looks no oftener than that."""
        stall = self.stall
        if stall is None or not len(front):
            return None
        if self.mark is None:
            self.mark, self.marked_at = front.copy(), evaluations
            return None
        since = evaluations - self.marked_at
        if since < stall.evaluations:
            return None
        grown = growth(self.mark, front)
        if grown < stall.gain:
            return f"the hypervolume grew by {grown:.2%} over the last {since:,} evaluations"
        self.mark, self.marked_at = front.copy(), evaluations
        return None

    def snapshot(self) -> Snapshot:
        """Its memory, as arrays."""
        if self.mark is None:
            return {}
        return {"stop_mark": self.mark, "stop_marked_at": np.array(self.marked_at)}

    def restore(self, snapshot: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Takes over the memory of an equal one."""
        if "stop_mark" in snapshot:
            self.mark = snapshot["stop_mark"].astype(np.float64)
            self.marked_at = int(snapshot["stop_marked_at"])


def growth(before: FloatArray, now: FloatArray) -> float:
    """By which share the hypervolume of a front grew, seen from just beyond the worst of both fronts."""
    both = np.concatenate([before, now])
    worst, best = both.max(axis=0), both.min(axis=0)
    reference = worst + MARGIN * np.where(worst > best, worst - best, 1.0)
    return hypervolume(now, reference) / hypervolume(before, reference) - 1.0
