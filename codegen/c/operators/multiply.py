"""Products of two tensors, item by item or channel by channel."""

from collections.abc import Set

from codegen.c.operators.function import Function
from codegen.c.operators.scaling import finished_lines, minus, scaled_lines
from codegen.c.render import render
from codegen.ir.integer.elementwise import product_factor
from codegen.ir.integer.values import Tensors, quantization
from codegen.ir.operators import Multiply
from codegen.ir.requantization import activation_limits, quantize_multiplier

LARGEST_PRODUCT = 255 * 255


def multiply_function(operator: Multiply, tensors: Tensors, name: str, features: Set[str]) -> Function:
    """One output after the other; a right input of channels is read from its start at every place."""
    left, right = quantization(tensors[operator.left]), quantization(tensors[operator.right])
    output = quantization(tensors[operator.output])
    n_items, n_right = tensors[operator.output].n_items, tensors[operator.right].n_items
    factor = quantize_multiplier(product_factor(left, right, output))
    text = render(
        "operators/multiply.c.j2",
        name=name,
        n_places=n_items // n_right,
        n_right=n_right,
        left_zero=minus(left.zero_point),
        right_zero=minus(right.zero_point),
        scaled=scaled_lines(factor, LARGEST_PRODUCT, features),
        finished=finished_lines(output.zero_point, activation_limits(operator.activation, output)),
    )
    return Function(name, "", text, ("left", "right"))
