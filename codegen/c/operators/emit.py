"""From an operator without weights to its C function."""

from collections.abc import Set

from codegen.c.operators.add import add_function
from codegen.c.operators.concatenation import concatenate_function
from codegen.c.operators.function import Function
from codegen.c.operators.mapping import mapping_function
from codegen.c.operators.multiply import multiply_function
from codegen.c.operators.padding import pad_function
from codegen.c.operators.pools import global_pool_function, pool_function
from codegen.c.operators.softmax import softmax_function
from codegen.c.text import EmitError
from codegen.ir.graph import TensorGraph
from codegen.ir.operators import (
    Add,
    AveragePool2d,
    Clamp,
    Concatenate,
    GlobalAveragePool,
    HardSwish,
    MaxPool2d,
    Multiply,
    Operator,
    Pad,
    Quantize,
    Softmax,
)


def emit_operator(
    operator: Operator, graph: TensorGraph, name: str, features: Set[str] = frozenset()
) -> Function:
    """C text that computes the operator bit for bit as codegen.ir.evaluate does.

    name: an identifier; all names begin with it. features: of the core that the text is made for; it is right
    on every other. Raises EmitError for an operator that has no C function,
    and IrError where types or quantizations do not fit the operator.
    """
    match operator:
        case Add():
            return add_function(operator, graph.tensors, name, features)
        case Multiply():
            return multiply_function(operator, graph.tensors, name, features)
        case AveragePool2d() | MaxPool2d():
            return pool_function(operator, graph.tensors, name, features)
        case GlobalAveragePool():
            return global_pool_function(operator, graph.tensors, name, features)
        case Clamp() | HardSwish() | Quantize():
            return mapping_function(operator, graph.tensors, name)
        case Softmax():
            return softmax_function(operator, graph.tensors, name)
        case Concatenate():
            return concatenate_function(operator, graph.tensors, name)
        case Pad():
            return pad_function(operator, graph.tensors, name)
        case _:
            raise EmitError(f"{type(operator).__name__} has no C form; an integer network must do without it")
