"""Softmax: near the real one, and what it refuses."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.ir import IrError, Quantization, Softmax
from codegen.ir.integer.softmax import PROBABILITY, difference_multiplier, exp_of_negative
from codegen.ir.requantization import Multiplier
from tests.codegen.ir.integer.one_operator import int8, result


@given(
    st.lists(st.integers(-128, 127), min_size=1, max_size=12),
    st.floats(2.0**-10, 1.0, width=32),
    st.sampled_from((0.5, 1.0, 2.0)),
)
def test_probabilities_are_within_a_step_of_the_real_ones(
    codes: list[int], scale: float, beta: float
) -> None:
    shape = (len(codes),)
    got = result(
        Softmax(0, 1, beta), [int8(shape, Quantization((scale,), 7)), int8(shape, PROBABILITY)], [[codes]]
    )
    powers = np.exp(beta * scale * (np.array(codes) - max(codes)))
    exact = np.clip(256 * powers / powers.sum() - 128, -128, 127)
    assert np.abs(got[0] - exact).max() <= 1


def test_equal_inputs_share_equally_and_one_alone_saturates() -> None:
    tensors = [int8((2, 2), Quantization((0.1,), 0)), int8((2, 2), PROBABILITY)]
    assert result(Softmax(0, 1), tensors, [[[[5, 5], [-128, 127]]]]).tolist() == [[[0, 0], [-128, 127]]]


def test_exponentials_are_right_to_six_digits() -> None:
    x = np.arange(0, 1 << 30, 999_983)
    exact = np.exp(-x / 2.0**26)
    assert np.abs(exp_of_negative(-x) / 2.0**31 - exact).max() < 2e-7
    assert exp_of_negative(np.array([0])).tolist() == [(1 << 31) - 1]


def test_differences_are_scaled_to_26_bits() -> None:
    assert difference_multiplier(1.0, 2.0**-5) == (Multiplier(1 << 30, 22), -(31 << 26 >> 22))
    capped, lowest = difference_multiplier(100.0, 1.0)
    assert (capped.q31, capped.exponent, lowest) == ((1 << 31) - 1, 31, 0)


def test_other_outputs_and_tiny_betas_are_refused() -> None:
    with pytest.raises(
        IrError, match="softmax: the output must have scale 1/256 and zero point -128, not Quant"
    ):
        result(Softmax(0, 1), [int8((2,)), int8((2,))], [[[1, 2]]])
    with pytest.raises(
        IrError, match=re.escape("softmax: beta times the input scale must be above 2**-26, not 1e-")
    ):
        difference_multiplier(1e-9, 1.0)


def test_a_sum_over_too_many_equal_items_is_refused() -> None:
    tensors = [int8((4096,)), int8((4096,), PROBABILITY)]
    with pytest.raises(
        IrError, match="softmax: the sum of exponentials: must fit int32, but reaches 2147483648"
    ):
        result(Softmax(0, 1), tensors, [np.zeros((1, 4096), dtype=np.int64)])
    fewer = [int8((4095,)), int8((4095,), PROBABILITY)]
    assert set(result(Softmax(0, 1), fewer, [np.zeros((1, 4095), dtype=np.int64)])[0].tolist()) == {-128}
