"""Sums of two tensors: both inputs on a common scale, their sum, and one step to the output's scale."""

from collections.abc import Set

from codegen.c.operators.function import Function
from codegen.c.operators.scaling import divided_lines, finished_lines, minus, scaled_lines
from codegen.c.render import render
from codegen.ir.integer.elementwise import ADD_SHIFT
from codegen.ir.integer.values import Tensors, quantization
from codegen.ir.operators import Add
from codegen.ir.requantization import activation_limits, quantize_multiplier

LARGEST_SUM = 2 * 255 << (ADD_SHIFT - 1)
"""Each input differs from its zero point by at most 255, and its factor is at most one half."""


def add_function(operator: Add, tensors: Tensors, name: str, features: Set[str]) -> Function:
    """Element by element; the output may lie over either input."""
    left, right = quantization(tensors[operator.left]), quantization(tensors[operator.right])
    output = quantization(tensors[operator.output])
    common = 2 * max(left.scales[0], right.scales[0])
    factor = quantize_multiplier(common / (output.scales[0] * (1 << ADD_SHIFT)))
    text = render(
        "operators/add.c.j2",
        name=name,
        n_items=tensors[operator.output].n_items,
        left_zero=minus(left.zero_point),
        right_zero=minus(right.zero_point),
        left=_on_scale("a", left.scales[0] / common),
        right=_on_scale("b", right.scales[0] / common),
        scaled=scaled_lines(factor, LARGEST_SUM, features),
        finished=finished_lines(output.zero_point, activation_limits(operator.activation, output)),
    )
    return Function(name, "", text, ("left", "right"))


def _on_scale(name: str, factor: float) -> list[str]:
    """Statements that turn a difference into `requantize(difference << 20, factor)` for factors up to 1/2.

    With the shift by 20 inside, the high half of the doubled product is `(x * q31 + 2**10) >> 11`. Split into
    `q31 = high * 2**16 + low`, it is `x * high * 2**5 + ((x * low + 2**10) >> 11)`, where nothing is wider
    than 32 bits; with one half, the larger scale's, it is a shift.
    """
    multiplier = quantize_multiplier(factor)
    high, low = multiplier.q31 >> 16, multiplier.q31 & 0xFFFF
    if low == 0 and high % 64 == 0:
        product = f"{name} *= {high * 32};"
    else:
        product = f"{name} = {name} * {high * 32} + (({name} * {low} + 1024) >> 11);"
    return [product, *divided_lines(name, -multiplier.exponent)]
