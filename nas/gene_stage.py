"""A gene stage from its first rows to its end: generations, snapshots, progress."""

import time

import numpy as np

from nas.archive import Archive
from nas.energy import PowerMeter
from nas.front import driving_name
from nas.gene_search import GeneSearch
from nas.report.progress import ProgressFacts
from nas.search.protocol import Snapshot
from nas.stage import Budget, Clock, RunInterrupted, Sitting

SNAPSHOT_SECONDS = 5.0
PATIENCE_CANDIDATES = 20_000
"""Candidates that come no nearer to the limits after which a stage without a design gives up."""


def stage_snapshot(archive: Archive, name: str) -> Snapshot | None:
    """The newest snapshot, if it is of this stage."""
    found = archive.load_snapshot()
    if found is None or found[1]["stage"].tobytes().decode() != name:
        return None
    return found[1]


def run_generations(search: GeneSearch, budget: Budget, clock: Clock, sitting: Sitting) -> str:
    """Goes on until a budget is spent, the space is exhausted or nothing is feasible; says which.

    At least one generation is run. Raises RunInterrupted, with a snapshot saved, after the generation in
    which the user asked to stop.
    """
    saved, reason = time.monotonic(), None
    while reason is None:
        reason = _generation(search, budget, clock, sitting)
        if sitting.interrupted():
            save_snapshot(search.problem.name, search.snapshot(), clock, sitting.archive)
            raise RunInterrupted
        if time.monotonic() - saved > SNAPSHOT_SECONDS:
            save_snapshot(search.problem.name, search.snapshot(), clock, sitting.archive)
            saved = time.monotonic()
    save_snapshot(search.problem.name, search.snapshot(), clock, sitting.archive)
    if not search.elite.n_rows:
        return f"{reason}; {search.excess.reason(search.problem.goals)}"
    return reason


def _generation(search: GeneSearch, budget: Budget, clock: Clock, sitting: Sitting) -> str | None:
    """One generation, written down; gives why it was the last one, or None."""
    spent = budget.spent(search.evaluations, clock.seconds, clock.joules)
    if spent is not None and search.generation:
        return spent
    block = search.step(budget.evaluations - search.evaluations, clock.seconds)
    if block is None:
        return "every design of the space was tried"
    sitting.archive.append(block)
    sitting.show(_facts(search, budget, clock))
    if not search.elite.n_rows and search.excess.since_better >= PATIENCE_CANDIDATES:
        return f"the last {search.excess.since_better:,} candidates came no nearer to the limits"
    return search.enough()


def save_snapshot(name: str, state: Snapshot, clock: Clock, archive: Archive) -> None:
    """Writes down everything that the stage of a name needs to go on."""
    arrays = dict(state)
    arrays["stage"] = np.frombuffer(name.encode(), np.uint8)
    arrays["seconds"] = np.array([clock.seconds])
    archive.save_snapshot(archive.n_records, arrays)


def resume_search(search: GeneSearch, snapshot: Snapshot, meter: PowerMeter | None) -> Clock:
    """Takes over a snapshot; gives the clock with the seconds already spent."""
    search.restore(snapshot)
    return clock_of(snapshot, meter)


def clock_of(snapshot: Snapshot, meter: PowerMeter | None) -> Clock:
    """Goes on from the seconds that had been spent when a snapshot was saved."""
    return Clock(before=float(snapshot["seconds"].astype(np.float64)[0]), meter=meter)


def _facts(search: GeneSearch, budget: Budget, clock: Clock) -> ProgressFacts:
    figures = search.elite.figures
    best: dict[str, float] = {}
    for goal in search.problem.goals.objectives if search.elite.n_rows else ():
        name = driving_name(goal.metric)
        best[name] = float(figures[name].min() if goal.direction == "min" else figures[name].max())
    return ProgressFacts(
        phase="search",
        detail=search.problem.name,
        evaluations=search.evaluations,
        seconds=clock.seconds,
        budget_evaluations=budget.evaluations,
        budget_seconds=clock.seconds_within(budget),
        rejected=search.rejected,
        front_size=search.elite.n_rows,
        best=best,
    )
