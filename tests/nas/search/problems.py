"""Problems with known answers, and a loop that runs a searcher on them."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from nas.search.protocol import Asked, Searcher, Told
from searchspaces.space import Domain, Rows, Variable

FloatArray = npt.NDArray[np.float64]
Evaluate = Callable[[Rows], tuple[FloatArray, FloatArray]]


def integers(n: int, upper: int = 31, *, block_size: int = 1) -> Domain:
    return Domain(tuple(Variable(f"x{i}", "int", 0, upper, block=i // block_size) for i in range(n)))


def told_of(asked: Asked, evaluate: Evaluate) -> Told:
    objectives, violations = evaluate(asked.rows)
    return Told(asked.numbers, objectives, violations, np.zeros(len(asked.rows), dtype=np.bool_))


def run(searcher: Searcher, evaluate: Evaluate, n_evaluations: int) -> tuple[Rows, FloatArray, FloatArray]:
    """All rows with their objectives and violations; ends early where the domain is exhausted."""
    rows, objectives, violations = [], [], []
    n_left = n_evaluations
    while n_left > 0:
        asked = searcher.ask(min(n_left, searcher.batch_size))
        if not len(asked.rows):
            break
        n_left -= len(asked.rows)
        told = told_of(asked, evaluate)
        searcher.tell(told)
        rows.append(asked.rows)
        objectives.append(told.objectives)
        violations.append(told.violations)
    return np.concatenate(rows), np.concatenate(objectives), np.concatenate(violations)


def zdt1(rows: Rows) -> tuple[FloatArray, FloatArray]:
    """ZDT1 on whole numbers 0 to 31; the front has all variables but the first at 0.

    Source: Zitzler, Deb, Thiele 2000, Comparison of multiobjective evolutionary algorithms.
    """
    x = rows / 31.0
    g = 1 + 9 * x[:, 1:].mean(axis=1)
    return np.column_stack((x[:, 0], g * (1 - np.sqrt(x[:, 0] / g)))), np.zeros((len(rows), 0))


def zdt5_like(rows: Rows) -> tuple[FloatArray, FloatArray]:
    """Ones in the first bit string against deceptive traps in the others, counted: many equal vectors.

    Source: Zitzler, Deb, Thiele 2000, ZDT5; rows are bits in groups of five behind the first ten.
    """
    ones = rows[:, 10:].reshape(len(rows), -1, 5).sum(axis=2)
    g = np.where(ones == 5, 1, ones + 2).sum(axis=1)
    first = 1 + rows[:, :10].sum(axis=1)
    return np.column_stack((first, g / first)).astype(np.float64), np.zeros((len(rows), 0))


def knapsack_like(rows: Rows) -> tuple[FloatArray, FloatArray]:
    """Minimize (a, b) with a + b at least 40: the front is exactly the line a + b = 40.

    a and b are the sums of the even and the odd variables.
    """
    a, b = rows[:, ::2].sum(axis=1), rows[:, 1::2].sum(axis=1)
    violations = np.maximum(0.0, (40.0 - a - b) / 40.0)[:, None]
    return np.column_stack((a, b)).astype(np.float64), violations


def dtlz2(rows: Rows) -> tuple[FloatArray, FloatArray]:
    """Three objectives on the unit sphere. Source: Deb et al. 2002, Scalable test problems."""
    x = rows / 31.0
    g = 1 + ((x[:, 2:] - 16 / 31) ** 2).sum(axis=1)
    a, b = x[:, 0] * np.pi / 2, x[:, 1] * np.pi / 2
    points = np.column_stack((g * np.cos(a) * np.cos(b), g * np.cos(a) * np.sin(b), g * np.sin(a)))
    return points, np.zeros((len(rows), 0))


def sphere(rows: Rows) -> tuple[FloatArray, FloatArray]:
    """One objective, 0 where every variable is 3."""
    return ((rows - 3.0) ** 2).sum(axis=1, keepdims=True), np.zeros((len(rows), 0))
