"""Sums and functions of single values.

Source: TensorFlow Lite, kernels/add.cc and internal/reference/integer_ops/add.h; kernels/activations.cc
(`ReluPrepare`, `QuantizedReluX`, `HardSwishPrepare`) and internal/reference/hard_swish.h; kernels/quantize.cc
and internal/reference/requantize.h.
"""

import numpy as np

from codegen.ir.errors import IrError
from codegen.ir.graph import DType, Quantization
from codegen.ir.integer.values import Tensors, Values, quantization
from codegen.ir.operators import Add, Clamp, HardSwish, Multiply, Quantize
from codegen.ir.requantization import (
    INT8_MAX,
    INT8_MIN,
    Int64Array,
    activation_limits,
    high_product,
    quantize_multiplier,
    requantize,
    rounding_divide,
)

BYTES: tuple[DType, ...] = ("int8", "uint8")
DTYPE_LIMITS: dict[DType, tuple[int, int]] = {"int8": (INT8_MIN, INT8_MAX), "uint8": (0, 255)}
ADD_SHIFT = 20
INT16_MIN, INT16_MAX = -(1 << 15), (1 << 15) - 1


def add(operator: Add, tensors: Tensors, values: Values) -> Int64Array:
    """Both inputs on a common scale of 20 more bits, their sum, and one step to the output's scale."""
    left, right = quantization(tensors[operator.left]), quantization(tensors[operator.right])
    output = quantization(tensors[operator.output])
    common = 2 * max(left.scales[0], right.scales[0])
    total = _on_scale(values[operator.left], left, common) + _on_scale(values[operator.right], right, common)
    result = requantize(total, common / (output.scales[0] * (1 << ADD_SHIFT)), "double") + output.zero_point
    return np.clip(result, *activation_limits(operator.activation, output))


def _on_scale(x: Int64Array, source: Quantization, scale: float) -> Int64Array:
    return requantize((x - source.zero_point) << ADD_SHIFT, source.scales[0] / scale, "double")


def multiply(operator: Multiply, tensors: Tensors, values: Values) -> Int64Array:
    """The product of both, each without its zero point, in one step to the output's scale."""
    left, right = quantization(tensors[operator.left]), quantization(tensors[operator.right])
    output = quantization(tensors[operator.output])
    gate = values[operator.right] - right.zero_point
    if tensors[operator.right].shape != tensors[operator.left].shape:
        gate = gate.reshape(len(gate), 1, 1, -1)
    product = (values[operator.left] - left.zero_point) * gate
    result = requantize(product, product_factor(left, right, output), "double") + output.zero_point
    return np.clip(result, *activation_limits(operator.activation, output))


def product_factor(left: Quantization, right: Quantization, output: Quantization) -> float:
    """From a product of integers to the output's scale, in float64, the product first."""
    return left.scales[0] * right.scales[0] / output.scales[0]


def clamp(operator: Clamp, tensors: Tensors, values: Values) -> Int64Array:
    """An activation that stands alone, requantized to its output."""
    source, output = quantization(tensors[operator.input]), quantization(tensors[operator.output])
    scaled = requantize(
        values[operator.input] - source.zero_point, source.scales[0] / output.scales[0], "double"
    )
    return np.clip(scaled + output.zero_point, *activation_limits(operator.activation, output))


def quantize(operator: Quantize, tensors: Tensors, values: Values) -> Int64Array:
    """From one 8-bit quantization to another."""
    source, target = tensors[operator.input], tensors[operator.output]
    before, after = quantization(source, BYTES), quantization(target, BYTES)
    scaled = requantize(
        values[operator.input] - before.zero_point, before.scales[0] / after.scales[0], "double"
    )
    return np.clip(scaled + after.zero_point, *DTYPE_LIMITS[target.dtype])


def hard_swish(operator: HardSwish, tensors: Tensors, values: Values) -> Int64Array:
    """In 16-bit fixed point; a table over all int8 values, since nothing else can come in."""
    source, output = quantization(tensors[operator.input]), quantization(tensors[operator.output])
    table = hard_swish_table(source, output)
    return table[values[operator.input] - INT8_MIN]


def hard_swish_table(source: Quantization, output: Quantization) -> Int64Array:
    """(256,) outputs for the inputs -128..127. Raises IrError where the output's scale is too fine."""
    fine_scale = np.float32(source.scales[0]) * np.float32(1 / 128)
    scale, exponent = _int16_multiplier(float(fine_scale / np.float32(output.scales[0])))
    if exponent > 0:
        raise IrError(f"hard-swish: the output scale must be at least 1/128 of the input's, not {output}")
    fine = (np.arange(INT8_MIN, INT8_MAX + 1, dtype=np.int64) - source.zero_point) << 7
    share = _relu_share(fine, float(fine_scale / np.float32(3 / 32768)))
    product = share * high_product(fine, scale, 16)
    truncated = np.sign(product) * (np.abs(product) >> 15)
    return np.clip(rounding_divide(truncated, -exponent) + output.zero_point, INT8_MIN, INT8_MAX)


def _relu_share(fine: Int64Array, factor: float) -> Int64Array:
    """`min(max(x + 3, 0), 6) / 6` in units of 2**-15."""
    scale, exponent = _int16_multiplier(factor)
    share = _saturate16(fine << max(exponent - 1, 0)) if exponent > 0 else fine
    share = high_product(share, scale, 16)
    share = _saturate16(share << 1) if exponent > 0 else rounding_divide(share, -exponent)
    return (share + (1 << 15)) >> 1


def _int16_multiplier(factor: float) -> tuple[int, int]:
    """Q15 mantissa, rounded, and exponent of a real factor."""
    multiplier = quantize_multiplier(factor)
    return min((multiplier.q31 + (1 << 15)) >> 16, INT16_MAX), multiplier.exponent


def _saturate16(x: Int64Array) -> Int64Array:
    return np.clip(x, INT16_MIN, INT16_MAX)
