"""Functions of single bytes: clamp, hard-swish, and from one quantization to another."""

import numpy as np

from codegen.c.kernels.render import array
from codegen.c.operators.function import Function
from codegen.c.operators.scaling import limited
from codegen.c.render import render
from codegen.ir.graph import DType
from codegen.ir.integer import evaluate_operator
from codegen.ir.integer.values import Tensors
from codegen.ir.operators import Clamp, HardSwish, Quantize
from codegen.ir.requantization import Int64Array

Mapping = Clamp | HardSwish | Quantize
LOWEST: dict[DType, int] = {"int8": -128, "uint8": 0}


def mapping_function(operator: Mapping, tensors: Tensors, name: str) -> Function:
    """Arithmetic where the mapping is a limited shift, else a table over the 256 bytes."""
    source = tensors[operator.input]
    # Whatever the operator refuses, such as another type, is refused here before the type is looked up.
    lowest = LOWEST.get(source.dtype, 0)
    x = np.arange(lowest, lowest + 256, dtype=np.int64)
    y = evaluate_operator(operator, tensors, {operator.input: x[:, None]})[:, 0]
    offset = _offset(x, y)
    table = y[np.argsort(x & 0xFF)]
    signed = (table + 128) % 256 - 128
    text = render(
        "operators/mapping.c.j2",
        name=name,
        n_items=tensors[operator.output].n_items,
        offset=offset,
        read="input[i]" if source.dtype == "int8" else "(uint8_t)input[i]",
        limit=limited("y", (int(y.min()), int(y.max()))),
        table=None if offset is not None else f"{name}_table",
    )
    return Function(
        name, "" if offset is not None else array("int8_t", f"{name}_table", map(int, signed)), text
    )


def _offset(x: Int64Array, y: Int64Array) -> int | None:
    """k where y is x + k, limited to the least and the largest y; None where there is no such k."""
    inside = np.flatnonzero((y > y.min()) & (y < y.max()))
    if not inside.size:
        return None
    offset = int(y[inside[0]] - x[inside[0]])
    return offset if np.array_equal(np.clip(x + offset, y.min(), y.max()), y) else None
