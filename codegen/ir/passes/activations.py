"""Activations and requantizations that stand alone become part of the operator before them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from codegen.ir.graph import Quantization, Tensor, TensorNet
from codegen.ir.operators import (
    Activation,
    Add,
    AveragePool2d,
    Clamp,
    Conv2d,
    DepthwiseConv2d,
    FullyConnected,
    MaxPool2d,
    Multiply,
    Operator,
    Quantize,
)
from codegen.ir.passes.rebuilding import readers, rebuilt, renumbered
from codegen.ir.requantization import INT8_MAX, INT8_MIN, activation_limits

Limits: TypeAlias = tuple[int, int]
Fusible: TypeAlias = FullyConnected | Conv2d | DepthwiseConv2d | Add | Multiply | AveragePool2d | MaxPool2d
ACTIVATIONS: tuple[Activation, ...] = ("none", "relu", "relu6")


def fuse_activations(net: TensorNet) -> TensorNet:
    """Where input and output of a Clamp or Quantize have one scale, it only moves and limits.

    It goes into the operator before it if that has an activation with just the limits that both have
    together, and is dropped if it changes no number at all.
    """
    while (changed := _with_one_less(net)) is not None:
        net = changed
    return net


def _with_one_less(net: TensorNet) -> TensorNet | None:
    tensors, operators, outputs = net.graph.tensors, list(net.graph.operators), net.graph.outputs
    for index, operator in enumerate(operators):
        if not isinstance(operator, Clamp | Quantize) or not _keeps_scale(operator, tensors):
            continue
        others = operators[:index] + operators[index + 1 :]
        writer = _only_writer(operators, operator.input, outputs)
        fused = None if writer is None else _fused(operators[writer], operator, tensors)
        if writer is not None and fused is not None:
            others[writer] = fused
            return rebuilt(net, others)
        if _changes_nothing(operator, tensors) and operator.output not in outputs:
            return rebuilt(net, [_reading(other, operator) for other in others])
    return None


def _keeps_scale(operator: Clamp | Quantize, tensors: Sequence[Tensor]) -> bool:
    pair = tensors[operator.input], tensors[operator.output]
    scales = [tensor.quantization.scales for tensor in pair if tensor.quantization is not None]
    return all(tensor.dtype == "int8" for tensor in pair) and len(scales) == 2 and scales[0] == scales[1]


def _only_writer(operators: Sequence[Operator], number: int, outputs: tuple[int, ...]) -> int | None:
    """Who writes a tensor that nobody else needs."""
    if number in outputs or len(readers(operators)[number]) != 1:
        return None
    return next((index for index, operator in enumerate(operators) if operator.output == number), None)


def _fused(first: Operator, second: Clamp | Quantize, tensors: Sequence[Tensor]) -> Fusible | None:
    if not isinstance(first, Fusible):
        return None
    before, after = _quantization(tensors[second.input]), _quantization(tensors[second.output])
    if isinstance(first, AveragePool2d | MaxPool2d) and before != after:
        return None
    move = after.zero_point - before.zero_point
    own = activation_limits(first.activation, before)
    both = np.clip([limit + move for limit in own], *_limits(second, after)).tolist()
    for activation in ACTIVATIONS:
        if list(activation_limits(activation, after)) == both:
            return replace(first, output=second.output, activation=activation)
    return None


def _limits(operator: Clamp | Quantize, output: Quantization) -> Limits:
    return activation_limits(operator.activation if isinstance(operator, Clamp) else "none", output)


def _changes_nothing(operator: Clamp | Quantize, tensors: Sequence[Tensor]) -> bool:
    output = _quantization(tensors[operator.output])
    whole = _limits(operator, output) == (INT8_MIN, INT8_MAX)
    return whole and tensors[operator.input].quantization == output


def _reading(operator: Operator, dropped: Clamp | Quantize) -> Operator:
    return renumbered(operator, lambda number: dropped.input if number == dropped.output else number)


def _quantization(tensor: Tensor) -> Quantization:
    assert tensor.quantization is not None
    return tensor.quantization
