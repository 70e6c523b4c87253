"""The search of one axis space: a candidate is a handful of decisions, from which networks are trained.

A candidate is trained once for each validation fold, which gives its task metrics (the mean over folds),
and once on all training rows, which gives its network and with it every price.
"""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from codegen.ir import Design, Network
from codegen.ir.counts import count
from hwmodels.model import HardwareModel, Workload
from nas.data.dataset import Dataset, IndexArray
from nas.data.interface import make_interface
from nas.evaluate import price_network, score_network
from nas.objectives import FloatArray, Goals
from nas.parts import fit_rows, make_part
from nas.records import Evaluation, Status
from nas.report.progress import ProgressFacts
from nas.search.protocol import Asked, Searcher, Told
from nas.spec.metrics import STRUCTURE_METRICS
from nas.stage import Budget, Sitting
from searchspaces.approximate_mlp import ApproximateMlpAxes, MlpRecipe
from searchspaces.space import Rows

STARTS = 2
"""Trainings of a candidate on the same rows, of which the better is kept; single ones vary a lot."""
PATIENCE_STRUCTURES = 2000
"""Structures refused by the limits in a row after which a stage gives up."""
PATIENCE_EVALUATIONS = 60
"""Trained candidates without one inside the limits after which a stage gives up."""


@dataclass(frozen=True, slots=True, eq=False)
class AxisProblem:
    """What the evaluation of a candidate depends on, all of it fixed during a run."""

    name: str
    space: ApproximateMlpAxes
    dataset: Dataset
    goals: Goals
    models: Mapping[str, HardwareModel]
    seed: int


def train_on(problem: AxisProblem, recipe: MlpRecipe, rows: IndexArray, seed: int) -> Network:
    """The network that a recipe trains on some rows; scaling is fitted on the same rows."""
    from nas.train.mlp import train_mlps  # torch is heavy

    interface = make_interface(problem.dataset, recipe.input_bits, rows)
    part = make_part(problem.dataset, rows, interface)
    return train_mlps([recipe], interface, part.codes, part.targets, seed=seed, starts=STARTS)[0]


def candidate_seed(seed: int, number: int) -> int:
    """The seed of a candidate's own randomness, independent of when it is evaluated."""
    return int(np.random.SeedSequence(seed, spawn_key=(number,)).generate_state(1)[0])


def evaluate_axes(problem: AxisProblem, row: Rows, number: int) -> tuple[dict[str, float], Network]:
    """All metrics of a candidate, and its network trained on all training rows."""
    recipe = problem.space.recipe(row)
    seed = candidate_seed(problem.seed, number)
    scores: dict[str, list[float]] = {}
    for fold, held_out in enumerate(problem.dataset.folds):
        network = train_on(problem, recipe, fit_rows(problem.dataset, fold), seed)
        part = make_part(problem.dataset, held_out, network.interface)
        for name, value in score_network(network, part).items():
            scores.setdefault(name, []).append(value)
    network = train_on(problem, recipe, problem.dataset.train, seed)
    train = make_part(problem.dataset, problem.dataset.train, network.interface)
    metrics = {name: float(np.mean(values)) for name, values in scores.items()}
    metrics |= {f"fit_{name}": value for name, value in score_network(network, train).items()}
    prices, _ = price_network(Design(network), problem.models, Workload(train.codes))
    return metrics | prices, network


@dataclass(slots=True, eq=False)
class AxisSearch:
    """The state of an axis search. `known` holds what was told before, so that a resumed run replays it."""

    problem: AxisProblem
    searcher: Searcher
    sitting: Sitting
    known: Mapping[int, Evaluation]
    by_values: dict[tuple[tuple[str, object], ...], Evaluation] = field(default_factory=dict)
    asked: int = 0
    evaluations: int = 0
    rejected: int = 0
    repeated: int = 0
    smallest_excess: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        self.smallest_excess = np.full(len(self.problem.goals.limits), np.inf)

    @property
    def hopeless(self) -> bool:
        """No candidate keeps the limits, though enough were tried."""
        tried_structures = self.asked >= PATIENCE_STRUCTURES and self.evaluations == 0
        tried = self.evaluations >= PATIENCE_EVALUATIONS
        return (tried_structures or tried) and not self._feasible()

    def progress(self, budget: Budget, seconds: float) -> ProgressFacts:
        """Where the stage stands."""
        feasible = self._feasible()
        best = {}
        for goal in self.problem.goals.objectives:
            figures = [done.metrics[goal.metric] for done in feasible]
            if figures:
                best[goal.metric] = min(figures) if goal.direction == "min" else max(figures)
        return ProgressFacts(
            phase="search",
            detail=self.problem.name,
            evaluations=self.evaluations,
            seconds=seconds,
            budget_evaluations=budget.evaluations,
            budget_seconds=None if math.isinf(budget.seconds) else budget.seconds,
            rejected=self.rejected,
            best=best,
        )

    def _feasible(self) -> list[Evaluation]:
        return [done for done in self.by_values.values() if done.status == "ok"]

    def step(self, budget: int) -> bool:
        """Asks once and evaluates the answer; False where the space is exhausted.

        Raises RunInterrupted between two candidates when the user asked to stop.
        """
        asked = self.searcher.ask(min(self.searcher.batch_size, max(1, budget)))
        if not len(asked.rows):
            return False
        self.searcher.tell(self._evaluate_all(asked))
        return True

    def _evaluate_all(self, asked: Asked) -> Told:
        goals, n = self.problem.goals, len(asked.rows)
        objectives = np.full((n, len(goals.objectives)), np.inf)
        violations, failed = np.zeros((n, len(goals.limits))), np.zeros(n, np.bool_)
        for index, row in enumerate(asked.rows):
            self.asked += 1
            violations[index] = self._free_violations(row)
            if violations[index].any():
                self.rejected += 1
                continue
            done = self._known_or_new(row, int(asked.numbers[index]))
            if done.status == "failed":
                failed[index] = True
                continue
            figures = {name: np.array([value]) for name, value in done.metrics.items()}
            objectives[index] = goals.minimized(figures)[0]
            violations[index] = goals.violations(figures)[0]
        if goals.limits and not failed.all():
            self.smallest_excess = np.minimum(self.smallest_excess, violations[~failed].min(axis=0))
        return Told(asked.numbers, objectives, violations, failed)

    def _free_violations(self, row: Rows) -> FloatArray:
        """Excess of the structure over the limits, before anything is trained.

        Training can only remove parts of a structure, so maxima are held against the whole of it.
        """
        counts = structure_figures(self.problem.space, row)
        figures = {name: np.array([value]) for name, value in counts.items()}
        return self.problem.goals.violations(figures).reshape(-1)

    def _known_or_new(self, row: Rows, number: int) -> Evaluation:
        values = self.problem.space.values(row)
        key = tuple(sorted(values.items()))
        if key in self.by_values:
            self.repeated += 1
            return self.by_values[key]
        done = self.known.get(number)
        if done is None:
            self.sitting.check()
            done = self._evaluate_one(row, number)
            self.sitting.archive.append(done)
        self.by_values[key] = done
        self.evaluations += 1
        return done

    def _evaluate_one(self, row: Rows, number: int) -> Evaluation:
        start = time.monotonic()
        metrics: dict[str, float] = {}
        network: str | None = None
        status: Status = "failed"
        error = ""
        try:
            metrics, trained = evaluate_axes(self.problem, row, number)
            network, status = self.sitting.archive.put_network(trained), self._status(metrics)
        except (ValueError, ArithmeticError, MemoryError, RuntimeError) as reason:
            error = f"{type(reason).__name__}: {reason}"
        values = dict(self.problem.space.values(row))
        seconds = time.monotonic() - start
        return Evaluation(number, self.problem.name, values, 1.0, status, metrics, network, seconds, error)

    def _status(self, metrics: Mapping[str, float]) -> Status:
        figures = {name: np.array([value]) for name, value in metrics.items()}
        return "infeasible" if self.problem.goals.violations(figures).any() else "ok"


def structure_figures(space: ApproximateMlpAxes, row: Rows) -> dict[str, float]:
    """macs, flops and parameters of the structure that a row describes."""
    counts = count(space.structure(row).content)
    return {name: float(getattr(counts, name)) for name in STRUCTURE_METRICS}
