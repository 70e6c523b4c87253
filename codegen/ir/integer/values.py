"""What all integer operators read: samples of a tensor, its quantization, and the rules on both."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from codegen.ir.errors import IrError
from codegen.ir.graph import DType, Quantization, Tensor
from codegen.ir.requantization import Int64Array

Tensors: TypeAlias = Sequence[Tensor]
Values: TypeAlias = Mapping[int, Int64Array]
"""Samples (n_samples, *shape) by tensor number; a constant has one sample, which holds for all others."""


def quantization(tensor: Tensor, dtypes: tuple[DType, ...] = ("int8",)) -> Quantization:
    """Of an activation. Raises IrError unless it has one of the types and one scale."""
    if tensor.dtype not in dtypes:
        raise IrError(f"{tensor.name!r} must be {' or '.join(dtypes)} to be evaluated, not {tensor.dtype}")
    if tensor.quantization is None:
        raise IrError(f"{tensor.name!r} must be quantized to be evaluated")
    if len(tensor.quantization.scales) != 1:
        raise IrError(f"{tensor.name!r}: an activation must have one scale, not {tensor.quantization.scales}")
    return tensor.quantization


def same_quantization(output: Tensor, *inputs: Tensor) -> Quantization:
    """Of an operator that never requantizes. Raises IrError where an input's differs from the output's."""
    kept = quantization(output)
    for tensor in inputs:
        if quantization(tensor) != kept:
            raise IrError(
                f"{tensor.name!r} and {output.name!r} must have equal quantizations, not "
                f"{quantization(tensor)} and {kept}"
            )
    return kept
