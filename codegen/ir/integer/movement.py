"""Operators that only move values: concatenation, reshape, padding. No quantization may change in them.

Source: TensorFlow Lite, kernels/{concatenation,reshape,pad}.cc.
"""

import numpy as np

from codegen.ir.integer.values import Tensors, Values, same_quantization
from codegen.ir.operators import Concatenate, Pad, Reshape
from codegen.ir.requantization import Int64Array


def concatenate(operator: Concatenate, tensors: Tensors, values: Values) -> Int64Array:
    """The inputs one after the other."""
    same_quantization(tensors[operator.output], *(tensors[number] for number in operator.inputs))
    parts = [values[number] for number in operator.inputs]
    n_samples = max(len(part) for part in parts)
    whole = [np.broadcast_to(part, (n_samples, *part.shape[1:])) for part in parts]
    return np.concatenate(whole, axis=operator.axis + 1)


def reshape(operator: Reshape, tensors: Tensors, values: Values) -> Int64Array:
    """The same values under another shape."""
    same_quantization(tensors[operator.output], tensors[operator.input])
    x = values[operator.input]
    return x.reshape(len(x), *tensors[operator.output].shape)


def pad(operator: Pad, tensors: Tensors, values: Values) -> Int64Array:
    """The zero point around the values."""
    kept = same_quantization(tensors[operator.output], tensors[operator.input])
    widths = ((0, 0), *zip(operator.before, operator.after, strict=True))
    return np.pad(values[operator.input], widths, constant_values=kept.zero_point)
