"""Scored designs, and which of them are on the Pareto front: by fit or by validation figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nas.objectives import Figures, Goals
from nas.pareto import pareto_mask
from nas.scores import TASK_METRICS
from searchspaces.space import Rows

TASK_METRIC_NAMES = frozenset(name for names in TASK_METRICS.values() for name in names)
FIT_PREFIX = "fit_"
"""Names a task metric on the rows that a network was fitted on."""


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Rows of a gene space with their figures; task metrics by validation, and with `FIT_PREFIX` by fit.

    rows: (n, n_genes). figures: {metric: (n,)}.
    """

    rows: Rows
    figures: Figures

    @property
    def n_rows(self) -> int:
        return len(self.rows)

    def take(self, index: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> "Scored":
        return Scored(self.rows[index], {name: column[index] for name, column in self.figures.items()})

    def join(self, other: "Scored") -> "Scored":
        if not self.n_rows or not other.n_rows:
            return self if self.n_rows else other
        figures = {name: np.concatenate([self.figures[name], other.figures[name]]) for name in self.figures}
        return Scored(np.concatenate([self.rows, other.rows]), figures)


def driving_name(metric: str) -> str:
    """The name of the figure that drives a gene search where the spec names `metric`."""
    return FIT_PREFIX + metric if metric in TASK_METRIC_NAMES else metric


def fit_figures(figures: Figures) -> Figures:
    """The figures that drive a search: task metrics are those of the fit rows."""
    return {
        name: figures.get(FIT_PREFIX + name, column)
        for name, column in figures.items()
        if not name.startswith(FIT_PREFIX)
    }


def keeps_limits(figures: Figures, goals: Goals) -> npt.NDArray[np.bool_]:
    """(n,) whether every limit is kept."""
    kept: npt.NDArray[np.bool_] = np.logical_and.reduce(goals.violations(figures) == 0, axis=1)
    return kept


def front_indices(figures: Figures, goals: Goals) -> npt.NDArray[np.int64]:
    """Ascending indices of what keeps the limits and is not dominated; of equal points the first."""
    points = goals.minimized(figures)
    index = np.flatnonzero(keeps_limits(figures, goals))
    index = index[pareto_mask(points[index])]
    _, first = np.unique(points[index], axis=0, return_index=True)
    return index[np.sort(first)]


def fit_front(scored: Scored, goals: Goals) -> npt.NDArray[np.int64]:
    """Indices of the front by fit figures."""
    return front_indices(fit_figures(scored.figures), goals) if scored.n_rows else np.zeros(0, np.int64)


def selectable(scored: Scored, goals: Goals) -> Scored:
    """What the choice at the end is made from: the fit front of those that keep the limits by validation.

    Limits come first: the best fit lies on a limit that it was driven against, and rarely keeps it on
    rows that it has not seen.
    """
    if not scored.n_rows:
        return scored
    kept = scored.take(keeps_limits(scored.figures, goals))
    return kept.take(fit_front(kept, goals))


def front_of(metrics: Sequence[Mapping[str, float]], goals: Goals) -> list[int]:
    """Indices of the front of designs with named metrics, from the better end of the first objective."""
    if not metrics:
        return []
    figures = {name: np.array([each[name] for each in metrics], np.float64) for name in goals.metrics}
    index = front_indices(figures, goals)
    order = np.argsort(goals.minimized(figures)[index, 0], kind="stable")
    return [int(place) for place in index[order]]
