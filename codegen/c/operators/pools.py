"""Average and maximum over windows, and the mean of whole channels."""

from collections.abc import Set
from typing import Literal, TypeAlias

from codegen.c.operators.function import Function
from codegen.c.operators.scaling import divided_lines, finished_lines, limited, minus, scaled_lines
from codegen.c.render import render
from codegen.ir.integer.pools import mean_multiplier
from codegen.ir.integer.values import Tensors, quantization, same_quantization
from codegen.ir.operators import AveragePool2d, GlobalAveragePool, MaxPool2d, Window
from codegen.ir.requantization import INT8_MAX, INT8_MIN, activation_limits

PoolForm: TypeAlias = Literal["unrolled", "fixed", "windows"]
POOL_TEMPLATES: dict[PoolForm, str] = {
    "unrolled": "operators/pool.c.j2",
    "fixed": "operators/pool_fixed.c.j2",
    "windows": "operators/pool_windows.c.j2",
}
MAX_UNROLLED_TAPS = 9
"""Windows of up to so many taps without padding are written tap by tap."""
MAX_SHARED_TAPS = 361
"""Means of up to so many taps are exact by a product: x * (2**24 // n + 1) >> 24 is x // n while x * n <
2**24, and x is at most 128 * n + n // 2."""


def pool_function(
    operator: AveragePool2d | MaxPool2d, tensors: Tensors, name: str, features: Set[str]
) -> Function:
    """One output after the other, without taps in the padding; a graph has no window of padding alone."""
    kept = same_quantization(tensors[operator.output], tensors[operator.input])
    height, width, n_channels = tensors[operator.input].shape
    oh, ow, _ = tensors[operator.output].shape
    window, (kh, kw) = operator.window, operator.window.size
    limits = activation_limits(operator.activation, kept)
    form = pool_form(window, (height, width), (oh, ow), features)
    average = isinstance(operator, AveragePool2d)
    counted = ", int32_t n_rows, int32_t n_columns" if form == "windows" else ""
    parameters = "const int8_t *input, int8_t *output, int32_t n_channels, int32_t row_items"
    routine = f"static void {name}_window({parameters}{counted})"
    text = render(
        POOL_TEMPLATES[form],
        name=name,
        average=average,
        routine=routine,
        height=height,
        width=width,
        n_channels=n_channels,
        oh=oh,
        ow=ow,
        kh=kh,
        kw=kw,
        sy=window.stride[0],
        sx=window.stride[1],
        top=window.padding[0],
        left=window.padding[2],
        taps=[(ky * width + kx) * n_channels for ky in range(kh) for kx in range(kw)],
        shared=kh * kw <= MAX_SHARED_TAPS,
        divided=_mean_lines(kh * kw) if average and form != "windows" else [],
        limit=limited("y", limits) if limits != (INT8_MIN, INT8_MAX) else None,
    )
    return Function(name, "", text, routines=() if form == "unrolled" else (routine,))


def pool_form(
    window: Window, size: tuple[int, int], out_size: tuple[int, int], features: Set[str]
) -> PoolForm:
    """How a pool over an image is written.

    "unrolled": tap by tap at constant distances. "fixed": the same by a routine that steps from tap to tap,
    for cores where a constant takes a register. "windows": by a routine for windows of any size.
    """
    inside = not any(_is_clipped(window, axis, size[axis], out_size[axis]) for axis in (0, 1))
    if not inside or window.size[0] * window.size[1] > MAX_UNROLLED_TAPS:
        return "windows"
    return "fixed" if "thumb1" in features else "unrolled"


def _mean_lines(n: int) -> list[str]:
    """Statements that divide the sum y of n taps by n, halves away from zero."""
    if n & (n - 1) == 0:
        return divided_lines("y", n.bit_length() - 1)
    share = (1 << 24) // n + 1
    return [
        f"y = y < 0 ? -(int32_t)(((uint32_t)-y * {share}u + {n // 2 * share}u) >> 24)",
        f"          : (int32_t)(((uint32_t)y * {share}u + {n // 2 * share}u) >> 24);",
    ]


def global_pool_function(
    operator: GlobalAveragePool, tensors: Tensors, name: str, features: Set[str]
) -> Function:
    """Channel by channel."""
    source, output = quantization(tensors[operator.input]), quantization(tensors[operator.output])
    height, width, n_channels = tensors[operator.input].shape
    n_items = height * width
    factor = mean_multiplier(source.scales[0] / output.scales[0], n_items)
    text = render(
        "operators/global_pool.c.j2",
        name=name,
        n_items=n_items,
        n_channels=n_channels,
        minus_zeros=minus(source.zero_point * n_items),
        scaled=scaled_lines(factor, 255 * n_items, features),
        finished=finished_lines(output.zero_point, (INT8_MIN, INT8_MAX)),
    )
    return Function(name, "", text)


def _is_clipped(window: Window, axis: int, length: int, n_outputs: int) -> bool:
    """Whether some output's window reaches over an end of the input along an axis."""
    before = window.padding[2 * axis]
    last = (n_outputs - 1) * window.stride[axis] - before + window.size[axis] - 1
    return before > 0 or last >= length
