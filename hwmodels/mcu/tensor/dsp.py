"""Quantities of the convolutions of M4 and M7; codegen.c.kernels.dsp says what each does."""

import functools

from codegen.c.kernels.dsp_tile import Tile, columns_tile, direct_tile
from codegen.c.kernels.scaling import FastScaling, Way
from codegen.c.kernels.tiles import RowTiles, row_tiles
from codegen.plan.buffers import ColumnRows, PhaseRows, PointColumns
from codegen.plan.geometry import Geometry
from codegen.plan.kernels import is_direct
from hwmodels.mcu.tensor.assembled import assembled_bytes
from hwmodels.mcu.tensor.rows import moving_routines, row_work, unrolled_copies, used_columns
from hwmodels.mcu.tensor.task import Finish, Task
from hwmodels.mcu.tensor.terms import KernelTerms, SharedFunction

MAX_UNROLLED_CHANNELS = 32
"""Of a direct kernel's loop that widens a row."""


def convolution(task: Task) -> KernelTerms:
    """The weights of each pair of channels are taken to share halfwords (mixed), as trained ones do."""
    sizes = task.sizes
    if sizes.is_pointwise:
        return _pointwise(task)
    return _direct(task) if is_direct(sizes) else _columns(task)


def scaling_of(finish: Finish) -> FastScaling:
    """A requantization of this kind without numbers, for what only its kind decides."""
    way: Way = "single"
    if finish.is_doubled:
        way = "double" if finish.is_rounded else "double_floor"
    return FastScaling(way, (), (-127 if finish.n_clamps else -128, 126 if finish.n_clamps > 1 else 127))


def _pointwise(task: Task) -> KernelTerms:
    sizes = task.sizes
    one_row = sizes.window.stride == (1, 1)
    oh, ow = sizes.out_size
    n_rows, tiles = (1, row_tiles(oh * ow)) if one_row else (oh, row_tiles(ow))
    n_words = len(PointColumns(sizes).taps) // 2
    counts = _tile_terms(task, tiles, n_rows, n_words, 0)
    counts |= {"rows": n_rows, "copied": n_rows * _outputs(tiles) * sizes.n_in}
    functions = _tiles(task, tiles, n_words, None)
    code = _tile_code(tiles, functions)
    sites, n_turns = _site_outputs(tiles), sizes.n_in // 4
    code |= {
        "copies": sites * unrolled_copies(n_turns, 4),
        "copying": sites * (n_turns > 4),
        "tails": sites * (sizes.n_in % 4),
    }
    return KernelTerms(
        "pointwise_columns_dsp", counts, code, _stream_bytes(sizes, n_words), functions=functions
    )


def _direct(task: Task) -> KernelTerms:
    sizes = task.sizes
    rows, tiles, work = PhaseRows(sizes), row_tiles(sizes.out_size[1]), row_work(sizes)
    n_pairs, oh = sizes.n_in // 2, sizes.out_size[0]
    kh, kw = sizes.window.size
    counts = _tile_terms(task, tiles, oh, n_pairs * kh * kw, n_pairs)
    columns = used_columns(sizes)
    counts |= {
        "rows": oh,
        "widened": work.taken * columns * sizes.n_in,
        "widened_columns": work.taken * columns,
        "cleared": (work.cleared * rows.row_words + rows.pair_words) * n_pairs,
        "moves": work.moves * n_pairs,
        "moved": work.moves * n_pairs * 4 * work.kept * rows.row_words,
    }
    functions = _tiles(task, tiles, 0, rows)
    code = _tile_code(tiles, functions)
    unrolled = sizes.n_in // 4 if sizes.n_in <= MAX_UNROLLED_CHANNELS else unrolled_copies(sizes.n_in // 4, 4)
    code |= {"phases": len(rows.phases), "copies": len(rows.phases) * unrolled, "moving": work.kept > 0}
    return KernelTerms(
        "conv2d_direct_dsp",
        counts,
        code,
        _stream_bytes(sizes, n_pairs * kh * kw),
        moving_routines(sizes, work),
        functions,
    )


def _columns(task: Task) -> KernelTerms:
    sizes = task.sizes
    rows, tiles, work = ColumnRows(sizes), row_tiles(sizes.out_size[1]), row_work(sizes)
    oh, n_words = sizes.out_size[0], len(rows.taps) // 2
    counts = _tile_terms(task, tiles, oh, n_words, 0)
    n_items = used_columns(sizes) * sizes.n_in
    counts |= {
        "rows": oh,
        "widened": work.taken * (n_items // 4 * 4),
        "widened_last": work.taken * (n_items % 4),
        "taken_rows": work.taken,
        "cleared": work.cleared * n_items + rows.n_rows * rows.row_items,
        "moves": work.moves,
        "moved": work.moves * 2 * work.kept * rows.row_items,
        "copied": oh * _outputs(tiles) * n_words,
        "runs": oh * _calls(tiles) * len(rows.runs),
    }
    functions = _tiles(task, tiles, n_words, None)
    code = _tile_code(tiles, functions)
    odd = len(rows.runs) * (rows.run_items % 2) * _site_outputs(tiles)
    sites, n_turns = _site_outputs(tiles), rows.run_items // 2
    code |= {
        "copies": sites * unrolled_copies(n_turns, 8),
        "copying": sites * (n_turns > 8),
        "odd": odd,
        "moving": work.kept > 0,
    }
    routines = moving_routines(sizes, work)
    return KernelTerms("conv2d_columns_dsp", counts, code, _stream_bytes(sizes, n_words), routines, functions)


def _tile_terms(task: Task, tiles: RowTiles, n_rows: int, n_words: int, n_steps: int) -> dict[str, float]:
    """Of all calls of the tiles. n_words: weight words of a pair of channels; n_steps: loops over them."""
    n_pairs, n_single = divmod(task.sizes.n_out, 2)
    calls, outputs = n_rows * _calls(tiles), n_rows * _outputs(tiles)
    passes = calls * (n_pairs + n_single)
    loops = (n_words - 1) // 8 if n_steps == 0 and n_words > 16 else n_steps
    loads = n_rows * sum((n + 1) // 2 for n in _each(tiles)) * (n_pairs + n_single) * n_words
    return {
        "calls": 1,
        "tiles": calls,
        "passes": passes,
        "loops": passes * loops,
        "weights": calls * (2 * n_pairs + n_single) * n_words,
        "loads": loads,
        "products": outputs * task.sizes.n_out * n_words,
        **task.finish.terms(outputs * task.sizes.n_out),
    }


def _tile_code(tiles: RowTiles, functions: tuple[SharedFunction, ...]) -> dict[str, float]:
    return {
        "kernels": 1,
        "assembler": sum(one.n_bytes for one in functions),
        "kinds": len(tiles.sizes),
        "calls": len(tiles.rest) + (tiles.whole > 0),
    }


def _tiles(task: Task, tiles: RowTiles, n_words: int, rows: PhaseRows | None) -> tuple[SharedFunction, ...]:
    return tuple(_tile(n, task.sizes.n_out, task.finish, n_words, rows) for n in tiles.sizes)


@functools.lru_cache(maxsize=4096)
def _tile(n: int, n_out: int, finish: Finish, n_words: int, rows: PhaseRows | None) -> SharedFunction:
    tile = Tile("tile", n, n_out, True, scaling_of(finish))
    text = columns_tile(tile, n_words) if rows is None else direct_tile(tile, rows)
    return SharedFunction(text, assembled_bytes(text))


def _stream_bytes(sizes: Geometry, n_words: int) -> int:
    """A pair has two biases, its weights, and three constants each; a last single channel the same once."""
    n_pairs, n_single = divmod(sizes.n_out, 2)
    return 4 * (n_pairs * (8 + n_words) + n_single * (4 + n_words))


def _each(tiles: RowTiles) -> list[int]:
    """The outputs of each call of a row."""
    return [4] * tiles.whole + [n for _, n in tiles.rest]


def _calls(tiles: RowTiles) -> int:
    return tiles.whole + len(tiles.rest)


def _outputs(tiles: RowTiles) -> int:
    """With those that are made twice."""
    return sum(_each(tiles))


def _site_outputs(tiles: RowTiles) -> int:
    """Outputs of the calls in the code; columns are copied by code of each call's own."""
    return (4 if tiles.whole else 0) + sum(n for _, n in tiles.rest)
