"""A stage that is a list of numbered jobs, each of which makes one network.

A job depends on its number, the stage's seed and the networks of earlier jobs alone, so a stage that was
interrupted goes on with the first job that is not in the archive.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from codegen.ir import Design, Network
from codegen.synthesis import SynthesisError
from codegen.toolchain import ToolError
from hwmodels.model import HardwareModel, Workload
from nas.errors import RunError
from nas.evaluate import price_network, score_network
from nas.front import FIT_PREFIX
from nas.objectives import Goals
from nas.parts import Part
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

    def make(self, number: int, done: Mapping[int, Network]) -> Network:
        """The network of a job; done: those of the jobs before it, by number, as far as they succeeded."""
        ...

    def parts(self, network: Network) -> tuple[Part, Part]:
        """The rows that a network is fitted on, and those that validate it, as it sees them."""
        ...


@dataclass(slots=True, eq=False)
class JobStage:
    """The state of a stage of jobs. known: what was done before the run was interrupted."""

    name: str
    jobs: Jobs
    goals: Goals
    models: Mapping[str, HardwareModel]
    budget: Budget
    clock: Clock
    sitting: Sitting
    known: Mapping[int, Evaluation]

    def run(self) -> str:
        """Does every job that is not known yet; gives why the stage ended. Raises RunInterrupted."""
        done: dict[int, Network] = {}
        excess, found, reason = Excess.of(self.goals), 0, "every job was done"
        for number, values in enumerate(self.jobs.values):
            evaluation = self.known.get(number)
            if evaluation is None:
                self.sitting.check()
                spent = self.budget.spent(number, self.clock.seconds)
                if spent is not None and number:
                    reason = spent
                    break
                evaluation = self._evaluate(number, values, done)
            found += evaluation.status == "ok"
            if evaluation.network is not None:
                done[number] = self.sitting.archive.network(evaluation.network)
            self._note(excess, evaluation)
            self.sitting.show(self._facts(number + 1))
        return reason if found else f"{reason}; {excess.reason(self.goals)}"

    def _evaluate(
        self, number: int, values: Mapping[str, AxisValue], done: Mapping[int, Network]
    ) -> Evaluation:
        start = time.monotonic()
        metrics: dict[str, float] = {}
        network_id: str | None = None
        status: Status = "failed"
        error = ""
        try:
            network = self.jobs.make(number, done)
            network_id = self.sitting.archive.put_network(network)
            metrics = self._metrics(network)
            figures = {name: np.array([value]) for name, value in metrics.items()}
            status = "infeasible" if self.goals.violations(figures).any() else "ok"
        except (RunError, SpaceError, ToolError, SynthesisError) as reason:
            error = f"{type(reason).__name__}: {reason}"
        seconds = time.monotonic() - start
        done_now = Evaluation(number, self.name, values, 1.0, status, metrics, network_id, seconds, error)
        self.sitting.archive.append(done_now)
        return done_now

    def _metrics(self, network: Network) -> dict[str, float]:
        fit, validation = self.jobs.parts(network)
        priced = price_network(Design(network), self.models, Workload(fit.codes), self.goals.metrics)
        priced.require(self.goals.metrics)
        scores = score_network(network, validation)
        by_fit = {FIT_PREFIX + name: value for name, value in score_network(network, fit).items()}
        return {**priced.figures, **scores, **by_fit}

    def _note(self, excess: Excess, evaluation: Evaluation) -> None:
        if evaluation.status != "failed":
            figures = {name: np.array([value]) for name, value in evaluation.metrics.items()}
            excess.note(self.goals, figures, {}, self.goals.violations(figures))

    def _facts(self, n_evaluated: int) -> ProgressFacts:
        return ProgressFacts(
            phase="annealing",
            detail=f"{self.name}, job {n_evaluated} of {len(self.jobs.values)}",
            evaluations=n_evaluated,
            seconds=self.clock.seconds,
            budget_evaluations=min(self.budget.evaluations, len(self.jobs.values)),
        )
