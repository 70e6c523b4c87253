"""Softmax in fixed point, its exponentials from a table over all differences to the largest input."""

import math

import numpy as np

from codegen.c.kernels.render import array
from codegen.c.operators.function import Function
from codegen.c.render import render
from codegen.c.text import EmitError
from codegen.ir.integer import evaluate_operator
from codegen.ir.integer.softmax import (
    NEWTON_FIRST,
    NEWTON_SLOPE,
    SUM_BITS,
    difference_multiplier,
    exp_of_negative,
)
from codegen.ir.integer.values import Tensors, quantization
from codegen.ir.operators import Softmax
from codegen.ir.requantization import INT32_MAX, INT32_MIN, high_product

MAX_DEPTH = 1 << SUM_BITS
"""Each exponential adds at most 2**(31 - SUM_BITS) to an unsigned sum of 32 bits."""


def softmax_function(operator: Softmax, tensors: Tensors, name: str) -> Function:
    """Row by row. Raises EmitError for rows of more than `MAX_DEPTH` items."""
    shape = tensors[operator.input].shape
    depth = shape[-1] if shape else 1
    if depth > MAX_DEPTH:
        raise EmitError(f"softmax: a row must have at most {MAX_DEPTH} items, not {depth}")
    # Refuses wrong types and quantizations, whatever the values.
    evaluate_operator(operator, tensors, {operator.input: np.zeros((1, 1), dtype=np.int64)})
    exponentials = _exponentials(operator.beta, quantization(tensors[operator.input]).scales[0])
    text = render(
        "operators/softmax.c.j2",
        name=name,
        n_rows=math.prod(shape[:-1]),
        depth=depth,
        n_counted=len(exponentials),
        sum_bits=SUM_BITS,
        half=1 << (SUM_BITS - 1),
        newton_first=NEWTON_FIRST,
        newton_slope=NEWTON_SLOPE,
    )
    return Function(name, array("int32_t", f"{name}_exp", exponentials), text)


def _exponentials(beta: float, scale: float) -> list[int]:
    """exp in units of 2**-31 of 0, -1, -2 ... steps of the input, as far as differences count."""
    factor, lowest = difference_multiplier(beta, scale)
    differences = -np.arange(min(-lowest, 255) + 1, dtype=np.int64)
    scaled = np.clip(differences << factor.exponent, INT32_MIN, INT32_MAX)
    return [int(value) for value in exp_of_negative(high_product(scaled, factor.q31))]
