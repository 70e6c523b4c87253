"""Cost items by part and stage: of an MLP by neuron, of a tree by test and choice, of gates by kind."""

from dataclasses import dataclass

from nas.report.data import HardwareCost

MAX_ROWS = 40
"""Of more parts, the smallest are summed up in the last row."""


@dataclass(frozen=True, slots=True)
class StageRow:
    """amounts: one for each stage of the table, 0 where the part has none of it."""

    part: str
    amounts: tuple[float, ...]

    @property
    def total(self) -> float:
        return sum(self.amounts)


@dataclass(frozen=True, slots=True)
class StageTable:
    """One metric of a hardware model, split up. stages: names of the columns, in order of appearance."""

    metric: str
    stages: tuple[str, ...]
    rows: tuple[StageRow, ...]

    @property
    def largest(self) -> float:
        """The largest total of a row, 0 where there is none."""
        return max((row.total for row in self.rows), default=0.0)


def stage_table(cost: HardwareCost, *, max_rows: int = MAX_ROWS) -> StageTable | None:
    """The first metric that has shares: a row for the first two levels of the paths, in their order.

    The stage is the third level, or the first where there is no third ("argmax/comparison 0" has the stage
    "argmax"). None where no metric has shares.
    """
    if not cost.items:
        return None
    metric = cost.items[0].metric
    sums: dict[tuple[str, ...], dict[str, float]] = {}
    for item in cost.items:
        if item.metric == metric:
            levels = item.part.split("/")
            stage = levels[2] if len(levels) > 2 else levels[0]
            row = sums.setdefault(tuple(levels[:2]), {})
            row[stage] = row.get(stage, 0.0) + item.amount
    stages = tuple(dict.fromkeys(stage for row in sums.values() for stage in row))
    staged = {path[0] for path, row in sums.items() if set(row) != {path[0]}}
    rows = [
        StageRow(_label(path, path[0] in staged), tuple(row.get(stage, 0.0) for stage in stages))
        for path, row in sums.items()
    ]
    return StageTable(metric, stages, tuple(_shortened(rows, max_rows)))


def _label(path: tuple[str, ...], staged: bool) -> str:
    """Where the first level is the stage of all its parts, it need not be said again."""
    return ", ".join(path) if staged else path[-1]


def _shortened(rows: list[StageRow], most: int) -> list[StageRow]:
    if len(rows) <= most:
        return rows
    by_size = sorted(range(len(rows)), key=lambda index: -rows[index].total)
    kept = set(by_size[: most - 1])
    rest = [row for index, row in enumerate(rows) if index not in kept]
    amounts = tuple(sum(column) for column in zip(*(row.amounts for row in rest), strict=True))
    others = StageRow(f"{len(rest)} others", amounts)
    return [*(row for index, row in enumerate(rows) if index in kept), others]
