"""The operators of a tensor graph: what each computes, over numbered tensors, without any values.

Activations are channels last: (height, width, channels); a signal in one dimension has height 1. Weights and
biases are tensors too. docs/ir.md gives the arithmetic of integer graphs, operator by operator.
Shapes are checked by codegen.ir.shapes when a graph is made.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Rounding: TypeAlias = Literal["single", "double", "power_of_two"]
Activation: TypeAlias = Literal["none", "relu", "relu6"]


@dataclass(frozen=True, slots=True)
class Window:
    """Where a kernel looks.

    size, stride, dilation: (vertical, horizontal), at least 1. padding: (top, bottom, left, right) rows and
    columns of zeros (of the zero point, in an integer graph) around the input, at least 0.
    """

    size: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class FullyConnected:
    """`output[o] = activation(sum_i weight[o, i] * input[i] + bias[o])` over the flattened input.

    weight: (n_out, n_in). bias: (n_out,), or None.
    """

    input: int
    weight: int
    bias: int | None
    output: int
    activation: Activation = "none"
    rounding: Rounding = "single"


@dataclass(frozen=True, slots=True)
class Conv2d:
    """A convolution (in fact a correlation) over all input channels.

    weight: (n_out, *window.size, n_in). bias: (n_out,), or None.
    """

    input: int
    weight: int
    bias: int | None
    output: int
    window: Window
    activation: Activation = "none"
    rounding: Rounding = "double"


@dataclass(frozen=True, slots=True)
class DepthwiseConv2d:
    """A convolution of each channel with `multiplier` kernels of its own.

    Output channel c * multiplier + m reads input channel c. weight: (*window.size, n_out). bias: (n_out,), or
    None.
    """

    input: int
    weight: int
    bias: int | None
    output: int
    window: Window
    multiplier: int = 1
    activation: Activation = "none"
    rounding: Rounding = "double"


@dataclass(frozen=True, slots=True)
class Add:
    """`activation(left + right)`, element by element, of equal shapes."""

    left: int
    right: int
    output: int
    activation: Activation = "none"


@dataclass(frozen=True, slots=True)
class Multiply:
    """`activation(left * right)`, item by item, or channel by channel of an image.

    right: of the shape of left, or (n_channels,) or (1, 1, n_channels) for an image (height, width,
    n_channels).
    """

    left: int
    right: int
    output: int
    activation: Activation = "none"


@dataclass(frozen=True, slots=True)
class Concatenate:
    """Inputs of equal shape but for one axis (from 0, the batch not counted), one after the other."""

    inputs: tuple[int, ...]
    output: int
    axis: int


@dataclass(frozen=True, slots=True)
class AveragePool2d:
    """The mean over each window; padding counts neither as value nor as number."""

    input: int
    output: int
    window: Window
    activation: Activation = "none"


@dataclass(frozen=True, slots=True)
class MaxPool2d:
    """The largest value of each window; padding never is."""

    input: int
    output: int
    window: Window
    activation: Activation = "none"


@dataclass(frozen=True, slots=True)
class GlobalAveragePool:
    """The mean over height and width: (n_channels,) or (1, 1, n_channels), requantized to the output."""

    input: int
    output: int


@dataclass(frozen=True, slots=True)
class Clamp:
    """An activation that stands alone; an integer graph may requantize in it."""

    input: int
    output: int
    activation: Activation


@dataclass(frozen=True, slots=True)
class HardSwish:
    """`x * min(max(x + 3, 0), 6) / 6`."""

    input: int
    output: int


@dataclass(frozen=True, slots=True)
class Softmax:
    """`exp(beta * x) / sum(exp(beta * x))` along the last axis."""

    input: int
    output: int
    beta: float = 1.0


@dataclass(frozen=True, slots=True)
class Reshape:
    """The same values in the same order under another shape; it costs nothing."""

    input: int
    output: int


@dataclass(frozen=True, slots=True)
class Pad:
    """Zeros (the zero point, in an integer graph) before and after each axis.

    before, after: one number for each axis of the input, at least 0.
    """

    input: int
    output: int
    before: tuple[int, ...]
    after: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Quantize:
    """Real numbers to integers, or integers from one quantization to another."""

    input: int
    output: int


@dataclass(frozen=True, slots=True)
class Dequantize:
    """Integers to real numbers."""

    input: int
    output: int


Operator: TypeAlias = (
    FullyConnected
    | Conv2d
    | DepthwiseConv2d
    | Add
    | Multiply
    | Concatenate
    | AveragePool2d
    | MaxPool2d
    | GlobalAveragePool
    | Clamp
    | HardSwish
    | Softmax
    | Reshape
    | Pad
    | Quantize
    | Dequantize
)
Weighted: TypeAlias = FullyConnected | Conv2d | DepthwiseConv2d
"""Operators with weights, a bias and a requantization for each output channel."""


def activations_read(operator: Operator) -> tuple[int, ...]:
    """Numbers of the tensors that an operator reads, but for weights and biases."""
    match operator:
        case Add() | Multiply():
            return operator.left, operator.right
        case Concatenate():
            return operator.inputs
        case _:
            return (operator.input,)


def tensors_read(operator: Operator) -> tuple[int, ...]:
    """Numbers of all tensors that an operator reads, weights and biases last."""
    match operator:
        case FullyConnected() | Conv2d() | DepthwiseConv2d():
            bias = () if operator.bias is None else (operator.bias,)
            return operator.input, operator.weight, *bias
        case _:
            return activations_read(operator)
