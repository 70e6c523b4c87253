"""Pools by hand: what counts, how halves round, and where numbers are requantized."""

import numpy as np
import pytest

from codegen.ir import AveragePool2d, GlobalAveragePool, IrError, MaxPool2d, Quantization, Window
from codegen.ir.integer.pools import mean_multiplier
from codegen.ir.requantization import Multiplier
from codegen.ir.shapes import check_shapes
from tests.codegen.ir.integer.one_operator import UNIT, int8, result

COLUMN = np.array([-3, 4, 9, -128]).reshape(1, 4, 1, 1)
PAIRS = Window((2, 1), (2, 1))


def test_a_mean_rounds_halves_away_from_zero() -> None:
    tensors = [int8((4, 1, 1)), int8((2, 1, 1))]
    assert result(AveragePool2d(0, 1, PAIRS), tensors, [COLUMN]).reshape(-1).tolist() == [1, -60]
    assert result(AveragePool2d(0, 1, PAIRS), tensors, [-COLUMN - 1]).reshape(-1).tolist() == [-2, 59]


def test_padding_is_neither_counted_nor_the_largest() -> None:
    window = Window((3, 1), (1, 1), padding=(2, 2, 0, 0))
    tensors = [int8((1, 1, 1)), int8((3, 1, 1))]
    for pool in (AveragePool2d(0, 1, window), MaxPool2d(0, 1, window)):
        assert result(pool, tensors, [np.full((1, 1, 1, 1), -7)]).reshape(-1).tolist() == [-7, -7, -7]


def test_pools_have_activations() -> None:
    kept = Quantization((0.5,), -1)
    tensors = [int8((4, 1, 1), kept), int8((2, 1, 1), kept)]
    assert result(MaxPool2d(0, 1, PAIRS, "relu6"), tensors, [COLUMN]).reshape(-1).tolist() == [4, 9]
    assert result(MaxPool2d(0, 1, PAIRS, "relu6"), tensors, [COLUMN + 3]).reshape(-1).tolist() == [7, 11]
    assert result(AveragePool2d(0, 1, PAIRS, "relu"), tensors, [COLUMN]).reshape(-1).tolist() == [1, -1]


def test_pools_keep_their_quantization() -> None:
    tensors = [int8((4, 1, 1)), int8((2, 1, 1), Quantization((2.0,)))]
    with pytest.raises(
        IrError, match=r"'4x1x1' and '2x1x1' must have equal quantizations, not .*1.0.* and .*2.0"
    ):
        result(MaxPool2d(0, 1, PAIRS), tensors, [COLUMN])


@pytest.mark.parametrize(
    ("window", "text"),
    [
        (
            Window((2, 1), padding=(2, 0, 0, 0)),
            r"the padding of a pool must be smaller than its size \(2, 1\)",
        ),
        (Window((2, 1), dilation=(2, 1)), r"a pool must have dilation \(1, 1\), not \(2, 1\)"),
    ],
)
def test_every_window_of_a_pool_sees_a_value(window: Window, text: str) -> None:
    with pytest.raises(IrError, match=text):
        check_shapes(AveragePool2d(0, 1, window), [(4, 1, 1), (4, 1, 1)])


def test_a_global_mean_takes_off_the_zero_point_and_requantizes() -> None:
    tensors = [int8((2, 2, 1), Quantization((0.5,), 10)), int8((1,), Quantization((0.25,), -4))]
    x = np.array([[10, 12, 13, 14], [127, 127, 127, 127]]).reshape(2, 2, 2, 1)
    # Means of 2.25 and 117 above the zero point, twice as many steps of the output; 4.5 rounds up.
    assert result(GlobalAveragePool(0, 1), tensors, [x]).tolist() == [[5 - 4], [127]]
    assert result(GlobalAveragePool(0, 1), [tensors[0], int8((1, 1, 1), UNIT)], [x]).shape == (2, 1, 1, 1)


def test_the_division_of_a_mean_is_in_its_multiplier() -> None:
    assert mean_multiplier(1.0, 4) == Multiplier(1 << 30, 1 - 2)
    assert mean_multiplier(1.0, 5) == Multiplier((1 << 32) // 5, 1 - 2)
    assert mean_multiplier(2.0**-32, 64) == Multiplier((1 << 30) // 64, -31)
