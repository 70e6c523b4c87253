"""Quantities of the kernels of M3; codegen.c.kernels.thumb2 says what each does."""

import functools

from codegen.c.kernels.thumb2_channel import ByteChannel, byte_channel_function
from codegen.c.kernels.thumb2_tile import STRAIGHT, UNROLLED, ByteTile, byte_tile
from codegen.c.kernels.tiles import row_tiles
from codegen.plan.buffers import ByteRows, Planes
from codegen.plan.geometry import Geometry
from codegen.plan.kernels import depthwise_planes
from hwmodels.mcu.tensor.assembled import assembled_bytes
from hwmodels.mcu.tensor.dsp import scaling_of
from hwmodels.mcu.tensor.rows import moved_terms, moving_routines, row_work, used_columns, used_rows
from hwmodels.mcu.tensor.task import Finish, Task
from hwmodels.mcu.tensor.terms import KernelTerms, SharedFunction

HELD_TAPS = 9
CHEAP_TAPS = 5
"""Weights in registers that the requantization leaves alone."""


def weighted_rows(task: Task) -> KernelTerms | None:
    """Convolutions and fully connected operators; None where portable code runs in their place."""
    sizes = task.sizes
    if sizes.window.dilation[1] != 1 and sizes.window.size[1] > 1:
        return None
    in_place = sizes.is_pointwise or sizes.kind == "fully_connected"
    (oh, ow), whole = sizes.out_size, in_place and sizes.window.stride == (1, 1)
    n_rows, tiles = (1, row_tiles(oh * ow)) if whole else (oh, row_tiles(ow))
    rows = ByteRows(sizes)
    step = rows.row_bytes * sizes.window.dilation[0]
    made = [ByteTile("tile", n, sizes, step, scaling_of(task.finish)) for n in tiles.sizes]
    if not all(one.fits for one in made):
        return None
    each = [4] * tiles.whole + [n for _, n in tiles.rest]
    n_pairs, n_single = divmod(sizes.n_out, 2)
    calls, outputs, kh = n_rows * len(each), n_rows * sum(each), sizes.window.size[0]
    passes, run = calls * (n_pairs + n_single), sizes.n_taps // kh
    counts = {
        "calls": 1,
        "rows": n_rows,
        "tiles": calls,
        "passes": passes,
        "runs": passes * kh,
        "loops": passes * kh * (run // UNROLLED if run > STRAIGHT else 1),
        "weights": calls * sizes.n_out * sizes.n_taps,
        "loads": outputs * (n_pairs + n_single) * sizes.n_taps,
        "products": outputs * sizes.n_out * sizes.n_taps,
        **task.finish.terms(outputs * sizes.n_out),
    }
    functions = tuple(_tile(n, sizes, step, task.finish) for n in tiles.sizes)
    code: dict[str, float] = {
        "kernels": 1,
        "assembler": sum(one.n_bytes for one in functions),
        "calls": len(tiles.rest) + (tiles.whole > 0),
    }
    constants = 4 * (n_pairs * (8 + -(-2 * sizes.n_taps // 4)) + n_single * (4 + -(-sizes.n_taps // 4)))
    if in_place:
        return KernelTerms("rows_in_place_thumb2", counts, code, constants, functions=functions)
    work = row_work(sizes)
    counts |= {
        "taken": work.taken,
        "taken_bytes": work.taken * used_columns(sizes) * sizes.n_in,
        "cleared": work.cleared + 1,
        "cleared_bytes": work.cleared * used_columns(sizes) * sizes.n_in + rows.n_bytes,
        **moved_terms(sizes, work, rows.row_bytes),
    }
    code["moving"] = work.kept > 0
    return KernelTerms("rows_thumb2", counts, code, constants, moving_routines(sizes, work), functions)


@functools.lru_cache(maxsize=4096)
def _tile(n: int, sizes: Geometry, step: int, finish: Finish) -> SharedFunction:
    text = byte_tile(ByteTile("tile", n, sizes, step, scaling_of(finish)))
    return SharedFunction(text, assembled_bytes(text))


def depthwise(task: Task) -> KernelTerms | None:
    """None where portable code runs in its place."""
    sizes = task.sizes
    planes = depthwise_planes(sizes, {"thumb2"})
    channel = ByteChannel("channel", sizes, planes, scaling_of(task.finish))
    if not channel.fits:
        return None
    rows, (_, ow) = sizes.n_out * sizes.out_size[0], sizes.out_size
    n_outputs, loops = rows * ow, ow // 4 if ow > 4 else 0
    counts = plane_terms(sizes, planes) | {
        "channel_rows": rows,
        "loops": rows * loops,
        "rests": rows * (ow - 4 * loops > 0),
        "products": n_outputs * sizes.n_taps,
        "weights": 0 if channel.held else n_outputs * sizes.n_taps,
        "reloads": n_outputs * (CHEAP_TAPS < sizes.n_taps <= HELD_TAPS),
        **task.finish.terms(n_outputs),
    }
    text = byte_channel_function(channel)
    function = SharedFunction(text, assembled_bytes(text))
    code = {
        "kernels": 1,
        "assembler": function.n_bytes,
        "multiplied": sizes.multiplier > 1,
    }
    constants = 4 * sizes.n_out * (4 + -(-sizes.n_taps // 4))
    return KernelTerms("depthwise_planes_thumb2", counts, code, constants, functions=(function,))


def plane_terms(sizes: Geometry, planes: Planes) -> dict[str, float]:
    """Of planes of bytes, one channel at a time."""
    copied_rows = sizes.n_in * used_rows(sizes)
    return {
        "calls": 1,
        "inputs": sizes.n_in,
        "channels": sizes.n_out,
        "copied_rows": copied_rows,
        "copied": copied_rows * used_columns(sizes),
        "filled": planes.plane_items,
    }
