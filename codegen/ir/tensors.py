"""Exact evaluation of integer tensor networks; the arithmetic of each operator is in codegen.ir.integer."""

from typing import Any

import numpy as np
import numpy.typing as npt

from codegen.ir.errors import IrError
from codegen.ir.graph import DType, Tensor, TensorNet
from codegen.ir.integer import evaluate_operator
from codegen.ir.interface import Interface
from codegen.ir.operators import (
    Conv2d,
    DepthwiseConv2d,
    FullyConnected,
    Operator,
    activations_read,
    tensors_read,
)
from codegen.ir.requantization import Int64Array

CHUNK_ITEMS = 1 << 23
"""Samples are taken in chunks of which all tensors together hold about so many items, 64 MiB."""
INPUT_LIMITS: dict[DType, tuple[int, int]] = {"int8": (-128, 127), "uint8": (0, 255)}


def evaluate_tensor_net(net: TensorNet, interface: Interface, samples: Int64Array) -> Int64Array:
    """(n_samples, n_outputs) integers, as int64, of (n_samples, n_features) codes.

    The codes are the items of the input tensor in C order. Raises IrError, naming the operator, for a
    graph that has no integer arithmetic or a sum that leaves int32.
    """
    _check_codes_fit(net.graph.tensors[net.graph.inputs[0]], interface)
    step = max(1, CHUNK_ITEMS // sum(tensor.n_items for tensor in net.graph.tensors))
    chunks = [samples[start : start + step] for start in range(0, max(len(samples), 1), step)]
    return np.concatenate([_outputs(net, chunk) for chunk in chunks])


def tensor_values(net: TensorNet, samples: Int64Array) -> dict[int, Int64Array]:
    """(n_samples, *shape) integers of every tensor by number, for samples as `evaluate_tensor_net`'s.

    Constants, and what follows from constants alone, have one sample. Raises IrError as there.
    """
    graph = net.graph
    values = constant_values(net)
    constants = frozenset(values)
    for number in graph.inputs:
        values[number] = samples.reshape(len(samples), *graph.tensors[number].shape)
    for index, operator in enumerate(graph.operators):
        _check_weights(index, operator, constants)
        try:
            values[operator.output] = evaluate_operator(operator, graph.tensors, values)
        except IrError as error:
            raise IrError(f"tensor network: operator {index}: {error}") from None
    return values


def constant_values(net: TensorNet) -> dict[int, Int64Array]:
    """(1, *shape) integers of the constants by tensor number."""
    return {
        constant.tensor: _array(net.graph.tensors[constant.tensor], constant.data).astype(np.int64)[None]
        for constant in net.constants
    }


def _outputs(net: TensorNet, samples: Int64Array) -> Int64Array:
    (number,) = net.graph.outputs
    output = tensor_values(net, samples)[number]
    n_items = net.graph.tensors[number].n_items
    return np.broadcast_to(output.reshape(len(output), n_items), (len(samples), n_items))


def _check_codes_fit(source: Tensor, interface: Interface) -> None:
    lo, hi = INPUT_LIMITS.get(source.dtype, INPUT_LIMITS["int8"])
    for feature in interface.features:
        if feature.code_lo < lo or feature.code_hi > hi:
            raise IrError(f"tensor network: the codes of feature {feature.name!r} must fit {source.dtype}")


def _check_weights(index: int, operator: Operator, constants: frozenset[int]) -> None:
    if isinstance(operator, FullyConnected | Conv2d | DepthwiseConv2d):
        fixed = set(tensors_read(operator)) - set(activations_read(operator))
        if not fixed <= constants:
            raise IrError(f"tensor network: operator {index}: weights and bias must be constants")


def _array(tensor: Tensor, data: bytes) -> npt.NDArray[Any]:
    return np.frombuffer(data, dtype=np.dtype(tensor.dtype).newbyteorder("<")).reshape(tensor.shape)
