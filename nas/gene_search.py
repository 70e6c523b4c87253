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
from nas.front import FIT_PREFIX, TASK_METRIC_NAMES, Scored, fit_figures, fit_front
from nas.objectives import Figures, FloatArray, Goals
from nas.parts import Part
from nas.records import Block
from nas.search.protocol import Asked, Searcher, Snapshot, Told
from nas.stage import Excess
from nas.stopping import Stopping
from searchspaces.space import GeneSpace, Rows


@dataclass(frozen=True, slots=True, eq=False)
class GeneProblem:
    """What the evaluation of rows depends on, all of it fixed during a run.

    goals: of free metrics alone. known: the true rows among those of `fit`.
    """

    name: str
    space: GeneSpace
    goals: Goals
    models: Mapping[str, HardwareModel]
    workload: Workload
    known: Part
    fit: PackedPart
    validation: PackedPart


def nothing_scored(problem: GeneProblem) -> Scored:
    """No design yet."""
    domain = problem.space.domain
    return Scored(np.zeros((0, domain.n_variables), domain.dtype), {})


def warm_up(problem: GeneProblem) -> None:
    """Compiles or loads the kernels, so that no budget of time pays for it."""
    batch = problem.space.decode_batch(problem.space.sample(np.random.default_rng(0), 2))
    interface = problem.space.interface
    price_batch(batch, interface, problem.models, problem.goals.metrics, problem.workload)
    score_batch(batch, interface, problem.fit)


@dataclass(frozen=True, slots=True, eq=False)
class EvaluatedRows:
    """prices: free figures of all n rows. kept: indices of those that keep the limits on them; figures: all
    that is known of these, task metrics by the rows that drive the search. objectives (n, n_objectives): inf
    for the others. violations: (n, n_limits).
    """

    prices: Figures
    kept: npt.NDArray[np.int64]
    figures: Figures
    objectives: FloatArray
    violations: FloatArray


def evaluate_rows(problem: GeneProblem, rows: Rows) -> EvaluatedRows:
    """Prices rows (n, n_genes), rejects by free limits, and scores the rest."""
    goals, n = problem.goals, len(rows)
    batch = problem.space.decode_batch(rows)
    prices = price_batch(batch, problem.space.interface, problem.models, goals.metrics, problem.workload)
    violations = goals.violations(prices) if prices else np.zeros((n, len(goals.limits)))
    kept = np.flatnonzero((violations == 0).all(axis=1) & goals.priced(prices, n))
    objectives = np.full((n, len(goals.objectives)), np.inf)
    figures: Figures = {}
    if len(kept):
        scores = score_batch(
            batch if len(kept) == n else batch.take(kept), problem.space.interface, problem.fit
        )
        figures = {name: column[kept] for name, column in prices.items()} | dict(scores)
        objectives[kept] = goals.minimized(figures)
        violations[kept] = goals.violations(figures)
    return EvaluatedRows(prices, kept, figures, objectives, violations)


@dataclass(slots=True, eq=False)
class GeneSearch:
    """The state of a gene search between generations. elite: the front by fit figures."""

    problem: GeneProblem
    searcher: Searcher
    stopping: Stopping = field(default_factory=Stopping)
    elite: Scored = field(init=False)
    excess: Excess = field(init=False)
    generation: int = 0
    asked: int = 0
    evaluations: int = 0
    rejected: int = 0

    def __post_init__(self) -> None:
        self.elite = nothing_scored(self.problem)
        self.excess = Excess.of(self.problem.goals)

    def step(self, budget: int, seconds: float) -> Block | None:
        """One generation with at most `budget` evaluations; None where the space is exhausted.

        seconds: spent on the stage so far, for the record.
        """
        asked = self.searcher.ask(min(self.searcher.batch_size, max(1, budget)))
        if not len(asked.rows):
            return None
        told, candidates = self._evaluate(asked)
        entered = self._with_validation(candidates)
        if entered.n_rows:
            joined = self.elite.join(entered)
            self.elite = joined.take(fit_front(joined, self.problem.goals))
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

    def _evaluate(self, asked: Asked) -> tuple[Told, Scored]:
        """Prices, rejects and scores; gives what to tell, and what keeps the limits, scored by fit."""
        goals, n = self.problem.goals, len(asked.rows)
        done = evaluate_rows(self.problem, asked.rows)
        kept, violations = done.kept, done.violations
        self.asked, self.rejected = self.asked + n, self.rejected + n - len(kept)
        self.evaluations += len(kept)
        scored = nothing_scored(self.problem)
        if len(kept):
            scored = _as_fit(asked.rows[kept], done.figures).take((violations[kept] == 0).all(axis=1))
        self.excess.note(goals, done.prices, done.figures, violations)
        return Told(asked.numbers, done.objectives, violations, np.zeros(n, np.bool_)), scored

    def _with_validation(self, candidates: Scored) -> Scored:
        """Those that enter the front by fit figures, with their validation scores."""
        goals = self.problem.goals
        candidates = candidates.take(self._is_news(candidates))
        candidates = candidates.take(fit_front(candidates, goals))
        joined = self.elite.join(candidates)
        front = fit_front(joined, goals)
        entering = candidates.take(front[front >= self.elite.n_rows] - self.elite.n_rows)
        if not entering.n_rows:
            return entering
        batch = self.problem.space.decode_batch(entering.rows)
        scores = score_batch(batch, self.problem.space.interface, self.problem.validation)
        return Scored(entering.rows, dict(entering.figures) | dict(scores))

    def _is_news(self, candidates: Scored) -> npt.NDArray[np.bool_]:
        """(n,) whether no design of the front is at least as good; mostly one is, so this must be cheap."""
        if not candidates.n_rows or not self.elite.n_rows:
            return np.ones(candidates.n_rows, np.bool_)
        found = self.problem.goals.minimized(fit_figures(candidates.figures))
        known = self.problem.goals.minimized(fit_figures(self.elite.figures))
        is_beaten = np.ones((len(found), len(known)), np.bool_)
        for column in range(found.shape[1]):
            is_beaten &= known[:, column] <= found[:, column, None]
        news: npt.NDArray[np.bool_] = np.all(~is_beaten, axis=1)
        return news

    def enough(self) -> str | None:
        """Why to stop before the budget is spent: the front by fit figures, the target by validation ones."""
        if not self.elite.n_rows:
            return None
        goals, figures = self.problem.goals, self.elite.figures
        reached = self.stopping.reached(goals.minimized(figures))
        return reached or self.stopping.stalled(goals.minimized(fit_figures(figures)), self.evaluations)

    def snapshot(self) -> Snapshot:
        """Everything needed to go on, as arrays."""
        counters = [self.generation, self.asked, self.evaluations, self.rejected]
        state: dict[str, npt.NDArray[np.generic]] = {
            "counters": np.array(counters, np.int64),
            "smallest_excess": self.excess.smallest,
            "excess_counters": np.array([self.excess.total, self.excess.since_better]),
            "elite_rows": self.elite.rows,
        }
        state |= {f"elite/{name}": column for name, column in self.elite.figures.items()}
        state |= self.stopping.snapshot()
        state |= {f"searcher/{name}": array for name, array in self.searcher.snapshot().items()}
        return state

    def restore(self, snapshot: Snapshot) -> None:
        """Takes over the state of an equal search."""
        counters = snapshot["counters"].astype(np.int64).tolist()
        self.generation, self.asked, self.evaluations, self.rejected = counters
        total, since_better = snapshot["excess_counters"].astype(np.float64).tolist()
        self.excess = Excess(snapshot["smallest_excess"].astype(np.float64), total, int(since_better))
        rows: Rows = snapshot["elite_rows"].astype(self.problem.space.domain.dtype)
        elite = {name: array.astype(np.float64) for name, array in _below("elite/", snapshot).items()}
        self.elite = Scored(rows, elite)
        self.stopping.restore(snapshot)
        self.searcher.restore(_below("searcher/", snapshot))


def _as_fit(rows: Rows, figures: Figures) -> Scored:
    """Task metrics under both names; those by validation are filled in for what enters the front."""
    fitted: dict[str, FloatArray] = {
        FIT_PREFIX + name: column for name, column in figures.items() if name in TASK_METRIC_NAMES
    }
    return Scored(rows, fitted | dict(figures))


def _below(prefix: str, snapshot: Snapshot) -> dict[str, npt.NDArray[np.generic]]:
    return {name.removeprefix(prefix): array for name, array in snapshot.items() if name.startswith(prefix)}
