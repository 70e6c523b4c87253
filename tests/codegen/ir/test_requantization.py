"""Requantization: the three roundings against exact fractions."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from codegen.ir import IrError, Quantization
from codegen.ir.operators import Activation, Rounding
from codegen.ir.requantization import Multiplier, activation_limits, quantize_multiplier, requantize

INT32 = st.integers(-(1 << 31), (1 << 31) - 1)


@pytest.mark.parametrize(
    ("factor", "expected"),
    [
        (0.25, Multiplier(0x40000000, -1)),
        (0.5, Multiplier(0x40000000, 0)),
        (0.75, Multiplier(0x60000000, 0)),
        (1.0, Multiplier(0x40000000, 1)),
        (1 - 2.0**-40, Multiplier(0x40000000, 1)),
        (2.0**-33, Multiplier(0, 0)),
    ],
)
def test_a_factor_becomes_a_q31_mantissa_and_an_exponent(factor: float, expected: Multiplier) -> None:
    assert quantize_multiplier(factor) == expected


@pytest.mark.parametrize("factor", [0.0, -0.5, math.inf, math.nan, 2.0**30])
def test_an_impossible_factor_is_refused(factor: float) -> None:
    with pytest.raises(IrError, match="requantization: the factor must be above 0 and below 2"):
        quantize_multiplier(factor)


@pytest.mark.parametrize(
    ("rounding", "factor", "expected"),
    [
        ("single", 0.5, [-2, -1, -1, 0, 1, 2, 2]),
        ("power_of_two", 0.5, [-2, -1, -1, 0, 1, 2, 2]),
        ("double", 0.25, [-1, -1, -1, 0, 1, 1, 1]),
        ("power_of_two", 2.0, [-8, -6, -4, 0, 4, 6, 8]),
    ],
)
def test_halves_go_where_the_rounding_says(rounding: Rounding, factor: float, expected: list[int]) -> None:
    accumulators = np.array([-4, -3, -2, 0, 2, 3, 4])
    assert requantize(accumulators, factor, rounding).tolist() == expected


@given(INT32, st.floats(2.0**-31, 0.999))
def test_single_rounding_rounds_the_exact_product_once(accumulator: int, factor: float) -> None:
    multiplier = quantize_multiplier(factor)
    exact = Fraction(accumulator * multiplier.q31) * Fraction(2) ** (multiplier.exponent - 31)
    assert requantize(np.array([accumulator]), factor, "single").tolist() == [
        math.floor(exact + Fraction(1, 2))
    ]


@given(INT32, st.floats(2.0**-31, 4.0))
def test_double_rounding_rounds_the_high_half_and_then_the_shift(accumulator: int, factor: float) -> None:
    multiplier = quantize_multiplier(factor)
    left = accumulator << max(multiplier.exponent, 0)
    assume(-(1 << 31) <= left < 1 << 31)
    high = math.floor(Fraction(left * multiplier.q31, 1 << 31) + Fraction(1, 2))
    share = Fraction(high, 1 << max(-multiplier.exponent, 0))
    expected = math.floor(abs(share) + Fraction(1, 2)) * (1 if share >= 0 else -1)
    assert requantize(np.array([accumulator]), factor, "double").tolist() == [expected]


def test_a_result_beyond_32_bits_is_an_error_not_a_wrap() -> None:
    for rounding in ("single", "double", "power_of_two"):
        with pytest.raises(IrError, match=r"requantization: must fit int32, but reaches \d+\.\.\d+"):
            requantize(np.array([1 << 30]), 4.0, rounding)  # type: ignore[arg-type]


def test_a_power_of_two_rounding_needs_a_power_of_two() -> None:
    with pytest.raises(IrError, match=r"the factor must be a power of two in 2\*\*-62\.\.2\*\*31, not 0\.3"):
        requantize(np.array([1]), 0.3, "power_of_two")


@pytest.mark.parametrize(
    ("activation", "limits"), [("none", (-128, 127)), ("relu", (-8, 127)), ("relu6", (-8, 52))]
)
def test_an_activation_clamps_in_the_quantized_domain(
    activation: Activation, limits: tuple[int, int]
) -> None:
    assert activation_limits(activation, Quantization((0.1,), -8)) == limits


@pytest.mark.parametrize("rounding", ["single", "double", "power_of_two"])
def test_factors_belong_to_the_last_axis(rounding: Rounding) -> None:
    factors, accumulators = (0.5, 2.0, 0.25), np.arange(-9, 9).reshape(2, 3, 3)
    together = requantize(accumulators, factors, rounding)
    for channel, factor in enumerate(factors):
        alone = requantize(accumulators[..., channel], factor, rounding)
        assert together[..., channel].tolist() == alone.tolist()
