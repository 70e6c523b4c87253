"""Columns of figures in tables of designs: task metrics by training, validation and test rows apart."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from nas.front import FIT_PREFIX
from nas.report.data import FrontPoint, MetricFact, WinnerReport

Rows: TypeAlias = Literal["searched", "test"]


@dataclass(frozen=True, slots=True)
class Column:
    """title: such as "training accuracy". rows: where a design keeps it, by name. unit: of the figures."""

    title: str
    name: str
    rows: Rows = "searched"
    unit: str = "1"

    def of(self, design: FrontPoint | WinnerReport) -> float | None:
        """The figure of a design, None where it is not known."""
        if self.rows == "searched":
            return design.metrics.get(self.name)
        return design.test.get(self.name) if isinstance(design, WinnerReport) else None


def columns(metrics: Iterable[MetricFact], designs: Iterable[FrontPoint | WinnerReport]) -> list[Column]:
    """A column for each metric that some design has; three where training and test rows have it too."""
    designs = list(designs)
    found = []
    for metric in metrics:
        by_fit = FIT_PREFIX + metric.name
        candidates = [
            Column(f"training {metric.name}", by_fit),
            Column(metric.name, metric.name, unit=metric.unit),
            Column(f"test {metric.name}", metric.name, "test"),
        ]
        known = [each for each in candidates if any(each.of(design) is not None for design in designs)]
        found += [_named(each, metric.name) if len(known) > 1 else each for each in known]
    return found


def _named(column: Column, metric: str) -> Column:
    """Where a metric has several columns, the one of the validation rows says so."""
    if column.title != metric:
        return column
    return Column(f"validation {metric}", column.name, column.rows, column.unit)


def figure_title(name: str, known: Mapping[str, float]) -> str:
    """What to call a figure of a design among its others."""
    if name.startswith(FIT_PREFIX):
        return f"training {name.removeprefix(FIT_PREFIX)}"
    return f"validation {name}" if FIT_PREFIX + name in known else name
