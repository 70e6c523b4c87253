"""Which designs of the front win."""

import math
from collections.abc import Sequence

import numpy as np

from nas.finish import Finalist
from nas.objectives import FloatArray, Goals
from nas.pareto import knee_index
from nas.spec.metrics import SHARE_METRICS
from nas.spec.roles import BEST, KNEE, ONE_STANDARD_ERROR


def choose(front: Sequence[Finalist], goals: Goals, roles: Sequence[str]) -> list[tuple[str, Finalist]]:
    """A design of the front for each role, one of `nas.spec.roles.known_roles`; none of an empty front.

    Of designs that are equally good at a metric, the one that is best at the other objectives wins.
    """
    if not front:
        return []
    figures = {name: np.array([item.entry.metrics[name] for item in front]) for name in goals.metrics}
    points = goals.minimized(figures)
    return [(role, front[_index_of(role, front, points, goals)]) for role in roles]


def _index_of(role: str, front: Sequence[Finalist], points: FloatArray, goals: Goals) -> int:
    if role == KNEE:
        return int(knee_index(points))
    names = [objective.metric for objective in goals.objectives]
    if role == ONE_STANDARD_ERROR:
        return _one_standard_error(front, points, names)
    column = names.index(role.removeprefix(BEST))
    return _best(points, [column, *_others(names, column)])


def _one_standard_error(front: Sequence[Finalist], points: FloatArray, names: Sequence[str]) -> int:
    """The design that is best at the other objectives among those within one standard error of the best.

    The standard error is that of a share p of n validation rows, sqrt(p (1 - p) / n); the spread over a few
    folds would be too uncertain itself. The share is the first objective that is one. Source: Breiman,
    Friedman, Olshen and Stone, Classification and Regression Trees (1984), section 3.4.3, the 1 SE rule.
    """
    column = next(index for index, name in enumerate(names) if name in SHARE_METRICS)
    others = _others(names, column)
    shares = np.array([item.entry.metrics[names[column]] for item in front])
    best = _best(points, [column, *others])
    error = math.sqrt(shares[best] * (1 - shares[best]) / front[best].n_validated)
    near = np.flatnonzero(shares >= shares[best] - error)
    return int(near[_best(points[near], [*others, column])])


def _others(names: Sequence[str], column: int) -> list[int]:
    return [index for index in range(len(names)) if index != column]


def _best(points: FloatArray, columns: Sequence[int]) -> int:
    """The row that is smallest in the first of the columns, of equal ones in the second, and so on."""
    return int(np.lexsort([points[:, column] for column in reversed(columns)])[0])
