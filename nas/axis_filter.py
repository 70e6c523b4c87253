"""What an axis stage knows of a candidate before it trains it."""

from collections.abc import Iterable, Mapping

import numpy as np

from nas.algorithms import Filter
from nas.axis_search import AxisProblem, structure_figures
from nas.objectives import Goals, Limit
from nas.records import Event
from nas.search.protocol import DecidingSearcher, FreeFigures, Searcher, SearchProblem
from nas.search.screening import ScreenedSearch
from nas.spec.metrics import STRUCTURE_METRICS
from searchspaces.space import Rows

PATIENCE = 2_000
"""Structures that are counted, in some tenths of a millisecond each, before a stage gives up."""


def axis_filter(problem: AxisProblem, n_evaluations: int | None) -> Filter:
    """Refuses structures that are too small, and makes rows equal that train alike.

    Training only removes parts of a structure, so what it counts is the most that a network can have: a
    minimum that the structure misses is missed by every network of it, a maximum is known only afterwards.
    """
    minima = _structural_minima(problem.goals)
    n_limits, n_objectives = len(problem.goals.limits), len(problem.goals.objectives)

    def screen(rows: Rows) -> FreeFigures:
        margins = np.full((len(rows), n_limits), np.nan)
        for index, row in enumerate(rows):
            counts = structure_figures(problem.space, row)
            margins[index] = [_shortfall(limit, minima, counts) for limit in problem.goals.limits]
        return FreeFigures(margins, np.full((len(rows), n_objectives), np.nan))

    search_problem = SearchProblem(
        problem.space.domain,
        n_objectives,
        n_limits,
        screen=screen if minima else None,
        n_evaluations=n_evaluations,
    )
    return Filter(search_problem, lambda rows: canonical_rows(problem, rows), PATIENCE)


def _structural_minima(goals: Goals) -> frozenset[str]:
    """Metrics of structure that have a lower limit."""
    return frozenset(
        limit.metric
        for limit in goals.limits
        if limit.metric in STRUCTURE_METRICS and limit.minimum is not None
    )


def _shortfall(limit: Limit, minima: frozenset[str], counts: Mapping[str, float]) -> float:
    """By how much a structure misses a minimum; NaN where it does not, since training decides then."""
    if limit.metric not in minima or limit.minimum is None or counts[limit.metric] >= limit.minimum:
        return np.nan
    return (limit.minimum - counts[limit.metric]) / (abs(limit.minimum) or 1.0)


def canonical_rows(problem: AxisProblem, rows: Rows) -> Rows:
    """Rows with decisions without effect at a fixed value."""
    space = problem.space
    made = [space.row(space.values(row)) for row in rows]
    return np.array(made, dtype=rows.dtype).reshape(rows.shape)


def refusal(searcher: Searcher, goals: Goals) -> str | None:
    """Why no candidate was evaluated at all, or None where that is not so."""
    verdict = searcher.verdict if isinstance(searcher, ScreenedSearch) else None
    return None if verdict is None else verdict.text([limit.metric for limit in goals.limits])


def decision_events(searcher: Searcher, stage: str, known: Iterable[Event]) -> list[Event]:
    """What a searcher chose and why, as events that the archive does not hold yet."""
    inner = searcher.inner if isinstance(searcher, ScreenedSearch) else searcher
    noted = {event.text for event in known if event.kind == "decision" and event.facts.get("stage") == stage}
    made = inner.decisions if isinstance(inner, DecidingSearcher) else ()
    events = [
        Event("decision", f"{stage}: {each.text}", 0.0, {"stage": stage, "candidate": each.number})
        for each in made
    ]
    return [event for event in events if event.text not in noted]
