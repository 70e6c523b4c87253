"""From the archive of a run to its report: final when the run has ended, live before."""

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

import numpy as np

from nas.archive import Archive
from nas.data.dataset import Dataset
from nas.finish import Finalist, describe, is_gate_level
from nas.front import driving_name, fit_figures, front_of, selectable
from nas.history import entered, in_order
from nas.objectives import Goals
from nas.problem import Problem
from nas.proxies import noted_proxies
from nas.records import STAGE_END, Block, Evaluation, Event, is_earlier
from nas.report.data import (
    Convergence,
    DataFacts,
    FrontPoint,
    MetricFact,
    ReportData,
    RunFacts,
    SearchFacts,
)
from nas.spec import Spec
from nas.spec.metrics import STRUCTURE_METRICS, TASK_METRICS
from nas.winner_report import ProvenWinner, winner_report
from searchspaces.space import AxisValue

MAX_POINTS = 10_000
"""Designs that are held at once while the front of a run that goes on is read."""
MAX_CONVERGENCE_POINTS = 300
"""Points of the convergence chart; of more generations, evenly chosen ones are shown."""


def final_report(
    problem: Problem,
    archive: Archive,
    front: Sequence[Finalist],
    without_gates: Sequence[Finalist],
    winners: Sequence[ProvenWinner],
) -> ReportData:
    """The report of a run that has ended. without_gates: see `ReportData.front_without_gates`."""
    return ReportData(
        run=_run_facts(problem.spec, archive),
        data=_data_facts(problem),
        search=_with_baseline(search_facts(archive, ended=True), problem.dataset),
        metrics=_metric_facts(problem),
        front=tuple(map(_front_point, front)),
        convergence=convergence(archive, search_goals(problem.goals, archive)),
        winners=tuple(winner_report(problem.goals, winner) for winner in winners),
        front_without_gates=tuple(map(_front_point, without_gates)),
    )


def _front_point(item: Finalist) -> FrontPoint:
    entry, network = item.entry, item.network
    return FrontPoint(
        entry.id, entry.family, dict(entry.metrics), describe(network), gate_level=is_gate_level(network)
    )


def live_report(spec: Spec, goals: Goals, archive: Archive) -> ReportData:
    """The report of a run that goes on or was interrupted: the front so far, no winners yet.

    Ids are provisional, since designs are decoded at the end. Nothing that the spec names is
    imported, and the data is not read.
    """
    goals = search_goals(goals, archive)
    points = _live_points(goals, archive)
    front = _front_points(points, goals)
    plain = [point for point in points if not point.gate_level]
    return ReportData(
        run=_run_facts(spec, archive),
        data=_data_facts_of_start(archive),
        search=search_facts(archive, ended=False),
        metrics=tuple(
            MetricFact(goal.metric, "", goal.direction, objective=True) for goal in goals.objectives
        ),
        front=front,
        convergence=convergence(archive, goals),
        winners=(),
        front_without_gates=_front_points(plain, goals) if any(p.gate_level for p in front) else (),
    )


def search_goals(goals: Goals, archive: Archive) -> Goals:
    """What all records know: with a gene stage, proxies of the metrics that are measured at the end."""
    searched_genes = next(archive.blocks(), None) is not None
    return goals.by_proxy(noted_proxies(archive)) if searched_genes else goals


def search_facts(archive: Archive, *, ended: bool) -> SearchFacts:
    """Counters of all stages together. ended: every stage has ended."""
    newest: dict[str, Block] = {block.family: block for block in archive.blocks()}
    n_done, seconds = Counter[str](), 0.0
    for each in archive.evaluations():
        if not is_earlier(each.family):
            n_done[each.family] += 1
            seconds += each.seconds
    events = list(archive.events())
    ends = [event for event in events if event.kind == STAGE_END]
    asked, rejected = _asked_and_rejected(newest, n_done, ends)
    return SearchFacts(
        algorithm=", ".join(_algorithms(events)),
        asked=asked,
        evaluations=sum(block.evaluations for block in newest.values())
        + sum(n for family, n in n_done.items() if family not in newest),
        rejected=rejected,
        seconds=sum(block.seconds for block in newest.values()) + seconds,
        stop_reason="; ".join(event.text for event in ends) if ended else "",
        notes=(
            *archive.notes,
            *(
                event.text
                for event in events
                if event.kind in ("note", "algorithm", "decision", "warm_start")
            ),
        ),
    )


def _with_baseline(facts: SearchFacts, dataset: Dataset) -> SearchFacts:
    """Says what a design that always gives the same answer would score."""
    if dataset.task != "classification":
        return facts
    labels = dataset.table.y.astype(np.int64)
    commonest = int(np.bincount(labels[dataset.train]).argmax())
    share = float((labels[dataset.test] == commonest).mean())
    label = dataset.table.labels[commonest]
    note = f"always answering {label!r} has an accuracy of {share:.4f} on the test part"
    return replace(facts, notes=(*facts.notes, note))


def _asked_and_rejected(
    newest: Mapping[str, Block], n_done: Mapping[str, int], ends: Sequence[Event]
) -> tuple[int, int]:
    """Axis stages know what they refused when they have ended; until then only what they evaluated."""
    counted = {str(end.facts["stage"]): end.facts for end in ends}
    asked = sum(block.asked for block in newest.values())
    rejected = sum(block.rejected for block in newest.values())
    for family in n_done.keys() | counted.keys():
        if family in newest:
            continue
        facts = counted.get(family, {})
        asked += int(facts.get("asked", n_done.get(family, 0)))
        rejected += int(facts.get("rejected", 0))
    return asked, rejected


def _algorithms(events: Sequence[Event]) -> list[str]:
    """Of the stages in order, each once; a resumed run notes the choice only once."""
    return [str(event.facts["algorithm"]) for event in events if event.kind == "algorithm"]


def convergence(archive: Archive, goals: Goals) -> Convergence:
    """Best value of each objective so far, by the rows that drive the search, over evaluations.

    Stages follow one another on both axes. With a gene stage, task metrics are those of the fit rows, and
    named so.
    """
    evaluations, seconds = array("q"), array("d")
    series = {goal.metric: array("d") for goal in goals.objectives}
    for n_evaluations, at, best in _course(archive):
        evaluations.append(n_evaluations)
        seconds.append(at)
        for goal in goals.objectives:
            series[goal.metric].append(_better(series[goal.metric], best, goal.metric, goal.direction))
    keep = _evenly(len(evaluations))
    by_fit = next(archive.blocks(), None) is not None
    return Convergence(
        evaluations=tuple(evaluations[index] for index in keep),
        seconds=tuple(seconds[index] for index in keep),
        best={
            (driving_name(name) if by_fit else name): tuple(values[index] for index in keep)
            for name, values in series.items()
        },
    )


_Step = tuple[int, float, Mapping[str, tuple[float, float]]]
"""Evaluations and seconds so far, and lowest and highest figure by metric since the last step."""


def _course(archive: Archive) -> Iterator[_Step]:
    """The steps of all stages in the order in which the stages began."""
    n_before, seconds_before = 0, 0.0
    blocks = list(archive.blocks())
    searched = {block.family for block in blocks}
    for family in _families(archive):
        n, at = 0, 0.0
        for block in in_order(blocks, family):
            n, at = block.evaluations, block.seconds
            yield n_before + n, seconds_before + at, _extremes(block)
        for each in archive.evaluations() if family not in searched else ():
            if each.family == family:
                n, at = n + 1, at + each.seconds
                yield n_before + n, seconds_before + at, _extremes_of(each)
        n_before, seconds_before = n_before + n, seconds_before + at


def _families(archive: Archive) -> list[str]:
    """Names of the stages that have begun, in order."""
    return [str(event.facts["stage"]) for event in archive.events() if event.kind == "algorithm"]


def _extremes(block: Block) -> Mapping[str, tuple[float, float]]:
    if not len(block.rows):
        return {}
    figures = fit_figures({name: np.asarray(column, np.float64) for name, column in block.metrics.items()})
    return {name: (float(column.min()), float(column.max())) for name, column in figures.items()}


def _extremes_of(done: Evaluation) -> Mapping[str, tuple[float, float]]:
    return {name: (value, value) for name, value in done.metrics.items()} if done.status == "ok" else {}


def _better(
    series: "array[float]", best: Mapping[str, tuple[float, float]], metric: str, direction: str
) -> float:
    last = series[-1] if series else float("nan")
    if metric not in best:
        return last
    value = best[metric][0 if direction == "min" else 1]
    if np.isnan(last):
        return value
    return min(last, value) if direction == "min" else max(last, value)


def _evenly(n: int) -> list[int]:
    if n <= MAX_CONVERGENCE_POINTS:
        return list(range(n))
    return sorted({round(index) for index in np.linspace(0, n - 1, MAX_CONVERGENCE_POINTS)})


def _front_points(points: Sequence[FrontPoint], goals: Goals) -> tuple[FrontPoint, ...]:
    return tuple(points[index] for index in front_of([point.metrics for point in points], goals))


def _live_points(goals: Goals, archive: Archive) -> list[FrontPoint]:
    points = []
    searched = dict.fromkeys(block.family for block in archive.blocks())
    refitted = {done.family for done in archive.evaluations()} if searched else set()
    for family in searched:
        if family in refitted:
            continue
        scored = entered(in_order(archive.blocks(), family))
        if scored is None:
            continue
        scored = selectable(scored, goals)
        for index in range(scored.n_rows):
            metrics = {name: float(column[index]) for name, column in scored.figures.items()}
            identity = sha256(scored.rows[index].tobytes()).hexdigest()[:12]
            points.append(FrontPoint(identity, family, metrics, "decoded when the run ends"))
    most = MAX_POINTS
    for done in archive.evaluations():
        if done.status == "ok" and done.network is not None:
            is_gate_level = done.family.startswith("gate_netlist")
            points.append(
                FrontPoint(done.network[:12], done.family, dict(done.metrics), gate_level=is_gate_level)
            )
        if len(points) >= most:
            points = _without_beaten(points, goals)
            most = max(MAX_POINTS, 2 * len(points))
    return points


def _without_beaten(points: Sequence[FrontPoint], goals: Goals) -> list[FrontPoint]:
    """Those that are on the front, or on that without gates, in their order."""
    plain = [point for point in points if not point.gate_level]
    kept = {id(point) for point in (*_front_points(points, goals), *_front_points(plain, goals))}
    return [point for point in points if id(point) in kept]


def _run_facts(spec: Spec, archive: Archive) -> RunFacts:
    header = archive.header
    return RunFacts(
        name=spec.name,
        folder=str(archive.folder),
        task=spec.task,
        seed=header.seed,
        created=header.created,
        families=tuple(entry.family for entry in spec.space),
        hardware={alias: section.model for alias, section in spec.hardware.items()},
        versions=dict(header.versions),
        spec_text=header.spec_text,
    )


def _data_facts(problem: Problem) -> DataFacts:
    dataset = problem.dataset
    return DataFacts(
        origin=dataset.table.origin,
        n_rows=len(dataset.table.y),
        n_features=len(dataset.table.features),
        n_train=len(dataset.train),
        n_test=len(dataset.test),
        labels=dataset.table.labels,
        fingerprint=dataset.fingerprint,
        warnings=dataset.warnings,
    )


def data_event_facts(dataset: Dataset) -> dict[str, AxisValue]:
    """What the "start" event keeps of the data, for a report before the run has ended."""
    return {
        "origin": dataset.table.origin,
        "n_rows": len(dataset.table.y),
        "n_features": len(dataset.table.features),
        "n_train": len(dataset.train),
        "n_test": len(dataset.test),
        "labels": "\n".join(dataset.table.labels),
    }


def _data_facts_of_start(archive: Archive) -> DataFacts:
    """As far as they are known; a run killed in its first moment has none."""
    facts = next((event.facts for event in archive.events() if event.kind == "start"), {})
    labels = str(facts.get("labels", ""))
    n_rows, n_features, n_train, n_test = (
        int(facts.get(name, 0)) for name in ("n_rows", "n_features", "n_train", "n_test")
    )
    return DataFacts(
        origin=str(facts.get("origin", "data not read yet")),
        n_rows=n_rows,
        n_features=n_features,
        n_train=n_train,
        n_test=n_test,
        labels=tuple(labels.split("\n")) if labels else (),
        fingerprint=archive.header.data_fingerprint,
    )


def _metric_facts(problem: Problem) -> tuple[MetricFact, ...]:
    """Objectives first, in the order of the spec, then whatever else is known of a design."""
    facts = {name: MetricFact(name, "1", "max") for name in TASK_METRICS[problem.spec.task]}
    for alias, model in problem.models.items():
        for metric in model.metrics:
            name = f"{alias}.{metric.name}"
            facts[name] = MetricFact(name, metric.unit, metric.direction)
    facts |= {name: MetricFact(name, "1", "min") for name in STRUCTURE_METRICS}
    objectives = [
        MetricFact(goal.metric, facts[goal.metric].unit, goal.direction, objective=True)
        for goal in problem.goals.objectives
    ]
    named = {goal.metric for goal in problem.goals.objectives}
    return (*objectives, *(fact for name, fact in facts.items() if name not in named))
