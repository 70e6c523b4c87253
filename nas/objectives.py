"""Objectives and limits: from metrics by name to figures to minimize and excesses over limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

PROXY_SLACK = 1.25
"""A limit is this much wider for a proxy, which may misjudge a design that keeps the limit itself."""

FloatArray: TypeAlias = npt.NDArray[np.float64]
Figures: TypeAlias = Mapping[str, FloatArray]
"""Metric name -> (n,) float64, one figure a candidate."""


@dataclass(frozen=True, slots=True)
class Objective:
    """A metric and which way is better."""

    metric: str
    direction: Literal["min", "max"]


@dataclass(frozen=True, slots=True)
class Limit:
    """A metric and the range it must stay in; None is open."""

    metric: str
    minimum: float | None
    maximum: float | None

    def excess(self, figures: FloatArray) -> FloatArray:
        """(n,) excess over the limit relative to it (absolute for a limit of 0), 0 where it is kept.

        NaN counts as an infinite excess.
        """
        return np.maximum(self.margin(figures), 0.0)

    def margin(self, figures: FloatArray) -> FloatArray:
        """(n,) the same, but below 0 where the limit is kept: by how much it is."""
        margin = np.full(len(figures), -np.inf)
        for bound, sign in ((self.minimum, -1.0), (self.maximum, 1.0)):
            if bound is not None:
                over = sign * (figures - bound) / (abs(bound) or 1.0)
                margin = np.maximum(margin, np.where(np.isnan(over), np.inf, over))
        return margin


@dataclass(frozen=True, slots=True)
class Goals:
    """What a run wants: objectives in the order of the spec, and limits."""

    objectives: tuple[Objective, ...]
    limits: tuple[Limit, ...]

    @property
    def metrics(self) -> frozenset[str]:
        """Every metric that an objective or a limit names."""
        objectives = frozenset(objective.metric for objective in self.objectives)
        return objectives | {limit.metric for limit in self.limits}

    def by_proxy(self, proxies: Mapping[str, str]) -> "Goals":
        """The goals with each metric replaced by its proxy, where it has one; its limits are wider then.

        Two objectives that have the same proxy become one.
        """
        objectives = [
            Objective(proxies.get(each.metric, each.metric), each.direction) for each in self.objectives
        ]
        limits = tuple(
            Limit(
                proxies[limit.metric],
                None if limit.minimum is None else limit.minimum / PROXY_SLACK,
                None if limit.maximum is None else limit.maximum * PROXY_SLACK,
            )
            if limit.metric in proxies
            else limit
            for limit in self.limits
        )
        return Goals(tuple(dict.fromkeys(objectives)), limits)

    def minimized(self, figures: Figures) -> FloatArray:
        """(n, n_objectives), smaller is better."""
        columns = [
            figures[objective.metric] if objective.direction == "min" else -figures[objective.metric]
            for objective in self.objectives
        ]
        return np.stack(columns, axis=1)

    def violations(self, figures: Figures) -> FloatArray:
        """(n, n_limits); a limit on a metric that `figures` lacks counts as kept."""
        n = len(next(iter(figures.values()))) if figures else 0
        columns = [
            limit.excess(figures[limit.metric]) if limit.metric in figures else np.zeros(n)
            for limit in self.limits
        ]
        return np.stack(columns, axis=1) if columns else np.zeros((n, 0))

    def margins(self, figures: Figures) -> FloatArray:
        """(n, n_limits) as `violations`, but below 0 where a limit is kept; 0 where a metric is missing."""
        n = len(next(iter(figures.values()))) if figures else 0
        columns = [
            limit.margin(figures[limit.metric]) if limit.metric in figures else np.zeros(n)
            for limit in self.limits
        ]
        return np.stack(columns, axis=1) if columns else np.zeros((n, 0))

    def priced(self, figures: Figures, n: int) -> npt.NDArray[np.bool_]:
        """(n,) whether every objective among the figures is a finite number; others are not known yet."""
        known = np.ones(n, np.bool_)
        for objective in self.objectives:
            if objective.metric in figures:
                known &= np.isfinite(figures[objective.metric])
        return known
