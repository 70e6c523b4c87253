"""A stage that is a list of numbered jobs, each of which makes a network a validation fold, and a last one.

A network depends on the job's number, the stage's seed, the rows that it may see and the networks of
earlier jobs for the same fold alone, so a stage that was interrupted goes on with the first job that is not
in the archive.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import numpy as np

from codegen.ir import Design, Network
from codegen.synthesis import SynthesisError
from codegen.toolchain import ToolError
from hwmodels.model import HardwareModel, Workload
from nas.cross_validation import Fold, cross_validate
from nas.data.dataset import Dataset
from nas.errors import RunError
from nas.evaluate import price_network
from nas.objectives import Goals
from nas.parts import make_part
from nas.records import Evaluation, Status
from nas.report.progress import ProgressFacts
from nas.stage import Budget, Clock, Excess, Sitting
from searchspaces.space import AxisValue, SpaceError


class Jobs(Protocol):
    """What a family has to do in a stage, and how it does it."""

    @property
    def values(self) -> Sequence[Mapping[str, AxisValue]]:
        """What tells each job from the others, by its number."""
        ...

    def folds(self, number: int) -> Sequence[int]:
        """0, 1, ... up to the last validation fold that can validate the job."""
        ...

    def make(self, number: int, done: Mapping[int, Network], fold: Fold) -> Network:
        """The network of a job that has not seen a fold, or for None has seen all training rows.

        done: those of the jobs before it for the same fold, by number, as far as they succeeded.
        """
        ...


@dataclass(slots=True, eq=False)
class JobStage:
    """The state of a stage of jobs. known: what was done before the run was interrupted.

    made: the networks so far, by fold and by number of their job.
    """

    name: str
    jobs: Jobs
    dataset: Dataset
    goals: Goals
    models: Mapping[str, HardwareModel]
    budget: Budget
    clock: Clock
    sitting: Sitting
    known: Mapping[int, Evaluation]
    made: dict[Fold, dict[int, Network]] = field(default_factory=dict)

    def run(self) -> str:
        """Does every job that is not known yet; gives why the stage ended. Raises RunInterrupted."""
        excess, found, reason = Excess.of(self.goals), 0, "every job was done"
        errors: list[str] = []
        for number, values in enumerate(self.jobs.values):
            evaluation = self.known.get(number)
            if evaluation is None:
                spent = self.budget.spent(number, self.clock.seconds)
                if spent is not None and number:
                    reason = spent
                    break
                evaluation = self._evaluate(number, values)
            found += evaluation.status == "ok"
            errors += [evaluation.error] if evaluation.status == "failed" else []
            self._keep(evaluation)
            self._note(excess, evaluation)
        if found:
            return reason
        if len(errors) == len(self.jobs.values):
            return f"every job failed, most with: {Counter(errors).most_common(1)[0][0]}"
        return f"{reason}; {excess.reason(self.goals)}"

    def _evaluate(self, number: int, values: Mapping[str, AxisValue]) -> Evaluation:
        start = time.monotonic()
        metrics: dict[str, float] = {}
        network: str | None = None
        folds: tuple[str, ...] = ()
        status: Status = "failed"
        error = ""
        try:
            job = cross_validate(self.dataset, self.jobs.folds(number), partial(self._make, number))
            folds = tuple(self.sitting.archive.put_network(each) for each in job.folds)
            network = self.sitting.archive.put_network(job.network)
            metrics = self._prices(job.network) | job.scores
            figures = {name: np.array([value]) for name, value in metrics.items()}
            status = "infeasible" if self.goals.violations(figures).any() else "ok"
        except (RunError, SpaceError, ToolError, SynthesisError) as reason:
            error = f"{type(reason).__name__}: {reason}"
        seconds = time.monotonic() - start
        done = Evaluation(number, self.name, values, 1.0, status, metrics, network, seconds, error, folds)
        self.sitting.archive.append(done)
        return done

    def _make(self, number: int, fold: Fold) -> Network:
        self.sitting.check()
        self.sitting.show(self._facts(number, fold))
        return self.jobs.make(number, self.made.get(fold, {}), fold)

    def _keep(self, evaluation: Evaluation) -> None:
        if evaluation.network is not None:
            identities: dict[Fold, str] = {None: evaluation.network, **dict(enumerate(evaluation.folds))}
            for fold, identity in identities.items():
                self.made.setdefault(fold, {})[evaluation.number] = self.sitting.archive.network(identity)

    def _prices(self, network: Network) -> dict[str, float]:
        train = make_part(self.dataset, self.dataset.train, network.interface)
        priced = price_network(Design(network), self.models, Workload(train.codes), self.goals.metrics)
        priced.require(self.goals.metrics)
        return dict(priced.figures)

    def _note(self, excess: Excess, evaluation: Evaluation) -> None:
        if evaluation.status != "failed":
            figures = {name: np.array([value]) for name, value in evaluation.metrics.items()}
            excess.note(self.goals, figures, {}, self.goals.violations(figures))

    def _facts(self, number: int, fold: Fold) -> ProgressFacts:
        rows = "all training rows" if fold is None else f"fold {fold + 1} of {len(self.jobs.folds(number))}"
        return ProgressFacts(
            phase="annealing",
            detail=f"{self.name}, job {number + 1} of {len(self.jobs.values)}, {rows}",
            evaluations=number,
            seconds=self.clock.seconds,
            budget_evaluations=min(self.budget.evaluations, len(self.jobs.values)),
        )
