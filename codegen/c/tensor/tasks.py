"""From an operator with weights and its constants to the task of a kernel."""

import numpy as np
import numpy.typing as npt

from codegen.c.kernels import ConvTask, DepthwiseTask, FullyConnectedTask, KernelTask, Requantization
from codegen.ir.graph import TensorGraph, TensorNet
from codegen.ir.integer.values import quantization
from codegen.ir.integer.weighted import output_factors
from codegen.ir.operators import Conv2d, DepthwiseConv2d, Weighted
from codegen.ir.requantization import activation_limits


def kernel_task(net: TensorNet, weighted: Weighted, alone: TensorGraph) -> KernelTask:
    """weighted: an operator of the network. alone: its graph (see codegen.plan.kernel_graphs), whole or
    on a patch. Raises IrError where types or quantizations do not fit the operator."""
    tensors = net.graph.tensors
    source, output = quantization(tensors[weighted.input]), quantization(tensors[weighted.output])
    factors = output_factors(weighted, tensors)
    weight: npt.NDArray[np.int8] = _constant(net, weighted.weight).astype(np.int8)
    bias = np.zeros(len(factors), dtype=np.int32)
    if weighted.bias is not None:
        bias = _constant(net, weighted.bias).astype(np.int32)
    requantization = Requantization(
        factors, weighted.rounding, output.zero_point, activation_limits(weighted.activation, output)
    )
    operator = alone.operators[0]
    if not isinstance(operator, Conv2d | DepthwiseConv2d):
        return FullyConnectedTask(weight, bias, source.zero_point, requantization)
    height, width, n_channels = alone.tensors[operator.input].shape
    kind = ConvTask if isinstance(operator, Conv2d) else DepthwiseTask
    shape = (height, width, n_channels)
    return kind(shape, operator.window, weight, bias, source.zero_point, requantization)


def _constant(net: TensorNet, number: int) -> npt.NDArray[np.int64]:
    """The values of a constant, in its shape."""
    data = next(constant.data for constant in net.constants if constant.tensor == number)
    tensor = net.graph.tensors[number]
    values = np.frombuffer(data, dtype=np.dtype(tensor.dtype).newbyteorder("<"))
    return values.reshape(tensor.shape).astype(np.int64)
