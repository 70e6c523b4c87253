"""Quantities of operators without weights, which are plain C on every core."""

import math
from collections.abc import Hashable, Sequence, Set
from dataclasses import fields, replace

from codegen.c.operators.concatenation import concatenated_rows
from codegen.ir.graph import Tensor, TensorGraph
from codegen.ir.integer.elementwise import ADD_SHIFT
from codegen.ir.integer.softmax import difference_multiplier
from codegen.ir.operators import (
    Add,
    AveragePool2d,
    Clamp,
    Concatenate,
    GlobalAveragePool,
    HardSwish,
    MaxPool2d,
    Multiply,
    Operator,
    Pad,
    Quantize,
    Reshape,
    Softmax,
    activations_read,
)
from codegen.ir.requantization import INT8_MAX, INT8_MIN, activation_limits, quantize_multiplier
from hwmodels.mcu.tensor.moves import Rows, is_inlined, known_moves, n_pieces
from hwmodels.mcu.tensor.pools import pool_terms
from hwmodels.mcu.tensor.terms import KernelTerms

TABLE_BYTES = 256
MAX_SOFTMAX_DEPTH = 4096
TENSOR_FIELDS = frozenset({"input", "inputs", "left", "right", "output"})


def weightless_terms(operator: Operator, graph: TensorGraph, features: Set[str]) -> KernelTerms | str:
    """The quantities on a core with these features, or why there are none."""
    found = _terms(operator, graph, features)
    if isinstance(found, str) or any(graph.tensors[tensor].quantization is None for tensor in _all(operator)):
        return found
    shapes = tuple(graph.tensors[tensor].shape for tensor in _all(operator))
    return replace(found, whole=(_numbers(operator, graph), shapes), tables=_numbers(operator, graph))


def _all(operator: Operator) -> tuple[int, ...]:
    return (*activations_read(operator), operator.output)


def _numbers(operator: Operator, graph: TensorGraph) -> Hashable:
    """What an operator does to single values, which tensors it works on left out."""
    settings = tuple(
        getattr(operator, field.name) for field in fields(operator) if field.name not in TENSOR_FIELDS
    )
    tensors = tuple(graph.tensors[tensor] for tensor in _all(operator))
    return type(operator), settings, tuple((tensor.dtype, tensor.quantization) for tensor in tensors)


def _terms(operator: Operator, graph: TensorGraph, features: Set[str]) -> KernelTerms | str:
    tensors = graph.tensors
    match operator:
        case Reshape():
            return KernelTerms("reshape", {}, {}, 0)
        case Add():
            return _add(operator, graph)
        case Multiply():
            return _multiply(operator, graph)
        case AveragePool2d() | MaxPool2d():
            return pool_terms(operator, graph, features)
        case GlobalAveragePool():
            height, width, n_channels = tensors[operator.input].shape
            counts = {"calls": 1, "channels": n_channels, "items": height * width * n_channels}
            return KernelTerms("global_average_pool", counts, {"kernels": 1}, 0)
        case Clamp() | HardSwish() | Quantize():
            return _mapping(operator, graph)
        case Softmax():
            return _softmax(operator, graph)
        case Pad():
            return _pad(operator, graph, features)
        case Concatenate():
            return _concatenation(operator, graph, features)
        case _:
            return f"{type(operator).__name__} has no C form"


def _add(operator: Add, graph: TensorGraph) -> KernelTerms:
    tensors = [graph.tensors[number] for number in (operator.left, operator.right, operator.output)]
    n_items = tensors[2].n_items
    shifts = sum(
        tensor.quantization is not None and tensor.quantization.zero_point != 0 for tensor in tensors
    )
    products, divisions = _on_common_scale(tensors[:2])
    each = {"shifts": shifts, "products": products, "divisions": divisions, "rescaled": _is_rescaled(tensors)}
    counts = {"calls": 1, "items": n_items} | {name: n_items * number for name, number in each.items()}
    return KernelTerms("add", counts, {"kernels": 1, **each}, 0)


def _multiply(operator: Multiply, graph: TensorGraph) -> KernelTerms:
    """Zero points that are not known yet are taken for others than 0, and limits for those of int8."""
    tensors = [graph.tensors[number] for number in (operator.left, operator.right, operator.output)]
    n_items = tensors[2].n_items
    shifts = sum(tensor.quantization is None or tensor.quantization.zero_point != 0 for tensor in tensors)
    known = tensors[2].quantization
    full = known is None or activation_limits(operator.activation, known) == (INT8_MIN, INT8_MAX)
    counts = {
        "calls": 1,
        "items": n_items,
        "shifts": n_items * shifts,
        "limited": n_items * (not full),
        "places": n_items / tensors[1].n_items,
    }
    return KernelTerms("multiply", counts, {"kernels": 1, "shifts": shifts, "limited": not full}, 0)


def _is_rescaled(tensors: list[Tensor]) -> bool:
    """Whether a product brings the sum from the common scale to the output's, not a shift alone."""
    scales = [tensor.quantization.scales[0] for tensor in tensors if tensor.quantization is not None]
    if len(scales) < len(tensors):
        return True
    return quantize_multiplier(2 * max(scales[:2]) / (scales[2] * (1 << ADD_SHIFT))).q31 != 1 << 30


def _on_common_scale(tensors: list[Tensor]) -> tuple[int, int]:
    """How many of two summands a product brings to the scale of both, and how many a division."""
    scales = [scale for tensor in tensors for scale in _scales(tensor)[:1]]
    products = divisions = 0
    for scale in scales:
        multiplier = quantize_multiplier(scale / (2 * max(scales)))
        products += multiplier.q31 & 0x3FFFFF != 0
        divisions += multiplier.exponent < 0
    return products, divisions


def _mapping(operator: Clamp | HardSwish | Quantize, graph: TensorGraph) -> KernelTerms:
    source, output = graph.tensors[operator.input], graph.tensors[operator.output]
    shifted = not isinstance(operator, HardSwish) and _scales(source) == _scales(output)
    counts, code = {"calls": 1, "items": output.n_items}, {"kernels": 1}
    return (
        KernelTerms("shifted", counts, code, 0)
        if shifted
        else KernelTerms("table", counts, code, TABLE_BYTES)
    )


def _scales(tensor: Tensor) -> tuple[float, ...]:
    return () if tensor.quantization is None else tensor.quantization.scales


def _softmax(operator: Softmax, graph: TensorGraph) -> KernelTerms | str:
    shape = graph.tensors[operator.output].shape
    depth = shape[-1] if shape else 1
    if depth > MAX_SOFTMAX_DEPTH:
        return f"a softmax has at most {MAX_SOFTMAX_DEPTH} items a row, not {depth}"
    n_rows = math.prod(shape[:-1])
    scales = _scales(graph.tensors[operator.input])
    n_counted = 256
    if scales:
        n_counted = min(-difference_multiplier(operator.beta, scales[0])[1], 255) + 1
    n_items = math.prod(shape)
    counts = {
        "calls": 1,
        "rows": n_rows,
        "long_rows": n_rows * (depth > 1),
        "items": n_items,
        "compared": n_items * (n_counted < TABLE_BYTES),
    }
    return KernelTerms("softmax", counts, {"kernels": 1}, 4 * n_counted)


def _pad(operator: Pad, graph: TensorGraph, features: Set[str]) -> KernelTerms:
    """A memset and the copies of the longest runs."""
    source, output = graph.tensors[operator.input], graph.tensors[operator.output]
    steps = [math.prod(output.shape[axis + 1 :]) for axis in range(len(output.shape))]
    padded = [
        axis for axis, sides in enumerate(zip(operator.before, operator.after, strict=True)) if any(sides)
    ]
    last = max(padded, default=0)
    n_runs, run = math.prod(source.shape[:last]), math.prod(source.shape[last:])
    pitch = steps[last - 1] if last else run
    start = sum(before * step for before, step in zip(operator.before, steps, strict=True))
    moves = known_moves([Rows(n_runs, run, (run, pitch), (0, start))], features)
    counts = {"calls": 1, "filled": output.n_bytes, "runs": n_runs, **moves}
    code = {"kernels": 1, "loops": last, **_move_code([run], features)}
    return KernelTerms("pad", counts, code, 0, _move_routines([run], features))


def _concatenation(operator: Concatenate, graph: TensorGraph, features: Set[str]) -> KernelTerms:
    n_rows, row_bytes = concatenated_rows(operator, graph.tensors)
    pitch, parts, offset = sum(row_bytes), [], 0
    for n_bytes in row_bytes:
        parts.append(Rows(n_rows, n_bytes, (n_bytes, pitch), (0, offset)))
        offset += n_bytes
    counts = {"calls": 1, "turns": n_rows, "inputs": len(parts), **known_moves(parts, features)}
    code = {"kernels": 1, "inputs": len(parts), **_move_code(row_bytes, features)}
    return KernelTerms("concatenate", counts, code, 0, _move_routines(row_bytes, features))


def _move_code(row_bytes: Sequence[int], features: Set[str]) -> dict[str, float]:
    inlined = [n_bytes for n_bytes in row_bytes if is_inlined(n_bytes, features)]
    return {
        "pieces": sum(n_pieces(n_bytes, features) for n_bytes in inlined),
        "copies": len(row_bytes) - len(inlined),
    }


def _move_routines(row_bytes: Sequence[int], features: Set[str]) -> tuple[str, ...]:
    return () if all(is_inlined(n_bytes, features) for n_bytes in row_bytes) else ("memcpy",)
