"""The Pareto front of designs whose metrics are known by name."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from nas.objectives import Goals
from nas.pareto import pareto_mask


def front_of(metrics: Sequence[Mapping[str, float]], goals: Goals) -> list[int]:
    """Indices of the designs that keep the limits and are not dominated; of equal ones the first.

    From the better end of the first objective. Every design must have every metric of the goals.
    """
    if not metrics:
        return []
    points, kept = _points(metrics, goals)
    _, first = np.unique(points[kept], axis=0, return_index=True)
    kept = kept[np.sort(first)]
    kept = kept[pareto_mask(points[kept])]
    return [int(index) for index in kept[np.argsort(points[kept, 0], kind="stable")]]


def _points(
    metrics: Sequence[Mapping[str, float]], goals: Goals
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    figures = {name: np.array([each[name] for each in metrics], np.float64) for name in goals.metrics}
    kept = np.flatnonzero((goals.violations(figures) == 0).all(axis=1))
    return goals.minimized(figures), kept
