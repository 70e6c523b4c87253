"""The portable form: plain C99 for any core; only a right shift of a negative number must be arithmetic."""

import math

from codegen.c.kernels.render import array, render
from codegen.c.kernels.task import (
    ConvTask,
    DepthwiseTask,
    FullyConnectedTask,
    KernelTask,
    folded_bias,
    geometry,
    weight_rows,
)
from codegen.ir.requantization import quantize_multiplier
from codegen.plan.buffers import Planes
from codegen.plan.geometry import Geometry

MAX_HELD_TAPS = 9
"""Weights of a depthwise channel that C keeps in locals."""


def portable_kernel(task: KernelTask, name: str) -> tuple[str, str]:
    """(constants, functions)."""
    sizes = geometry(task)
    if isinstance(task, DepthwiseTask):
        return depthwise_taps(task, name, Planes(sizes, item_bytes=1, n_planes=1))
    folds = isinstance(task, FullyConnectedTask) or task.window.padding == (0, 0, 0, 0)
    bias = folded_bias(task) if folds else task.bias
    constants = weights_text(task, name) + array("int32_t", f"{name}_bias", map(int, bias))
    values = window_values(sizes) | {
        "name": name,
        "padded": not folds,
        "minus_zero": "" if folds else minus(task.input_zero_point),
    }
    template = "conv2d_portable.c.j2" if isinstance(task, ConvTask) else "fully_connected_portable.c.j2"
    return constants + finish_constants(task, name), finish_text(task, name) + render(template, **values)


def depthwise_taps(task: DepthwiseTask, name: str, planes: Planes) -> tuple[str, str]:
    """Tap by tap over padded planes, one channel after the other."""
    constants = depthwise_constants(task, name) + finish_constants(task, name)
    functions = finish_text(task, name) + depthwise_taps_text(
        task, name, planes, {"scale": [], "function": "taps"}
    )
    return constants, functions


def depthwise_constants(task: DepthwiseTask, name: str) -> str:
    """Weights and the biases with the zero point in them."""
    return weights_text(task, name) + array("int32_t", f"{name}_bias", map(int, folded_bias(task)))


def depthwise_taps_text(
    task: DepthwiseTask, name: str, planes: Planes, more: dict[str, object], *, entry: bool = True
) -> str:
    """The function of one channel and, where `entry`, those around it.

    more: has another "function" where the text stands beside one that has a name_channel too, which operators
    could not share then.
    """
    sizes = geometry(task)
    (kh, kw), (dy, dx) = task.window.size, task.window.dilation
    values = (
        window_values(sizes)
        | plane_values(sizes, planes)
        | {"unroll": False, "function": "channel"}
        | more
        | {"name": name}
    )
    values["hold_weights"] = kh * kw <= MAX_HELD_TAPS
    values["offsets"] = [ky * dy * planes.row_items + kx * dx for ky in range(kh) for kx in range(kw)]
    values["input_zero"] = task.input_zero_point
    channel = render("depthwise_taps.c.j2", **values)
    if not entry:
        return channel
    kernel = render("depthwise_taps_kernel.c.j2", **values)
    return render("planes.c.j2", **values) + channel + kernel


def plane_values(sizes: Geometry, planes: Planes) -> dict[str, object]:
    """What a template must know to fill a plane: only what outputs read is copied."""
    top, _, left, _ = sizes.window.padding
    rows, columns = sizes.used_size
    return {
        "item": "int8_t" if planes.item_bytes == 1 else "int16_t",
        "row_items": planes.row_items,
        "plane_items": planes.plane_items,
        "n_rows": max(min(sizes.height, rows - top), 0),
        "n_columns": max(min(sizes.width, columns - left), 0),
        "first_row": top,
        "first_column": left,
    }


def window_values(sizes: Geometry) -> dict[str, object]:
    """Sizes by the names that templates use."""
    window, (oh, ow) = sizes.window, sizes.out_size
    return {
        "height": sizes.height,
        "width": sizes.width,
        "n_in": sizes.n_in,
        "n_out": sizes.n_out,
        "n_taps": sizes.n_taps,
        "multiplier": sizes.multiplier if sizes.kind == "depthwise" else 0,
        "oh": oh,
        "ow": ow,
        "kh": window.size[0],
        "kw": window.size[1],
        "sy": window.stride[0],
        "sx": window.stride[1],
        "dy": window.dilation[0],
        "dx": window.dilation[1],
        "top": window.padding[0],
        "left": window.padding[2],
    }


def weights_text(task: KernelTask, name: str) -> str:
    return array("int8_t", f"{name}_weights", (int(weight) for weight in weight_rows(task).flat))


def finish_constants(task: KernelTask, name: str) -> str:
    """The factors of the general requantization."""
    factors = task.requantization.factors
    if task.requantization.rounding == "power_of_two":
        return array("int8_t", f"{name}_exponents", (1 - math.frexp(factor)[1] for factor in factors))
    multipliers = [quantize_multiplier(factor) for factor in factors]
    return array("int32_t", f"{name}_multipliers", (one.q31 for one in multipliers)) + array(
        "int8_t", f"{name}_exponents", (one.exponent for one in multipliers)
    )


def finish_text(task: KernelTask, name: str) -> str:
    """`name_finish`: the general requantization of a sum, exact for every factor."""
    lo, hi = task.requantization.limits
    return render(
        "finish.c.j2",
        name=name,
        inline=True,
        rounding=task.requantization.rounding,
        zero_point=task.requantization.zero_point,
        lo=lo,
        hi=hi,
    )


def minus(value: int) -> str:
    """` - value` as C text, nothing for 0."""
    if value == 0:
        return ""
    return f" - {value}" if value > 0 else f" + {-value}"
