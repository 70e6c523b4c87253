"""Kernels of cores with Thumb-1 alone (M0): no long product, few registers, multiplication by MULS.

A convolution copies two outputs' windows into columns of 32-bit words and stores weights as `weight + 128`,
since only bytes without sign load with an immediate offset; 128 times the sum of a column comes off the bias.
"""

from collections.abc import Sequence

from codegen.c.kernels.assembler import function_text
from codegen.c.kernels.portable import (
    depthwise_constants,
    depthwise_taps_text,
    finish_constants,
    finish_text,
    weights_text,
    window_values,
)
from codegen.c.kernels.render import array, render
from codegen.c.kernels.scaling import Way, right_shift, scaling_way
from codegen.c.kernels.task import (
    ConvTask,
    DepthwiseTask,
    Form,
    FullyConnectedTask,
    KernelTask,
    folded_bias,
    geometry,
    sum_ranges,
    weight_rows,
)
from codegen.ir.requantization import INT32_MAX, INT32_MIN, quantize_multiplier
from codegen.plan.kernels import depthwise_planes

HALVES = ("high", "low", "offset", "shift")
MAX_SUM = 1 << 28
"""Sums below this pass the products of halves without overflow."""
UNROLLED = 8


def thumb1_kernel(task: KernelTask, name: str, form: Form) -> tuple[tuple[str, str], Form] | None:
    """((constants, functions), form); "asm" becomes "acle", C made for the part, without assembler."""
    if isinstance(task, DepthwiseTask):
        return _depthwise(task, name), "acle"
    if isinstance(task, FullyConnectedTask):
        return _fully_connected(task, name), "acle"
    return _convolution(task, name, form == "asm"), "asm" if form == "asm" else "acle"


def halves(task: KernelTask) -> list[tuple[int, int, int, int]] | None:
    """(high, low, offset, shift) for each channel, or None where this requantization is not exact.

    For "power_of_two" high and low are 0 and not used.
    """
    rule, found = task.requantization, list[tuple[int, int, int, int]]()
    way = scaling_way(rule)
    for factor, lo, hi in zip(rule.factors, *sum_ranges(task), strict=True):
        one = channel_halves(way, factor, (int(lo), int(hi)), rule.zero_point)
        if one is None:
            return None
        found.append(one)
    return found


def channel_halves(
    way: Way, factor: float, span: tuple[int, int], zero_point: int
) -> tuple[int, int, int, int] | None:
    """(high, low, offset, shift) of one channel whose sums are in a span, None where it is not exact."""
    shift = right_shift(way, factor)
    if shift is None or shift > 31 or max(-span[0], span[1]) >= MAX_SUM:
        return None
    if shift == 0 and way in ("single", "double"):
        return None
    offset = ((1 << shift) >> 1) + (zero_point << shift)
    q31 = 0 if way == "power_of_two" else quantize_multiplier(factor).q31
    reached = (offset, offset - MAX_SUM - 1, offset + MAX_SUM)
    if not all(INT32_MIN <= value <= INT32_MAX for value in reached):
        return None
    return q31 >> 16, q31 & 0xFFFF, offset, shift


def _scaling(task: KernelTask, name: str, *, inline: bool) -> tuple[str, str, Sequence[str]]:
    """(constants, functions, names of a channel's constants; none where the general code is needed)."""
    found = halves(task)
    if found is None:
        return finish_constants(task, name), finish_text(task, name), ()
    lo, hi = task.requantization.limits
    way = scaling_way(task.requantization)
    text = render("halves_scale.c.j2", name=name, inline=inline, way=way, lo=lo, hi=hi)
    return array("int32_t", f"{name}_scaling", (value for one in found for value in one)), text, HALVES


def _depthwise(task: DepthwiseTask, name: str) -> tuple[str, str]:
    constants, functions, scale = _scaling(task, name, inline=True)
    planes = depthwise_planes(geometry(task), {"thumb1"})
    text = depthwise_taps_text(task, name, planes, {"scale": scale, "unroll": True})
    return depthwise_constants(task, name) + constants, functions + text


def _fully_connected(task: FullyConnectedTask, name: str) -> tuple[str, str]:
    constants, functions, scale = _scaling(task, name, inline=False)
    bias = array("int32_t", f"{name}_bias", map(int, folded_bias(task)))
    values = window_values(geometry(task)) | {"name": name, "scale": scale}
    text = render("thumb1_fully_connected.c.j2", **values)
    return weights_text(task, name) + bias + constants, functions + text


def _convolution(task: ConvTask, name: str, assembled: bool) -> tuple[str, str]:
    sizes = geometry(task)
    constants, functions, scale = _scaling(task, name, inline=False)
    raised = (int(weight) + 128 for weight in weight_rows(task).flat)
    constants += array("uint8_t", f"{name}_weights", raised)
    constants += array("int32_t", f"{name}_bias", map(int, folded_bias(task)))
    (oh, ow) = sizes.out_size
    values = window_values(sizes) | {
        "name": name,
        "scale": scale,
        "input_zero": task.input_zero_point,
        "pointwise": sizes.is_pointwise,
        "n_positions": oh * ow,
    }
    dot = _dot(name, sizes.n_taps) if assembled else render("thumb1_dot.c.j2", **values)
    return constants, functions + dot + render("thumb1_conv2d.c.j2", **values)


def _dot(name: str, n_taps: int) -> str:
    """`sums[0] += column 0 . weights`, and so for column 1. r4, r5 items, r6 a weight, r7 the end."""
    rest = n_taps % UNROLLED
    lines = ["push {r2,r4-r7,lr}", "ldr r3,[r2,#4]", "ldr r2,[r2]"]
    lines += [*_taps(rest), f"adds r1,#{rest}"] if rest else []
    loops = n_taps // UNROLLED
    if loops:
        end = [f"ldr r7,={loops * UNROLLED}", "adds r7,r7,r1"]
        lines += [*end, "1:", *_taps(UNROLLED), f"adds r1,#{UNROLLED}", "cmp r1,r7", "bne 1b"]
    lines += ["ldr r4,[sp]", "str r2,[r4]", "str r3,[r4,#4]", "pop {r2,r4-r7,pc}", ".ltorg"]
    arguments = "const int32_t *columns, const uint8_t *weights, int32_t *sums"
    return function_text(f"{name}_dot", arguments, lines)


def _taps(n: int) -> list[str]:
    lines: list[str] = []
    for tap in range(n):
        lines += ["ldmia r0!,{r4,r5}", f"ldrb r6,[r1,#{tap}]", "muls r4,r6,r4", "adds r2,r2,r4"]
        lines += ["muls r5,r6,r5", "adds r3,r3,r5"]
    return lines
