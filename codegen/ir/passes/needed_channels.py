"""Which channels a network can do without.

A channel may go where all its readers can do without it and its writer can leave it out. Convolutions and
fully connected layers do without a channel whose weights are all zero, or whose number is known, which
then moves into their biases; all others hand the question on to their own outputs.
"""

from collections.abc import Mapping

import numpy as np

from codegen.ir.graph import TensorNet
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
    tensors_read,
)
from codegen.ir.passes.constant_channels import Channels, Mask
from codegen.ir.requantization import Int64Array


def channels_to_remove(
    net: TensorNet, found: Mapping[int, Channels], constants: Mapping[int, Int64Array]
) -> dict[int, Mask]:
    """(n_channels,) for each activation: the largest choice that all operators agree with.

    At least one channel of each tensor stays.
    """
    activations = {
        n for operator in net.graph.operators for n in (*activations_read(operator), operator.output)
    }
    weights = {
        n
        for operator in net.graph.operators
        for n in tensors_read(operator)[len(activations_read(operator)) :]
    }
    fixed = {*net.graph.inputs, *net.graph.outputs, *weights}
    gone = {n: np.full(len(found[n].constant), n not in fixed, dtype=np.bool_) for n in activations}
    _settle(gone, found, constants, net)
    while emptied := [mask for mask in gone.values() if mask.all()]:
        for mask in emptied:
            mask[0] = False
        _settle(gone, found, constants, net)
    return gone


def _settle(
    gone: dict[int, Mask],
    found: Mapping[int, Channels],
    constants: Mapping[int, Int64Array],
    net: TensorNet,
) -> None:
    """Takes back channels until all operators agree; masks only ever shrink, so this ends."""
    n_before = -1
    while n_before != (n_gone := sum(int(mask.sum()) for mask in gone.values())):
        n_before = n_gone
        for operator in net.graph.operators:
            _agree(operator, gone, found, constants, net)


def _agree(
    operator: Operator,
    gone: dict[int, Mask],
    found: Mapping[int, Channels],
    constants: Mapping[int, Int64Array],
    net: TensorNet,
) -> None:
    """Takes back what this operator can't do without, or can't leave out."""
    match operator:
        case FullyConnected() | Conv2d():
            gone[operator.input] &= _dispensable(operator, found, constants, net)
            if set(net.graph.tensors[operator.output].shape[:-1]) - {1} and isinstance(
                operator, FullyConnected
            ):
                gone[operator.output][:] = False
        case DepthwiseConv2d():
            outputs = gone[operator.output].reshape(-1, operator.multiplier)
            gone[operator.input] &= outputs.all(axis=1)
            gone[operator.output] &= np.repeat(gone[operator.input], operator.multiplier)
        case Add() | Multiply():
            both = gone[operator.left] & gone[operator.right] & gone[operator.output]
            for number in (operator.left, operator.right, operator.output):
                gone[number] &= both
        case Concatenate():
            _agree_concatenate(operator, gone, net)
        case Reshape():
            _agree_reshape(operator, gone, net)
        case Softmax():
            gone[operator.input][:] = gone[operator.output][:] = False
        case Pad() if operator.before[-1] or operator.after[-1]:
            gone[operator.input][:] = gone[operator.output][:] = False
        case _:
            both = gone[operator.input] & gone[operator.output]
            gone[operator.input] &= both
            gone[operator.output] &= both


def _dispensable(
    operator: FullyConnected | Conv2d,
    found: Mapping[int, Channels],
    constants: Mapping[int, Int64Array],
    net: TensorNet,
) -> Mask:
    """Input channels without weight, or with a number that is the same under every weight of the window."""
    weight, channels = constants[operator.weight][0], found[operator.input]
    unused = (weight == 0).all(axis=tuple(range(weight.ndim - 1)))
    if isinstance(operator, FullyConnected):
        unused = unused.reshape(-1, len(channels.constant)).all(axis=0)
        return np.asarray(unused | channels.constant)
    if not any(operator.window.padding):
        return np.asarray(unused | channels.constant)
    quantization = net.graph.tensors[operator.input].quantization
    assert quantization is not None
    at_zero = channels.constant & (channels.values[0, 0] == quantization.zero_point)
    return np.asarray(unused | at_zero)


def _agree_concatenate(operator: Concatenate, gone: dict[int, Mask], net: TensorNet) -> None:
    shapes = [net.graph.tensors[number].shape for number in operator.inputs]
    if operator.axis != len(shapes[0]) - 1:
        common = np.logical_and.reduce([gone[number] for number in (*operator.inputs, operator.output)])
        for number in (*operator.inputs, operator.output):
            gone[number] &= common
        return
    ends = np.cumsum([shape[-1] for shape in shapes])[:-1]
    for number, part in zip(operator.inputs, np.split(gone[operator.output].copy(), ends), strict=True):
        gone[number] &= part
    gone[operator.output] &= np.concatenate([gone[number] for number in operator.inputs])


def _agree_reshape(operator: Reshape, gone: dict[int, Mask], net: TensorNet) -> None:
    """A channel goes where all its items go on the other side."""
    for here, there in ((operator.input, operator.output), (operator.output, operator.input)):
        items = np.broadcast_to(gone[there], net.graph.tensors[there].shape or (1,))
        gone[here] &= items.reshape(-1, len(gone[here])).all(axis=0)
