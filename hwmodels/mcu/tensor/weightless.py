"""Quantities of operators without weights, which are plain C on every core."""

import math
from collections.abc import Hashable, Sequence, Set
from dataclasses import fields, replace

from codegen.c.operators.concatenation import concatenated_rows
from codegen.c.operators.pools import MAX_SHARED_TAPS, pool_form
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
    Operator,
    Pad,
    Quantize,
    Reshape,
    Softmax,
    Window,
    activations_read,
)
from codegen.ir.requantization import quantize_multiplier
from hwmodels.mcu.tensor.moves import Rows, is_inlined, known_moves, n_pieces
from hwmodels.mcu.tensor.terms import KernelTerms

NEAR = 255
"""Bytes to a tap that an immediate reaches on every core."""
TABLE_BYTES = 256
LOW_TAPS = 3
"""Taps of a routine whose pointers a Cortex-M0 holds in low registers; each further one takes a move."""
HELD_TAPS = 5
"""Taps of an unrolled window from which on registers run short elsewhere too."""
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
    return type(operator), settings, tuple(graph.tensors[tensor].quantization for tensor in _all(operator))


def _terms(operator: Operator, graph: TensorGraph, features: Set[str]) -> KernelTerms | str:
    tensors = graph.tensors
    match operator:
        case Reshape():
            return KernelTerms("reshape", {}, {}, 0)
        case Add():
            return _add(operator, graph)
        case AveragePool2d() | MaxPool2d():
            return _pool(operator, graph, features)
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
    each = {"shifts": shifts, "products": products, "divisions": divisions, **_rescaling(tensors)}
    counts = {"calls": 1, "items": n_items} | {name: n_items * number for name, number in each.items()}
    return KernelTerms("add", counts, {"kernels": 1, **each}, 0)


def _rescaling(tensors: list[Tensor]) -> dict[str, float]:
    """Whether a product brings the sum from the common scale to the output's, not a shift alone, and whether
    a factor above 1 makes it a product of 64 bits."""
    scales = [tensor.quantization.scales[0] for tensor in tensors if tensor.quantization is not None]
    if len(scales) < len(tensors):
        return {"rescaled": True, "widened": False}
    factor = quantize_multiplier(2 * max(scales[:2]) / (scales[2] * (1 << ADD_SHIFT)))
    return {"rescaled": factor.q31 != 1 << 30, "widened": factor.exponent > 0}


def _on_common_scale(tensors: list[Tensor]) -> tuple[int, int]:
    """How many of two summands a product brings to the scale of both, and how many a division."""
    scales = [scale for tensor in tensors for scale in _scales(tensor)[:1]]
    products = divisions = 0
    for scale in scales:
        multiplier = quantize_multiplier(scale / (2 * max(scales)))
        products += multiplier.q31 & 0x3FFFFF != 0
        divisions += multiplier.exponent < 0
    return products, divisions


def _pool(operator: AveragePool2d | MaxPool2d, graph: TensorGraph, features: Set[str]) -> KernelTerms:
    height, width, n_channels = graph.tensors[operator.input].shape
    oh, ow, _ = graph.tensors[operator.output].shape
    window = operator.window
    kh, kw = window.size
    form = pool_form(window, (height, width), (oh, ow), features)
    n_outputs, n_taps, average = oh * ow * n_channels, kh * kw, isinstance(operator, AveragePool2d)
    rows, across = _inside(window, 0, height, oh), _inside(window, 1, width, ow)
    limited, divided = operator.activation != "none", average and n_taps & (n_taps - 1) > 0
    counts: dict[str, float] = {
        "calls": 1,
        "rows": oh,
        "positions": oh * ow,
        "outputs": n_outputs,
        "taps": rows * across * n_channels,
        "limited": n_outputs * limited,
        # How often one of random taps is the largest so far.
        "updates": 0 if average else n_outputs * sum(1 / at for at in range(1, n_taps + 1)),
    }
    name = f"{'average' if average else 'largest'}_pool_{form}"
    if form == "windows":
        counts["tap_rows"] = rows * ow * n_channels
        code = {"kernels": 1, "limited": limited, "divided": average and n_taps > MAX_SHARED_TAPS}
        return KernelTerms(name, counts, code, 0, twin=_routine(operator, graph, code["divided"]))
    far = sum((ky * width + kx) * n_channels > NEAR for ky in range(kh) for kx in range(kw))
    counts |= {"far": far * n_outputs, "divisions": n_outputs * divided}
    counts["high"] = n_outputs * max(n_taps - LOW_TAPS, 0)
    counts["spilled"] = n_outputs * max(n_taps - HELD_TAPS, 0)
    code = {"kernels": 1, "taps": n_taps, "far": far, "divisions": divided, "limited": limited}
    twin = _routine(operator, graph, kh, kw) if form == "fixed" else None
    return KernelTerms(name, counts, code, 0, twin=twin)


def _routine(operator: AveragePool2d | MaxPool2d, graph: TensorGraph, *more: Hashable) -> Hashable:
    """What pools must have in common to share the routine that runs over a window."""
    if operator.activation == "none":
        return more
    return operator.activation, graph.tensors[operator.output].quantization, *more


def _inside(window: Window, axis: int, length: int, n_outputs: int) -> int:
    """Taps inside of the input, of all outputs along an axis."""
    size, stride, before = window.size[axis], window.stride[axis], window.padding[2 * axis]
    return sum(
        min(max(at * stride - before + size, 0), length) - min(max(at * stride - before, 0), length)
        for at in range(n_outputs)
    )


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
