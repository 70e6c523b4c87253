"""Counts the evaluations of a search and keeps the hypervolume that they reached."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from search_problems import BenchProblem

from nas.pareto import hypervolume, pareto_mask
from searchspaces.space import Rows

FloatArray = npt.NDArray[np.float64]


class BudgetSpent(Exception):  # noqa: N818 - an event
    """The search had all the evaluations that it may have."""


@dataclass(slots=True, eq=False)
class Meter:
    """Evaluates rows of a problem, each one charged. share: hypervolume in the problem's box after each of
    the budgets, from 0 to 1.
    """

    problem: BenchProblem
    budgets: tuple[int, ...]
    n_evaluations: int = 0
    front: FloatArray = field(init=False)
    shares: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.front = np.empty((0, self.problem.n_objectives))

    def evaluate(self, rows: Rows) -> tuple[FloatArray, FloatArray]:
        """Objectives and margins; raises BudgetSpent after the row that reaches the last budget."""
        objectives, margins = self.problem.objectives(rows), self.problem.margins(rows)
        for point, margin in zip(objectives, margins, strict=True):
            self.n_evaluations += 1
            if (margin <= 0).all():
                joined = np.concatenate((self.front, point[None]))
                self.front = joined[pareto_mask(joined)]
            if self.n_evaluations in self.budgets:
                self.shares[self.n_evaluations] = self.share()
            if self.n_evaluations >= self.budgets[-1]:
                raise BudgetSpent
        return objectives, margins

    def share(self) -> float:
        """Hypervolume relative to that of the box."""
        if not len(self.front):
            return 0.0
        low, high = np.array(self.problem.ideal), np.array(self.problem.reference)
        return hypervolume((self.front - low) / (high - low), np.ones(len(low)))

    def end(self) -> None:
        """A search that has nothing more to ask keeps what it has."""
        for budget in self.budgets:
            self.shares.setdefault(budget, self.share())
