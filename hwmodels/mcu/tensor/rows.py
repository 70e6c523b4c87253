"""How often a kernel with a buffer of rows fills, moves and clears them."""

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


def used_columns(sizes: Geometry) -> int:
    """Columns of the input that some output reads, from the first on."""
    return max(min(sizes.width, sizes.used_size[1] - sizes.window.padding[2]), 0)


def used_rows(sizes: Geometry) -> int:
    """Rows of the input that some output reads, from the first on."""
    return max(min(sizes.height, sizes.used_size[0] - sizes.window.padding[0]), 0)
