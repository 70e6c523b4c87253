"""Quantities of operators without weights, which are plain C on every core."""

import math
from collections.abc import Sequence

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
)
from codegen.ir.requantization import quantize_multiplier
from hwmodels.mcu.tensor.terms import KernelTerms

MAX_UNROLLED_TAPS = 9
WIDE = 4
"""From this width on the compiler makes loops of a padded pool's window."""
TABLE_BYTES = 256
MAX_SOFTMAX_DEPTH = 4096


def weightless_terms(operator: Operator, graph: TensorGraph) -> KernelTerms | str:
    """The quantities, or why there are none."""
    tensors = graph.tensors
    match operator:
        case Reshape():
            return KernelTerms("reshape", {}, {}, 0)
        case Add():
            return _add(operator, graph)
        case AveragePool2d() | MaxPool2d():
            return _pool(operator, graph)
        case GlobalAveragePool():
            height, width, n_channels = tensors[operator.input].shape
            counts = {"calls": 1, "channels": n_channels, "items": height * width * n_channels}
            return KernelTerms("global_average_pool", counts, {"kernels": 1}, 0)
        case Clamp() | HardSwish() | Quantize():
            return _mapping(operator, graph)
        case Softmax():
            return _softmax(operator, graph)
        case Pad():
            return _pad(operator, graph)
        case Concatenate():
            return _concatenation(operator, graph)
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


def _pool(operator: AveragePool2d | MaxPool2d, graph: TensorGraph) -> KernelTerms:
    height, width, n_channels = graph.tensors[operator.input].shape
    oh, ow, _ = graph.tensors[operator.output].shape
    window = operator.window
    rows, across = _inside(window, 0, height, oh), _inside(window, 1, width, ow)
    clipped = any(_clipped(window, axis, n, out) for axis, n, out in ((0, height, oh), (1, width, ow)))
    kh, kw = window.size
    unrolled = not clipped and kh * kw <= MAX_UNROLLED_TAPS
    n_outputs = oh * ow * n_channels
    counts: dict[str, float] = {
        "calls": 1,
        "positions": oh * ow,
        "outputs": n_outputs,
        "taps": rows * across * n_channels,
    }
    if not unrolled:
        counts["tap_rows"] = rows * ow * n_channels
    kind = "average" if isinstance(operator, AveragePool2d) else "largest"
    way = "unrolled" if unrolled else f"clipped_{min(kw, WIDE)}" if clipped else "loops"
    if kind == "average" and not clipped:
        counts["divisions"] = n_outputs * ((kh * kw) & (kh * kw - 1) > 0)
    code = {"kernels": 1, "taps": kh * kw if unrolled else 0}
    return KernelTerms(f"{kind}_pool_{way}", counts, code, 0)


def _inside(window: Window, axis: int, length: int, n_outputs: int) -> int:
    """Taps inside of the input, of all outputs along an axis."""
    size, stride, before = window.size[axis], window.stride[axis], window.padding[2 * axis]
    return sum(
        min(max(at * stride - before + size, 0), length) - min(max(at * stride - before, 0), length)
        for at in range(n_outputs)
    )


def _clipped(window: Window, axis: int, length: int, n_outputs: int) -> bool:
    before = window.padding[2 * axis]
    return before > 0 or (n_outputs - 1) * window.stride[axis] - before + window.size[axis] > length


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
    counts = {"calls": 1, "rows": math.prod(shape[:-1]), "items": math.prod(shape)}
    scales = _scales(graph.tensors[operator.input])
    n_counted = 256
    if scales:
        n_counted = min(-difference_multiplier(operator.beta, scales[0])[1], 255) + 1
    return KernelTerms("softmax", counts, {"kernels": 1}, 4 * n_counted)


def _pad(operator: Pad, graph: TensorGraph) -> KernelTerms:
    source, output = graph.tensors[operator.input], graph.tensors[operator.output]
    padded = [
        axis for axis, sides in enumerate(zip(operator.before, operator.after, strict=True)) if any(sides)
    ]
    last = max(padded, default=0)
    copies = math.prod(source.shape[:last])
    counts = {"calls": 1, "filled": output.n_bytes, "copies": copies, "copied": source.n_bytes}
    return KernelTerms("pad", counts, {"kernels": 1, "loops": last}, 0)


def _concatenation(operator: Concatenate, graph: TensorGraph) -> KernelTerms:
    output = graph.tensors[operator.output]
    n_rows, item = math.prod(output.shape[: operator.axis]), math.prod(output.shape[operator.axis + 1 :])
    pitch, offset = output.n_bytes // n_rows, 0
    parts = []
    for tensor in operator.inputs:
        row_bytes = graph.tensors[tensor].shape[operator.axis] * item
        parts.append((n_rows, row_bytes, (pitch, offset)))
        offset += row_bytes
    counts = row_copy_terms(parts)
    return KernelTerms("copy_rows", counts, {"inputs": len(parts)}, 0, ("memcpy",))


def row_copy_terms(parts: Sequence[tuple[int, int, Sequence[int]]]) -> dict[str, float]:
    """Of copies of (rows, bytes of a row, distances that decide whether rows begin on words)."""
    counts = {"inputs": len(parts), "copies": 0, "copied": 0, "tails": 0, "unaligned": 0}
    for n_rows, row_bytes, distances in parts:
        counts["copies"] += n_rows
        counts["copied"] += n_rows * row_bytes
        counts["tails"] += n_rows * (row_bytes % 4)
        aligned = all(distance % 4 == 0 for distance in (row_bytes, *distances))
        counts["unaligned"] += 0 if aligned else n_rows * row_bytes
    return dict(counts)
