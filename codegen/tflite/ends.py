"""The two ends of a file's graph: conversions to and from real numbers are taken off, codes remain."""

from dataclasses import replace

import numpy as np

from codegen.ir.graph import Tensor
from codegen.ir.interface import Feature
from codegen.tflite.errors import TfliteError
from codegen.tflite.model import FileModel, FileOperator, FileTensor

UNSIGNED_OFFSET = 128


def integer_core(model: FileModel) -> FileModel:
    """The graph between its integer ends.

    A first QUANTIZE of real numbers and a last DEQUANTIZE are dropped, and so are conversions between
    uint8 and int8 that only move the numbers by 128. Raises TfliteError where one end is not single.
    """
    for name, numbers in (("inputs", model.inputs), ("outputs", model.outputs)):
        if len(numbers) != 1:
            raise TfliteError(f"model.subgraphs[0].{name}: there must be one, not {len(numbers)}")
    model = _without_last(_without_first(model, "QUANTIZE"), "DEQUANTIZE")
    return _without_last(_without_first(model, "QUANTIZE"), "QUANTIZE")


def _without_first(model: FileModel, name: str) -> FileModel:
    readers = [operator for operator in model.operators if model.inputs[0] in operator.inputs]
    if len(readers) != 1 or not _is_conversion(readers[0], name) or model.inputs == model.outputs:
        return model
    before, after = model.tensors[model.inputs[0]], model.tensors[readers[0].outputs[0]]
    if before.type != "float32" and not _moves_by_128(before, after):
        return model
    return replace(model, operators=_others(model, readers[0]), inputs=readers[0].outputs)


def _without_last(model: FileModel, name: str) -> FileModel:
    writers = [operator for operator in model.operators if model.outputs[0] in operator.outputs]
    if len(writers) != 1 or not _is_conversion(writers[0], name):
        return model
    before, after = model.tensors[writers[0].inputs[0]], model.tensors[model.outputs[0]]
    if after.type != "float32" and not _moves_by_128(before, after):
        return model
    return replace(model, operators=_others(model, writers[0]), outputs=writers[0].inputs)


def _is_conversion(operator: FileOperator, name: str) -> bool:
    both = len(operator.inputs) == 1 and len(operator.outputs) == 1 and operator.inputs[0] >= 0
    return operator.name == name and both


def _others(model: FileModel, gone: FileOperator) -> tuple[FileOperator, ...]:
    return tuple(operator for operator in model.operators if operator is not gone)


def _moves_by_128(before: FileTensor, after: FileTensor) -> bool:
    """Whether the same real numbers are int8 on one side and uint8 on the other."""
    if {before.type, after.type} != {"int8", "uint8"} or before.scales != after.scales:
        return False
    if len(before.zero_points) != 1 or len(after.zero_points) != 1:
        return False
    return abs(before.zero_points[0] - after.zero_points[0]) == UNSIGNED_OFFSET


def features_of(source: Tensor, path: str) -> tuple[Feature, ...]:
    """8-bit features x0, x1, ... for the items of an input, by its quantization.

    Half a step lies below the lowest code, so that the code of a real number is the nearest one.
    """
    if source.quantization is None or source.dtype not in ("int8", "uint8"):
        raise TfliteError(f"{path}: the input must be int8 or uint8 and quantized, not {source.dtype}")
    scale, zero_point = source.quantization.scales[0], source.quantization.zero_point
    lowest = -128 if source.dtype == "int8" else 0
    lo = float(np.float32(scale * (lowest - 0.5 - zero_point)))
    hi = float(np.float32(scale * (lowest + 255.5 - zero_point)))
    signed = source.dtype == "int8"
    return tuple(Feature(f"x{index}", lo, hi, 8, signed) for index in range(source.n_items))
