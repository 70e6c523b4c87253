"""The end of a gene stage: designs of its front, annealed further on all training rows.

The search fits without the first validation fold, which then says what its designs are worth. Here each of
them goes on from where it stands, at the price that the front has there, with that fold among its rows: what
is handed over has learned from all training rows, and its validation figures stay those of the design it
started from, which never saw the fold.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from codegen.ir import Design, Network
from nas.archive import Archive
from nas.evaluate import price_network, score_network
from nas.front import FIT_PREFIX, TASK_METRIC_NAMES, Scored, fit_figures, selectable
from nas.gene_search import GeneProblem, evaluate_rows
from nas.gene_stage import SNAPSHOT_SECONDS, clock_of, save_snapshot, stage_snapshot
from nas.history import entered, in_order
from nas.records import Block, Evaluation
from nas.report.progress import ProgressFacts
from nas.search.polish import Polish
from nas.search.prices import prices_at
from nas.search.protocol import SearchProblem, Snapshot, Told
from nas.stage import Budget, Clock, RunInterrupted, Sitting

SEARCH_SHARE = 2 / 3
"""Of a stage's budget; the rest is for refitting."""
MAX_STARTS = 64
LEAST_CANDIDATES = 100
"""A front is thinned to `MAX_STARTS` designs, or fewer so that each has that many candidates."""


def refit_name(stage: str) -> str:
    """What the refitting of a stage is called in its records."""
    return f"{stage}, refit"


def search_budget(budget: Budget) -> Budget:
    """What of a stage's budget the search has."""
    n_evaluations = max(1, round(budget.evaluations * SEARCH_SHARE))
    return Budget(n_evaluations, budget.seconds * SEARCH_SHARE, budget.joules * SEARCH_SHARE)


@dataclass(frozen=True, slots=True)
class Refitted:
    """reason: why it ended. asked, rejected: candidates."""

    reason: str
    seconds: float
    asked: int
    rejected: int


@dataclass(slots=True, eq=False)
class Refit:
    """The state of a refitting between generations. problem: fits on all training rows.

    starts: designs of the search; task metrics are theirs, by validation.
    """

    problem: GeneProblem
    starts: Scored
    polish: Polish
    asked: int = 0
    evaluations: int = 0

    @property
    def rejected(self) -> int:
        """Candidates that broke a free limit."""
        return self.asked - self.evaluations

    def step(self) -> bool:
        """One generation; False where there is none left."""
        asked = self.polish.ask(self.polish.batch_size)
        if not len(asked.rows):
            return False
        done, n = evaluate_rows(self.problem, asked.rows), len(asked.rows)
        self.asked, self.evaluations = self.asked + n, self.evaluations + len(done.kept)
        self.polish.tell(Told(asked.numbers, done.objectives, done.violations, np.zeros(n, np.bool_)))
        return True

    def snapshot(self) -> Snapshot:
        """Everything needed to go on, as arrays."""
        counters = np.array([self.asked, self.evaluations], np.int64)
        return {"counters": counters} | dict(self.polish.snapshot())

    def restore(self, snapshot: Snapshot) -> None:
        """Takes over the state of an equal refitting."""
        self.asked, self.evaluations = snapshot["counters"].astype(np.int64).tolist()
        self.polish.restore(snapshot)


def run_refit(
    problem: GeneProblem, refitted: GeneProblem, budget: Budget, seed: int, sitting: Sitting
) -> Refitted:
    """Refits the front of a gene stage that has ended, and writes an evaluation for each of its designs.

    refitted: the problem on all training rows. Goes on from a snapshot, where there is one. It takes half as
    many candidates as the search had evaluations, or what is left of the stage's seconds and joules. Raises
    RunInterrupted, with a snapshot saved, where the user stops.
    """
    name = refit_name(problem.name)
    n_candidates = _evaluations_of(problem.name, sitting.archive) // 2
    starts = starts_of(problem, sitting.archive, n_candidates)
    if not starts.n_rows:
        return Refitted("there is nothing to refit", 0.0, 0, 0)
    refit = Refit(refitted, starts, _polish(problem, starts, seed, n_candidates))
    clock, snapshot = Clock(meter=sitting.meter), stage_snapshot(sitting.archive, name)
    if snapshot:
        refit.restore(snapshot)
        clock = clock_of(snapshot, sitting.meter)
    left = 1 - SEARCH_SHARE
    budget = replace(budget, seconds=budget.seconds * left, joules=budget.joules * left)
    _run(refit, budget, n_candidates, clock, sitting)
    seconds = clock.seconds
    _write(refit, seconds, sitting.archive)
    reason = f"{starts.n_rows} designs were annealed further on all training rows"
    return Refitted(reason, seconds, refit.asked, refit.rejected)


def starts_of(problem: GeneProblem, archive: Archive, n_candidates: int) -> Scored:
    """Designs that the choice at the end could take, evenly along the front by fit figures."""
    scored = entered(in_order(archive.blocks(), problem.name))
    if scored is None:
        return Scored(problem.space.sample(np.random.default_rng(0), 1)[:0], {})
    scored = selectable(scored, problem.goals)
    most = min(MAX_STARTS, max(1, n_candidates // LEAST_CANDIDATES))
    if scored.n_rows <= most:
        return scored
    order = np.lexsort(problem.goals.minimized(fit_figures(scored.figures)).T[::-1])
    return scored.take(order[np.unique(np.linspace(0, scored.n_rows - 1, most).round().astype(np.int64))])


def _evaluations_of(name: str, archive: Archive) -> int:
    return max((block.evaluations for block in archive.blocks() if block.family == name), default=0)


def _polish(problem: GeneProblem, starts: Scored, seed: int, n_candidates: int) -> Polish:
    goals = problem.goals
    return Polish(
        SearchProblem(problem.space.domain, len(goals.objectives), len(goals.limits)),
        starts.rows,
        prices_at(goals.minimized(fit_figures(starts.figures))),
        seed=seed,
        n_candidates=n_candidates,
    )


def _run(refit: Refit, budget: Budget, n_candidates: int, clock: Clock, sitting: Sitting) -> None:
    """Until all is asked or the time is up; saves a snapshot every few seconds and at the end."""
    name, saved = refit_name(refit.problem.name), time.monotonic()
    while budget.spent(0, clock.seconds, clock.joules) is None and refit.step():
        sitting.show(
            ProgressFacts(
                phase="refitting",
                detail=f"{refit.problem.name}, {refit.starts.n_rows} designs",
                evaluations=refit.evaluations,
                seconds=clock.seconds,
                budget_evaluations=n_candidates,
            )
        )
        if sitting.interrupted():
            save_snapshot(name, refit.snapshot(), clock, sitting.archive)
            raise RunInterrupted
        if time.monotonic() - saved > SNAPSHOT_SECONDS:
            save_snapshot(name, refit.snapshot(), clock, sitting.archive)
            saved = time.monotonic()
    save_snapshot(name, refit.snapshot(), clock, sitting.archive)


def _write(refit: Refit, seconds: float, archive: Archive) -> None:
    """An evaluation for each design, in the family of the stage, and the counters as an empty block."""
    family, nothing = refit.problem.name, refit.starts.rows[:0]
    known = {done.number for done in archive.evaluations() if done.family == family}
    for number in range(refit.starts.n_rows):
        if number not in known:
            archive.append(_evaluation(refit, number, archive))
    archive.append(
        Block(refit_name(family), 1, refit.asked, refit.evaluations, refit.rejected, seconds, nothing, {})
    )


def _evaluation(refit: Refit, number: int, archive: Archive) -> Evaluation:
    """What a start came to; the start itself where nothing that keeps the limits was found."""
    problem, best = refit.problem, refit.polish.best
    start = problem.space.decode(refit.starts.rows[number])
    network = problem.space.decode(best.rows[number]) if best.violations[number] == 0 else start
    validated = {
        metric: float(column[number])
        for metric, column in refit.starts.figures.items()
        if metric in TASK_METRIC_NAMES
    }
    metrics = {**_figures_of(problem, network), **validated}
    goals = problem.goals
    broken = goals.violations({each: np.array([value]) for each, value in metrics.items()}).any()
    start_id = archive.put_network(start)
    return Evaluation(
        number=number,
        family=problem.name,
        values={"start": start_id[:12]},
        fidelity=1.0,
        status="infeasible" if broken else "ok",
        metrics=metrics,
        network=archive.put_network(network),
        seconds=0.0,
        folds=(start_id,),
    )


def _figures_of(problem: GeneProblem, network: Network) -> Mapping[str, float]:
    """Prices, and task metrics on all training rows."""
    fit = score_network(network, problem.known)
    prices = price_network(Design(network), problem.models, problem.workload).figures
    return {**prices, **{FIT_PREFIX + metric: value for metric, value in fit.items()}}
