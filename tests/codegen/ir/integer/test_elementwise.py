"""Sums and functions of single values, near what they are of real numbers, and exact by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.ir import Add, Clamp, HardSwish, IrError, Multiply, Quantization, Quantize, Tensor
from codegen.ir.integer.elementwise import hard_swish_table
from codegen.ir.shapes import check_shapes
from tests.codegen.ir.integer.one_operator import UNIT, int8, result

ALL = np.arange(-128, 128).reshape(256, 1)
SCALES = st.floats(2.0**-6, 1.0, width=32)
ZERO_POINTS = st.integers(-128, 127)


def real(
    codes: np.ndarray[tuple[int, ...], np.dtype[np.int64]], quantization: Quantization
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return quantization.scales[0] * (codes - quantization.zero_point)


@given(SCALES, ZERO_POINTS, SCALES, ZERO_POINTS, SCALES, ZERO_POINTS)
def test_a_sum_is_within_a_step_of_the_real_one(
    a: float, a_zero: int, b: float, b_zero: int, c: float, c_zero: int
) -> None:
    left, right, output = Quantization((a,), a_zero), Quantization((b,), b_zero), Quantization((c,), c_zero)
    other = ALL[::-1] * 7 % 256 - 128
    got = result(Add(0, 1, 2), [int8((1,), left), int8((1,), right), int8((1,), output)], [ALL, other])
    exact = (real(ALL, left) + real(other, right)) / c + c_zero
    assert np.abs(got - np.clip(exact, -128, 127)).max() <= 0.51


def test_a_sum_takes_a_constant_and_an_activation() -> None:
    tensors = [int8((1,)), int8((1,)), int8((1,), Quantization((1.0,), 3))]
    assert result(Add(0, 1, 2, "relu"), tensors, [[[-9], [0], [9]], [[4]]]).tolist() == [[3], [7], [16]]
    assert result(Add(0, 1, 2, "relu6"), tensors, [[[-9], [0], [9]], [[4]]]).tolist() == [[3], [7], [9]]


@given(SCALES, ZERO_POINTS, SCALES, ZERO_POINTS, st.floats(2.0**-4, 4.0, width=32), ZERO_POINTS)
def test_a_product_is_within_a_step_of_the_real_one(
    a: float, a_zero: int, b: float, b_zero: int, c: float, c_zero: int
) -> None:
    left, right, output = Quantization((a,), a_zero), Quantization((b,), b_zero), Quantization((c,), c_zero)
    other = ALL[::-1] * 7 % 256 - 128
    got = result(Multiply(0, 1, 2), [int8((1,), left), int8((1,), right), int8((1,), output)], [ALL, other])
    exact = real(ALL, left) * real(other, right) / c + c_zero
    assert np.abs(got - np.clip(exact, -128, 127)).max() <= 0.76  # two roundings


@pytest.mark.parametrize("shape", [(2,), (1, 1, 2)])
def test_a_product_by_channels_holds_for_every_place(shape: tuple[int, ...]) -> None:
    tensors = [int8((2, 1, 2)), int8(shape), int8((2, 1, 2))]
    x = [[[[1, 2]], [[3, -4]]]]
    gate = np.array([[5, 10]]).reshape(1, *shape)
    assert result(Multiply(0, 1, 2), tensors, [x, gate]).tolist() == [[[[5, 20]], [[15, -40]]]]


def test_a_product_of_unfit_shapes_is_refused() -> None:
    with pytest.raises(IrError, match=r"must have shape \(2, 1, 2\) or \(2,\) or \(1, 1, 2\), not \(1,\)"):
        check_shapes(Multiply(0, 1, 2), [(2, 1, 2), (1,), (2, 1, 2)])


def test_a_clamp_requantizes_and_limits() -> None:
    tensors = [int8((1,), Quantization((0.5,), 1)), int8((1,), UNIT)]
    x = [[-128], [0], [2], [3], [13], [127]]
    assert result(Clamp(0, 1, "none"), tensors, [x]).reshape(-1).tolist() == [-64, 0, 1, 1, 6, 63]
    assert result(Clamp(0, 1, "relu"), tensors, [x]).reshape(-1).tolist() == [0, 0, 1, 1, 6, 63]
    assert result(Clamp(0, 1, "relu6"), tensors, [x]).reshape(-1).tolist() == [0, 0, 1, 1, 6, 6]


def test_a_conversion_between_signed_and_unsigned_moves_by_128() -> None:
    unsigned = Tensor("u", (1,), "uint8", Quantization((0.1,), 133))
    signed = int8((1,), Quantization((0.1,), 5))
    assert result(Quantize(0, 1), [unsigned, signed], [ALL + 128]).tolist() == ALL.tolist()
    assert result(Quantize(0, 1), [signed, unsigned], [ALL]).tolist() == (ALL + 128).tolist()


def test_a_conversion_of_other_types_is_refused() -> None:
    with pytest.raises(IrError, match="'f' must be int8 or uint8 to be evaluated, not float32"):
        result(Quantize(0, 1), [Tensor("f", (1,), "float32"), int8((1,))], [ALL])


@given(SCALES, ZERO_POINTS, st.floats(1 / 64, 4.0), ZERO_POINTS)
def test_hard_swish_is_near_the_real_function(scale: float, zero: int, ratio: float, out_zero: int) -> None:
    source = Quantization((scale,), zero)
    output = Quantization((float(np.float32(scale * ratio)),), out_zero)
    got = result(HardSwish(0, 1), [int8((1,), source), int8((1,), output)], [ALL])
    x = real(ALL, source)
    exact = x * np.clip(x + 3, 0, 6) / 6 / output.scales[0] + out_zero
    # 16-bit arithmetic: an eighth of a percent of the largest number on top of the last rounding.
    assert np.abs(got - np.clip(exact, -128, 127)).max() <= 0.6 + 0.3 / ratio


def test_hard_swish_needs_an_output_scale_that_is_not_too_fine() -> None:
    with pytest.raises(IrError, match="hard-swish: the output scale must be at least 1/128 of the input's"):
        hard_swish_table(Quantization((1.0,)), Quantization((0.005,)))
