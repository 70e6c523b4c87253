"""The report as one HTML page that needs no network: styles, scripts and charts are inside."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from nas.front import FIT_PREFIX
from nas.report.answer import DesignReport, circuit_summary, compared, designs, stretches
from nas.report.as_json import Json, plain_json
from nas.report.breakdown import break_down
from nas.report.columns import Column, columns, figure_title
from nas.report.data import FrontPoint, LimitCheck, MetricFact, ReportData
from nas.report.figures import byte_count, count, duration, figure, quantity
from nas.report.shares import family_shares
from nas.report.stages import stage_table

_MAX_TILES = 6


@dataclass(frozen=True, slots=True)
class Tile:
    """One large figure of the answer."""

    label: str
    value: str
    unit: str
    remark: str


def render_page(report: ReportData) -> str:
    """The whole page, about 5 MB, nearly all of it the chart library. Text from the run is escaped."""
    found = designs(report)
    return (
        _environment()
        .get_template("page")
        .render(
            report=report,
            designs=found,
            tiles={design.winner.id: tiles(design, report) for design in found},
            breakdowns={
                design.winner.id: [
                    (cost, break_down(cost), stage_table(cost)) for cost in design.winner.costs
                ]
                for design in found
            },
            compared=compared_columns(report),
            fronts=fronts(report),
            families=family_shares(report),
            styles=Markup(_asset("page.css")),
            script=Markup(_asset("page.js")),
            chart_library=Markup(_chart_library()),
            charts=Markup(embedded_json(chart_facts(report))),
        )
    )


def tiles(design: DesignReport, report: ReportData) -> list[Tile]:
    """What matters most: the task on the test part, then the objectives, then what has a limit."""
    winner = design.winner
    limits = {check.metric: check for check in winner.limits}
    chosen = [metric for metric in report.metrics if metric.objective or metric.name in limits]
    chosen.sort(key=lambda metric: (metric.name not in winner.test, not metric.objective))
    found = []
    for metric in chosen[:_MAX_TILES]:
        searched = winner.metrics.get(metric.name)
        if metric.name in winner.test:
            by_fit = winner.metrics.get(FIT_PREFIX + metric.name)
            rows = (("validation", searched), ("training", by_fit))
            remark = ", ".join(f"{figure(value)} in {name}" for name, value in rows if value is not None)
            found.append(_tile(f"test {metric.name}", winner.test[metric.name], metric, remark))
        elif searched is not None:
            found.append(_tile(metric.name, searched, metric, _bound(limits.get(metric.name), metric)))
    return found


def _tile(label: str, value: float, metric: MetricFact, remark: str) -> Tile:
    number, _, unit = quantity(value, metric.unit).partition(" ")
    return Tile(label, number, unit, remark)


def _bound(check: LimitCheck | None, metric: MetricFact) -> str:
    if check is None:
        return ""
    return f"{'at most' if check.bound == 'max' else 'at least'} {quantity(check.limit, metric.unit)}"


def compared_columns(report: ReportData) -> list[Column]:
    """The columns of the table of winners: objectives first, then metrics with a limit."""
    limited = {check.metric for winner in report.winners for check in winner.limits}
    shown = [metric for metric in report.metrics if metric.objective or metric.name in limited]
    return columns(sorted(shown, key=lambda metric: not metric.objective), report.winners)


@dataclass(frozen=True, slots=True)
class FrontTable:
    """A front with the columns of its table."""

    title: str
    points: tuple[FrontPoint, ...]
    columns: list[Column]


def fronts(report: ReportData) -> list[FrontTable]:
    """The front, and the one without gate-level designs where these are on it."""
    named = (
        ("All designs of the front", report.front),
        ("The front without gate-level search", report.front_without_gates),
    )
    return [FrontTable(title, points, columns(report.metrics, points)) for title, points in named if points]


def chart_facts(report: ReportData) -> Json:
    """What the script draws: the front with all its metrics, the winners, and the course of the search."""
    return {
        "metrics": [
            {
                "name": metric.name,
                "unit": metric.unit,
                "direction": metric.direction,
                "objective": metric.objective,
            }
            for metric in report.metrics
        ],
        "points": [
            {
                "id": point.id,
                "family": point.family,
                "design": point.design,
                "metrics": plain_json(point.metrics),
            }
            for point in report.front
        ],
        "without_gates": [
            {"id": point.id, "design": point.design, "metrics": plain_json(point.metrics)}
            for point in report.front_without_gates
        ],
        "winners": [
            {
                "id": design.winner.id,
                "roles": list(design.roles),
                "design": design.winner.design,
                "metrics": plain_json(design.winner.metrics),
            }
            for design in designs(report)
        ],
        "convergence": {
            "evaluations": list(report.convergence.evaluations),
            "seconds": list(report.convergence.seconds),
            "best": plain_json(report.convergence.best),
            "hypervolume": plain_json(report.convergence.hypervolume),
        },
    }


def embedded_json(value: Json) -> str:
    """JSON that may stand inside a script element: no character in it can end the element."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


@cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=DictLoader({"page": _asset("page.html.jinja")}),
    )
    environment.filters.update(
        figure=figure,
        count=count,
        duration=duration,
        byte_count=byte_count,
        quantity=quantity,
        compared=compared,
        circuit_summary=circuit_summary,
        stretches=stretches,
        figure_title=figure_title,
    )
    return environment


def _asset(name: str) -> str:
    return (files("nas.report") / name).read_text(encoding="utf-8")


def _chart_library() -> str:
    from plotly.offline import get_plotlyjs

    text: str = get_plotlyjs()
    # The library holds no closing tag today; if one day it does, the page must not break.
    return text.replace("</script", "<\\/script")
