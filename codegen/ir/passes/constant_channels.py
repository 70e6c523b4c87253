"""Which channels of a network hold the same number at all places and for all inputs.

A channel is an entry of a tensor's last axis.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.ir.errors import IrError
from codegen.ir.graph import TensorNet
from codegen.ir.integer import evaluate_operator
from codegen.ir.operators import (
    Add,
    Concatenate,
    Conv2d,
    DepthwiseConv2d,
    FullyConnected,
    Multiply,
    Operator,
    Pad,
    Reshape,
    Softmax,
    activations_read,
)
from codegen.ir.requantization import Int64Array
from codegen.ir.tensors import constant_values

Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Channels:
    """constant: (n_channels,) bool. values: (*shape) integers, right where the channel is constant."""

    constant: Mask
    values: Int64Array

    @property
    def items(self) -> Mask:
        """`constant`, item by item."""
        return np.broadcast_to(self.constant, self.values.shape)


def constant_channels(net: TensorNet) -> dict[int, Channels]:
    """For each activation by tensor number. What can't be evaluated is taken as not constant."""
    graph, constants = net.graph, constant_values(net)
    found = {number: _uniform(np.True_, values[0]) for number, values in constants.items()}
    for number in graph.inputs:
        found[number] = _unknown(net, number)
    for operator in graph.operators:
        reads = {number: found[number].values[None] for number in activations_read(operator)}
        try:
            values = evaluate_operator(operator, graph.tensors, constants | reads)[0]
        except IrError:
            found[operator.output] = _unknown(net, operator.output)
            continue
        found[operator.output] = _uniform(_settled(operator, found, constants, net), values)
    return found


def _unknown(net: TensorNet, number: int) -> Channels:
    tensor = net.graph.tensors[number]
    zero = 0 if tensor.quantization is None else tensor.quantization.zero_point
    shape = tensor.shape or (1,)
    return Channels(np.zeros(shape[-1], dtype=np.bool_), np.full(shape, zero, dtype=np.int64))


def _uniform(settled: Mask | np.bool_, values: Int64Array) -> Channels:
    """Of the settled channels, those with one number at all places."""
    flat = values.reshape(-1, values.shape[-1] if values.ndim else 1)
    return Channels(np.logical_and(settled, (flat == flat[0]).all(axis=0)), values)


def _settled(
    operator: Operator, found: Mapping[int, Channels], constants: Mapping[int, Int64Array], net: TensorNet
) -> Mask | np.bool_:
    """The output channels that depend on constant channels alone."""
    match operator:
        case FullyConnected():
            weight = constants[operator.weight][0]
            rows: Mask = (weight[:, ~found[operator.input].items.reshape(-1)] == 0).all(axis=1)
            whole = rows.reshape(net.graph.tensors[operator.output].shape)
            return np.asarray(whole.reshape(-1, whole.shape[-1]).all(axis=0), dtype=np.bool_)
        case Conv2d():
            varying = constants[operator.weight][0][..., ~found[operator.input].constant]
            return np.asarray((varying == 0).all(axis=(1, 2, 3)), dtype=np.bool_)
        case DepthwiseConv2d():
            unused = (constants[operator.weight][0] == 0).all(axis=(0, 1))
            return np.asarray(unused | np.repeat(found[operator.input].constant, operator.multiplier))
        case Add() | Multiply():
            return found[operator.left].constant & found[operator.right].constant
        case Concatenate() | Reshape() | Pad():
            return _moved(operator, found, net.graph.tensors[operator.output].shape)
        case Softmax():
            return np.bool_(found[operator.input].constant.all())
        case _:
            return found[operator.input].constant


def _moved(
    operator: Concatenate | Reshape | Pad, found: Mapping[int, Channels], shape: tuple[int, ...]
) -> Mask:
    """Operators that move items: a channel is settled if all its items are."""
    match operator:
        case Concatenate():
            items = np.concatenate([found[number].items for number in operator.inputs], axis=operator.axis)
        case Reshape():
            items = found[operator.input].items.reshape(shape)
        case Pad():
            around = tuple(zip(operator.before, operator.after, strict=True))
            items = np.pad(found[operator.input].items, around, constant_values=True)
    return np.asarray(items.reshape(-1, items.shape[-1]).all(axis=0), dtype=np.bool_)
