"""From a graph, float constants and ranges of activations to an int8 network: the only such lowering.

Training rounds by the same functions in its forward pass. The scheme is TensorFlow Lite's: activations with
one scale and zero point, weights with one scale for each output channel and zero point 0, biases in int32 on
the product of both scales.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.ir.graph import Constant, Quantization, Tensor, TensorGraph, TensorNet
from codegen.ir.operators import (
    AveragePool2d,
    Conv2d,
    DepthwiseConv2d,
    FullyConnected,
    MaxPool2d,
    Operator,
    Pad,
    Reshape,
    Weighted,
)
from codegen.ir.requantization import INT8_MAX, INT8_MIN

FloatArray: TypeAlias = npt.NDArray[np.floating[Any]]
WEIGHT_LIMIT = 127
"""Weights are symmetric: -127..127."""
BIAS_LIMIT = 1 << 23
"""Scales of weights are so wide that no bias is beyond; else a channel of nothing but bias would overflow."""
CLIPPED = (1.0, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5)
"""Shares of the seen range that are tried; what lies outside is clipped for finer steps inside."""
LEAST_SCALE = 1e-6
LEAST_RANGE = 1 / 16
"""Of an activation: finer steps than its 255th part only make factors overflow."""


def channel_axis(operator: Weighted) -> int:
    """The axis of a weight that counts output channels."""
    return 2 if isinstance(operator, DepthwiseConv2d) else 0


def weight_scales(
    weight: FloatArray, bias: FloatArray, axis: int, input_scale: float
) -> npt.NDArray[np.float64]:
    """(n_out,) scales, exact float32 values: the largest weight of a channel is 127 steps."""
    others = tuple(index for index in range(weight.ndim) if index != axis)
    largest = np.abs(weight).max(axis=others, initial=0.0).astype(np.float64) / WEIGHT_LIMIT
    scales = np.maximum(largest, np.abs(bias) / (input_scale * BIAS_LIMIT))
    return np.asarray(np.maximum(scales, LEAST_SCALE).astype(np.float32), np.float64)


def range_quantization(lo: float, hi: float) -> Quantization:
    """The int8 quantization of a range, widened to hold 0, which is exactly representable."""
    lo, hi = min(lo, 0.0), max(hi, 0.0)
    scale = float(np.float32(max(hi - lo, LEAST_RANGE) / (INT8_MAX - INT8_MIN)))
    return Quantization((scale,), int(np.clip(round(INT8_MIN - lo / scale), INT8_MIN, INT8_MAX)))


def fit_quantization(values: FloatArray) -> Quantization:
    """The quantization of the least squared error over some values of an activation."""
    lo, hi = float(values.min()), float(values.max())
    found = [range_quantization(lo * share, hi * share) for share in CLIPPED]
    errors = [float(((rounded(values, one) - values) ** 2).sum()) for one in found]
    return found[int(np.argmin(errors))]


def rounded(values: FloatArray, quantization: Quantization) -> FloatArray:
    """The real numbers that int8 makes of some."""
    scale, zero = quantization.scales[0], quantization.zero_point
    steps = np.clip(np.round(values / scale) + zero, INT8_MIN, INT8_MAX)
    return np.asarray((steps - zero) * scale)


def keeps_quantization(operator: Operator) -> bool:
    """Whether an operator never requantizes: its output is quantized as its input."""
    return isinstance(operator, AveragePool2d | MaxPool2d | Reshape | Pad)


def quantize_graph(
    graph: TensorGraph, constants: Mapping[int, FloatArray], activations: Mapping[int, Quantization]
) -> TensorNet:
    """The int8 network.

    constants: by tensor number, in the tensors' shapes: weights and biases of operators with weights, batch
    norms folded in. activations: of every other tensor, by number.
    """
    tensors = [
        replace(tensor, dtype="int8", quantization=activations.get(number))
        for number, tensor in enumerate(graph.tensors)
    ]
    data: dict[int, bytes] = {}
    for operator in graph.operators:
        if isinstance(operator, FullyConnected | Conv2d | DepthwiseConv2d):
            _add_constants(operator, tensors, constants, activations[operator.input].scales[0], data)
    filled = TensorGraph(tuple(tensors), graph.operators, graph.inputs, graph.outputs)
    return TensorNet(filled, tuple(Constant(number, data[number]) for number in sorted(data)))


def _add_constants(
    operator: Weighted,
    tensors: list[Tensor],
    constants: Mapping[int, FloatArray],
    input_scale: float,
    data: dict[int, bytes],
) -> None:
    weight, axis = constants[operator.weight], channel_axis(operator)
    n_out = weight.shape[axis]
    bias = np.zeros(n_out) if operator.bias is None else constants[operator.bias]
    scales = weight_scales(weight, bias, axis, input_scale)
    by_channel = scales.reshape([-1 if index == axis else 1 for index in range(weight.ndim)])
    integers = np.clip(np.round(weight / by_channel), -WEIGHT_LIMIT, WEIGHT_LIMIT)
    tensors[operator.weight] = replace(
        tensors[operator.weight], dtype="int8", quantization=Quantization(tuple(scales.tolist()))
    )
    data[operator.weight] = integers.astype("<i1").tobytes()
    if operator.bias is not None:
        of_sums = scales * input_scale
        tensors[operator.bias] = replace(
            tensors[operator.bias], dtype="int32", quantization=Quantization(tuple(of_sums.tolist()))
        )
        data[operator.bias] = np.round(bias / of_sums).astype("<i4").tobytes()
