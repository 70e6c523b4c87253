"""Interfaces from training rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.ir import ClassOutput, ValueOutput
from nas.data import Dataset, Table
from nas.data.check import LARGEST
from nas.data.dataset import Task
from nas.data.interface import make_image_interface, make_interface


def dataset_of(x: list[list[float]], y: list[float] | None = None) -> Dataset:
    task: Task = "classification" if y is None else "regression"
    n_rows, n_features = len(x), len(x[0])
    target = np.arange(n_rows) % 2 if y is None else np.array(y)
    labels = ("no", "yes") if y is None else ()
    table = Table(np.array(x), target, tuple(f"f{i}" for i in range(n_features)), labels, "here")
    return Dataset(table, task, np.arange(n_rows), np.array([], dtype=np.int64), (), "")


def test_ranges_are_those_of_the_given_rows() -> None:
    dataset = dataset_of([[0, -1], [4, 3], [100, 100]])
    interface = make_interface(dataset, 3, np.array([0, 1]))
    assert [(feature.name, feature.lo, feature.hi, feature.bits) for feature in interface.features] == [
        ("f0", 0, 4, 3),
        ("f1", -1, 3, 3),
    ]
    assert interface.output == ClassOutput(("no", "yes"))
    np.testing.assert_array_equal(interface.quantize(dataset.table.x), [[0, 0], [7, 7], [7, 7]])


@pytest.mark.parametrize("value", [0.0, 7.25, -3.0, 1e30, -1e30, 1e-40])
def test_a_constant_feature_has_code_zero(value: float) -> None:
    dataset = dataset_of([[value], [value]])
    interface = make_interface(dataset, 4, np.array([0, 1]))
    np.testing.assert_array_equal(interface.quantize(dataset.table.x), [[0], [0]])


def test_a_range_too_small_for_float32_counts_as_constant() -> None:
    dataset = dataset_of([[0.0], [1e-40]])
    assert make_interface(dataset, 16, np.array([0, 1])).features[0].hi == 1.0


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(-LARGEST, LARGEST), min_size=2, max_size=6),
    st.integers(1, 16),
)
def test_any_values_have_a_valid_range_that_holds_them(values: list[float], bits: int) -> None:
    dataset = dataset_of([[value] for value in values])
    interface = make_interface(dataset, bits, np.arange(len(values)))
    feature = interface.features[0]
    seen = np.float32(values)
    assert (seen >= feature.lo).all()
    assert (seen <= feature.hi).all()
    codes = interface.quantize(dataset.table.x)
    assert codes[np.argmin(seen), 0] == 0


def test_a_regression_has_one_value_on_the_range_of_its_targets() -> None:
    dataset = dataset_of([[0.0], [1.0], [2.0]], [10.0, 20.0, 90.0])
    output = make_interface(dataset, 4, np.array([0, 1])).output
    assert isinstance(output, ValueOutput)
    assert [(value.name, value.scale, value.offset) for value in output.values] == [("value", 10 / 256, 15.0)]


def test_bytes_of_an_image_are_taken_less_128() -> None:
    table = Table(np.array([[0, 255], [7, 9]], np.uint8), np.array([0, 1]), ("a", "b"), ("n", "y"), "here")
    rows = np.arange(2)
    dataset = Dataset(table, "classification", rows, rows[:0], (), "")
    interface = make_image_interface(dataset, (1, 2, 1), rows)
    assert [feature.name for feature in interface.features] == ["0_0_0", "0_1_0"]
    np.testing.assert_array_equal(interface.quantize(table.x), [[-128, 127], [-121, -119]])


def test_channels_of_a_signal_lie_around_their_means() -> None:
    dataset = dataset_of([[10, 0.1, 12, 0.1], [14, 0.1, 12, 0.1]])
    interface = make_image_interface(dataset, (1, 2, 2), np.arange(2))
    assert [(f.lo, f.hi) for f in interface.features[:2]] == [(10, 14), (np.float32(-0.9), np.float32(1.1))]
    assert interface.features[0].lo == interface.features[2].lo
    np.testing.assert_array_equal(interface.quantize(dataset.table.x)[1], [127, 0, 0, 0])
