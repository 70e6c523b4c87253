"""Fully connected layers and convolutions: int32 sums of int8 products, requantized channel by channel.

Source: TensorFlow Lite, kernels/internal/reference/integer_ops/{fully_connected,conv,depthwise_conv}.h;
kernels/kernel_util.cc, `PopulateConvolutionQuantizationParams`.
"""

import numpy as np
import numpy.typing as npt

from codegen.ir.errors import IrError
from codegen.ir.graph import Tensor
from codegen.ir.integer.values import Tensors, Values, quantization
from codegen.ir.operators import Conv2d, DepthwiseConv2d, FullyConnected, Weighted, Window
from codegen.ir.requantization import Int64Array, activation_limits, check_int32, requantize
from codegen.ir.shapes import output_size


def weighted(operator: Weighted, tensors: Tensors, values: Values) -> Int64Array:
    """(n_samples, *output shape) of an operator with weights. Raises IrError for sums that leave int32."""
    source, output = quantization(tensors[operator.input]), quantization(tensors[operator.output])
    factors = output_factors(operator, tensors)
    sums = _sums(operator, values[operator.input] - source.zero_point, values[operator.weight][0])
    if operator.bias is not None:
        sums = sums + values[operator.bias][0]
    scaled = requantize(check_int32(sums, "accumulator"), factors, operator.rounding)
    limits = activation_limits(operator.activation, output)
    result: Int64Array = np.clip(scaled + output.zero_point, *limits)
    return result.reshape(len(result), *tensors[operator.output].shape)


def output_factors(operator: Weighted, tensors: Tensors) -> tuple[float, ...]:
    """For each output channel `(input scale * weight scale) / output scale`, in this order, in float64.

    Raises IrError unless activations have one scale, weights are int8 with zero point 0 and one or n_out
    scales, and the bias is int32.
    """
    weight = tensors[operator.weight]
    n_out = weight.shape[-1 if isinstance(operator, DepthwiseConv2d) else 0]
    scales = _weight_scales(weight, n_out)
    if operator.bias is not None and tensors[operator.bias].dtype != "int32":
        raise IrError(f"{tensors[operator.bias].name!r} must be int32, not {tensors[operator.bias].dtype}")
    scale_in = quantization(tensors[operator.input]).scales[0]
    scale_out = quantization(tensors[operator.output]).scales[0]
    products = [scale_in * scale for scale in scales]
    return tuple(product / scale_out for product in (products if len(scales) == n_out else products * n_out))


def _weight_scales(weight: Tensor, n_out: int) -> tuple[float, ...]:
    if weight.dtype != "int8" or weight.quantization is None:
        raise IrError(f"{weight.name!r} must be int8 and quantized to be evaluated, not {weight.dtype}")
    scales = weight.quantization.scales
    if len(scales) not in (1, n_out) or weight.quantization.zero_point != 0:
        raise IrError(f"{weight.name!r} must have zero point 0 and 1 or {n_out} scales, not {len(scales)}")
    return scales


def _sums(operator: Weighted, x: Int64Array, weight: Int64Array) -> Int64Array:
    """Before the bias. Padding is 0 here, since the zero point is already taken off."""
    match operator:
        case FullyConnected():
            return _exact_product(x.reshape(len(x), weight.shape[1]), weight.T)
        case Conv2d():
            taps = [
                _exact_product(part, weight[:, row, column].T)
                for row, column, part in window_parts(x, operator.window, 0)
            ]
        case DepthwiseConv2d():
            taps = [
                np.repeat(part, operator.multiplier, axis=-1) * weight[row, column]
                for row, column, part in window_parts(x, operator.window, 0)
            ]
    total: Int64Array = sum(taps[1:], start=taps[0])
    return total


def _exact_product(x: Int64Array, weight: Int64Array) -> Int64Array:
    """A matrix product by the machine's floating-point library: exact, and far faster than in integers.

    |x| is at most 255 and |weight| 128, so sums of up to 2**38 products are integers below 2**53, of which
    float64 misses none, in whatever order they are added.
    """
    return (x.astype(np.float64) @ weight.astype(np.float64)).astype(np.int64)


def window_parts(x: Int64Array, window: Window, fill: int) -> list[tuple[int, int, npt.NDArray[np.int64]]]:
    """For each tap (row, column) what it reads of (n_samples, height, width, n_channels), at all outputs."""
    top, bottom, left, right = window.padding
    padded = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=fill)
    height, width = output_size(window, (x.shape[1], x.shape[2]))
    parts = []
    for row in range(window.size[0]):
        for column in range(window.size[1]):
            first, start = row * window.dilation[0], column * window.dilation[1]
            rows = slice(first, first + (height - 1) * window.stride[0] + 1, window.stride[0])
            columns = slice(start, start + (width - 1) * window.stride[1] + 1, window.stride[1])
            parts.append((row, column, padded[:, rows, columns]))
    return parts
