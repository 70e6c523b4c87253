"""From int32 accumulators to int8: real factors as integers, three roundings, limits of activations.

Source of the rounding rules: TensorFlow Lite, tensorflow/lite/kernels/internal/common.h
(`MultiplyByQuantizedMultiplier`, with and without TFLITE_SINGLE_ROUNDING), quantization_util.cc
(`QuantizeMultiplier`), and gemmlowp, fixedpoint.h (`SaturatingRoundingDoublingHighMul`,
`RoundingDivideByPOT`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.ir.errors import IrError
from codegen.ir.graph import Quantization
from codegen.ir.operators import Activation, Rounding

Int64Array: TypeAlias = npt.NDArray[np.int64]
INT8_MIN, INT8_MAX = -128, 127
INT32_MIN, INT32_MAX = -(1 << 31), (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class Multiplier:
    """The real factor `q31 * 2**(exponent - 31)`; q31 is 0 or in 2**30..2**31 - 1."""

    q31: int
    exponent: int


def quantize_multiplier(factor: float) -> Multiplier:
    """A positive real factor as Q31 mantissa and exponent, rounded half away from zero.

    A factor below 2**-32 becomes 0. Raises IrError unless the factor is positive, finite and below 2**30.
    """
    if not (math.isfinite(factor) and 0 < factor < 1 << 30):
        raise IrError(f"requantization: the factor must be above 0 and below 2**30, not {factor}")
    mantissa, exponent = math.frexp(factor)
    q31 = math.floor(mantissa * (1 << 31) + 0.5)
    if q31 == 1 << 31:
        q31, exponent = q31 // 2, exponent + 1
    return Multiplier(0, 0) if exponent < -31 else Multiplier(q31, exponent)


def requantize(accumulators: Int64Array, factors: float | Sequence[float], rounding: Rounding) -> Int64Array:
    """`accumulators * factor` in integers, by the rule named; docs/ir.md writes the three rules down.

    accumulators: any shape, values in int32. factors: one, or one for each entry of the last axis.
    Raises IrError where a result leaves int32, or where a factor is no power of two and `rounding` is
    "power_of_two".
    """
    each = [factors] if isinstance(factors, int | float) else list(factors)
    if rounding == "power_of_two":
        return check_int32(_scale_power_of_two(accumulators, each), "requantization")
    return scale_by(accumulators, [quantize_multiplier(factor) for factor in each], rounding)


def scale_by(
    x: Int64Array, multipliers: Multiplier | Sequence[Multiplier], rounding: Literal["single", "double"]
) -> Int64Array:
    """As `requantize`, by multipliers that are known already."""
    each = [multipliers] if isinstance(multipliers, Multiplier) else list(multipliers)
    q31 = np.array([multiplier.q31 for multiplier in each], dtype=np.int64)
    exponent = np.array([multiplier.exponent for multiplier in each], dtype=np.int64)
    scale = _scale_single if rounding == "single" else _scale_double
    return check_int32(scale(x, q31, exponent), "requantization")


def activation_limits(activation: Activation, output: Quantization) -> tuple[int, int]:
    """Lowest and highest int8 output: the activation's real limits in the output's quantization.

    Source: TensorFlow Lite, kernels/kernel_util.cc, `CalculateActivationRangeQuantized`: the quotient is
    a float32 and is rounded half away from zero.
    """
    lo, hi = INT8_MIN, INT8_MAX
    if activation != "none":
        lo = max(lo, output.zero_point)
    if activation == "relu6":
        six = math.floor(float(np.float32(6) / np.float32(output.scales[0])) + 0.5)
        hi = min(hi, output.zero_point + six)
    return lo, hi


def check_int32(values: Int64Array, what: str) -> Int64Array:
    """The values. Raises IrError, naming what they are, where one of them leaves int32."""
    if values.size and (values.min() < INT32_MIN or values.max() > INT32_MAX):
        raise IrError(f"{what}: must fit int32, but reaches {values.min()}..{values.max()}")
    return values


def high_product(x: Int64Array, y: Int64Array | int, bits: int = 32) -> Int64Array:
    """The high half of `2 * x * y`, rounded, halves up; both factors of `bits` bits."""
    high: Int64Array = (x * y + (1 << (bits - 2))) >> (bits - 1)
    return high


def rounding_divide(x: Int64Array, exponent: Int64Array | int) -> Int64Array:
    """Division by 2**exponent, halves away from zero."""
    mask = np.left_shift(np.int64(1), exponent) - 1
    threshold = (mask >> 1) + (x < 0)
    quotient: Int64Array = (x >> exponent) + ((x & mask) > threshold)
    return quotient


def _scale_single(x: Int64Array, q31: Int64Array, exponent: Int64Array) -> Int64Array:
    """One rounding of the 64-bit product, halves up."""
    shift = 31 - exponent
    return (x * q31 + np.left_shift(np.int64(1), shift - 1)) >> shift


def _scale_double(x: Int64Array, q31: Int64Array, exponent: Int64Array) -> Int64Array:
    """The high half of the doubled product, rounded, then a rounding shift."""
    left = check_int32(x << np.maximum(exponent, 0), "requantization")
    return rounding_divide(high_product(left, q31), np.maximum(-exponent, 0))


def _scale_power_of_two(x: Int64Array, factors: Sequence[float]) -> Int64Array:
    """A rounding shift, halves up; exact for factors of 1 and above."""
    shifts = []
    for factor in factors:
        mantissa, exponent = math.frexp(factor)
        shifts.append(1 - exponent)
        if mantissa != 0.5 or not -31 <= shifts[-1] <= 62:
            raise IrError(f"requantization: the factor must be a power of two in 2**-62..2**31, not {factor}")
    shift = np.array(shifts, dtype=np.int64)
    half = np.left_shift(np.int64(1), np.maximum(shift - 1, 0)) * (shift > 0)
    scaled: Int64Array = ((x << np.maximum(-shift, 0)) + half) >> np.maximum(shift, 0)
    return scaled
