"""Average and maximum over windows, and the mean of whole channels."""

from codegen.c.operators.function import Function
from codegen.c.operators.scaling import finished_lines, limited, minus, scaled_lines
from codegen.c.render import render
from codegen.ir.integer.pools import mean_multiplier
from codegen.ir.integer.values import Tensors, quantization, same_quantization
from codegen.ir.operators import AveragePool2d, GlobalAveragePool, MaxPool2d, Window
from codegen.ir.requantization import INT8_MAX, INT8_MIN, activation_limits

MAX_UNROLLED_TAPS = 9
"""Windows of up to so many taps without padding are written tap by tap."""


def pool_function(operator: AveragePool2d | MaxPool2d, tensors: Tensors, name: str) -> Function:
    """One output after the other, without taps in the padding; a graph has no window of padding alone."""
    kept = same_quantization(tensors[operator.output], tensors[operator.input])
    height, width, n_channels = tensors[operator.input].shape
    oh, ow, _ = tensors[operator.output].shape
    window, (kh, kw) = operator.window, operator.window.size
    limits = activation_limits(operator.activation, kept)
    clipped = (
        _is_clipped(window, 0, height, oh),
        _is_clipped(window, 1, width, ow),
    )
    text = render(
        "operators/pool.c.j2",
        name=name,
        average=isinstance(operator, AveragePool2d),
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
        clip_y=clipped[0],
        clip_x=clipped[1],
        taps=[(ky * width + kx) * n_channels for ky in range(kh) for kx in range(kw)],
        unrolled=not any(clipped) and kh * kw <= MAX_UNROLLED_TAPS,
        limit=limited("y", limits) if limits != (INT8_MIN, INT8_MAX) else None,
    )
    return Function(name, "", text)


def global_pool_function(operator: GlobalAveragePool, tensors: Tensors, name: str) -> Function:
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
        scaled=scaled_lines(factor, 255 * n_items),
        finished=finished_lines(output.zero_point, (INT8_MIN, INT8_MAX)),
    )
    return Function(name, "", text)


def _is_clipped(window: Window, axis: int, length: int, n_outputs: int) -> bool:
    """Whether some output's window reaches over an end of the input along an axis."""
    before = window.padding[2 * axis]
    last = (n_outputs - 1) * window.stride[axis] - before + window.size[axis] - 1
    return before > 0 or last >= length
