"""Raw features to codes: what is a table, and what all features share."""

import numpy as np
import pytest

from codegen.c.inputs import has_one_base, input_table, inputs_text
from codegen.ir import ClassOutput, Feature, Interface


def interface(*features: Feature) -> Interface:
    return Interface(features, ClassOutput(("a", "b")))


def feature(lo: float, hi: float, bits: int = 8, *, signed: bool = False) -> Feature:
    return Feature("f", float(np.float32(lo)), float(np.float32(hi)), bits, signed)


def test_equal_features_need_no_table() -> None:
    table = input_table(interface(feature(0, 3), feature(0, 3)))
    assert (table.columns, table.row_bytes) == ((), 0)
    assert "net_inputs" not in inputs_text(interface(feature(0, 3), feature(0, 3)), "net")


@pytest.mark.parametrize(
    ("features", "names", "row_bytes"),
    [
        ((feature(0, 2), feature(0, 8)), ["scale"], 2),  # powers of two: upper halves
        ((feature(0, 3), feature(0, 7)), ["scale"], 4),
        ((feature(-1, 3), feature(2, 7)), ["lo", "scale"], 6),  # lows are halves, scales are not
        ((feature(0, 2, 4), feature(0, 2, 5)), ["scale", "top"], 4),
        ((feature(0.1, 3, 4), feature(0.2, 7, 5)), ["lo", "scale", "top"], 12),
    ],
)
def test_a_column_is_as_narrow_as_is_exact(
    features: tuple[Feature, ...], names: list[str], row_bytes: int
) -> None:
    table = input_table(interface(*features))
    assert [name for name, _ in table.columns] == names
    assert table.row_bytes == row_bytes + (row_bytes == 6) * 2


def test_codes_of_unequal_lowest_values_have_no_common_base() -> None:
    assert has_one_base(interface(feature(0, 1, 8, signed=True), feature(0, 2, 8, signed=True)))
    assert not has_one_base(interface(feature(0, 1, 8, signed=True), feature(0, 1, 4, signed=True)))
