"""Quantities of the kernels of M55; codegen.c.kernels.mve says what each does."""

from codegen.c.kernels.mve_position import (
    LANE_REACH,
    MAX_TAPS,
    UNROLLED_BLOCKS,
    DotPosition,
    dot_position,
    tap_position,
)
from codegen.plan.buffers import ByteRows
from codegen.plan.geometry import Geometry
from hwmodels.mcu.tensor.assembled import assembled_bytes
from hwmodels.mcu.tensor.dsp import scaling_of
from hwmodels.mcu.tensor.moves import Rows, is_inlined, known_moves
from hwmodels.mcu.tensor.portable import depthwise as portable_depthwise
from hwmodels.mcu.tensor.rows import moved_terms, moving_routines, row_work, used_columns
from hwmodels.mcu.tensor.task import Task
from hwmodels.mcu.tensor.terms import KernelTerms, SharedFunction

LANES, BYTES = 4, 16
FEATURES = frozenset({"thumb2"})
GROUP_CONSTANT_BYTES = 64


def weighted(task: Task) -> KernelTerms | None:
    """None where code runs that is not calibrated."""
    sizes = task.sizes
    if sizes.kind != "depthwise":
        return _dots(task)
    if sizes.multiplier > 1:
        return portable_depthwise(task, FEATURES)
    return _taps(task) if sizes.n_taps <= MAX_TAPS else None


def _dots(task: Task) -> KernelTerms:
    """Convolutions and fully connected operators: all channels of one position after the other."""
    sizes = task.sizes
    runs = run_offsets(sizes)
    run = sizes.n_taps // len(runs)
    whole, rest, n_groups = run // BYTES, run % BYTES, -(-sizes.n_out // LANES)
    looped = whole > 0 and whole * len(runs) > UNROLLED_BLOCKS
    groups = sizes.out_size[0] * sizes.out_size[1] * n_groups
    counts: dict[str, float] = {
        "groups": groups,
        "runs": groups * len(runs),
        "far_runs": groups * sum(offset >= 4096 for offset in runs),
        "blocks": groups * len(runs) * whole,
        "rests": groups * len(runs) * (rest > 0),
        "loops": groups * len(runs) * looped,
        "turns": groups * len(runs) * looped * whole,
        "partial": groups * (sizes.n_out % LANES > 0),
        "doubled": groups * task.finish.is_doubled,
        "rounded": groups * task.finish.is_rounded,
    }
    position = DotPosition("position", runs, whole * BYTES, rest, sizes.n_out, scaling_of(task.finish))
    # A run's last load reads 16 weights too, so the last of all ends in padding; arrays are whole words.
    constants = n_groups * (LANES * sizes.n_taps + GROUP_CONSTANT_BYTES) + (-run % BYTES + 3) // 4 * 4
    direct = sizes.is_pointwise or sizes.kind == "fully_connected"
    return _kernel(
        "rows_in_place_mve" if direct else "rows_mve", task, dot_position(position), counts, constants
    )


def run_offsets(sizes: Geometry) -> list[int]:
    """Of the runs of items that lie together, from a position's first item."""
    (kh, kw), (dy, dx) = sizes.window.size, sizes.window.dilation
    across = [0] if dx == 1 or kw == 1 else [kx * dx * sizes.n_in for kx in range(kw)]
    return [ky * dy * ByteRows(sizes).row_bytes + place for ky in range(kh) for place in across]


def _taps(task: Task) -> KernelTerms:
    """Depthwise operators: four channels of one position in lanes."""
    sizes = task.sizes
    (kh, kw), (dy, dx) = sizes.window.size, sizes.window.dilation
    row_bytes = ByteRows(sizes).row_bytes
    offsets = [ky * dy * row_bytes + kx * dx * sizes.n_in for ky in range(kh) for kx in range(kw)]
    n_groups = -(-sizes.n_out // LANES)
    groups, base, far = sizes.out_size[0] * sizes.out_size[1] * n_groups, 0, 0.0
    for offset in offsets:
        if offset - base > LANE_REACH:
            base, far = offset, far + 1 + 1.0 * (offset >= 4096)
    counts = {
        "groups": groups,
        "taps": groups * len(offsets),
        "far_taps": groups * far,
        "doubled": groups * task.finish.is_doubled,
        "rounded": groups * task.finish.is_rounded,
    }
    text = tap_position("position", offsets, sizes.n_in, scaling_of(task.finish))
    constants = n_groups * (LANES * sizes.n_taps + GROUP_CONSTANT_BYTES)
    return _kernel("depthwise_rows_mve", task, text, counts, constants)


def _kernel(
    name: str, task: Task, assembler: str, counts: dict[str, float], constant_bytes: int
) -> KernelTerms:
    """With the rows around the positions, which C copies where a window has more than one tap."""
    sizes = task.sizes
    oh, ow = sizes.out_size
    counts |= {"calls": 1, "rows": oh, "positions": oh * ow}
    function = SharedFunction(assembler, assembled_bytes(assembler))
    code = {"kernels": 1, "assembler": function.n_bytes}
    if not name.endswith("in_place_mve"):
        rows, work, n_items = ByteRows(sizes), row_work(sizes), used_columns(sizes) * sizes.n_in
        taken = Rows(
            work.taken,
            n_items,
            (sizes.width * sizes.n_in, rows.row_bytes),
            (0, sizes.window.padding[2] * sizes.n_in),
        )
        counts |= {
            "first_rows": rows.n_rows,
            "cleared": work.cleared,
            "cleared_bytes": work.cleared * n_items + rows.n_bytes,
            **moved_terms(sizes, work, rows.row_bytes),
        }
        moves = known_moves([taken], FEATURES) if n_items else {}
        counts |= {f"taken_{quantity}": value for quantity, value in moves.items()}
        code |= {"moving": work.kept > 0, "copying": not is_inlined(n_items, FEATURES)}
        return KernelTerms(
            name, counts, code, constant_bytes, moving_routines(sizes, work), functions=(function,)
        )
    return KernelTerms(name, counts, code, constant_bytes, functions=(function,))
