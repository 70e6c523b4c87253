"""Pools. Average and maximum keep the quantization of their input; the global mean requantizes.

Source: TensorFlow Lite, kernels/internal/reference/integer_ops/pooling.h and reference/reduce.h
(`QuantizedMeanOrSum`).
"""

import numpy as np

from codegen.ir.integer.values import Tensors, Values, quantization, same_quantization
from codegen.ir.integer.weighted import window_parts
from codegen.ir.operators import AveragePool2d, GlobalAveragePool, MaxPool2d
from codegen.ir.requantization import (
    INT8_MAX,
    INT8_MIN,
    Int64Array,
    Multiplier,
    activation_limits,
    quantize_multiplier,
    scale_by,
)


def average_pool(operator: AveragePool2d, tensors: Tensors, values: Values) -> Int64Array:
    """The mean over what lies inside the input, rounded half away from zero."""
    kept = same_quantization(tensors[operator.output], tensors[operator.input])
    x = values[operator.input]
    total = sum(part for _, _, part in window_parts(x, operator.window, 0))
    inside = sum(part for _, _, part in window_parts(np.ones_like(x[:1]), operator.window, 0))
    mean = np.sign(total) * ((np.abs(total) + inside // 2) // inside)
    return np.clip(mean, *activation_limits(operator.activation, kept))


def max_pool(operator: MaxPool2d, tensors: Tensors, values: Values) -> Int64Array:
    """The largest value that lies inside the input."""
    kept = same_quantization(tensors[operator.output], tensors[operator.input])
    parts = [part for _, _, part in window_parts(values[operator.input], operator.window, INT8_MIN)]
    largest: Int64Array = np.maximum.reduce(parts)
    return np.clip(largest, *activation_limits(operator.activation, kept))


def global_average_pool(operator: GlobalAveragePool, tensors: Tensors, values: Values) -> Int64Array:
    """The sum over height and width times one factor that holds the scales and the division."""
    source, output = quantization(tensors[operator.input]), quantization(tensors[operator.output])
    height, width, _ = tensors[operator.input].shape
    sums = values[operator.input].sum(axis=(1, 2)) - source.zero_point * height * width
    factor = mean_multiplier(source.scales[0] / output.scales[0], height * width)
    mean = np.clip(scale_by(sums, factor, "double") + output.zero_point, INT8_MIN, INT8_MAX)
    return mean.reshape(len(mean), *tensors[operator.output].shape)


def mean_multiplier(factor: float, n_items: int) -> Multiplier:
    """`factor / n_items`, made of the factor's own q31 by a division that rounds down."""
    whole = quantize_multiplier(factor)
    shift = min(n_items.bit_length() - 1, 32, 31 + whole.exponent)
    return Multiplier((whole.q31 << shift) // n_items, whole.exponent - shift)
