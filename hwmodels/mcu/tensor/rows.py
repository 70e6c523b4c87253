"""How often a kernel with a buffer of rows fills, moves and clears them."""

import math
from dataclasses import dataclass

from codegen.plan.geometry import Geometry


@dataclass(frozen=True, slots=True)
class RowWork:
    """Rows of a sliding buffer over all output rows.

    taken: rows copied from the input. cleared: rows of padding filled anew. moves: how often the kept rows
    move up; kept: how many.
    """

    taken: int
    cleared: int
    moves: int
    kept: int


def row_work(sizes: Geometry) -> RowWork:
    n_rows, stride, top = sizes.reach[0], sizes.window.stride[0], sizes.window.padding[0]
    kept, taken, cleared = max(n_rows - stride, 0), 0, 0
    for y in range(sizes.out_size[0]):
        for row in range(kept if y else 0, n_rows):
            inside = 0 <= y * stride + row - top < sizes.height
            taken += inside
            cleared += not inside and y > 0
    return RowWork(taken, cleared, sizes.out_size[0] - 1 if kept else 0, kept)


def moved_terms(sizes: Geometry, work: RowWork, row_bytes: int) -> dict[str, float]:
    """Of the moves of kept rows; bytes that do not move by whole words are moved one by one."""
    moved = work.moves * work.kept * row_bytes
    kind = "moved" if sizes.window.stride[0] * row_bytes % 4 == 0 else "unaligned_moved"
    return {"moves": work.moves, kind: moved}


def moving_routines(sizes: Geometry, work: RowWork) -> tuple[str, ...]:
    """What moves the kept rows; the compiler sees where they can't overlap."""
    if work.moves == 0:
        return ()
    return ("memmove",) if work.kept > sizes.window.stride[0] else ("memcpy",)


def unrolled_copies(n_turns: int, factor: int) -> int:
    """How often the body of a loop is in the machine code that is unrolled by a factor: a short loop as often
    as it turns, a longer one with the turns that are left over."""
    return n_turns if n_turns <= factor else factor + n_turns % factor


def used_columns(sizes: Geometry) -> int:
    """Columns of the input that some output reads, from the first on."""
    return max(min(sizes.width, sizes.used_size[1] - sizes.window.padding[2]), 0)


def used_rows(sizes: Geometry) -> int:
    """Rows of the input that some output reads, from the first on."""
    return max(min(sizes.height, sizes.used_size[0] - sizes.window.padding[0]), 0)


def share_inside(sizes: Geometry) -> float:
    """The part of all taps of all outputs that reads data, not padding."""
    return math.prod(
        inside_counts(sizes, axis) / (sizes.out_size[axis] * sizes.window.size[axis]) for axis in (0, 1)
    )


def inside_counts(sizes: Geometry, axis: int) -> int:
    """Taps that read data along an axis (0 for rows, 1 for columns), of all outputs there."""
    window, length = sizes.window, (sizes.height, sizes.width)[axis]
    starts = [at * window.stride[axis] - window.padding[2 * axis] for at in range(sizes.out_size[axis])]
    steps = [tap * window.dilation[axis] for tap in range(window.size[axis])]
    return sum(0 <= start + step < length for start in starts for step in steps)
