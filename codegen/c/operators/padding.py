"""Padding that stands alone."""

import math

from codegen.c.operators.function import Function
from codegen.c.render import render
from codegen.ir.integer.values import Tensors, same_quantization
from codegen.ir.operators import Pad


def pad_function(operator: Pad, tensors: Tensors, name: str) -> Function:
    """Fills the output with the zero point and copies the longest runs that lie together into it."""
    source, output = tensors[operator.input], tensors[operator.output]
    kept = same_quantization(output, source)
    steps = [math.prod(output.shape[axis + 1 :]) for axis in range(len(output.shape))]
    padded = [
        axis for axis, sides in enumerate(zip(operator.before, operator.after, strict=True)) if any(sides)
    ]
    last = max(padded, default=0)
    text = render(
        "operators/pad.c.j2",
        name=name,
        n_items=output.n_items,
        zero_point=kept.zero_point,
        first=sum(before * step for before, step in zip(operator.before, steps, strict=True)),
        loops=list(zip(source.shape[:last], steps[:last], strict=True)),
        run=math.prod(source.shape[last:]),
    )
    return Function(name, "", text)
