"""Figures that a tool measures in seconds, for the few designs that a search leaves.

Goals that name such figures choose the front by them; for the front they are shown in any case.
"""

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from codegen.ir import Design
from nas.archive import Archive
from nas.errors import RunError
from nas.evaluate import refine
from nas.finish import Finalist
from nas.pareto import ranks
from nas.problem import Problem
from nas.records import Event
from nas.report.progress import ProgressFacts
from nas.stage import Sitting
from nas.winners import choose

MAX_RANKED = 64
"""Designs of a stage that are measured for the choice of the front, at most."""
MAX_SHOWN = 24
"""Designs of the front that are measured for the report alone, at most."""


def measure_goals(problem: Problem, finalists: Sequence[Finalist], sitting: Sitting) -> list[Finalist]:
    """The finalists with every metric that the goals name.

    Of a stage with more than `MAX_RANKED` that lack one, those are left that are nearest to the front by
    validation figures and proxies. Raises RunError where a figure can't be measured, RunInterrupted where the
    user stops; what was measured before is not lost.
    """
    wanted = problem.goals.metrics & problem.proxies.keys()
    lacking = [item for item in finalists if not item.constant and not wanted <= item.entry.metrics.keys()]
    if not lacking:
        return list(finalists)
    ranked: list[Finalist] = []
    for family in dict.fromkeys(item.entry.family for item in lacking):
        of_family = [item for item in lacking if item.entry.family == family]
        ranked += _nearest_to_front(problem, of_family)
        if len(of_family) > MAX_RANKED:
            proxies = _in_words(problem.proxies[metric] for metric in wanted)
            text = (
                f"{family}: {_in_words(wanted)} was measured on {MAX_RANKED} of {len(of_family)} designs, "
                f"the nearest to the front by {proxies}"
            )
            _note_once(sitting.archive, text)
    try:
        measured = {id(old): new for old, new in _measure(problem, ranked, wanted, sitting)}
    except RunError as error:
        raise RunError(f"{error}; after that: silkscreen resume {sitting.archive.folder}") from None
    kept = [item for item in finalists if wanted <= item.entry.metrics.keys() or id(item) in measured]
    return [measured.get(id(item), item) for item in kept]


def measure_shown(problem: Problem, front: Sequence[Finalist], sitting: Sitting) -> list[Finalist]:
    """The front, with all measured figures of its winners and, evenly along it, of at most `MAX_SHOWN`.

    Where a tool is missing or fails, the figures are left out and a note says so; RunInterrupted as above.
    """
    wanted = problem.proxies.keys()
    winners = {item.entry.id for _, item in choose(front, problem.goals, problem.spec.emit.winners)}
    evenly = set(_evenly(len(front), MAX_SHOWN))
    shown = [item for place, item in enumerate(front) if place in evenly or item.entry.id in winners]
    lacking = [item for item in shown if not wanted <= item.priced.figures.keys()]
    measured: dict[int, Finalist] = {}
    try:
        for old, new in _measure(problem, lacking, wanted, sitting):
            measured[id(old)] = new
    except RunError as error:
        _note_once(sitting.archive, f"figures that no goal names are left out: {error}")
    if lacking and len(shown) < len(front):
        text = f"{_in_words(wanted)}: measured on {len(shown)} of the {len(front)} designs of the front"
        _note_once(sitting.archive, text)
    return [measured.get(id(item), item) for item in front]


def _measure(
    problem: Problem, items: Sequence[Finalist], wanted: Collection[str], sitting: Sitting
) -> Iterator[tuple[Finalist, Finalist]]:
    """Each finalist with what was measured of it."""
    start = time.monotonic()
    for number, item in enumerate(items):
        sitting.check()
        sitting.show(
            ProgressFacts(
                phase="measuring",
                detail=f"design {number + 1} of {len(items)}",
                seconds=time.monotonic() - start,
                evaluations=number,
                budget_evaluations=len(items),
            )
        )
        priced = refine(
            item.priced, Design(item.network, item.schedule), problem.models, item.workload, wanted
        )
        # a stage that measured at once keeps its own figures: its front was chosen by them
        metrics = {**priced.figures, **item.entry.metrics}
        yield item, replace(item, priced=priced, entry=replace(item.entry, metrics=metrics))


def _nearest_to_front(problem: Problem, items: Sequence[Finalist]) -> list[Finalist]:
    """At most `MAX_RANKED`: the front by validation figures and proxies, then the front of the rest, ..."""
    goals = problem.goals.by_proxy(problem.proxies)
    figures = {name: np.array([item.entry.metrics[name] for item in items]) for name in goals.metrics}
    points = goals.minimized(figures)
    fronts, chosen = ranks(points), list[int]()
    for number in range(int(fronts.max()) + 1):
        layer = np.flatnonzero(fronts == number)
        layer = layer[np.argsort(points[layer, 0], kind="stable")]
        chosen += [int(layer[place]) for place in _evenly(len(layer), MAX_RANKED - len(chosen))]
    return [items[index] for index in sorted(chosen)]


def _evenly(n: int, most: int) -> list[int]:
    """At most `most` of 0..n-1, both ends among them."""
    if n <= most:
        return list(range(n))
    return sorted({round(place) for place in np.linspace(0, n - 1, most)})


def _in_words(metrics: Iterable[str]) -> str:
    return ", ".join(sorted(set(metrics)))


def _note_once(archive: Archive, text: str) -> None:
    """A resumed run comes here again."""
    if all(event.text != text for event in archive.events() if event.kind == "note"):
        archive.append(Event("note", text, 0.0, {}))
