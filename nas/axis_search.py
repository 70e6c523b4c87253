"""The search of one axis space: a candidate is a handful of decisions, from which networks are trained.

A candidate is trained once for each validation fold, which gives its task metrics (the mean over folds),
and once on all training rows, which gives its network and with it every price.
"""

import math
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from codegen.ir import Design, Network
from codegen.ir.counts import count
from hwmodels.model import HardwareModel, Workload
from nas.cross_validation import Validated, cross_validate, rows_for
from nas.data.dataset import Dataset, IndexArray
from nas.data.interface import make_interface
from nas.errors import RunError
from nas.evaluate import price_network
from nas.objectives import FloatArray, Goals
from nas.parts import make_part
from nas.records import Evaluation, Status
from nas.report.progress import ProgressFacts
from nas.search.protocol import Asked, Searcher, Told
from nas.spec.metrics import STRUCTURE_METRICS
from nas.stage import Budget, Clock, Excess, Sitting
from searchspaces.approximate_mlp import ApproximateMlpAxes, MlpRecipe
from searchspaces.space import AxisValue, Rows

STARTS = 2
"""Trainings of a candidate on the same rows, of which the better is kept; single ones vary a lot."""
PATIENCE_STRUCTURES = 2000
"""Structures refused before the first training after which a stage gives up."""
PATIENCE_EVALUATIONS = 60
"""Trained candidates that come no nearer to the limits after which a stage without a design gives up."""

Key: TypeAlias = tuple[tuple[str, AxisValue], ...]


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


def evaluate_axes(problem: AxisProblem, row: Rows, number: int) -> tuple[Validated, dict[str, float]]:
    """The networks that a candidate trains, and all metrics of the one trained on all training rows."""
    recipe = problem.space.recipe(row)
    seed = candidate_seed(problem.seed, number)
    validated = cross_validate(
        problem.dataset,
        range(len(problem.dataset.folds)),
        lambda fold: train_on(problem, recipe, rows_for(problem.dataset, fold), seed),
    )
    network = validated.network
    train = make_part(problem.dataset, problem.dataset.train, network.interface)
    priced = price_network(Design(network), problem.models, Workload(train.codes), problem.goals.metrics)
    priced.require(problem.goals.metrics)
    return validated, validated.scores | dict(priced.figures)


@dataclass(slots=True, eq=False)
class AxisSearch:
    """The state of an axis search. known: what was told before, so that a resumed run replays it."""

    problem: AxisProblem
    searcher: Searcher
    budget: Budget
    clock: Clock
    sitting: Sitting
    known: Mapping[int, Evaluation]
    by_values: dict[Key, Evaluation] = field(default_factory=dict)
    excess: Excess = field(init=False)
    asked: int = 0
    evaluations: int = 0
    rejected: int = 0

    def __post_init__(self) -> None:
        self.excess = Excess.of(self.problem.goals)

    def step(self) -> str | None:
        """Asks once and evaluates the answer; gives why the stage ends, or None.

        Raises RunInterrupted between two candidates when the user asked to stop.
        """
        asked = self.searcher.ask(min(self.searcher.batch_size, self.budget.evaluations))
        if not len(asked.rows):
            return "every design of the space was tried"
        told, reason = self._evaluate_all(asked)
        if reason is None:
            self.searcher.tell(told)
            reason = self._hopeless()
        self.sitting.show(self._progress())
        return reason

    @property
    def feasible(self) -> list[Evaluation]:
        """The evaluated candidates that keep all limits."""
        return [done for done in self.by_values.values() if done.status == "ok"]

    def why_none(self) -> str:
        """Why no candidate is feasible: what most failed of, or the limit that bites."""
        errors = Counter(done.error for done in self.by_values.values() if done.status == "failed")
        if errors and sum(errors.values()) == len(self.by_values):
            return f"every candidate failed, most with: {errors.most_common(1)[0][0]}"
        return self.excess.reason(self.problem.goals)

    def _hopeless(self) -> str | None:
        refused = self.evaluations == 0 and self.asked >= PATIENCE_STRUCTURES
        if not self.feasible and (refused or self.excess.since_better >= PATIENCE_EVALUATIONS):
            return f"{self.asked:,} candidates were asked for"
        return None

    def _progress(self) -> ProgressFacts:
        best = {}
        for goal in self.problem.goals.objectives:
            figures = [done.metrics[goal.metric] for done in self.feasible]
            if figures:
                best[goal.metric] = min(figures) if goal.direction == "min" else max(figures)
        return ProgressFacts(
            phase="search",
            detail=self.problem.name,
            evaluations=self.evaluations,
            seconds=self.clock.seconds,
            budget_evaluations=self.budget.evaluations,
            budget_seconds=None if math.isinf(self.budget.seconds) else self.budget.seconds,
            rejected=self.rejected,
            best=best,
        )

    def _evaluate_all(self, asked: Asked) -> tuple[Told, str | None]:
        """What to tell; where a budget is spent before all are evaluated, that reason instead."""
        goals, n = self.problem.goals, len(asked.rows)
        objectives = np.full((n, len(goals.objectives)), np.inf)
        violations, failed = np.zeros((n, len(goals.limits))), np.zeros(n, np.bool_)
        reason = None
        for index, row in enumerate(asked.rows):
            self.asked += 1
            violations[index] = self._refusal(row)
            if violations[index].any():
                self.rejected += 1
                continue
            done, reason = self._known_or_new(row, int(asked.numbers[index]))
            if done is None:
                break
            failed[index] = done.status == "failed"
            if not failed[index]:
                figures = {name: np.array([value]) for name, value in done.metrics.items()}
                objectives[index] = goals.minimized(figures)[0]
                violations[index] = goals.violations(figures)[0]
                self.excess.note(goals, figures, {}, violations[index : index + 1])
        return Told(asked.numbers, objectives, violations, failed), reason

    def _refusal(self, row: Rows) -> FloatArray:
        """(n_limits,) by how much the whole structure misses a minimum.

        Training only removes parts of a structure, so it can still come below a maximum.
        """
        counts = structure_figures(self.problem.space, row)
        violations = [
            limit.excess(np.array([counts[limit.metric]]))[0]
            if limit.metric in counts and limit.minimum is not None and counts[limit.metric] < limit.minimum
            else 0.0
            for limit in self.problem.goals.limits
        ]
        return np.array(violations, np.float64)

    def _known_or_new(self, row: Rows, number: int) -> tuple[Evaluation | None, str | None]:
        """The evaluation of a candidate, or None and which budget is spent."""
        values = dict(self.problem.space.values(row))
        key: Key = tuple(sorted(values.items()))
        if key in self.by_values:
            return self.by_values[key], None
        done = self.known.get(number)
        if done is None:
            self.sitting.check()
            spent = self.budget.spent(self.evaluations, self.clock.seconds)
            if spent is not None and self.evaluations:
                return None, spent
            done = self._evaluate_one(row, number, values)
            self.sitting.archive.append(done)
        elif dict(done.values) != values:
            raise RunError(
                f"candidate {number} was {dict(done.values)} when the run began, but the searcher now "
                f"asks for {values}: resume with the versions that the run began with, or start it anew"
            )
        self.by_values[key] = done
        self.evaluations += 1
        return done, None

    def _evaluate_one(self, row: Rows, number: int, values: Mapping[str, AxisValue]) -> Evaluation:
        start = time.monotonic()
        metrics: dict[str, float] = {}
        network: str | None = None
        folds: tuple[str, ...] = ()
        status: Status = "failed"
        error = ""
        try:
            trained, metrics = evaluate_axes(self.problem, row, number)
            folds = tuple(self.sitting.archive.put_network(each) for each in trained.folds)
            network, status = self.sitting.archive.put_network(trained.network), self._status(metrics)
        except (ValueError, ArithmeticError, MemoryError, RuntimeError) as reason:
            error = f"{type(reason).__name__}: {reason}"
        seconds = time.monotonic() - start
        return Evaluation(
            number, self.problem.name, values, 1.0, status, metrics, network, seconds, error, folds
        )

    def _status(self, metrics: Mapping[str, float]) -> Status:
        figures = {name: np.array([value]) for name, value in metrics.items()}
        return "infeasible" if self.problem.goals.violations(figures).any() else "ok"


def structure_figures(space: ApproximateMlpAxes, row: Rows) -> dict[str, float]:
    """macs, flops and parameters of the structure that a row describes."""
    counts = count(space.structure(row).content)
    return {name: float(getattr(counts, name)) for name in STRUCTURE_METRICS}
