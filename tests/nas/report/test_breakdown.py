"""Cost items as a short table."""

import pytest

from hwmodels.model import CostItem
from nas.report.breakdown import MAX_ROWS, BreakdownCell, break_down
from nas.report.data import HardwareCost


def cost(*items: tuple[str, str, float]) -> HardwareCost:
    return HardwareCost("egfet", {}, tuple(CostItem(*item) for item in items))


def test_shares_add_up_by_the_first_two_levels_of_their_paths() -> None:
    table = break_down(
        cost(
            ("layer 0/neuron 0/adders", "area_cm2", 2.0),
            ("argmax", "area_cm2", 1.0),
            ("layer 0/neuron 0/clip", "area_cm2", 1.0),
            ("layer 0/neuron 0/clip", "power_mw", 0.5),
        )
    )
    assert table.metrics == ("area_cm2", "power_mw")
    assert table.totals == (4.0, 0.5)
    assert [(row.part, row.depth) for row in table.rows] == [("layer 0", 0), ("neuron 0", 1), ("argmax", 0)]
    assert table.rows[0].cells == (BreakdownCell(3.0, 0.75), BreakdownCell(0.5, 1.0))
    assert table.rows[2].cells == (BreakdownCell(1.0, 0.25), None)


def test_a_long_table_shows_the_first_level_only() -> None:
    items = [(f"layer {index % 3}/neuron {index}", "area_cm2", 1.0) for index in range(MAX_ROWS)]
    assert [row.part for row in break_down(cost(*items)).rows] == ["layer 0", "layer 1", "layer 2"]


def test_a_total_of_zero_has_shares_of_zero() -> None:
    (row,) = break_down(cost(("argmax", "area_cm2", 0.0))).rows
    assert row.cells == (BreakdownCell(0.0, 0.0),)


def test_a_cost_without_items_is_an_empty_table() -> None:
    table = break_down(cost())
    assert (table.metrics, table.rows) == ((), ())


def test_the_rows_of_the_first_level_add_up_to_the_total() -> None:
    items = [(f"layer {index % 3}/neuron {index}", "area_cm2", 0.1 * index) for index in range(20)]
    table = break_down(cost(*items))
    firsts = [row.cells[0] for row in table.rows if row.depth == 0]
    assert sum(cell.amount for cell in firsts if cell) == pytest.approx(table.totals[0])
