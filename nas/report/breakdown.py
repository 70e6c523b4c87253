"""Cost items as a short table: shares added up by the first two levels of their paths."""

from dataclasses import dataclass

from hwmodels.model import CostItem
from nas.report.data import HardwareCost

MAX_ROWS = 60
"""Above this only the first level is shown."""


@dataclass(frozen=True, slots=True)
class BreakdownCell:
    """amount: in the metric's unit. share: of the metric's total, 0 where the total is 0."""

    amount: float
    share: float


@dataclass(frozen=True, slots=True)
class BreakdownRow:
    """part: the last level of the path. depth: 0 or 1. cells: one for each metric, None without a share."""

    part: str
    depth: int
    cells: tuple[BreakdownCell | None, ...]


@dataclass(frozen=True, slots=True)
class Breakdown:
    """metrics: those that have shares. totals: their sums."""

    metrics: tuple[str, ...]
    totals: tuple[float, ...]
    rows: tuple[BreakdownRow, ...]


def break_down(cost: HardwareCost) -> Breakdown:
    """The items of a cost in path order of first appearance, each first level before its second levels."""
    metrics = tuple(dict.fromkeys(item.metric for item in cost.items))
    totals = {name: sum(item.amount for item in cost.items if item.metric == name) for name in metrics}
    sums = _sums(cost.items)
    paths = _ordered(sums)
    if len(paths) > MAX_ROWS:
        paths = [path for path in paths if len(path) == 1]
    rows = tuple(
        BreakdownRow(
            path[-1], len(path) - 1, tuple(_cell(sums[path].get(name), totals[name]) for name in metrics)
        )
        for path in paths
    )
    return Breakdown(metrics, tuple(totals[name] for name in metrics), rows)


def _sums(items: tuple[CostItem, ...]) -> dict[tuple[str, ...], dict[str, float]]:
    sums: dict[tuple[str, ...], dict[str, float]] = {}
    for item in items:
        levels = tuple(item.part.split("/"))
        for path in dict.fromkeys((levels[:1], levels[:2])):
            amounts = sums.setdefault(path, {})
            amounts[item.metric] = amounts.get(item.metric, 0.0) + item.amount
    return sums


def _ordered(sums: dict[tuple[str, ...], dict[str, float]]) -> list[tuple[str, ...]]:
    firsts = [path for path in sums if len(path) == 1]
    return [path for first in firsts for path in sums if path[:1] == first]


def _cell(amount: float | None, total: float) -> BreakdownCell | None:
    if amount is None:
        return None
    return BreakdownCell(amount, amount / total if total else 0.0)
