"""Kernels of cores with Thumb-2 but without 16-bit multiply-accumulates (M3): MLA on extended bytes."""

from codegen.c.kernels.portable import plane_values, window_values
from codegen.c.kernels.render import array, render
from codegen.c.kernels.scaling import FastScaling, fast_scaling
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
from codegen.c.kernels.thumb2_channel import ByteChannel, byte_channel_function
from codegen.c.kernels.thumb2_tile import ByteTile, byte_tile
from codegen.c.kernels.tiles import row_tiles
from codegen.plan.buffers import ByteRows
from codegen.plan.geometry import Geometry
from codegen.plan.kernels import depthwise_planes


def thumb2_kernel(task: KernelTask, name: str, form: Form) -> tuple[tuple[str, str], Form] | None:
    """((constants, functions), form), None where portable C is the best there is."""
    scaling = channel_scaling(task)
    if form != "asm" or scaling is None:
        return None
    if isinstance(task, DepthwiseTask):
        return _depthwise(task, name, scaling)
    return _rows(task, name, scaling)


def channel_scaling(task: KernelTask) -> FastScaling | None:
    """The fast requantization of exact sums."""
    ranges = [(int(lo), int(hi)) for lo, hi in zip(*sum_ranges(task), strict=True)]
    return fast_scaling(task.requantization, ranges, [0] * len(ranges))


def _rows(
    task: ConvTask | FullyConnectedTask, name: str, scaling: FastScaling
) -> tuple[tuple[str, str], Form] | None:
    sizes = geometry(task)
    if sizes.window.dilation[1] != 1 and sizes.window.size[1] > 1:
        return None  # a run of the tile is whole rows of the window
    rows = ByteRows(sizes)
    in_place = sizes.is_pointwise or isinstance(task, FullyConnectedTask)
    (oh, ow), whole_image = sizes.out_size, in_place and sizes.window.stride == (1, 1)
    tiles = row_tiles(oh * ow if whole_image else ow)
    made = [
        ByteTile(f"{name}_tile{n}", n, sizes, rows.row_bytes * sizes.window.dilation[0], scaling)
        for n in tiles.sizes
    ]
    if not all(one.fits for one in made):
        return None
    words = _stream(task, scaling)
    values = window_values(sizes) | {
        "name": name,
        "tiles": tiles,
        "end": len(words) - sizes.n_out % 2 * _single_words(sizes),
        "in_place": in_place,
        "n_rows_out": 1 if whole_image else oh,
        "step": sizes.window.stride[1] * sizes.n_in,
        "row_bytes": rows.row_bytes,
        "n_rows": rows.n_rows,
        "kept_rows": max(rows.n_rows - sizes.window.stride[0], 0),
        "n_items": max(min(sizes.width, sizes.used_size[1] - sizes.window.padding[2]), 0) * sizes.n_in,
        "input_zero": task.input_zero_point,
    }
    functions = "#include <string.h>\n\n" + "".join(byte_tile(one) for one in made)
    functions += render("thumb2_rows.c.j2", **values)
    return (array("int32_t", f"{name}_stream", words), functions), "asm"


def _single_words(sizes: Geometry) -> int:
    """Words of a last single channel in the stream."""
    return 1 + -(-sizes.n_taps // 4) + 3


def _stream(task: ConvTask | FullyConnectedTask, scaling: FastScaling) -> list[int]:
    """For each pair of channels two biases, weights of both in turn as bytes, {multiplier, offset, shift}
    twice; for a last single one the same of it alone. Bytes are filled up to words."""
    rows, bias, words = weight_rows(task), folded_bias(task), list[int]()
    for first in range(0, len(rows), 2):
        some = range(first, min(first + 2, len(rows)))
        words += [int(bias[channel]) & 0xFFFFFFFF for channel in some]
        words += byte_words([int(weight) for column in rows[first : first + 2].T for weight in column])
        for channel in some:
            one = scaling.channels[channel]
            words += [one.multiplier & 0xFFFFFFFF, one.offset & 0xFFFFFFFF, one.shift]
    return words


def byte_words(values: list[int]) -> list[int]:
    """Bytes as words, the first one lowest, filled up with zeros."""
    padded = [value & 255 for value in values] + [0] * (-len(values) % 4)
    return [int.from_bytes(padded[at : at + 4], "little") for at in range(0, len(padded), 4)]


def _depthwise(task: DepthwiseTask, name: str, scaling: FastScaling) -> tuple[tuple[str, str], Form] | None:
    sizes = geometry(task)
    planes = depthwise_planes(sizes, {"thumb2"})
    channel = ByteChannel(f"{name}_channel", sizes, planes, scaling)
    if not channel.fits:
        return None
    words, bias = list[int](), folded_bias(task)
    for number, row in enumerate(weight_rows(task)):
        one = scaling.channels[number]
        words += [one.multiplier, one.offset, one.shift, int(bias[number])]
        words += byte_words([int(weight) for weight in row])
    values = window_values(sizes) | plane_values(sizes, planes) | {"name": name}
    values |= {"input_zero": task.input_zero_point, "channel_words": 4 + -(-sizes.n_taps // 4)}
    functions = byte_channel_function(channel) + render("planes.c.j2", **values)
    functions += render("thumb2_depthwise.c.j2", **values)
    return (array("int32_t", f"{name}_stream", words), functions), "asm"
