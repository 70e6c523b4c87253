"""What an axis stage knows of a candidate before it trains it."""

from collections.abc import Iterable, Mapping

import numpy as np

from nas.algorithms import Filter
from nas.axis_search import AxisProblem, structure_figures
from nas.convnet_problem import price_structure
from nas.objectives import FloatArray, Goals, Limit
from nas.records import Event
from nas.search.protocol import DecidingSearcher, FreeFigures, Searcher, SearchProblem
from nas.search.screening import ScreenedSearch
from nas.spec.metrics import STRUCTURE_METRICS
from searchspaces.convnet import ConvnetAxes
from searchspaces.space import Rows

PATIENCE = 2_000
"""Structures that are counted, in some tenths of a millisecond each, before a stage gives up."""
PATIENCE_CONVNETS = 500
"""The same for structures whose kernels and memory are planned, in some ten milliseconds each."""
FEW_ROWS = 12
"""Of these, how many are priced at once."""
REMEMBERED = 100_000
"""Rows whose free figures are kept, since a search looks at some of them often."""


def axis_filter(problem: AxisProblem, n_evaluations: int | None) -> Filter:
    """Refuses what is sure to break a limit, and makes rows equal that train alike.

    A convolutional network is trained as it stands, so all that the free models say of it is known. Training
    only removes parts of an MLP: a minimum that its structure misses is missed by every network of it, and
    nothing else is known before.
    """
    known = _known_of_convnets if isinstance(problem.space, ConvnetAxes) else _known_of_mlps
    names = _known_metrics(problem)
    seen: dict[bytes, tuple[FloatArray, FloatArray]] = {}

    def screen(rows: Rows) -> FreeFigures:
        if len(seen) > REMEMBERED:
            seen.clear()
        for row in rows:
            if row.tobytes() not in seen:
                seen[row.tobytes()] = known(problem, row)
        found = [seen[row.tobytes()] for row in rows]
        shapes = (len(rows), len(problem.goals.limits)), (len(rows), len(problem.goals.objectives))
        return FreeFigures(
            np.array([each[0] for each in found], np.float64).reshape(shapes[0]),
            np.array([each[1] for each in found], np.float64).reshape(shapes[1]),
        )

    search_problem = SearchProblem(
        problem.space.domain,
        len(problem.goals.objectives),
        len(problem.goals.limits),
        screen=screen if names else None,
        screen_rows=FEW_ROWS if isinstance(problem.space, ConvnetAxes) else None,
        n_evaluations=n_evaluations,
    )
    patience = PATIENCE_CONVNETS if isinstance(problem.space, ConvnetAxes) else PATIENCE
    return Filter(search_problem, lambda rows: canonical_rows(problem, rows), patience)


def _known_metrics(problem: AxisProblem) -> list[str]:
    """Metrics of which something that the goals ask for is known before training."""
    goals = problem.goals
    if not isinstance(problem.space, ConvnetAxes):
        return [
            each.metric for each in goals.limits if _is_structural(each.metric) and each.minimum is not None
        ]
    free = {f"{alias}.{metric.name}" for alias, model in problem.models.items() for metric in model.metrics}
    return [metric for metric in goals.metrics if _is_structural(metric) or metric in free]


def _is_structural(metric: str) -> bool:
    return metric in STRUCTURE_METRICS


def _known_of_convnets(problem: AxisProblem, row: Rows) -> tuple[FloatArray, FloatArray]:
    """(n_limits,) margins and (n_objectives,) figures to minimize, NaN where only training tells."""
    goals = problem.goals
    figures = price_structure(problem.space.structure(row), problem.models).figures
    margins = [
        limit.margin(np.array([figures[limit.metric]]))[0] if limit.metric in figures else np.nan
        for limit in goals.limits
    ]
    signs = {"min": 1.0, "max": -1.0}
    objectives = [signs[goal.direction] * figures.get(goal.metric, np.nan) for goal in goals.objectives]
    return np.array(margins, np.float64), np.array(objectives, np.float64)


def _known_of_mlps(problem: AxisProblem, row: Rows) -> tuple[FloatArray, FloatArray]:
    """The same: by how much a structure misses a minimum."""
    counts = structure_figures(problem.space, row)
    margins = [_shortfall(limit, counts) for limit in problem.goals.limits]
    return np.array(margins, np.float64), np.full(len(problem.goals.objectives), np.nan)


def _shortfall(limit: Limit, counts: Mapping[str, float]) -> float:
    """NaN where a structure reaches the minimum, since training decides then."""
    if limit.metric not in counts or limit.minimum is None or counts[limit.metric] >= limit.minimum:
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
