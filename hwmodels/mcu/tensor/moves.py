"""Quantities of copies of rows, by memcpy or by the instructions that the compiler puts in its place."""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass

from hwmodels.mcu.tensor.terms import Terms

MAX_INLINE_BYTES = {"thumb2": 64, "thumb1": 0}
"""Up to here the compiler copies a known number of bytes itself: by words where they may lie anywhere."""
MAX_STRAIGHT_BYTES = 32
"""Up to here in one go, beyond by a few registers in turn."""
MAX_BYTEWISE = 12
"""The same where it copies byte by byte."""
BLOCK_BYTES, WORD_BYTES = 16, 4
_STARTS = ("aligned", "shifted", "crossed")
_KINDS = frozenset({"inlined", "interleaved", *_STARTS, *(f"short_{start}" for start in _STARTS)})


@dataclass(frozen=True, slots=True)
class Rows:
    """n_rows rows of row_bytes each. pitches: from row to row, where they are read and where they are
    written. offsets: of the first row from a word's border, on either side."""

    n_rows: int
    row_bytes: int
    pitches: tuple[int, int]
    offsets: tuple[int, int] = (0, 0)

    def by_start(self) -> Counter[str]:
        """How many rows begin on words ("aligned"), equally far from one on both sides ("shifted"), or not
        ("crossed")."""
        found: Counter[str] = Counter()
        for at in range(min(WORD_BYTES, self.n_rows)):  # then they repeat
            read, written = (
                (offset + at * pitch) % WORD_BYTES
                for offset, pitch in zip(self.offsets, self.pitches, strict=True)
            )
            kind = "crossed" if read != written else "shifted" if read else "aligned"
            found[kind] += (self.n_rows - at + WORD_BYTES - 1) // WORD_BYTES
        return found


def known_moves(parts: Sequence[Rows], features: Set[str]) -> Terms:
    """Of rows whose size the compiler knows."""
    total: dict[str, float] = {}
    for rows in parts:
        if is_inlined(rows.row_bytes, features):
            pieces = n_pieces(rows.row_bytes, features)
            kind = "interleaved" if rows.row_bytes > MAX_STRAIGHT_BYTES else "inlined"
            _add(total, {f"{kind}_copies": rows.n_rows, f"{kind}_words": rows.n_rows * pieces})
            _add(total, {"several": rows.n_rows * (pieces > 1)})
        else:
            _add(total, called_moves([rows]))
    return total


def is_inlined(row_bytes: int, features: Set[str]) -> bool:
    """Whether the compiler copies so many bytes without memcpy."""
    limits = [most for feature, most in MAX_INLINE_BYTES.items() if feature in features]
    return row_bytes <= max(limits, default=MAX_BYTEWISE)


def n_pieces(row_bytes: int, features: Set[str]) -> int:
    """What is loaded and stored one by one: words, halfwords and bytes, or bytes alone."""
    if "thumb2" not in features:
        return row_bytes
    return row_bytes // WORD_BYTES + (row_bytes % WORD_BYTES + 1) // 2


def called_moves(parts: Sequence[Rows]) -> Terms:
    """Of rows that memcpy copies: blocks, words and bytes by how the rows begin; those of rows shorter than a
    block have names of their own."""
    total: dict[str, float] = {}
    for rows in parts:
        blocks, words, n_bytes = _pieces(rows.row_bytes)
        for kind, n in rows.by_start().items():
            name = kind if blocks else f"short_{kind}"
            _add(total, {f"{name}_copies": n, f"{name}_blocks": n * blocks})
            _add(total, {f"{name}_words": n * words, f"{name}_bytes": n * n_bytes})
    return total


def is_move(name: str) -> bool:
    """Whether a quantity is one of `known_moves` or `called_moves`."""
    return name == "several" or name.rpartition("_")[0] in _KINDS


def _pieces(n_bytes: int) -> tuple[int, int, int]:
    blocks, rest = divmod(n_bytes, BLOCK_BYTES)
    words, rest = divmod(rest, WORD_BYTES)
    return blocks, words, rest


def _add(total: dict[str, float], more: Terms) -> None:
    for name, value in more.items():
        if value:
            total[name] = total.get(name, 0) + value
