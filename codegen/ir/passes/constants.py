"""Constant folding."""

import numpy as np

from codegen.ir.errors import IrError
from codegen.ir.graph import Tensor, TensorNet
from codegen.ir.integer import evaluate_operator
from codegen.ir.operators import activations_read
from codegen.ir.passes.rebuilding import rebuilt
from codegen.ir.requantization import Int64Array
from codegen.ir.tensors import constant_values


def fold_constants(net: TensorNet) -> TensorNet:
    """Operators that read constants alone become constants, but for one that writes an output."""
    graph, values, kept = net.graph, constant_values(net), []
    data = {constant.tensor: constant.data for constant in net.constants}
    for operator in graph.operators:
        known = all(number in values for number in activations_read(operator))
        if not known or operator.output in graph.outputs:
            kept.append(operator)
            continue
        try:
            values[operator.output] = evaluate_operator(operator, graph.tensors, values)
        except IrError:
            kept.append(operator)  # The evaluation of the network says what is wrong with it.
            continue
        data[operator.output] = as_bytes(values[operator.output], graph.tensors[operator.output])
    return rebuilt(net, kept, constants=data)


def as_bytes(values: Int64Array, tensor: Tensor) -> bytes:
    """Integers that fit a tensor's type as the bytes of a constant."""
    return values.astype(np.dtype(tensor.dtype).newbyteorder("<")).tobytes()
