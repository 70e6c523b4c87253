"""Quantities of the depthwise and fully connected kernels of M4 and M7."""

from codegen.c.kernels.dsp_channel import ChannelLoop, channel_function, fits
from codegen.c.kernels.dsp_depthwise import output_steps
from codegen.c.kernels.dsp_pairs import MAX_ROW_WORDS, row_steps, row_weights
from codegen.plan.buffers import Planes, PointColumns
from codegen.plan.geometry import Geometry
from codegen.plan.kernels import depthwise_planes
from hwmodels.mcu.tensor.assembled import assembled_bytes
from hwmodels.mcu.tensor.dsp import scaling_of
from hwmodels.mcu.tensor.rows import unrolled_copies, used_columns, used_rows
from hwmodels.mcu.tensor.task import Task
from hwmodels.mcu.tensor.terms import KernelTerms, SharedFunction

LINE_BYTES = 4
MAX_STRAIGHT_BLOCKS = 4
MAX_HELD_TAPS = 9


def depthwise(task: Task) -> KernelTerms:
    sizes = task.sizes
    planes = depthwise_planes(sizes, {"dsp"})
    loop = ChannelLoop("one", sizes, planes, scaling_of(task.finish))
    if not _is_paired(sizes):
        return _by_taps(task, planes)
    if not fits(loop):
        return _by_taps(task, planes)
    oh = sizes.out_size[0]
    kh, kw = sizes.window.size
    doubles, singles = output_steps(sizes)
    counts = _plane_terms(sizes, planes)
    rows = sizes.n_out * oh
    steps = {2: rows * doubles, 1: rows * singles}
    each = {n: row_steps(kw, sizes.window.stride[1], n) for n in (2, 1)}
    counts |= {
        "channel_rows": rows,
        "steps": sum(steps.values()),
        "loads": sum(steps[n] * kh * (max(one.word for one in each[n]) // 2 + 1) for n in (2, 1)),
        "products": sum(steps[n] * kh * len(each[n]) for n in (2, 1)),
        "weights": 0 if loop.held else sum(steps.values()) * (kh + 1),
        "loops": rows * (len(loop.steps) // 4 if len(loop.steps) > loop.unrolled else 0),
        **task.finish.terms(rows * sizes.out_size[1]),
    }
    text = channel_function(loop)
    function = SharedFunction(text, assembled_bytes(text))
    code = _plane_code(sizes) | {"assembler": function.n_bytes}
    constants = 4 * sizes.n_out * (loop.weight_words + 4)
    return KernelTerms("depthwise_planes_dsp", counts, code, constants, functions=(function,))


def _is_paired(sizes: Geometry) -> bool:
    window = sizes.window
    if window.dilation[1] != 1 or window.stride[1] > 2:
        return False
    return len(row_weights([0] * window.size[1], window.stride[1])) <= MAX_ROW_WORDS


def _by_taps(task: Task, planes: Planes) -> KernelTerms:
    """C that reads tap by tap, the weights held in locals where they are few."""
    sizes = task.sizes
    rows = sizes.n_out * sizes.out_size[0]
    n_outputs = rows * sizes.out_size[1]
    counts = _plane_terms(sizes, planes)
    counts |= {"channel_rows": rows, "products": n_outputs * sizes.n_taps, **task.finish.terms(n_outputs)}
    held = sizes.n_taps <= MAX_HELD_TAPS
    if not held:
        counts["tap_rows"] = n_outputs * sizes.window.size[0]
    code = _plane_code(sizes) | {"taps": sizes.n_taps if held else sizes.window.size[1]}
    n_weights = sizes.n_out * sizes.n_taps
    constants = n_weights + -n_weights % 4 + 16 * sizes.n_out
    return KernelTerms("depthwise_held_dsp" if held else "depthwise_loops_dsp", counts, code, constants)


def _plane_terms(sizes: Geometry, planes: Planes) -> dict[str, float]:
    quads, rest = divmod(sizes.n_in, 4)
    n_rows, columns = used_rows(sizes), used_columns(sizes)
    return {
        "calls": 1,
        "channels": sizes.n_out,
        "quad_rows": quads * n_rows,
        "quads": quads * n_rows * columns,
        "copied_rows": rest * n_rows,
        "copied": rest * n_rows * columns,
        "filled": planes.n_planes * planes.plane_items,
    }


def _plane_code(sizes: Geometry) -> dict[str, float]:
    return {
        "kernels": 1,
        "by_quads": sizes.n_in >= 4,
        "odd_columns": sizes.n_in >= 4 and sizes.window.padding[2] % 2,
        "last_columns": sizes.n_in >= 4 and (used_columns(sizes) - sizes.window.padding[2] % 2) % 2,
        "by_channels": sizes.n_in % 4 > 0,
        "multiplied": sizes.multiplier > 1,
    }


def fully_connected(task: Task) -> KernelTerms:
    sizes = task.sizes
    n_places = len(PointColumns(sizes).taps)
    n_words = (n_places + -n_places % 4) // 2
    fours, rest = divmod(sizes.n_out, 4)
    twos, ones = divmod(rest, 2)
    groups = fours + twos + ones
    counts: dict[str, float] = {
        "calls": 1,
        "copied": sizes.n_in,
        "groups": groups,
        "blocks": groups * n_words / 4,
        "pairs": (2 * fours + twos) * n_words,
        "singles": ones * n_words,
        "loops": groups * _loops(n_words),
        "separate": 0 if task.finish.is_shared else sizes.n_out,
        **task.finish.terms(sizes.n_out),
    }
    code = {
        "kernels": 1,
        "copying": unrolled_copies(sizes.n_in // 4, 4),
        "tails": sizes.n_in % 4,
        "assembler": LINE_BYTES
        * sum(_lines(task, n, n_words) for n, m in ((4, fours), (2, twos), (1, ones)) if m),
    }
    words = (2 * fours + twos) * (2 + n_words) + ones * (1 + n_words)
    return KernelTerms(
        "fully_connected_dsp", counts, code, 4 * (words + (0 if task.finish.is_shared else 3 * sizes.n_out))
    )


def _loops(n_words: int) -> int:
    blocks = n_words // 4
    return blocks // 4 if blocks > MAX_STRAIGHT_BLOCKS else 0


def _lines(task: Task, n: int, n_words: int) -> int:
    """Of the code of a group of n outputs."""
    blocks, looped = n_words // 4, _loops(n_words)
    straight = blocks - 4 * looped + (4 if looped else 0)
    block = {4: 27, 2: 14, 1: 6}[n]
    rest = {4: 14, 2: 8, 1: 4}[n] if n_words % 4 else 0
    each = 4 + task.finish.is_doubled + task.finish.is_rounded + 3 * task.finish.n_clamps
    return straight * block + rest + n * each + (5 if looped else 0)
