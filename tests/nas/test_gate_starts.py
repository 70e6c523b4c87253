"""What gate-level chains start from and learn."""

import numpy as np
import pytest

from codegen.cells import load_cells
from codegen.ir import ClassOutput, Feature, GateNetlist, Interface, Value, ValueOutput
from nas.errors import RunError
from nas.gate_starts import cart_start, learned_rows

FEATURES = tuple(Feature(f"x{index}", 0.0, 1.0, 4) for index in range(3))
CLASSES = Interface(FEATURES, ClassOutput(("no", "yes")))
CODES = np.random.default_rng(0).integers(0, 16, (200, 3))
LABELS = (CODES.sum(axis=1) > 22).astype(np.int64)


def test_rows_of_a_forest_come_behind_the_true_ones() -> None:
    rows = learned_rows(CLASSES, CODES, LABELS, "forest", seed=0)
    assert rows.weight == 0.2
    np.testing.assert_array_equal(rows.codes[:200], CODES)
    np.testing.assert_array_equal(rows.labels[:200], LABELS)


def test_carts_tree_becomes_gates_of_the_library(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("requires_tool")("berkeley-abc")
    rows = learned_rows(CLASSES, CODES, LABELS, "data", seed=0)
    start = cart_start(rows, load_cells("egfet"), seed=0)
    assert rows.weight == 1.0
    assert isinstance(start.body, GateNetlist)
    assert start.interface == CLASSES


def test_rows_without_classes_are_refused() -> None:
    values = Interface(FEATURES, ValueOutput((Value("y", 1.0, 0.0),)))
    with pytest.raises(RunError, match="gate_netlist: rows must have classes to answer with, not values"):
        learned_rows(values, CODES, LABELS, "data", seed=0)
