"""Softmax in fixed point.

Source: TensorFlow Lite, kernels/internal/reference/softmax.h, quantization_util.cc
(`PreprocessSoftmaxScaling`, `CalculateInputRadius`), common.h (`GetReciprocal`); gemmlowp, fixedpoint.h
(`exp_on_negative_values`, `one_over_one_plus_x_for_x_in_0_1`).
"""

import math

import numpy as np

from codegen.ir.errors import IrError
from codegen.ir.graph import Quantization
from codegen.ir.integer.values import Tensors, Values, quantization
from codegen.ir.operators import Softmax
from codegen.ir.requantization import (
    INT8_MAX,
    INT8_MIN,
    INT32_MAX,
    INT32_MIN,
    Int64Array,
    Multiplier,
    check_int32,
    high_product,
    quantize_multiplier,
    rounding_divide,
)

PROBABILITY = Quantization((1 / 256,), -128)
"""The one quantization that an output of softmax may have."""
DIFF_BITS, SUM_BITS = 5, 12
"""Integer bits of differences to the maximum, and of the sum of exponentials."""
EXP_STEPS = (
    (-2, 1672461947),
    (-1, 1302514674),
    (0, 790015084),
    (1, 290630308),
    (2, 39332535),
    (3, 720401),
    (4, 242),
)
"""Pairs (k, exp(-2**k) in units of 2**-31)."""
EXP_MINUS_EIGHTH, THIRD = 1895147668, 715827883
"""exp(-1/8) and 1/3 in units of 2**-31."""
NEWTON_FIRST, NEWTON_SLOPE = 1515870810, -1010580540
"""48/17 and -32/17 in units of 2**-29."""


def softmax(operator: Softmax, tensors: Tensors, values: Values) -> Int64Array:
    """Probabilities along the last axis. Raises IrError unless the output is in units of 1/256 above -128."""
    if quantization(tensors[operator.output]) != PROBABILITY:
        raise IrError(
            f"softmax: the output must have scale 1/256 and zero point -128, not "
            f"{tensors[operator.output].quantization}"
        )
    factor, lowest = difference_multiplier(operator.beta, quantization(tensors[operator.input]).scales[0])
    x = values[operator.input]
    differences = x - x.max(axis=-1, keepdims=True)
    counted = differences >= lowest
    exponentials = exp_of_negative(high_product(_saturate32(differences << factor.exponent), factor.q31))
    total = np.where(counted, rounding_divide(exponentials, SUM_BITS), 0).sum(axis=-1, keepdims=True)
    check_int32(total, "softmax: the sum of exponentials")
    headroom = 31 - np.floor(np.log2(total.astype(np.float64))).astype(np.int64)
    inverse = _inverse_of_one_plus((total << headroom) - (1 << 31))
    shares = rounding_divide(high_product(exponentials, inverse), SUM_BITS - headroom + 23)
    return np.where(counted, np.clip(shares + INT8_MIN, INT8_MIN, INT8_MAX), INT8_MIN)


def difference_multiplier(beta: float, scale: float) -> tuple[Multiplier, int]:
    """From differences of inputs to units of 2**-26, and the lowest difference that counts."""
    real = min(beta * scale * (1 << (31 - DIFF_BITS)), (1 << 31) - 1.0)
    if not real > 1:
        raise IrError(f"softmax: beta times the input scale must be above 2**-26, not {beta * scale}")
    quarter = quantize_multiplier(real / 4)
    exponent = quarter.exponent + 2
    reach = ((1 << DIFF_BITS) - 1) * (1 << (31 - DIFF_BITS)) / (1 << exponent)
    return Multiplier(quarter.q31, exponent), -math.floor(reach)


def exp_of_negative(x: Int64Array) -> Int64Array:
    """exp in units of 2**-31 of values at most 0 in units of 2**-26."""
    quarter = 1 << (31 - DIFF_BITS - 2)
    inside = (x & (quarter - 1)) - quarter
    result = _exp_near_zero(inside << DIFF_BITS)
    remainder = inside - x
    for power, factor in EXP_STEPS:
        taken = (remainder >> (31 - DIFF_BITS + power)) & 1
        result = np.where(taken != 0, high_product(result, factor), result)
    return np.where(x == 0, INT32_MAX, result)


def _exp_near_zero(x: Int64Array) -> Int64Array:
    """exp of values in -1/4..0, in units of 2**-31: the series of four terms about -1/8."""
    offset = x + (1 << 28)
    square = high_product(offset, offset)
    cube, fourth = high_product(square, offset), high_product(square, square)
    tail = high_product(rounding_divide(fourth, 2) + cube, THIRD) + square
    series = high_product(offset + rounding_divide(tail, 1), EXP_MINUS_EIGHTH)
    return np.minimum(series + EXP_MINUS_EIGHTH, INT32_MAX)


def _inverse_of_one_plus(x: Int64Array) -> Int64Array:
    """1 / (1 + x) of values in 0..1, in units of 2**-31: three steps of Newton."""
    half = (x + INT32_MAX + 1) >> 1
    guess = NEWTON_FIRST + high_product(half, NEWTON_SLOPE)
    for _ in range(3):
        error = (1 << 29) - high_product(half, guess)
        guess = guess + _saturate32(high_product(guess, error) << 2)
    return _saturate32(guess << 1)


def _saturate32(x: Int64Array) -> Int64Array:
    return np.clip(x, INT32_MIN, INT32_MAX)
