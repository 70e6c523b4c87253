"""From kept searches to the table of `printed.py`: what is chosen on training rows, and its test accuracy.

For each bar, a group offers rows of one circuit a search whose mean area is at most the bar's: those of one
setting (a price of area in one chain of designs), and of each chain, and of all, each search's circuit with
the best accuracy on all training rows among those no larger than a bound, the highest that keeps the mean
area. Of these rows the one with the best mean validation accuracy is taken, and its mean test accuracy is the
figure. Test rows choose nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from statistics import mean, stdev

from harness import Bar
from printed_cases import Case, Group, Point
from printed_runs import Circuit, Unit

TITLES: dict[Group, str] = {
    "mlp": "approximate MLP",
    "tree": "decision tree",
    "gates": "with gate-level search",
}
MARKDOWN_TITLES: dict[Group, str] = {"mlp": "MLP", "tree": "tree", "gates": "gates"}


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """The circuits of all searches at one bar, or at one setting."""

    group: Group
    setting: str
    circuits: tuple[Circuit, ...]

    def mean(self, name: str) -> float:
        return mean(float(getattr(circuit, name)) for circuit in self.circuits)

    def spread(self, name: str) -> float:
        values = [float(getattr(circuit, name)) for circuit in self.circuits]
        return stdev(values) if len(values) > 1 else 0.0

    def leakage_mw(self, supply: str) -> float:
        return mean(circuit.leakage_mw[supply] for circuit in self.circuits)

    @property
    def text(self) -> str:
        return (
            f"test {self.mean('test'):.4f} +- {self.spread('test'):.4f}"
            f" @ {self.mean('area_cm2'):.4f} +- {self.spread('area_cm2'):.4f} cm2"
            f"  (train {self.mean('fit'):.4f}, validation {self.mean('validation'):.4f};"
            f" {self.leakage_mw('1'):.3f} mW at 1 V, {self.leakage_mw('0.6'):.3f} at 0.6 V;"
            f" n {len(self.circuits)}{f', {self.setting}' if self.setting else ''})"
        )


def markdown_rows(case: Case, units: Sequence[Unit]) -> list[str]:
    """A line of a table for each bar: data, others' circuits, designs, accuracy, area, leakage, searches."""
    others = (case.name.replace("_", " "), f"{case.date24}; {case.iccad23}", ", ".join(map(str, case.cart)))
    lines = []
    for group, point, row in bar_rows(case, units):
        title = f"{MARKDOWN_TITLES[group]}, at most {point.area_cm2:g}"
        cells = (
            *(others if not lines else ("", "", "")),
            title,
            *(_markdown_cells(row) if row else ("none",)),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _markdown_cells(row: Row) -> tuple[str, ...]:
    return (
        f"{row.mean('test'):.3f} ± {row.spread('test'):.3f}",
        f"{row.mean('area_cm2'):.3g} ± {row.spread('area_cm2'):.2g}",
        f"{row.leakage_mw('1'):.3g}; {row.leakage_mw('0.6'):.3g}",
        str(len(row.circuits)),
    )


def settings_of(units: Sequence[Unit], group: Group) -> list[Row]:
    """A row for each setting that all searches of a kind have, by rising area."""
    rows = []
    for search in dict.fromkeys(unit.search for unit in units):
        own = [unit for unit in units if unit.search == search]
        named = [{c.setting: c for c in unit.circuits if c.group == group and c.setting} for unit in own]
        rows += [
            Row(group, f"{search}, {setting}", tuple(found[setting] for found in named))
            for setting in named[0]
            if all(setting in found for found in named)
        ]
    return sorted(rows, key=lambda row: row.mean("area_cm2"))


def row_within(units: Sequence[Unit], group: Group, area_cm2: float) -> Row | None:
    """What validation chooses of at most that area; None where nothing is that small."""
    rows = [row for row in settings_of(units, group) if row.mean("area_cm2") <= area_cm2]
    for search in dict.fromkeys(unit.search for unit in units):
        own = [unit for unit in units if unit.search == search]
        bounded = (_bounded_row(own, group, chain, area_cm2) for chain in _chains(own, group))
        rows += [row for row in bounded if row is not None]
    return max(rows, key=lambda row: row.mean("validation"), default=None)


def _chains(units: Sequence[Unit], group: Group) -> list[str]:
    """What settings of a group share but for the price; empty is all of them."""
    settings = [circuit.setting for unit in units for circuit in unit.circuits if circuit.group == group]
    return list(dict.fromkeys(["", *(setting.rpartition(", price ")[0] for setting in settings)]))


def _bounded_row(units: Sequence[Unit], group: Group, chain: str, area_cm2: float) -> Row | None:
    """Of the searches of one kind the best by fit below one bound; the bound may lie above the mean area."""
    bounds = {c.area_cm2 for unit in units for c in unit.circuits if c.group == group}
    for bound in sorted(bounds, reverse=True):
        found = [circuit for unit in units if (circuit := _best_within(unit, group, chain, bound))]
        row = Row(
            group, f"{units[0].search}, best of {chain or 'all'}, each at most {bound:.3g} cm2", tuple(found)
        )
        if len(found) == len(units) and row.mean("area_cm2") <= area_cm2:
            return row
    return None


def _best_within(unit: Unit, group: Group, chain: str, area_cm2: float) -> Circuit | None:
    small = [
        circuit
        for circuit in unit.circuits
        if circuit.group == group and circuit.setting.startswith(chain) and circuit.area_cm2 <= area_cm2
    ]
    return max(small, key=lambda circuit: (circuit.fit, -circuit.area_cm2), default=None)


def bar_rows(case: Case, units: Sequence[Unit]) -> list[tuple[Group, Point, Row | None]]:
    """The rows of a data set's table, one for each bar."""
    return [
        (group, point, row_within(units, group, point.area_cm2))
        for group, points in case.bars.items()
        for point in points
    ]


def accuracy_bars(case: Case, units: Sequence[Unit]) -> list[Bar]:
    """Test accuracy at each area to reach."""
    return [
        Bar(
            f"{case.name}, {TITLES[group]}, at most {point.area_cm2:g} cm2",
            row.mean("test") if row else 0.0,
            point.accuracy,
            "",
        )
        for group, point, row in bar_rows(case, units)
    ]


def power_bar(case: Case, units: Sequence[Unit]) -> Bar:
    """The least leakage of the table's gate-level rows that reach the accuracy; infinite where none does."""
    power = case.power
    supply = f"{power.supply_v:g}"
    rows = [row for group, _, row in bar_rows(case, units) if row is not None and group == "gates"]
    leakage_mw = [row.leakage_mw(supply) for row in rows if row.mean("test") >= power.point.accuracy]
    name = f"{case.name}, leakage at {supply} V of {power.point.accuracy:.3f}"
    return Bar(name, min(leakage_mw, default=inf), power.limit_mw, "mW", "min")


def base_reduction(case: Case, units: Sequence[Unit], loss: float) -> tuple[float, Row] | None:
    """By how much the exact 8-bit MLP is larger than our smallest row that loses at most `loss` to it."""
    rows = [row for group in TITLES for row in settings_of(units, group)]
    rows += [row for _, _, row in bar_rows(case, units) if row is not None]
    good = [row for row in rows if row.mean("test") >= case.base.accuracy - loss]
    if not good:
        return None
    smallest = min(good, key=lambda row: row.mean("area_cm2"))
    return case.base.area_cm2 / smallest.mean("area_cm2"), smallest
