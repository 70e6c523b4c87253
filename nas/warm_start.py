"""What earlier runs found in the same space, for a search to begin with: `search.warm_start`.

Evaluations of an axis stage are copied into the run before its first own one, so it never needs the earlier
folder again; a searcher asks for them first and is told at once, and they are not charged. Of a gene stage,
the rows that made the front are among the first population. Jobs of trees and gates begin anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nas.archive import FORMAT_VERSION, Archive
from nas.axis_search import AxisProblem, values_key
from nas.errors import RunError
from nas.families import FamilyOptions
from nas.gene_search import GeneProblem
from nas.history import entered, in_order
from nas.problem import Problem, Stage, stages_of
from nas.records import Evaluation, Event, earlier_name
from nas.spec import Spec
from nas.specfile import parse_saved_spec
from nas.stage import Sitting
from searchspaces.approximate_mlp import ApproximateMlpOptions
from searchspaces.space import AxisValue, Rows

WARM_START = "warm_start"
"""Kind of the event that closes the copying for a stage."""


def earlier_evaluations(
    problem: Problem, stage: Stage, axes: AxisProblem, sitting: Sitting
) -> dict[tuple[tuple[str, AxisValue], ...], Evaluation]:
    """What this run holds of earlier ones, by values; copied from their folders where that is not done yet.

    Raises RunError for a run of another space, of other data or hardware, and ArchiveError for no run.
    """
    archive, family = sitting.archive, earlier_name(stage.name)
    closed = any(
        event.kind == WARM_START and event.facts["stage"] == stage.name for event in archive.events()
    )
    found = {values_key(done.values): done for done in archive.evaluations() if done.family == family}
    if closed or not problem.spec.search.warm_start:
        return found
    for done, source in _candidates(problem, stage):
        key = values_key(done.values)
        if key not in found and problem.goals.metrics <= done.metrics.keys():
            found[key] = _copied(replace(done, number=len(found), family=family), axes, source, archive)
    text = f"{stage.name}: begins with {len(found):,} evaluations of earlier runs"
    archive.append(Event(WARM_START, text, 0.0, {"stage": stage.name}))
    return found


def earlier_rows(problem: Problem, stage: Stage, genes: GeneProblem) -> Rows:
    """The rows that made the fronts of earlier runs, none where there are none. Raises as above."""
    rows = [genes.space.sample(np.random.default_rng(0), 1)[:0]]
    for run in _runs(problem):
        name = _stage_named(run, stage)
        scored = entered(in_order(run.archive.blocks(), name))
        if scored is not None:
            rows.append(scored.rows)
    return np.concatenate(rows)


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """An earlier run. where: how errors call it."""

    where: str
    spec: Spec
    archive: Archive


def _candidates(problem: Problem, stage: Stage) -> Iterator[tuple[Evaluation, Archive]]:
    for run in _runs(problem):
        name = _stage_named(run, stage)
        for done in run.archive.evaluations():
            if done.family == name and done.status != "failed" and done.network is not None:
                yield done, run.archive


def _copied(done: Evaluation, axes: AxisProblem, source: Archive, archive: Archive) -> Evaluation:
    """With its networks, judged by the limits of this run."""
    for id in (*done.folds, *((done.network,) if done.network else ())):
        archive.put_network(source.network(id))
    figures = {name: np.array([value]) for name, value in done.metrics.items()}
    broken = axes.goals.violations(figures).any()
    copied = replace(done, status="infeasible" if broken else "ok", seconds=0.0)
    archive.append(copied)
    return copied


def _runs(problem: Problem) -> Iterator[_Run]:
    """Each of the folders, open for reading, after it was seen that its evaluations mean the same."""
    for name in problem.spec.search.warm_start or ():
        folder = problem.spec.base / name
        with Archive.open(folder, writable=False) as archive:
            where = f"search.warm_start: {name}"
            start = next((event for event in archive.events() if event.kind == "start"), None)
            base = Path(str(start.facts["base"])) if start else Path()
            spec = parse_saved_spec(archive.header.spec_text, name=where, base=base)
            _check_same(problem, spec, archive, where)
            yield _Run(where, spec, archive)


def _check_same(problem: Problem, spec: Spec, archive: Archive, where: str) -> None:
    found, wanted = archive.header.data_fingerprint, problem.dataset.fingerprint
    if archive.header.format_version != FORMAT_VERSION:
        raise RunError(
            f"{where}: must be a run in format {FORMAT_VERSION}, not {archive.header.format_version}; "
            "leave it out"
        )
    if found != wanted:
        raise RunError(
            f"{where}: must have the same data, seed and split (fingerprint {wanted[:12]}), "
            f"but has {found[:12]}; leave it out"
        )
    for alias, section in problem.spec.hardware.items():
        if spec.hardware.get(alias) != section:
            raise RunError(f"{where}: hardware.{alias} must be the same, but is not; leave it out")


def _stage_named(run: _Run, stage: Stage) -> str:
    """The stage of an earlier run that searched the same space."""
    for other in stages_of(run.spec):
        if other.options == stage.options and not _depends_on_run(stage.options):
            return other.name
    why = (
        "its masks belong to a network of that run" if _depends_on_run(stage.options) else "it has none such"
    )
    raise RunError(
        f"{run.where}: must have searched the space of {stage.name} with the same options, but {why}; "
        "leave it out"
    )


def _depends_on_run(options: FamilyOptions) -> bool:
    return isinstance(options, ApproximateMlpOptions) and options.genes == "masks"
