"""Kernels of cores with 16-bit multiply-accumulates (M4, M7): assembler tiles, or C with intrinsics."""

from collections.abc import Sequence

from codegen.c.kernels.dsp_depthwise import dsp_depthwise
from codegen.c.kernels.dsp_fully_connected import dsp_fully_connected
from codegen.c.kernels.dsp_stream import Packing, choose_packing, stream
from codegen.c.kernels.dsp_tile import Tile, columns_tile, direct_tile
from codegen.c.kernels.portable import finish_constants, finish_text, window_values
from codegen.c.kernels.render import array, render, signed32
from codegen.c.kernels.task import ConvTask, DepthwiseTask, Form, FullyConnectedTask, KernelTask, geometry
from codegen.c.kernels.tiles import TILE, RowTiles, row_tiles
from codegen.plan.buffers import ColumnRows, PhaseRows, PointColumns
from codegen.plan.geometry import Geometry
from codegen.plan.kernels import is_direct

HEAD = "#include <arm_acle.h>\n#include <string.h>\n\n"
MAX_STORE = 4095
"""Largest offset of a store."""
Layout = PhaseRows | ColumnRows | PointColumns


def dsp_kernel(task: KernelTask, name: str, form: Form) -> tuple[tuple[str, str], Form]:
    """((constants, functions), form); "asm" becomes "acle" where only general code is exact."""
    if isinstance(task, DepthwiseTask):
        (constants, functions), found = dsp_depthwise(task, name, form)
    elif isinstance(task, FullyConnectedTask):
        (constants, functions), found = dsp_fully_connected(task, name, form)
    else:
        (constants, functions), found = _convolution(task, name, form)
    return (constants, HEAD + functions), found


def _convolution(task: ConvTask, name: str, form: Form) -> tuple[tuple[str, str], Form]:
    sizes, packing = geometry(task), choose_packing(task)
    layout: Layout
    if sizes.is_pointwise:
        layout, tiles = PointColumns(sizes), row_tiles(_row_outputs(sizes))
    else:
        layout = PhaseRows(sizes) if is_direct(sizes) else ColumnRows(sizes)
        tiles = row_tiles(sizes.out_size[1])
    words = stream(task, packing, _taps(layout))
    constants = array("int32_t", f"{name}_stream", words)
    if packing.scaling is None:
        constants += finish_constants(task, name)
    assembled = form == "asm" and packing.scaling is not None and 3 * sizes.n_out <= MAX_STORE
    texts = [
        _asm_tile(name, sizes, packing, layout, n) if assembled else _c_tile(task, name, packing, layout, n)
        for n in tiles.sizes
    ]
    glue = _glue(task, name, layout, tiles, _pairs_end(sizes, packing, layout))
    head = render("dsp_head.c.j2", name=name, odd=True, packs=True)
    scale = "" if assembled else _scale(task, name, packing)
    return (constants, head + scale + "".join(texts) + glue), "asm" if assembled else "acle"


def _row_outputs(sizes: Geometry) -> int:
    """Outputs of a pointwise row; without strides the whole image is one row."""
    oh, ow = sizes.out_size
    return ow if sizes.window.stride != (1, 1) else oh * ow


def _taps(layout: Layout) -> Sequence[int | None]:
    if not isinstance(layout, PhaseRows):
        return layout.taps
    sizes = layout.geometry
    kh, kw = sizes.window.size
    return [
        tap * sizes.n_in + pair // 2 * 4 + pair % 2 + half
        for pair in range(sizes.n_in // 2)
        for tap in range(kh * kw)
        for half in (0, 2)
    ]


def _pairs_end(sizes: Geometry, packing: Packing, layout: Layout) -> int:
    """Words of the stream before a last single channel."""
    n_constants = 0 if packing.scaling is None else 6
    return sizes.n_out // 2 * (2 + len(_taps(layout)) // 2 + n_constants)


def _scale(task: ConvTask, name: str, packing: Packing) -> str:
    if packing.scaling is None:
        return finish_text(task, name)
    lo, hi = packing.scaling.limits
    return render("dsp_scale.c.j2", name=name, way=packing.scaling.way, lo=lo, hi=hi)


def _asm_tile(name: str, sizes: Geometry, packing: Packing, layout: Layout, n: int) -> str:
    assert packing.scaling is not None
    tile = Tile(f"{name}_tile{n}", n, sizes.n_out, packing.mixed, packing.scaling)
    if isinstance(layout, PhaseRows):
        return direct_tile(tile, layout)
    return columns_tile(tile, len(layout.taps) // 2)


def _c_tile(task: ConvTask, name: str, packing: Packing, layout: Layout, n: int) -> str:
    sizes, direct = geometry(task), isinstance(layout, PhaseRows)
    values: dict[str, object] = {
        "name": name,
        "n": n,
        "n_out": sizes.n_out,
        "mixed": packing.mixed,
        "fast": packing.scaling is not None,
        "keeps_bits": packing.scaling is not None and not packing.scaling.way.startswith("double"),
        "direct": direct,
    }
    if isinstance(layout, PhaseRows):
        kh, kw = sizes.window.size
        values["n_pairs_in"], values["pair_words"] = sizes.n_in // 2, layout.pair_words
        values["words"] = [layout.word(ky, kx) for ky in range(kh) for kx in range(kw)]
    else:
        values["n_words"], values["x_step"] = len(layout.taps) // 2, TILE
    return render("dsp_tile.c.j2", **values)


def _glue(task: ConvTask, name: str, layout: Layout, tiles: RowTiles, end: int) -> str:
    """The functions that fill the buffer and call the tiles."""
    sizes = geometry(task)
    values = window_values(sizes) | {"name": name, "tiles": tiles, "end": end}
    values |= {"input_zero": task.input_zero_point, "pair": lambda x, a, b: _pair(name, x, a, b)}
    match layout:
        case PointColumns():
            return render("dsp_pointwise.c.j2", **values | _pointwise_values(sizes))
        case PhaseRows():
            return render("dsp_direct.c.j2", **values | _direct_values(task, layout))
        case ColumnRows():
            return render("dsp_columns.c.j2", **values | _columns_values(sizes, layout))


def _pair(name: str, x: str, first: int, second: int | None) -> str:
    """C of two items as one word."""
    if second is None:
        return f"(int32_t)(uint16_t){x}[{first}]"
    return f"{name}_lows({x}[{first}], {x}[{second}])"


def _pointwise_values(sizes: Geometry) -> dict[str, object]:
    (sy, sx), (oh, ow) = sizes.window.stride, sizes.out_size
    one_row = sizes.window.stride == (1, 1)
    return {
        "whole": sizes.n_in - sizes.n_in % 4,
        "step": sx * sizes.n_in,
        "n_rows": 1 if one_row else oh,
        "row_bytes": sy * sizes.width * sizes.n_in,
        "row_outputs": ow,
    }


def _direct_values(task: ConvTask, rows: PhaseRows) -> dict[str, object]:
    sizes = rows.geometry
    return {
        "phases": [_phase(rows, phase) for phase in rows.phases],
        "pair_words": rows.pair_words,
        "row_words": rows.row_words,
        "n_pairs_in": sizes.n_in // 2,
        "n_rows": rows.n_rows,
        "kept_rows": max(rows.n_rows - sizes.window.stride[0], 0),
        "zero_word": signed32((task.input_zero_point & 0xFFFF) * 0x10001),
    }


def _phase(rows: PhaseRows, phase: int) -> dict[str, int]:
    """The input's columns in a phase. first: of them; word: its place in the row; count: how many."""
    sizes = rows.geometry
    left, stride = sizes.window.padding[2], sizes.window.stride[1]
    first = (phase - left) % stride
    place = (first + left) // stride
    count = min(-(-(sizes.width - first) // stride), rows.phase_words - place)
    word = rows.phases.index(phase) * rows.phase_words + place
    return {"first": first, "word": word, "count": count}


def _columns_values(sizes: Geometry, rows: ColumnRows) -> dict[str, object]:
    window, n_in = sizes.window, sizes.n_in
    odd_items = [run + rows.run_items - 1 for run in rows.runs] if rows.run_items % 2 else []
    seconds: list[int | None] = [*odd_items[1::2], *([None] * (len(odd_items) % 2))]
    across = 1 if window.dilation[1] == 1 else window.size[1]
    return {
        "step": window.stride[1] * n_in,
        "row_items": rows.row_items,
        "row_words": rows.row_bytes // 4,
        "row_step": window.dilation[0] * rows.row_items,
        "runs_across": across,
        "run_step": window.dilation[1] * n_in,
        "run_pairs": rows.run_items // 2,
        "odd_pairs": list(zip(odd_items[::2], seconds, strict=True)),
        "n_rows": rows.n_rows,
        "kept_rows": max(rows.n_rows - window.stride[0], 0),
        "n_items": max(min(sizes.width, sizes.used_size[1] - window.padding[2]), 0) * n_in,
    }
