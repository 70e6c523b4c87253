"""How a row of outputs is cut into tiles of four."""

from dataclasses import dataclass

TILE = 4
MOVE_BACK_FROM = 16
"""From this many outputs on, a last tile that is moved back costs less than code of its own is worth."""


@dataclass(frozen=True, slots=True)
class RowTiles:
    """whole: tiles of four from the start. rest: (first output, outputs) of the tiles after them."""

    whole: int
    rest: tuple[tuple[int, int], ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """The numbers of outputs for which a tile is needed."""
        return tuple(sorted({TILE} if self.whole else set()) + sorted({n for _, n in self.rest} - {TILE}))


def row_tiles(n: int) -> RowTiles:
    """A last tile of four may repeat up to three outputs; short rows end in tiles of two and one instead."""
    whole, rest = n // TILE, n % TILE
    if rest == 0:
        return RowTiles(whole, ())
    if whole and (rest == TILE - 1 or n >= MOVE_BACK_FROM):
        return RowTiles(whole, ((n - TILE, TILE),))
    parts = [(n - rest, 2), (n - 1, 1)] if rest == TILE - 1 else [(n - rest, rest)]
    return RowTiles(whole, tuple(parts))
