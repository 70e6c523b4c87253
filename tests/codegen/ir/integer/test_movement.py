"""Operators that only move values."""

import numpy as np
import pytest

from codegen.ir import Concatenate, Dequantize, IrError, Pad, Quantization, Reshape, Tensor
from tests.codegen.ir.integer.one_operator import int8, result

KEPT = Quantization((0.5,), -9)


def test_a_concatenation_repeats_a_constant_for_every_sample() -> None:
    tensors = [int8((1, 2), KEPT), int8((1, 1), KEPT), int8((1, 3), KEPT)]
    got = result(Concatenate((0, 1), 2, 1), tensors, [[[[1, 2]], [[3, 4]]], [[[7]]]])
    assert got.tolist() == [[[1, 2, 7]], [[3, 4, 7]]]


def test_padding_is_the_zero_point() -> None:
    tensors = [int8((1, 2), KEPT), int8((2, 4), KEPT)]
    got = result(Pad(0, 1, (1, 0), (0, 2)), tensors, [[[[1, 2]]]])
    assert got.tolist() == [[[-9, -9, -9, -9], [1, 2, -9, -9]]]


def test_a_reshape_keeps_the_order() -> None:
    tensors = [int8((2, 3), KEPT), int8((3, 2), KEPT)]
    assert result(Reshape(0, 1), tensors, [np.arange(6).reshape(1, 2, 3)]).tolist() == [
        [[0, 1], [2, 3], [4, 5]]
    ]


def test_no_quantization_changes_on_the_way() -> None:
    other = int8((1, 2), Quantization((0.5,), -8))
    for operator in (Reshape(0, 1), Pad(0, 1, (0, 0), (0, 0)), Concatenate((0,), 1, 1)):
        with pytest.raises(IrError, match="'1x2' and '1x2' must have equal quantizations"):
            result(operator, [int8((1, 2), KEPT), other], [[[[1, 2]]]])


def test_unquantized_and_real_tensors_are_refused() -> None:
    with pytest.raises(IrError, match="'x' must be quantized to be evaluated"):
        result(Reshape(0, 1), [Tensor("x", (1,), "int8"), int8((1,))], [[[1]]])
    with pytest.raises(IrError, match="'1': an activation must have one scale, not"):
        result(Reshape(0, 1), [int8((1,), Quantization((1.0, 2.0))), int8((1,))], [[[1]]])
    with pytest.raises(IrError, match="Dequantize gives real numbers; integer networks end before it"):
        result(Dequantize(0, 1), [int8((1,)), Tensor("y", (1,), "float32")], [[[1]]])
