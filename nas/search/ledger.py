"""Which candidates were asked, and which of them are not told yet."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nas.search.columns import BoolArray, FloatArray, IntArray
from nas.search.protocol import Asked, SearchError, SearchProblem, Told
from searchspaces.space import Rows


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """Told candidates whose evaluation worked, in the order of their numbers.

    numbers: (n,). rows: (n, n_variables). objectives: (n, n_objectives). margins: (n, n_limits), relative
    excess over each limit, at most 0 where it is kept.
    """

    numbers: IntArray
    rows: Rows
    objectives: FloatArray
    margins: FloatArray

    @property
    def violations(self) -> FloatArray:
        """(n, n_limits), at least 0. Excess of a limit is relative, so the sum over limits is a fair
        total."""
        return np.maximum(self.margins, 0.0)

    def take(self, index: BoolArray | IntArray) -> "Results":
        """Those that a mask (n,), or indices, pick."""
        return Results(self.numbers[index], self.rows[index], self.objectives[index], self.margins[index])


class Ledger:
    """Gives out numbers, and takes each back once."""

    def __init__(self, problem: SearchProblem) -> None:
        self._problem = problem
        self.n_asked = 0
        self._numbers = np.empty(0, dtype=np.int64)
        self._rows: Rows = np.empty((0, problem.domain.n_variables), dtype=problem.domain.dtype)

    @property
    def pending_rows(self) -> Rows:
        """(n_pending, n_variables) rows asked and not told, in the order of their numbers."""
        return self._rows

    def issue(self, rows: Rows) -> Asked:
        """Numbers for new candidates (n, n_variables)."""
        numbers = np.arange(self.n_asked, self.n_asked + len(rows))
        self.n_asked += len(rows)
        self._numbers = np.concatenate((self._numbers, numbers))
        self._rows = np.concatenate((self._rows, rows)) if len(self._rows) else rows
        return Asked(numbers=numbers, rows=rows.copy())

    def settle(self, told: Told) -> tuple[Results, IntArray]:
        """The results and the numbers of failed evaluations, both sorted; told numbers are settled.

        Raises SearchError, and settles nothing, for numbers never asked, or told before, for arrays of
        wrong shape, and for NaN where the evaluation did not fail.
        """
        _check_figures(told, self._problem)
        order = np.argsort(told.numbers, kind="stable")
        places = self._places(told.numbers[order])
        failed = told.failed[order]
        worked = order[~failed]
        results = Results(
            numbers=told.numbers[worked],
            rows=self._rows if len(worked) == len(self._rows) else self._rows[places[~failed]],
            objectives=np.ascontiguousarray(told.objectives[worked], dtype=np.float64),
            margins=np.ascontiguousarray(told.violations[worked], dtype=np.float64),
        )
        keep = np.ones(len(self._numbers), dtype=np.bool_)
        keep[places] = False
        self._numbers, self._rows = self._numbers[keep], self._rows[keep]
        return results, told.numbers[order[failed]]

    def require_settled(self, action: str) -> None:
        """Raises SearchError while candidates are pending."""
        if len(self._numbers):
            raise SearchError(
                f"{action}: all that was asked must be told first, but {len(self._numbers)} are not, "
                f"from number {self._numbers[0]} on"
            )

    def reset(self, n_asked: int) -> None:
        """Goes on counting from n_asked, with nothing pending."""
        self.n_asked = n_asked
        self._numbers, self._rows = self._numbers[:0], self._rows[:0]

    def _places(self, numbers: IntArray) -> IntArray:
        places = np.searchsorted(self._numbers, numbers)
        known = places < len(self._numbers)
        known[known] = self._numbers[places[known]] == numbers[known]
        known[1:] &= numbers[1:] != numbers[:-1]
        if not known.all():
            number = int(numbers[np.argmin(known)])
            why = "was told before" if 0 <= number < self.n_asked else "was never asked"
            raise SearchError(
                f"tell: each number must be asked before and told once, but {number} {why} "
                f"({self.n_asked} asked so far)"
            )
        return places


def in_order(told: Sequence[Results]) -> Results:
    """Several tells, at least one, as one, in the order of their numbers."""
    if len(told) == 1:
        return told[0]
    order = np.argsort(np.concatenate([results.numbers for results in told]))
    return Results(
        numbers=np.concatenate([results.numbers for results in told])[order],
        rows=np.concatenate([results.rows for results in told])[order],
        objectives=np.concatenate([results.objectives for results in told])[order],
        margins=np.concatenate([results.margins for results in told])[order],
    )


def total_violation(results: Results) -> FloatArray:
    """(n,) sum of the relative excesses; inf where nothing is exceeded but a figure is missing (inf)."""
    total: FloatArray = results.violations.sum(axis=1)
    missing = (total == 0) & ~np.isfinite(results.objectives).all(axis=1)
    return np.where(missing, np.inf, total)


def _check_figures(told: Told, problem: SearchProblem) -> None:
    n = len(told.numbers)
    _check_shape("objectives", told.objectives, (n, problem.n_objectives))
    _check_shape("violations", told.violations, (n, problem.n_limits))
    _check_shape("failed", told.failed, (n,))
    if not (np.isnan(told.objectives).any() or np.isnan(told.violations).any()):
        return
    bad = ~told.failed & (np.isnan(told.objectives).any(axis=1) | np.isnan(told.violations).any(axis=1))
    if bad.any():
        raise SearchError(
            f"tell: figures must not be NaN, but those of number {told.numbers[np.argmax(bad)]} are; "
            "tell it as failed, or with inf"
        )


def _check_shape(name: str, array: FloatArray | BoolArray, shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise SearchError(f"tell: {name} must have shape {shape}, but got {array.shape}")
