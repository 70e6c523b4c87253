"""Concatenation: the rows of all inputs, one after the other."""

import math

from codegen.c.operators.function import Function
from codegen.c.render import render
from codegen.c.text import EmitError
from codegen.ir.integer.values import Tensors
from codegen.ir.operators import Concatenate


def concatenate_function(operator: Concatenate, tensors: Tensors, name: str) -> Function:
    """Raises EmitError where a tensor is not quantized as the others are."""
    same = {tensors[tensor].quantization for tensor in (*operator.inputs, operator.output)}
    if len(same) > 1:
        raise EmitError("all inputs and the output of a concatenation must have equal quantizations")
    n_rows, row_bytes = concatenated_rows(operator, tensors)
    names = tuple(f"input{index}" for index in range(len(row_bytes)))
    starts = [sum(row_bytes[:index]) for index in range(len(row_bytes))]
    parts = list(zip(names, starts, row_bytes, strict=True))
    text = render("operators/concatenate.c.j2", name=name, n_rows=n_rows, parts=parts, pitch=sum(row_bytes))
    return Function(name, "", text, names)


def concatenated_rows(operator: Concatenate, tensors: Tensors) -> tuple[int, tuple[int, ...]]:
    """(rows, bytes of a row of each input): what lies together in an input and in the output."""
    shape = tensors[operator.output].shape
    n_rows, item = math.prod(shape[: operator.axis]), math.prod(shape[operator.axis + 1 :])
    return n_rows, tuple(tensors[tensor].shape[operator.axis] * item for tensor in operator.inputs)
