"""From an operator to its arithmetic."""

from codegen.ir.errors import IrError
from codegen.ir.integer.elementwise import add, clamp, hard_swish, multiply, quantize
from codegen.ir.integer.movement import concatenate, pad, reshape
from codegen.ir.integer.pools import average_pool, global_average_pool, max_pool
from codegen.ir.integer.softmax import softmax
from codegen.ir.integer.values import Tensors, Values
from codegen.ir.integer.weighted import weighted
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
)
from codegen.ir.requantization import Int64Array


def evaluate_operator(operator: Operator, tensors: Tensors, values: Values) -> Int64Array:
    """(n_samples, *output shape) integers of one operator, from the values of the tensors that it reads.

    Raises IrError where types or quantizations do not fit the operator, or a sum leaves int32.
    """
    match operator:
        case FullyConnected() | Conv2d() | DepthwiseConv2d():
            return weighted(operator, tensors, values)
        case Add():
            return add(operator, tensors, values)
        case Multiply():
            return multiply(operator, tensors, values)
        case Concatenate():
            return concatenate(operator, tensors, values)
        case AveragePool2d():
            return average_pool(operator, tensors, values)
        case MaxPool2d():
            return max_pool(operator, tensors, values)
        case GlobalAveragePool():
            return global_average_pool(operator, tensors, values)
        case Clamp():
            return clamp(operator, tensors, values)
        case HardSwish():
            return hard_swish(operator, tensors, values)
        case Softmax():
            return softmax(operator, tensors, values)
        case Reshape():
            return reshape(operator, tensors, values)
        case Pad():
            return pad(operator, tensors, values)
        case Quantize():
            return quantize(operator, tensors, values)
        case Dequantize():
            raise IrError("Dequantize gives real numbers; integer networks end before it")
