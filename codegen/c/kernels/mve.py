"""Kernels of cores with vectors of 16 bytes (M55): assembler, or C with intrinsics.

A convolution makes four channels of one position: 16 activations meet 16 weights of each channel in VMLADAV.
A depthwise kernel makes four channels too, each in a 32-bit lane. Both finish the four sums as one vector.
GCC keeps too many of the eight vectors alive at a time and spills, so the assembler takes a third less.
"""

from codegen.c.kernels.mve_position import MAX_TAPS, DotPosition, dot_position, tap_position
from codegen.c.kernels.portable import window_values
from codegen.c.kernels.render import array, render
from codegen.c.kernels.scaling import FastScaling
from codegen.c.kernels.task import (
    DepthwiseTask,
    Form,
    FullyConnectedTask,
    KernelTask,
    folded_bias,
    geometry,
    weight_rows,
)
from codegen.c.kernels.thumb2 import channel_scaling
from codegen.ir.requantization import quantize_multiplier
from codegen.plan.buffers import ByteRows
from codegen.plan.geometry import Geometry

LANES, BYTES = 4, 16


def mve_kernel(task: KernelTask, name: str, form: Form) -> tuple[tuple[str, str], Form] | None:
    """((constants, functions), form), None where portable C is the best there is."""
    sizes, scaling = geometry(task), channel_scaling(task)
    if scaling is None or (isinstance(task, DepthwiseTask) and sizes.multiplier > 1):
        return None
    values = _values(task, name, scaling)
    constants = array("int32_t", f"{name}_scaling", _scaling(task, scaling))
    if isinstance(task, DepthwiseTask):
        constants += array("int8_t", f"{name}_weights", _lanes(task))
    else:
        constants += array("int8_t", f"{name}_weights", _blocks(task, _runs(sizes)))
    assembled = form == "asm" and (not isinstance(task, DepthwiseTask) or sizes.n_taps <= MAX_TAPS)
    head = "#include <string.h>\n\n" if assembled else "#include <arm_mve.h>\n#include <string.h>\n\n"
    position = _assembler(task, name, scaling) if assembled else _c_position(task, values)
    rows = render("mve_rows.c.j2", **values, assembled=assembled)
    return (constants, head + position + rows), "asm" if assembled else "acle"


def _c_position(task: KernelTask, values: dict[str, object]) -> str:
    template = "mve_depthwise.c.j2" if isinstance(task, DepthwiseTask) else "mve_dot.c.j2"
    return render("mve_scale.c.j2", **values) + render(template, **values)


def _assembler(task: KernelTask, name: str, scaling: FastScaling) -> str:
    sizes, runs = geometry(task), _runs(geometry(task))
    if isinstance(task, DepthwiseTask):
        return tap_position(f"{name}_position", _tap_offsets(sizes), sizes.n_in, scaling)
    run = sizes.n_taps // len(runs)
    return dot_position(
        DotPosition(f"{name}_position", runs, run - run % BYTES, run % BYTES, sizes.n_out, scaling)
    )


def _tap_offsets(sizes: Geometry) -> list[int]:
    """Of each tap of a depthwise window from a position's first item."""
    window, row_bytes = sizes.window, ByteRows(sizes).row_bytes
    return [
        ky * window.dilation[0] * row_bytes + kx * window.dilation[1] * sizes.n_in
        for ky in range(window.size[0])
        for kx in range(window.size[1])
    ]


def _runs(sizes: Geometry) -> list[int]:
    """Offsets in bytes, from a position's first item, of the runs of items that lie together."""
    (kh, kw), (dy, dx) = sizes.window.size, sizes.window.dilation
    across = [0] if dx == 1 or kw == 1 else [kx * dx * sizes.n_in for kx in range(kw)]
    row_bytes = ByteRows(sizes).row_bytes
    return [ky * dy * row_bytes + place for ky in range(kh) for place in across]


def _values(task: KernelTask, name: str, scaling: FastScaling) -> dict[str, object]:
    sizes = geometry(task)
    rows, window, runs = ByteRows(sizes), sizes.window, _runs(sizes)
    direct = isinstance(task, FullyConnectedTask) or (sizes.kind == "conv2d" and sizes.is_pointwise)
    run = sizes.n_taps // len(runs)
    return window_values(sizes) | {
        "name": name,
        "way": scaling.way,
        "lo": scaling.limits[0],
        "hi": scaling.limits[1],
        "n_groups": -(-sizes.n_out // LANES),
        "runs": runs,
        "whole": run - run % BYTES,
        "rest": run % BYTES,
        "offsets": _tap_offsets(sizes),
        "direct": direct,
        "step": window.stride[1] * sizes.n_in,
        "row_bytes": rows.row_bytes,
        "n_rows": rows.n_rows,
        "kept_rows": max(rows.n_rows - window.stride[0], 0),
        "n_items": max(min(sizes.width, sizes.used_size[1] - window.padding[2]), 0) * sizes.n_in,
        "input_zero": task.input_zero_point,
    }


def _scaling(task: KernelTask, scaling: FastScaling) -> list[int]:
    """For each four channels their biases, multipliers, offsets and negative shifts."""
    bias, words = [int(one) for one in folded_bias(task)], list[int]()
    for first in range(0, len(bias), LANES):
        some = scaling.channels[first : first + LANES]
        factors = task.requantization.factors[first : first + LANES]
        pow2 = scaling.way == "power_of_two"
        columns = (
            bias[first : first + LANES],
            [0 if pow2 else quantize_multiplier(factor).q31 for factor in factors],
            [one.offset for one in some],
            [-one.shift for one in some],
        )
        words += [value for column in columns for value in column + [0] * (LANES - len(column))]
    return words


def _blocks(task: KernelTask, runs: list[int]) -> list[int]:
    """For each four channels, run by run, blocks of 16 weights of each; a run's last block may be shorter.

    Its loads read 16 weights as well: those beyond meet activations of 0, and the last one ends in padding.
    """
    rows, found = weight_rows(task), list[int]()
    length = rows.shape[1] // len(runs)
    for first in range(0, len(rows), LANES):
        for run in range(len(runs)):
            for start in range(0, length, BYTES):
                for channel in range(first, first + LANES):
                    row = rows[channel] if channel < len(rows) else 0 * rows[0]
                    end = run * length + min(start + BYTES, length)
                    found += [int(weight) for weight in row[run * length + start : end]]
    return found + [0] * (-length % BYTES)


def _lanes(task: KernelTask) -> list[int]:
    """For each four channels the weights of each tap; absent channels have 0."""
    rows, found = weight_rows(task), list[int]()
    for first in range(0, len(rows), LANES):
        for column in rows[first : first + LANES].T:
            found += [int(weight) for weight in column] + [0] * (LANES - len(column))
    return found
