"""Evaluation of a single operator over tensors that are made on the spot."""

import numpy as np
import numpy.typing as npt

from codegen.ir import Operator, Quantization, Tensor
from codegen.ir.integer import evaluate_operator

UNIT = Quantization((1.0,), 0)
Int64Array = npt.NDArray[np.int64]


def int8(shape: tuple[int, ...], quantization: Quantization = UNIT) -> Tensor:
    """A tensor named by its shape."""
    return Tensor("x".join(map(str, shape)), shape, "int8", quantization)


def result(operator: Operator, tensors: list[Tensor], values: list[npt.ArrayLike]) -> Int64Array:
    """(n_samples, *output shape); values: of the first tensors, each with the samples' axis."""
    return evaluate_operator(operator, tensors, {n: np.asarray(each) for n, each in enumerate(values)})
