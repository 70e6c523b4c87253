"""Adds operators with weights to a graph."""

import numpy as np

from codegen.ir.graph import Quantization
from codegen.ir.operators import Conv2d, DepthwiseConv2d, FullyConnected
from codegen.ir.shapes import output_size
from codegen.ir.testing.builder import Builder, Shape
from codegen.ir.testing.weightless import add_reshape


def add_convolution(builder: Builder, source: int) -> int | None:
    window = builder.window(source, pool=False) if len(builder.shape(source)) == 3 else None
    if window is None:
        return None
    height, width, n_in = builder.shape(source)
    n_out = builder.number(1, 9)
    weight, bias, target = _weights(builder, (n_out, *window.size, n_in), 0, source)
    output = builder.tensor((*output_size(window, (height, width)), n_out), target)
    activation, rounding = builder.activation(), builder.rounding("double")
    return builder.add(Conv2d(source, weight, bias, output, window, activation, rounding))


def add_depthwise(builder: Builder, source: int) -> int | None:
    window = builder.window(source, pool=False) if len(builder.shape(source)) == 3 else None
    if window is None:
        return None
    height, width, n_in = builder.shape(source)
    multiplier = builder.choose(1, 1, 1, 2, 3)
    n_out = n_in * multiplier
    weight, bias, target = _weights(builder, (*window.size, n_out), 2, source)
    output = builder.tensor((*output_size(window, (height, width)), n_out), target)
    activation, rounding = builder.activation(), builder.rounding("double")
    return builder.add(
        DepthwiseConv2d(source, weight, bias, output, window, multiplier, activation, rounding)
    )


def add_fully_connected(builder: Builder, source: int) -> int | None:
    if len(builder.shape(source)) == 3 and builder.style == "tflite":
        source = add_reshape(builder, source)
    n_in, n_out = builder.tensors[source].n_items, builder.number(1, 8)
    weight, bias, target = _weights(builder, (n_out, n_in), 0, source)
    output = builder.tensor((n_out,), target)
    activation, rounding = builder.activation(), builder.rounding("single")
    return builder.add(FullyConnected(source, weight, bias, output, activation, rounding))


def _weights(builder: Builder, shape: Shape, axis: int, source: int) -> tuple[int, int | None, Quantization]:
    """(weight, bias, quantization of the output): now and then extreme weights, channels without any, and
    outputs that hardly move or nearly always reach an end."""
    rng, n_out = builder.rng, shape[axis]
    spread = builder.choose(5, 40, 127)
    values = rng.integers(-spread, spread + 1, shape)
    if builder.chance(0.15):
        spread, values = 127, rng.choice((-127, 127), shape)
    if builder.chance(0.3):
        zero = rng.random(n_out) < 0.5
        values = np.moveaxis(np.moveaxis(values, axis, -1) * ~zero, -1, axis)
    scales = tuple(builder.scale(0.002, 0.02) for _ in range(n_out if builder.chance(0.6) else 1))
    weight = builder.constant(values, "int8", Quantization(scales))
    n_terms, source_scale = values.size // n_out, builder.quantization(source).scales[0]
    bias = None
    # A convolution of a TensorFlow Lite file always has one.
    if builder.chance(0.8) or (builder.style == "tflite" and axis == 0):
        biases = rng.integers(-1, 2, n_out) * rng.integers(0, builder.choose(5000, 4000 * n_terms), n_out)
        of_sums = tuple(float(np.float32(source_scale) * np.float32(scale)) for scale in scales)
        bias = builder.constant(biases, "int32", Quantization(of_sums))
    width = np.sqrt(n_terms) * 45 * spread * float(np.mean(scales)) * source_scale
    reach = builder.choose(0.01, 20.0) if builder.chance(0.1) else float(np.exp(rng.uniform(-1.2, 1)))
    return weight, bias, builder.quantized(width / 50 * reach)
