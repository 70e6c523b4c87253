"""Kernels of operators without weights: none needs scratch, and many may write over what they read."""

from codegen.ir.graph import TensorGraph
from codegen.ir.operators import (
    Add,
    AveragePool2d,
    Clamp,
    GlobalAveragePool,
    HardSwish,
    MaxPool2d,
    Multiply,
    Operator,
    Quantize,
    Softmax,
    Window,
)
from codegen.plan.choice import KernelChoice


def choose_weightless(operator: Operator, graph: TensorGraph) -> KernelChoice:
    """One portable kernel for each operator, named after it."""
    return KernelChoice(type(operator).__name__.lower(), 0, _is_in_place(operator, graph))


def _is_in_place(operator: Operator, graph: TensorGraph) -> bool:
    """Whether every byte of the output is written after the last read of the input's byte there."""
    match operator:
        case Add() | Multiply() | Clamp() | HardSwish() | Quantize() | Softmax() | GlobalAveragePool():
            return True
        case AveragePool2d() | MaxPool2d():
            width, out_width = graph.tensors[operator.input].shape[1], graph.tensors[operator.output].shape[1]
            return _never_behind(operator.window, width, out_width)
        case _:
            return False


def _never_behind(window: Window, width: int, out_width: int) -> bool:
    """Whether no output lies behind the first tap of its window, which moves on with every output."""
    starts_inside = window.padding[0] == window.padding[2] == 0
    return starts_inside and out_width <= width * window.stride[0]
