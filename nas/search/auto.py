"""The searcher that chooses: models while evaluations are few, evolution when they are many."""

from dataclasses import dataclass

import numpy as np

from nas.search.columns import IntArray
from nas.search.ledger import total_violation
from nas.search.nsga2 import Nsga2
from nas.search.population import population_of, survival_order
from nas.search.protocol import Asked, Decision, SearchProblem, Snapshot, Told
from nas.search.snapshots import check_identity, pack_identity
from nas.search.surrogate.searcher import SurrogateSearch
from searchspaces.space import Rows

MODELLED = 600
"""Evaluations after which models give way: an ask of theirs takes a tenth of a second by then."""
MANY_VARIABLES = 100
"""From so many on, distances say too little for models of a few hundred candidates."""
MANY_EVALUATIONS = 5_000
"""A budget of which the first 600 evaluations matter little: evolution from the start."""
CHEAP_SECONDS = 0.002
"""Evaluations faster than that leave no time for a model."""
POPULATION = 40


@dataclass(frozen=True, slots=True)
class Plan:
    """modelled: evaluations that models choose, 0 for none; then evolution. reason: why, in a sentence."""

    modelled: int
    reason: str


def plan_of(problem: SearchProblem) -> Plan:
    """By the kind of variables, the budget and the cost of an evaluation, where they are known."""
    n_free = sum(variable.lower < variable.upper for variable in problem.domain.variables)
    if n_free > MANY_VARIABLES:
        return Plan(0, f"{n_free} variables are too many for models: evolution")
    if problem.n_evaluations is not None and problem.n_evaluations > MANY_EVALUATIONS:
        return Plan(0, f"{problem.n_evaluations:,} evaluations are enough for evolution alone")
    if problem.seconds is not None and problem.seconds < CHEAP_SECONDS:
        return Plan(0, f"an evaluation takes {1e3 * problem.seconds:.2g} ms, less than a model: evolution")
    free = ", which never propose what breaks a free limit" if problem.screen is not None else ""
    return Plan(
        MODELLED,
        f"Gaussian processes of {n_free} variables for {MODELLED} evaluations{free}; then evolution",
    )


class AutoSearch:
    """`SurrogateSearch` for the first evaluations, then `Nsga2` from the best that it found.

    `decisions` says what was chosen, when and why. Which it takes depends on the problem alone, never on a
    clock. Snapshots are as exact as those of its searchers.
    """

    def __init__(
        self, problem: SearchProblem, *, seed: int, initial: Rows | None = None, population: int | None = None
    ) -> None:
        self._problem = problem
        self._plan = plan_of(problem)
        self._identity = pack_identity("auto", problem, f"{self._plan.modelled} {population}")
        self._population = population
        models = self._plan.modelled > 0
        self._models = (
            SurrogateSearch(problem, seed=seed, initial=initial, population=None) if models else None
        )
        size = population or (POPULATION if models else None)
        self._evolution = Nsga2(problem, seed=seed + 1, initial=None if models else initial, population=size)
        self._switch = -1 if models else 0
        self._n_asked = 0

    @property
    def batch_size(self) -> int:
        searcher = self._active
        return searcher.batch_size

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """What was chosen so far, in order."""
        made = [Decision(0, self._plan.reason)]
        if self._models is not None and self._switch >= 0:
            text = (
                f"after {self._switch:,} candidates: NSGA-II from the best of them, "
                "since another model would cost more than it finds"
            )
            made.append(Decision(self._switch, text))
        return tuple(made)

    @property
    def _active(self) -> SurrogateSearch | Nsga2:
        return self._models if self._models is not None and self._switch < 0 else self._evolution

    def ask(self, n: int) -> Asked:
        if self._switch < 0 and self._n_asked >= self._plan.modelled:
            self._hand_over()
        asked = self._active.ask(n)
        offset = max(self._switch, 0)
        self._n_asked = offset + int(asked.numbers[-1]) + 1 if len(asked.numbers) else self._n_asked
        return Asked(asked.numbers + offset, asked.rows)

    def tell(self, told: Told) -> None:
        if self._models is None or self._switch < 0:
            self._active.tell(told)
            return
        is_early = told.numbers < self._switch
        for part, searcher, offset in (
            (is_early, self._models, 0),
            (~is_early, self._evolution, self._switch),
        ):
            if part.any():
                searcher.tell(
                    Told(
                        told.numbers[part] - offset,
                        told.objectives[part],
                        told.violations[part],
                        told.failed[part],
                    )
                )

    def snapshot(self) -> Snapshot:
        models = {} if self._models is None else self._models.snapshot()
        return {
            "searcher": self._identity,
            "counters": np.array([self._n_asked, self._switch]),
            **{f"models/{name}": array for name, array in models.items()},
            **{f"evolution/{name}": array for name, array in self._evolution.snapshot().items()},
        }

    def restore(self, snapshot: Snapshot) -> None:
        check_identity(snapshot, self._identity)
        self._n_asked, self._switch = snapshot["counters"].astype(np.int64).tolist()
        if self._models is not None:
            self._models.restore(_below("models/", snapshot))
        self._evolution.restore(_below("evolution/", snapshot))

    def _hand_over(self) -> None:
        """Evolution begins with the best of what the models found; what is told later counts for them
        alone."""
        assert self._models is not None
        self._switch = self._n_asked
        history = self._models.history
        excess = total_violation(history)
        finite = np.nan_to_num(history.objectives, posinf=1e300)
        best: IntArray = survival_order(finite, excess, self._evolution.batch_size)
        self._evolution.begin_from(
            population_of(history.rows[best], finite[best], excess[best], len(best)), history.rows
        )


def _below(prefix: str, snapshot: Snapshot) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]:
    return {name.removeprefix(prefix): array for name, array in snapshot.items() if name.startswith(prefix)}
