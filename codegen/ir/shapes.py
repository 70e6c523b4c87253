"""Which shapes an operator accepts, and the shape of what it gives."""

import math
from collections.abc import Sequence
from typing import TypeAlias

from codegen.ir.errors import IrError
from codegen.ir.operators import (
    Add,
    AveragePool2d,
    Clamp,
    Concatenate,
    Conv2d,
    DepthwiseConv2d,
    Dequantize,
    FullyConnected,
    GlobalAveragePool,
    HardSwish,
    MaxPool2d,
    Multiply,
    Operator,
    Pad,
    Quantize,
    Reshape,
    Softmax,
    Window,
)

Shape: TypeAlias = tuple[int, ...]


def check_shapes(operator: Operator, shapes: Sequence[Shape]) -> None:
    """shapes: of all tensors of the graph, by number. Raises IrError where they do not fit the operator."""
    allowed, got = _output_shapes(operator, shapes), shapes[operator.output]
    if got not in allowed:
        raise IrError(f"output must have shape {' or '.join(map(str, allowed))}, not {got}")


def output_size(window: Window, size: tuple[int, int]) -> tuple[int, int]:
    """Height and width of what a window gives from an input of this height and width.

    Raises IrError for a window out of its ranges, or larger than the padded input.
    """
    _check_window(window)
    top, bottom, left, right = window.padding
    padded = size[0] + top + bottom, size[1] + left + right
    reach = tuple((n - 1) * step + 1 for n, step in zip(window.size, window.dilation, strict=True))
    if padded[0] < reach[0] or padded[1] < reach[1]:
        raise IrError(f"the window reaches over {reach} rows and columns, but the padded input has {padded}")
    return (
        (padded[0] - reach[0]) // window.stride[0] + 1,
        (padded[1] - reach[1]) // window.stride[1] + 1,
    )


def _check_window(window: Window) -> None:
    pairs = (window.size, window.stride, window.dilation)
    if any(len(pair) != 2 or min(pair) < 1 for pair in pairs):
        raise IrError(f"size, stride and dilation must be two numbers of at least 1, not {pairs}")
    if len(window.padding) != 4 or min(window.padding) < 0:
        raise IrError(f"padding must be four numbers of at least 0, not {window.padding}")


def _check_pool(window: Window) -> None:
    """Every window of a pool must see at least one value that is no padding."""
    (height, width), (top, bottom, left, right) = window.size, window.padding
    if window.dilation != (1, 1):
        raise IrError(f"a pool must have dilation (1, 1), not {window.dilation}")
    if max(top, bottom) >= height or max(left, right) >= width:
        raise IrError(
            f"the padding of a pool must be smaller than its size {window.size}, not {window.padding}"
        )


def _output_shapes(operator: Operator, shapes: Sequence[Shape]) -> tuple[Shape, ...]:
    """All shapes that the output may have. Raises IrError where the inputs do not fit."""
    match operator:
        case FullyConnected():
            return _fully_connected(operator, shapes)
        case Conv2d() | DepthwiseConv2d():
            return _convolution(operator, shapes)
        case AveragePool2d() | MaxPool2d():
            height, width, channels = _image(shapes[operator.input])
            size = output_size(operator.window, (height, width))
            _check_pool(operator.window)
            return ((*size, channels),)
        case GlobalAveragePool():
            channels = _image(shapes[operator.input])[2]
            return (channels,), (1, 1, channels)
        case Add():
            left, right = shapes[operator.left], shapes[operator.right]
            if left != right:
                raise IrError(f"inputs must have equal shapes, not {left} and {right}")
            return (left,)
        case Multiply():
            return (_multiplied(shapes[operator.left], shapes[operator.right]),)
        case Concatenate():
            return (_concatenated(operator, [shapes[number] for number in operator.inputs]),)
        case Pad():
            return (_padded(operator, shapes[operator.input]),)
        case Reshape():
            return _reshaped(shapes[operator.input], shapes[operator.output])
        case Clamp() | HardSwish() | Softmax() | Quantize() | Dequantize():
            return (shapes[operator.input],)


def _fully_connected(operator: FullyConnected, shapes: Sequence[Shape]) -> tuple[Shape, ...]:
    weight, output, n_in = shapes[operator.weight], shapes[operator.output], math.prod(shapes[operator.input])
    n_out = math.prod(output)
    if weight != (n_out, n_in):
        raise IrError(f"weight must have shape {(n_out, n_in)}, not {weight}")
    _check_bias(operator.bias, n_out, shapes)
    return (output,)


def _convolution(operator: Conv2d | DepthwiseConv2d, shapes: Sequence[Shape]) -> tuple[Shape, ...]:
    height, width, channels = _image(shapes[operator.input])
    size, weight = output_size(operator.window, (height, width)), shapes[operator.weight]
    if isinstance(operator, Conv2d):
        n_out = weight[0] if weight else 0
        needed: Shape = (n_out, *operator.window.size, channels)
    else:
        if operator.multiplier < 1:
            raise IrError(f"multiplier must be at least 1, not {operator.multiplier}")
        n_out = channels * operator.multiplier
        needed = (*operator.window.size, n_out)
    if weight != needed:
        raise IrError(f"weight must have shape {needed}, not {weight}")
    _check_bias(operator.bias, n_out, shapes)
    return ((*size, n_out),)


def _check_bias(bias: int | None, n_out: int, shapes: Sequence[Shape]) -> None:
    if bias is not None and shapes[bias] != (n_out,):
        raise IrError(f"bias must have shape {(n_out,)}, not {shapes[bias]}")


def _multiplied(left: Shape, right: Shape) -> Shape:
    by_channel = ((left[-1],), (1, 1, left[-1])) if len(left) == 3 else ()
    if right != left and right not in by_channel:
        allowed = " or ".join(map(str, (left, *by_channel)))
        raise IrError(f"the right input must have shape {allowed}, not {right}")
    return left


def _concatenated(operator: Concatenate, inputs: Sequence[Shape]) -> Shape:
    if not inputs or not 0 <= operator.axis < len(inputs[0]):
        raise IrError(f"at least one input with axis {operator.axis} is needed, not shapes {inputs}")
    axis = operator.axis
    if any(
        shape[:axis] != inputs[0][:axis] or shape[axis + 1 :] != inputs[0][axis + 1 :] for shape in inputs
    ):
        raise IrError(f"inputs must have equal shapes but for axis {axis}, not {inputs}")
    return (*inputs[0][:axis], sum(shape[axis] for shape in inputs), *inputs[0][axis + 1 :])


def _padded(operator: Pad, shape: Shape) -> Shape:
    sizes = (operator.before, operator.after)
    if any(len(each) != len(shape) or min(each, default=0) < 0 for each in sizes):
        raise IrError(f"padding must be a number of at least 0 for each axis of {shape}, not {sizes}")
    return tuple(
        size + before + after
        for size, before, after in zip(shape, operator.before, operator.after, strict=True)
    )


def _reshaped(shape: Shape, output: Shape) -> tuple[Shape, ...]:
    if math.prod(shape) != math.prod(output):
        raise IrError(f"a reshape must keep the number of items, not make {output} of {shape}")
    return (output,)


def _image(shape: Shape) -> tuple[int, int, int]:
    if len(shape) != 3:
        raise IrError(f"input must have shape (height, width, channels), not {shape}")
    return shape[0], shape[1], shape[2]
