"""Candidates as trials of an in-memory Optuna study."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler, RandomSampler
from optuna.trial import Trial, TrialState

from nas.search.columns import FloatArray
from nas.search.protocol import SearchProblem
from searchspaces.space import Domain, Rows, Variable

Row: TypeAlias = Rows


class TrialHistory:
    """Trial number k of this history is candidate number k; trials that were thrown away are not in it.

    figures: of each candidate, objectives and then violations, (n_objectives + n_limits,); NaN where it
    failed or is not told yet. Variables with a single value are kept from Optuna.
    """

    def __init__(self, problem: SearchProblem) -> None:
        self._problem = problem
        self._names = [f"x{column}" for column in range(problem.domain.n_variables)]
        self._lower = problem.domain.lower
        self._distributions = _distributions(problem.domain)
        self._study = _new_study(problem.n_objectives)
        self._trials: list[Trial] = []
        self._rows: list[Row] = []
        self._figures: list[FloatArray] = []

    @property
    def rows(self) -> Rows:
        """(n_candidates, n_variables)."""
        rows: Rows = np.array(self._rows, dtype=self._lower.dtype)
        return rows.reshape(len(self._rows), len(self._lower))

    @property
    def figures(self) -> FloatArray:
        """(n_candidates, n_objectives + n_limits)."""
        n_figures = self._problem.n_objectives + self._problem.n_limits
        return np.array(self._figures, dtype=np.float64).reshape(len(self._figures), n_figures)

    def suggest(self, sampler: BaseSampler) -> tuple[Row, Trial]:
        """A row (n_variables,) that the sampler would try next; its trial has to be added or dropped."""
        self._study.sampler = sampler
        trial = self._study.ask(self._distributions)
        row = self._lower.copy()
        for column, name in enumerate(self._names):
            if name in self._distributions:
                row[column] = trial.params[name]
        return row, trial

    def drop(self, trial: Trial) -> None:
        """Forgets a suggestion; a failed trial teaches samplers nothing."""
        self._study.tell(trial, state=TrialState.FAIL)

    def add(self, row: Row, trial: Trial | None = None) -> None:
        """The next candidate: a suggestion with its trial, or a row from elsewhere."""
        self._trials.append(self._trial_of(row) if trial is None else trial)
        self._rows.append(row)
        self._figures.append(np.full(self._problem.n_objectives + self._problem.n_limits, np.nan))

    def finish(self, number: int, figures: npt.NDArray[np.float64]) -> None:
        """The figures of a candidate, finite; NaN for a failed one."""
        trial = self._trials[number]
        if np.isnan(figures).any():
            self.drop(trial)
            return
        self._figures[number] = figures
        for limit, violation in enumerate(figures[self._problem.n_objectives :]):
            trial.set_constraint(f"limit{limit}", float(violation))
        self._study.tell(trial, figures[: self._problem.n_objectives].tolist())

    def _trial_of(self, row: Row) -> Trial:
        params = {name: row[int(name[1:])].item() for name in self._distributions}
        self._study.enqueue_trial(params)
        self._study.sampler = RandomSampler(seed=0)  # decides nothing: all values are given
        return self._study.ask(self._distributions)


def _new_study(n_objectives: int) -> optuna.Study:
    """A study made in silence; Optuna announces each otherwise."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        return optuna.create_study(directions=["minimize"] * n_objectives)
    finally:
        optuna.logging.set_verbosity(verbosity)


def _distributions(domain: Domain) -> dict[str, BaseDistribution]:
    """Of all variables that can take more than one value, named after their columns."""
    return {
        f"x{column}": _distribution(variable)
        for column, variable in enumerate(domain.variables)
        if variable.lower < variable.upper
    }


def _distribution(variable: Variable) -> BaseDistribution:
    if variable.kind == "real":
        return FloatDistribution(variable.lower, variable.upper, log=variable.log)
    lower, upper = int(variable.lower), int(variable.upper)
    if variable.kind == "int":
        return IntDistribution(lower, upper, log=variable.log)
    return CategoricalDistribution(tuple(range(lower, upper + 1)))
