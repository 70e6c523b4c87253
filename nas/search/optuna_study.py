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
from optuna.trial import FrozenTrial, Trial, TrialState, create_trial

from nas.search.columns import FloatArray, IntArray
from nas.search.population import survival_order
from nas.search.protocol import SearchProblem
from searchspaces.space import Domain, Rows, Variable

Row: TypeAlias = Rows
KEPT_BEST = 0.7
"""Share of a bounded history that the best take; the others are the newest."""


class TrialHistory:
    """Every candidate, and a study whose trials are the candidates that a sampler sees.

    Candidates that were finished may be left out of the study (`bound_to`); trials that were thrown away are
    in no history.

    figures: of each candidate, objectives and then margins, (n_objectives + n_limits,); NaN where it
    failed or is not told yet. Variables with a single value are kept from Optuna.
    """

    def __init__(self, problem: SearchProblem) -> None:
        self._problem = problem
        self._names = [f"x{column}" for column in range(problem.domain.n_variables)]
        self._lower = problem.domain.lower
        self._distributions = _distributions(problem.domain)
        self._study = _new_study(problem.n_objectives)
        self._trials: dict[int, Trial] = {}
        self._seen: list[int] = []
        self._rows: list[Row] = []
        self._figures: list[FloatArray] = []
        self._worst = np.full(problem.n_objectives + problem.n_limits, -np.inf)

    @property
    def rows(self) -> Rows:
        """(n_candidates, n_variables)."""
        return self.rows_from(0)

    def rows_from(self, first: int) -> Rows:
        """(n, n_variables) of the candidates from number `first` on."""
        rows: Rows = np.array(self._rows[first:], dtype=self._lower.dtype)
        return rows.reshape(len(self._rows) - first, len(self._lower))

    @property
    def worst(self) -> FloatArray:
        """(n_objectives + n_limits,) the largest of each figure so far; -inf before the first."""
        return self._worst

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
        number = len(self._rows)
        self._trials[number] = self._trial_of(row) if trial is None else trial
        self._seen.append(number)
        self._rows.append(row)
        self._figures.append(np.full(self._problem.n_objectives + self._problem.n_limits, np.nan))

    def finish(self, number: int, figures: npt.NDArray[np.float64]) -> None:
        """The figures of a candidate, finite; NaN for a failed one."""
        trial = self._trials.pop(number)
        if np.isnan(figures).any():
            self.drop(trial)
            return
        self._figures[number] = figures
        self._worst = np.maximum(self._worst, figures)
        for name, margin in _constraints(figures[self._problem.n_objectives :]).items():
            trial.set_constraint(name, margin)
        self._study.tell(trial, figures[: self._problem.n_objectives].tolist())

    @property
    def seen(self) -> list[int]:
        """Numbers of the candidates that the study holds, in its order."""
        return self._seen

    def bound_to(self, n_most: int) -> None:
        """Leaves the study the n_most best and newest finished candidates, once there are half as many
        more."""
        finished = [number for number in self._seen if number not in self._trials]
        if len(finished) <= n_most + n_most // 2:
            return
        chosen = _best_and_newest(self.figures[finished], self._problem.n_objectives, n_most)
        self.see_only([finished[place] for place in chosen.tolist()])

    def see_only(self, finished: list[int]) -> None:
        """A new study of these finished candidates and of all that are not finished."""
        self._study = _new_study(self._problem.n_objectives)
        for number in finished:
            self._study.add_trial(self._frozen(number))
        for number in self._trials:
            self._trials[number] = self._trial_of(self._rows[number])
        self._seen = [*finished, *self._trials]

    def _frozen(self, number: int) -> FrozenTrial:
        figures, n_objectives = self._figures[number], self._problem.n_objectives
        is_failed = bool(np.isnan(figures).any())
        return create_trial(
            state=TrialState.FAIL if is_failed else TrialState.COMPLETE,
            values=None if is_failed else figures[:n_objectives].tolist(),
            params=self._params(self._rows[number]),
            distributions=self._distributions,
            constraints={} if is_failed else _constraints(figures[n_objectives:]),
        )

    def _params(self, row: Row) -> dict[str, float]:
        return {name: row[int(name[1:])].item() for name in self._distributions}

    def _trial_of(self, row: Row) -> Trial:
        self._study.enqueue_trial(self._params(row))
        self._study.sampler = RandomSampler(seed=0)  # decides nothing: all values are given
        return self._study.ask(self._distributions)


def _constraints(margins: FloatArray) -> dict[str, float]:
    return {f"limit{limit}": float(margin) for limit, margin in enumerate(margins)}


def _best_and_newest(figures: FloatArray, n_objectives: int, n_most: int) -> IntArray:
    """Indices, ascending, of the best of candidates (n, n_objectives + n_limits), and of the newest
    others."""
    failed = np.isnan(figures).any(axis=1)
    excess = np.where(failed, np.inf, np.maximum(figures[:, n_objectives:], 0.0).sum(axis=1))
    best = survival_order(np.nan_to_num(figures[:, :n_objectives]), excess, int(KEPT_BEST * n_most))
    others = np.setdiff1d(np.arange(len(figures)), best)[-(n_most - len(best)) :]
    return np.sort(np.concatenate((best, others)))


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
