"""Costs by part and stage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwmodels.model import CostItem
from nas.report.data import HardwareCost
from nas.report.stages import stage_table


def cost(*parts: tuple[str, float]) -> HardwareCost:
    items = [CostItem(part, "area_cm2", amount) for part, amount in parts]
    return HardwareCost("egfet", {}, (*items, CostItem(parts[0][0], "power_mw", 7.0)))


def test_an_mlp_is_split_by_neuron_and_stage() -> None:
    table = stage_table(
        cost(("layer 0/neuron 0/adders", 2.0), ("layer 0/neuron 0/clip", 1.0), ("argmax/comparison 0", 0.5))
    )
    assert table is not None
    assert (table.metric, table.stages, table.largest) == ("area_cm2", ("adders", "clip", "argmax"), 3.0)
    assert [(row.part, row.amounts) for row in table.rows] == [
        ("layer 0, neuron 0", (2.0, 1.0, 0.0)),
        ("comparison 0", (0.0, 0.0, 0.5)),
    ]


def test_a_tree_is_split_by_test_and_choice_and_gates_by_kind() -> None:
    tree = stage_table(cost(("comparators/feature 3 > 7", 1.0), ("nodes/node 0", 2.0)))
    gates = stage_table(cost(("gates/nand", 3.0), ("gates/inv", 1.0)))
    assert tree is not None
    assert gates is not None
    assert (tree.stages, [row.part for row in tree.rows]) == (
        ("comparators", "nodes"),
        ["feature 3 > 7", "node 0"],
    )
    assert (gates.stages, [row.part for row in gates.rows]) == (("gates",), ["nand", "inv"])


def test_a_cost_without_shares_has_no_table() -> None:
    assert stage_table(HardwareCost("mcu", {"flash_bytes": 3.0})) is None


def test_of_many_parts_the_smallest_are_summed_up() -> None:
    table = stage_table(cost(*((f"gates/kind {n}", float(n)) for n in range(1, 8))), max_rows=3)
    assert table is not None
    assert [(row.part, row.total) for row in table.rows] == [
        ("kind 6", 6.0),
        ("kind 7", 7.0),
        ("5 others", 15.0),
    ]


@given(
    st.lists(st.tuples(st.sampled_from(["a", "a/b", "a/b/c", "a/d/c", "e/f"]), st.floats(0, 9)), min_size=1)
)
def test_no_share_is_lost(parts: list[tuple[str, float]]) -> None:
    table = stage_table(cost(*parts), max_rows=2)
    assert table is not None
    assert sum(row.total for row in table.rows) == pytest.approx(sum(amount for _, amount in parts))
