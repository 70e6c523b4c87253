"""Which part of its input an operator reads for a part of its output, along one axis of an image.

Intervals are half open. The arithmetic is exact: what is read is clipped to the tensor, and what was cut off
by the clipping is padding of the original window, never data.
"""

from dataclasses import dataclass
from typing import TypeAlias

from codegen.ir.graph import TensorGraph
from codegen.ir.operators import (
    Add,
    AveragePool2d,
    Clamp,
    Concatenate,
    Conv2d,
    DepthwiseConv2d,
    Dequantize,
    HardSwish,
    MaxPool2d,
    Operator,
    Pad,
    Quantize,
    Softmax,
    activations_read,
)
from codegen.plan.errors import PlanError

Interval: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class AxisWindow:
    """A window along one axis. before: padding in front of the input."""

    size: int = 1
    stride: int = 1
    dilation: int = 1
    before: int = 0


@dataclass(frozen=True, slots=True)
class AxisRead:
    """What is read along one axis: the interval of the input, and padding before and after it."""

    start: int
    stop: int
    before: int
    after: int


def read_for(window: AxisWindow, output: Interval, length: int) -> AxisRead:
    """What a window reads of an input of this length for the outputs start..stop, which must not be empty.

    The read interval is empty where the window sees nothing but padding.
    """
    start = output[0] * window.stride - window.before
    stop = (output[1] - 1) * window.stride - window.before + (window.size - 1) * window.dilation + 1
    first, last = min(max(start, 0), length), min(max(stop, 0), length)
    if first >= last:
        return AxisRead(first, first, stop - start, 0)
    return AxisRead(first, last, first - start, stop - last)


def axis_windows(number: int, graph: TensorGraph) -> tuple[AxisWindow, AxisWindow]:
    """The vertical and the horizontal window of an operator that works on images position by position.

    Raises PlanError for an operator that doesn't, such as a global pool, by name.
    """
    operator = graph.operators[number]
    shapes = [graph.tensors[tensor].shape for tensor in (*activations_read(operator), operator.output)]
    if any(len(shape) != 3 for shape in shapes):
        raise _not_local(number, operator)
    match operator:
        case Conv2d() | DepthwiseConv2d() | AveragePool2d() | MaxPool2d():
            window, padding = operator.window, operator.window.padding
            return (
                AxisWindow(window.size[0], window.stride[0], window.dilation[0], padding[0]),
                AxisWindow(window.size[1], window.stride[1], window.dilation[1], padding[2]),
            )
        case Pad():
            return AxisWindow(before=operator.before[0]), AxisWindow(before=operator.before[1])
        case Add() | Clamp() | HardSwish() | Softmax() | Quantize() | Dequantize():
            return AxisWindow(), AxisWindow()
        case Concatenate() if operator.axis == 2:
            return AxisWindow(), AxisWindow()
        case _:
            raise _not_local(number, operator)


def _not_local(number: int, operator: Operator) -> PlanError:
    return PlanError(
        f"patches: operator {number}: {type(operator).__name__} can't run patch by patch; only operators on "
        f"(height, width, channels) that look through a window can, so end the stage before it"
    )
