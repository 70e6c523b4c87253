"""A gene stage from its first rows to its end: generations, snapshots, progress."""

import time

import numpy as np

from nas.archive import Archive
from nas.gene_search import GeneSearch, fit_figures
from nas.records import Event
from nas.report.progress import ProgressFacts
from nas.search.protocol import Snapshot
from nas.stage import Budget, Clock, RunInterrupted, Sitting, infeasible_reason

SNAPSHOT_SECONDS = 5.0
PATIENCE_GENERATIONS = 50
"""Generations without one design inside the limits after which a stage gives up."""


def stage_snapshot(archive: Archive, name: str) -> Snapshot | None:
    """The newest snapshot, if it is of this stage."""
    found = archive.load_snapshot()
    if found is None or found[1]["stage"].tobytes().decode() != name:
        return None
    return found[1]


def run_generations(search: GeneSearch, budget: Budget, clock: Clock, sitting: Sitting) -> str:
    """Goes on until a budget is spent, the space is exhausted or nothing is feasible; says which.

    Raises RunInterrupted, with a snapshot saved, after the generation in which the user asked to stop.
    """
    saved = time.monotonic()
    reason = None
    while reason is None:
        reason = budget.spent(search.evaluations, clock.seconds) or _hopeless(search)
        if reason is not None:
            break
        block = search.step(budget.evaluations - search.evaluations, clock.seconds)
        if block is None:
            reason = "every design of the space was tried"
            break
        sitting.archive.append(block)
        sitting.show(_facts(search, budget, clock))
        if sitting.interrupted():
            save_snapshot(search, clock, sitting.archive)
            raise RunInterrupted
        if time.monotonic() - saved > SNAPSHOT_SECONDS:
            save_snapshot(search, clock, sitting.archive)
            saved = time.monotonic()
    save_snapshot(search, clock, sitting.archive)
    return reason


def save_snapshot(search: GeneSearch, clock: Clock, archive: Archive) -> None:
    """Writes down everything that the stage needs to go on."""
    arrays = dict(search.snapshot())
    arrays["stage"] = np.frombuffer(search.problem.name.encode(), np.uint8)
    arrays["seconds"] = np.array([clock.seconds])
    archive.save_snapshot(archive.n_records, arrays)


def resume_search(search: GeneSearch, snapshot: Snapshot) -> Clock:
    """Takes over a snapshot; gives the clock with the seconds already spent."""
    search.restore(snapshot)
    return Clock(before=float(snapshot["seconds"].astype(np.float64)[0]))


def _hopeless(search: GeneSearch) -> str | None:
    if search.generation < PATIENCE_GENERATIONS or search.elite.n_rows:
        return None
    return infeasible_reason(search.problem.goals, search.smallest_excess)


def _facts(search: GeneSearch, budget: Budget, clock: Clock) -> ProgressFacts:
    figures = fit_figures(search.elite.figures)
    best = {
        goal.metric: float(
            figures[goal.metric].min() if goal.direction == "min" else figures[goal.metric].max()
        )
        for goal in search.problem.goals.objectives
        if search.elite.n_rows
    }
    return ProgressFacts(
        phase="search",
        detail=search.problem.name,
        evaluations=search.evaluations,
        seconds=clock.seconds,
        budget_evaluations=budget.evaluations,
        budget_seconds=None if np.isinf(budget.seconds) else budget.seconds,
        rejected=search.rejected,
        front_size=search.elite.n_rows,
        best=best,
    )


def stage_end(reason: str, clock: Clock, name: str) -> Event:
    """The record that closes a stage."""
    return Event("stage_end", reason, clock.seconds, {"stage": name})
