"""Depthwise kernels of M4 and M7: planes of 16-bit items, two columns a multiply-accumulate."""

from codegen.c.kernels.dsp_channel import ChannelLoop, channel_function, fits
from codegen.c.kernels.dsp_pairs import MAX_ROW_WORDS, row_steps, row_weights
from codegen.c.kernels.dsp_stream import paired
from codegen.c.kernels.portable import (
    depthwise_constants,
    depthwise_taps_text,
    finish_constants,
    finish_text,
    plane_values,
    window_values,
)
from codegen.c.kernels.render import array, render
from codegen.c.kernels.scaling import FastScaling, fast_scaling
from codegen.c.kernels.task import DepthwiseTask, Form, folded_bias, geometry, sum_ranges, weight_rows
from codegen.plan.buffers import Planes
from codegen.plan.geometry import Geometry
from codegen.plan.kernels import depthwise_planes

HELD_WORDS = 6
"""Weight words of a channel that stay in registers."""


def dsp_depthwise(task: DepthwiseTask, name: str, form: Form) -> tuple[tuple[str, str], Form]:
    """((constants, functions), form)."""
    sizes = geometry(task)
    planes = depthwise_planes(sizes, {"dsp"})
    scaling = task_scaling(task)
    loop = ChannelLoop(name, sizes, planes, scaling)
    assembled = form == "asm" and scaling is not None and _is_paired(sizes) and fits(loop)
    if _is_paired(sizes):
        constants = array("int32_t", f"{name}_stream", _stream(task, scaling))
        channel = channel_function(loop) if assembled else _paired_channel(task, name, planes, scaling)
    else:
        constants = depthwise_constants(task, name) + _scaling_constants(name, scaling)
        scale = ["multiplier", "offset", "shift"] if scaling else []
        channel = depthwise_taps_text(task, name, planes, {"scale": scale, "unroll": True}, entry=False)
    if scaling is None:
        constants += finish_constants(task, name)
    functions = (
        _heads(task, name, planes, None if assembled else scaling)
        + channel
        + _kernel(task, name, planes, scaling)
    )
    return (constants, functions), "asm" if assembled else "acle"


def task_scaling(task: DepthwiseTask) -> FastScaling | None:
    """The fast requantization, where it is exact."""
    ranges = [(int(lo), int(hi)) for lo, hi in zip(*sum_ranges(task), strict=True)]
    return fast_scaling(task.requantization, ranges, [0] * len(ranges))


def _is_paired(sizes: Geometry) -> bool:
    """Whether words of two columns serve: neighboring taps, a stride of one or two columns."""
    window = sizes.window
    if window.dilation[1] != 1 or window.stride[1] > 2:
        return False
    return len(row_weights([0] * window.size[1], window.stride[1])) <= MAX_ROW_WORDS


def _stream(task: DepthwiseTask, scaling: FastScaling | None) -> list[int]:
    """For each channel its weight words, {multiplier, offset, shift} where fast, and the bias."""
    words = list[int]()
    kh, kw = task.window.size
    bias = folded_bias(task)
    for channel, row in enumerate(weight_rows(task).reshape(-1, kh, kw)):
        for taps in row:
            pairs = row_weights([int(tap) for tap in taps], task.window.stride[1])
            words += paired([half for pair in pairs for half in pair])
        if scaling is not None:
            one = scaling.channels[channel]
            words += [one.multiplier, one.offset, one.shift]
        words.append(int(bias[channel]))
    return words


def _scaling_constants(name: str, scaling: FastScaling | None) -> str:
    if scaling is None:
        return ""
    return array(
        "int32_t",
        f"{name}_scaling",
        (value for one in scaling.channels for value in (one.multiplier, one.offset, one.shift)),
    )


def _heads(task: DepthwiseTask, name: str, planes: Planes, scaling: FastScaling | None) -> str:
    """Small functions, and the requantization that C code uses."""
    values = plane_values(planes.geometry, planes) | {"name": name}
    text = render("dsp_head.c.j2", name=name, odd=True, packs=True)
    text += render("dsp_depthwise_head.c.j2", **values)
    if planes.geometry.n_in % 4:
        text += render("planes.c.j2", **values, n_in=planes.geometry.n_in, width=planes.geometry.width)
    if task_scaling(task) is None:
        return text + finish_text(task, name)
    if scaling is None:
        return text
    lo, hi = scaling.limits
    return text + render("dsp_scale.c.j2", name=name, way=scaling.way, lo=lo, hi=hi)


def _paired_channel(task: DepthwiseTask, name: str, planes: Planes, scaling: FastScaling | None) -> str:
    sizes, (kh, kw) = planes.geometry, task.window.size
    stride, per_row = task.window.stride[1], len(row_weights([0] * kw, task.window.stride[1]))
    doubles, singles = output_steps(sizes)
    values: dict[str, object] = {
        "fast": scaling is not None,
        "held": kh * per_row <= HELD_WORDS,
        "n_weight_words": kh * per_row,
        "per_row": per_row,
        "rows": list(range(kh)),
        "row_step": task.window.dilation[0] * planes.row_items,
        "n_doubles_out": doubles,
        "n_singles_out": singles,
        "stride_one": stride == 1,
        "double": row_steps(kw, stride, 2),
        "single": row_steps(kw, stride, 1),
        "row_advance": task.window.stride[0] * planes.row_items - 2 * (doubles + singles),
    }
    used = {
        one.weight
        for n, outputs in ((doubles, 2), (singles, 1))
        if n
        for one in row_steps(kw, stride, outputs)
    }
    values["used_words"] = [ky * per_row + word for ky in range(kh) for word in sorted(used)]
    for step, outputs in (("double", 2), ("single", 1)):
        values[f"{step}_words"] = max(one.word for one in row_steps(kw, stride, outputs)) + 1
    return render("dsp_depthwise_channel.c.j2", **window_values(sizes) | values | {"name": name})


def output_steps(sizes: Geometry) -> tuple[int, int]:
    """Steps of two outputs and of one in a row."""
    ow = sizes.out_size[1]
    return (ow // 2, ow % 2) if sizes.window.stride[1] == 1 else (0, ow)


def _kernel(task: DepthwiseTask, name: str, planes: Planes, scaling: FastScaling | None) -> str:
    sizes = planes.geometry
    values = window_values(sizes) | plane_values(sizes, planes) | {"name": name}
    is_odd = task.window.padding[2] % 2
    columns = values["n_columns"]
    assert isinstance(columns, int)
    kh, kw = task.window.size
    words = kh * len(row_weights([0] * kw, task.window.stride[1])) + (4 if scaling else 1)
    with_channel = scaling is None or not _is_paired(sizes)
    return render(
        "dsp_depthwise.c.j2",
        **values,
        input_zero=task.input_zero_point,
        n_planes=planes.n_planes,
        quads=sizes.n_in // 4,
        n_doubles=max(columns - is_odd, 0) // 2,
        n_last=max(columns - is_odd, 0) % 2,
        stream_words=words if _is_paired(sizes) else 0,
        channel_argument=lambda text: f", {text}" if with_channel else "",
    )
