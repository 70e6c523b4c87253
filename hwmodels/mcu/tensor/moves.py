"""Quantities of copies of rows, by memcpy or by the instructions that the compiler puts in its place."""

from collections.abc import Sequence, Set
from dataclasses import dataclass

from hwmodels.mcu.tensor.terms import Terms

MAX_INLINE_BYTES = 64
"""Up to here the compiler copies a known number of bytes itself, where words may lie anywhere."""
BLOCK_BYTES, WORD_BYTES = 16, 4


@dataclass(frozen=True, slots=True)
class Rows:
    """n_rows rows of row_bytes each. pitches: from row to row, where they are read and where they are
    written. offsets: of the first row from a word's border, on either side."""

    n_rows: int
    row_bytes: int
    pitches: tuple[int, int]
    offsets: tuple[int, int] = (0, 0)

    @property
    def n_aligned(self) -> int:
        """Rows that begin on a word on both sides."""
        starts = [
            all((offset + at * pitch) % WORD_BYTES == 0 for offset, pitch in self._sides)
            for at in range(WORD_BYTES)
        ]
        whole, rest = divmod(self.n_rows, WORD_BYTES)
        return whole * sum(starts) + sum(starts[:rest])

    @property
    def _sides(self) -> tuple[tuple[int, int], ...]:
        return tuple(zip(self.offsets, self.pitches, strict=True))


def known_moves(parts: Sequence[Rows], features: Set[str]) -> Terms:
    """Of rows whose size the compiler knows."""
    total: dict[str, float] = {}
    for rows in parts:
        if is_inlined(rows.row_bytes, features):
            pieces = n_pieces(rows.row_bytes)
            _add(total, {"inlined": rows.n_rows, "pieces": rows.n_rows * pieces})
            _add(total, {"long": rows.n_rows * (pieces > 1)})
        else:
            _add(total, called_moves([rows]))
    return total


def is_inlined(row_bytes: int, features: Set[str]) -> bool:
    """Whether the compiler copies so many bytes without memcpy."""
    return "thumb2" in features and row_bytes <= MAX_INLINE_BYTES


def n_pieces(row_bytes: int) -> int:
    """Words, halfwords and bytes of a row."""
    return row_bytes // WORD_BYTES + (row_bytes % WORD_BYTES + 1) // 2


def called_moves(parts: Sequence[Rows]) -> Terms:
    """Of rows that memcpy copies: blocks, words and bytes, of rows that begin on words and of others, and
    apart of rows that are shorter than a block."""
    total: dict[str, float] = {}
    for rows in parts:
        blocks, words, n_bytes = _pieces(rows.row_bytes)
        for kind, n in (("", rows.n_aligned), ("unaligned_", rows.n_rows - rows.n_aligned)):
            name = kind if blocks else f"{kind}short_"
            _add(total, {f"{name}copies": n, f"{name}blocks": n * blocks})
            _add(total, {f"{name}words": n * words, f"{name}bytes": n * n_bytes})
    return total


def _pieces(n_bytes: int) -> tuple[int, int, int]:
    blocks, rest = divmod(n_bytes, BLOCK_BYTES)
    words, rest = divmod(rest, WORD_BYTES)
    return blocks, words, rest


def _add(total: dict[str, float], more: Terms) -> None:
    for name, value in more.items():
        if value:
            total[name] = total.get(name, 0) + value
