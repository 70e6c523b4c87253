"""The search of one gene space: generations of rows, priced, rejected or evaluated, and told.

Genes are fitted by the search itself, so it is driven by the rows it fits on; every design that enters
the front is also scored on the validation rows, which drive nothing but the choice at the end.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from hwmodels.model import HardwareModel, Workload
from nas.evaluate import PackedPart, price_batch, score_batch
from nas.objectives import Figures, Goals
from nas.pareto import pareto_mask
from nas.records import Block
from nas.scores import TASK_METRICS
from nas.search.protocol import Asked, Searcher, Snapshot, Told
from searchspaces.space import GeneSpace, Rows

TASK_METRIC_NAMES = frozenset(name for names in TASK_METRICS.values() for name in names)
FIT_PREFIX = "fit_"
"""Names a task metric on the rows that the genes were fitted on."""


@dataclass(frozen=True, slots=True, eq=False)
class GeneProblem:
    """What the evaluation of rows depends on, all of it fixed during a run."""

    name: str
    space: GeneSpace
    goals: Goals
    models: Mapping[str, HardwareModel]
    workload: Workload
    fit: PackedPart
    validation: PackedPart


@dataclass(frozen=True, slots=True, eq=False)
class Elite:
    """The front by fit figures. rows: (n, n_genes). figures: {metric: (n,)}, task metrics also as fit_*."""

    rows: Rows
    figures: Figures

    @property
    def n_rows(self) -> int:
        return len(self.rows)

    def take(self, index: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> "Elite":
        return Elite(self.rows[index], {name: column[index] for name, column in self.figures.items()})

    def join(self, other: "Elite") -> "Elite":
        if not self.n_rows:
            return other
        figures = {name: np.concatenate([self.figures[name], other.figures[name]]) for name in self.figures}
        return Elite(np.concatenate([self.rows, other.rows]), figures)


def empty_elite(problem: GeneProblem) -> Elite:
    """No design yet."""
    domain = problem.space.domain
    return Elite(np.zeros((0, domain.n_variables), domain.dtype), {})


def fit_figures(figures: Figures) -> Figures:
    """The figures that drive the search: task metrics are those of the fit rows."""
    return {
        name: figures.get(FIT_PREFIX + name, column)
        for name, column in figures.items()
        if not name.startswith(FIT_PREFIX)
    }


def front_mask(elite: Elite, goals: Goals, *, by_fit: bool) -> npt.NDArray[np.bool_]:
    """(n,) rows that keep the limits and are not dominated, by fit or by validation figures.

    Of rows with equal objectives the first stays.
    """
    if not elite.n_rows:
        return np.zeros(0, np.bool_)
    figures = fit_figures(elite.figures) if by_fit else elite.figures
    kept = (goals.violations(figures) == 0).all(axis=1)
    points = goals.minimized(figures)
    index = np.flatnonzero(kept)
    index = index[pareto_mask(points[index])]
    _, first = np.unique(points[index], axis=0, return_index=True)
    mask = np.zeros(elite.n_rows, np.bool_)
    mask[index[first]] = True
    return mask


def warm_up(problem: GeneProblem) -> None:
    """Compiles or loads the kernels, so that no budget of time pays for it."""
    batch = problem.space.decode_batch(problem.space.sample(np.random.default_rng(0), 2))
    interface = problem.space.interface
    price_batch(batch, interface, problem.models, problem.goals.metrics, problem.workload)
    score_batch(batch, interface, problem.fit)


@dataclass(slots=True, eq=False)
class GeneSearch:
    """The state of a gene search between generations."""

    problem: GeneProblem
    searcher: Searcher
    elite: Elite = field(init=False)
    generation: int = 0
    asked: int = 0
    evaluations: int = 0
    rejected: int = 0
    smallest_excess: npt.NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        self.elite = empty_elite(self.problem)
        self.smallest_excess = np.full(len(self.problem.goals.limits), np.inf)

    def step(self, budget: int, seconds: float) -> Block | None:
        """One generation with at most `budget` evaluations; None where the space is exhausted."""
        asked = self.searcher.ask(min(self.searcher.batch_size, max(1, budget)))
        if not len(asked.rows):
            return None
        told, entrants = self._evaluate(asked)
        before = self.elite.n_rows
        joined = self.elite.join(entrants) if entrants.n_rows else self.elite
        mask = front_mask(joined, self.problem.goals, by_fit=True)
        entered = joined.take(np.flatnonzero(mask & (np.arange(len(mask)) >= before)))
        self.elite = joined.take(mask)
        self.searcher.tell(told)
        self.generation += 1
        return Block(
            family=self.problem.name,
            generation=self.generation,
            asked=self.asked,
            evaluations=self.evaluations,
            rejected=self.rejected,
            seconds=seconds,
            rows=entered.rows,
            metrics=entered.figures,
        )

    def _evaluate(self, asked: Asked) -> tuple[Told, Elite]:
        """Prices, rejects and scores; gives what to tell and the candidates for the front."""
        problem, goals = self.problem, self.problem.goals
        n = len(asked.rows)
        batch = problem.space.decode_batch(asked.rows)
        prices = price_batch(batch, problem.space.interface, problem.models, goals.metrics, problem.workload)
        violations = goals.violations(prices) if prices else np.zeros((n, len(goals.limits)))
        if n and goals.limits:
            self.smallest_excess = np.minimum(self.smallest_excess, violations.min(axis=0))
        kept = np.flatnonzero((violations == 0).all(axis=1))
        self.asked, self.rejected = self.asked + n, self.rejected + n - len(kept)
        self.evaluations += len(kept)
        objectives = np.full((n, len(goals.objectives)), np.inf)
        entrants = empty_elite(problem)
        if len(kept):
            scores = score_batch(batch.take(kept), problem.space.interface, problem.fit)
            figures = {name: column[kept] for name, column in prices.items()} | dict(scores)
            objectives[kept] = goals.minimized(figures)
            violations[kept] = goals.violations(figures)
            entrants = self._entrants(asked.rows[kept], figures, violations[kept])
        return Told(asked.numbers, objectives, violations, np.zeros(n, np.bool_)), entrants

    def _entrants(self, rows: Rows, figures: Figures, violations: npt.NDArray[np.float64]) -> Elite:
        """Candidates that may enter the front, with their validation scores."""
        fitted = {
            (FIT_PREFIX + name if name in TASK_METRIC_NAMES else name): column
            for name, column in figures.items()
        }
        candidates = Elite(rows, fitted | {name: figures[name] for name in figures})
        candidates = candidates.take((violations == 0).all(axis=1))
        candidates = candidates.take(front_mask(candidates, self.problem.goals, by_fit=True))
        candidates = self._not_dominated_by_front(candidates)
        if not candidates.n_rows:
            return candidates
        batch = self.problem.space.decode_batch(candidates.rows)
        scores = score_batch(batch, self.problem.space.interface, self.problem.validation)
        return Elite(candidates.rows, dict(candidates.figures) | dict(scores))

    def _not_dominated_by_front(self, candidates: Elite) -> Elite:
        """Spares the validation scores of candidates that the front already beats or equals."""
        if not self.elite.n_rows or not candidates.n_rows:
            return candidates
        joined = self.elite.join(candidates)
        mask = front_mask(joined, self.problem.goals, by_fit=True)[self.elite.n_rows :]
        return candidates.take(mask)

    def snapshot(self) -> Snapshot:
        """Everything needed to go on, as arrays."""
        counters = [self.generation, self.asked, self.evaluations, self.rejected]
        state: dict[str, npt.NDArray[np.generic]] = {
            "counters": np.array(counters, np.int64),
            "smallest_excess": self.smallest_excess,
            "elite_rows": self.elite.rows,
        }
        state |= {f"elite/{name}": column for name, column in self.elite.figures.items()}
        state |= {f"searcher/{name}": array for name, array in self.searcher.snapshot().items()}
        return state

    def restore(self, snapshot: Snapshot) -> None:
        """Takes over the state of an equal search."""
        counters = snapshot["counters"].astype(np.int64).tolist()
        self.generation, self.asked, self.evaluations, self.rejected = counters
        self.smallest_excess = snapshot["smallest_excess"].astype(np.float64)
        figures = {
            name.removeprefix("elite/"): array.astype(np.float64)
            for name, array in snapshot.items()
            if name.startswith("elite/")
        }
        domain = self.problem.space.domain
        self.elite = Elite(snapshot["elite_rows"].astype(domain.dtype), figures)
        self.searcher.restore(
            {
                name.removeprefix("searcher/"): array
                for name, array in snapshot.items()
                if name.startswith("searcher/")
            }
        )
