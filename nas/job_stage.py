"""A stage that is a list of numbered jobs, each of which makes a network a validation fold, and a last one.

A network depends on the job's number, the stage's seed, the rows that it may see and the networks of
earlier jobs for the same fold alone, so a stage that was interrupted goes on with the jobs that are not in
the archive, and it does not matter which workers make what, nor in which order they end.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from codegen.ir import Network
from nas.cross_validation import Fold, validated
from nas.job_parts import JobPart, JobProblem, JobTask
from nas.objectives import FloatArray
from nas.records import Evaluation, Status
from nas.report.progress import ProgressFacts
from nas.stage import Budget, Clock, Excess, Sitting
from nas.stopping import Stopping
from nas.workers import Workers
from searchspaces.space import AxisValue

COLLECT_SECONDS = 0.5
"""How often a stage looks up from waiting, to see whether it is to stop."""

Part = tuple[int, Fold]
"""Number of a job and one of its folds."""


@dataclass(slots=True, eq=False)
class JobStage:
    """The state of a stage of jobs. known: what was done before the run was interrupted.

    parts: what became of the parts of jobs that have not ended, in the order in which they were begun; None
    while one is under way. ended: by number. made: the networks so far, by fold and by number of their job.
    n_wanted: the first so many jobs are within the budget. folds, needs: of each job; see `Jobs`.
    """

    name: str
    problem: JobProblem
    workers: Workers[JobTask, JobPart]
    budget: Budget
    clock: Clock
    sitting: Sitting
    known: Mapping[int, Evaluation]
    stopping: Stopping = field(default_factory=Stopping)
    parts: dict[int, dict[Fold, JobPart | None]] = field(default_factory=dict, init=False)
    seconds: dict[int, float] = field(default_factory=dict, init=False)
    under_way: dict[int, Part] = field(default_factory=dict, init=False)
    ended: dict[int, Evaluation] = field(default_factory=dict, init=False)
    made: dict[Fold, dict[int, Network]] = field(default_factory=dict, init=False)
    n_submitted: int = field(default=0, init=False)
    values: list[Mapping[str, AxisValue]] = field(init=False)
    n_wanted: int = field(init=False)
    folds: list[tuple[Fold, ...]] = field(init=False)
    needs: list[frozenset[int]] = field(init=False)

    def __post_init__(self) -> None:
        jobs = self.problem.jobs
        self.values = list(jobs.values)
        self.n_wanted = min(len(self.values), self.budget.evaluations)
        self.folds = [(*jobs.folds(number), None) for number in range(len(self.values))]
        self.needs = [frozenset(jobs.needs(number)) for number in range(len(self.values))]

    def run(self) -> str:
        """Does every job that is not known yet; gives why the stage ended. Raises RunInterrupted."""
        for evaluation in self.known.values():
            self._keep(evaluation)
        reason: str | None = None
        while True:
            reason = reason or self._enough()
            self._submit(begin_jobs=reason is None)
            if not self.under_way:
                break
            self._collect()
        return self._verdict(reason)

    def _enough(self) -> str | None:
        """Why no further job is to be begun, or None; the first always is."""
        if not self.ended and not self.parts:
            return None
        spent = self.budget.spent(0, self.clock.seconds, self.clock.joules)
        return self.stopping.reached(self._points()) or spent

    def _submit(self, *, begin_jobs: bool) -> None:
        """Gives the workers what they have room for; of jobs that were begun alone, or of others too."""
        for number, fold in self._next_parts():
            if len(self.under_way) >= self.workers.capacity:
                return
            if begin_jobs or number in self.parts:
                self._begin(number, fold)

    def _next_parts(self) -> Iterator[Part]:
        """Parts that can be begun, in the order of the jobs, and of the folds within each."""
        for number in range(self.n_wanted):
            begun = self.parts.get(number, {})
            failed = any(part is not None and part.error for part in begun.values())
            if number not in self.ended and not failed and self.needs[number] <= self.ended.keys():
                yield from ((number, fold) for fold in self.folds[number] if fold not in begun)

    def _points(self) -> FloatArray:
        """(n, n_objectives) of the jobs that ended in a design that keeps all limits."""
        goals = self.problem.goals
        ok = [done.metrics for done in self.ended.values() if done.status == "ok"]
        if not ok:
            return np.empty((0, len(goals.objectives)))
        return goals.minimized({name: np.array([each[name] for each in ok]) for name in goals.metrics})

    def _begin(self, number: int, fold: Fold) -> None:
        self.sitting.check()
        self.sitting.show(self._facts(number, fold))
        made = self.made.get(fold, {})
        done = {each: made[each] for each in sorted(self.needs[number]) if each in made}
        self.parts.setdefault(number, {})[fold] = None
        self.under_way[self.n_submitted] = (number, fold)
        self.workers.submit(self.n_submitted, JobTask(number, fold, done))
        self.n_submitted += 1

    def _collect(self) -> None:
        for outcome in self.workers.collect(COLLECT_SECONDS):
            number, fold = self.under_way.pop(outcome.key)
            self.parts[number][fold] = outcome.result or JobPart(error=outcome.error)
            self.seconds[number] = self.seconds.get(number, 0.0) + outcome.seconds
        for number in [number for number in self.parts if self._has_ended(number)]:
            evaluation = self._evaluation(number)
            self.sitting.archive.append(evaluation)
            self._keep(evaluation)
        self.sitting.check()

    def _has_ended(self, number: int) -> bool:
        """All parts are made, or one failed and none is under way."""
        parts = list(self.parts[number].values())
        if any(part is None for part in parts):
            return False
        return len(parts) == len(self.folds[number]) or any(part.error for part in parts if part)

    def _evaluation(self, number: int) -> Evaluation:
        parts = {fold: part for fold, part in self.parts[number].items() if part is not None}
        metrics: dict[str, float] = {}
        ids: tuple[str, ...] = ()
        status: Status = "failed"
        # Folds are begun in their order, so the first error is the same whoever was faster.
        error = next(
            (parts[fold].error for fold in self.folds[number] if fold in parts and parts[fold].error), ""
        )
        if not error:
            networks = [network for fold in self.folds[number] if (network := parts[fold].network)]
            ids = tuple(self.sitting.archive.put_network(each) for each in networks)
            judged = validated(self.problem.dataset, networks[:-1], networks[-1])
            metrics = dict(parts[None].prices) | judged.scores
            figures = {name: np.array([value]) for name, value in metrics.items()}
            status = "infeasible" if self.problem.goals.violations(figures).any() else "ok"
        return Evaluation(
            number=number,
            family=self.name,
            values=self.values[number],
            fidelity=1.0,
            status=status,
            metrics=metrics,
            network=ids[-1] if ids else None,
            seconds=self.seconds[number],
            error=error,
            folds=ids[:-1],
        )

    def _keep(self, evaluation: Evaluation) -> None:
        """The job has ended; others may start from its networks."""
        self.ended[evaluation.number] = evaluation
        self.parts.pop(evaluation.number, None)
        if evaluation.network is not None:
            identities: dict[Fold, str] = {None: evaluation.network, **dict(enumerate(evaluation.folds))}
            for fold, identity in identities.items():
                self.made.setdefault(fold, {})[evaluation.number] = self.sitting.archive.network(identity)

    def _verdict(self, reason: str | None) -> str:
        """Why the stage ended, and where no design was found, why. reason: not to begin further jobs."""
        if len(self.ended) == len(self.values):
            reason = "every job was done"
        elif len(self.ended) == self.n_wanted:
            reason = self.budget.spent(self.n_wanted, 0.0)
        done = [self.ended[number] for number in sorted(self.ended)]
        errors = [each.error for each in done if each.status == "failed"]
        if any(each.status == "ok" for each in done):
            return str(reason)
        if len(errors) == len(self.values):
            return f"every job failed, most with: {Counter(errors).most_common(1)[0][0]}"
        goals, excess = self.problem.goals, Excess.of(self.problem.goals)
        for each in done:
            if each.status != "failed":
                figures = {name: np.array([value]) for name, value in each.metrics.items()}
                excess.note(goals, figures, {}, goals.violations(figures))
        return f"{reason}; {excess.reason(goals)}"

    def _seconds_each(self, number: int) -> float | None:
        """Of the jobs so far, whose parts are made side by side; None before the first has ended."""
        if not self.ended:
            return None
        at_once = min(self.workers.capacity, len(self.folds[number]))
        return float(np.mean([each.seconds for each in self.ended.values()])) / at_once

    def _facts(self, number: int, fold: Fold) -> ProgressFacts:
        n_folds, n_jobs = len(self.folds[number]) - 1, len(self.values)
        rows = "all training rows" if fold is None else f"fold {fold + 1} of {n_folds}"
        return ProgressFacts(
            phase="annealing",
            detail=f"{self.name}, job {number + 1} of {n_jobs}, {rows}",
            evaluations=len(self.ended),
            seconds=self.clock.seconds,
            budget_evaluations=self.n_wanted,
            budget_seconds=self.clock.seconds_within(self.budget),
            seconds_each=self._seconds_each(number),
        )
