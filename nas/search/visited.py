"""Memory of the rows asked so far, where a domain is small enough to number all its rows."""

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nas.search.columns import BoolArray, Columns, IntArray, draw_rows
from searchspaces.space import Rows

BitArray: TypeAlias = npt.NDArray[np.uint8]
LARGEST_REMEMBERED = 1 << 20


class VisitedRows:
    """Keeps domains of up to 2^20 rows from being asked twice, and knows when none is left.

    Larger domains are not remembered: every row counts as new, and there is always one left.
    """

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        sizes = [_n_values(columns, variable) for variable in range(columns.n_variables)]
        self.n_rows = math.prod(sizes)
        self.is_complete = self.n_rows <= LARGEST_REMEMBERED
        self._visited = np.zeros(int(self.n_rows) if self.is_complete else 0, dtype=np.bool_)
        if self.is_complete:
            self._sizes = np.array(sizes, dtype=np.int64)
            self._strides = np.append(np.cumprod(self._sizes[:0:-1])[::-1], 1)

    @property
    def is_exhausted(self) -> bool:
        """Every row of the domain is marked."""
        return self.is_complete and bool(self._visited.all())

    def mark(self, rows: Rows) -> None:
        """Remembers rows (n, n_variables)."""
        if self.is_complete:
            self._visited[self._places(rows)] = True

    def is_new(self, rows: Rows) -> BoolArray:
        """(n,) bool: not marked yet."""
        if not self.is_complete:
            return np.ones(len(rows), dtype=np.bool_)
        return ~self._visited[self._places(rows)]

    def draw(self, rng: np.random.Generator, n_rows: int) -> Rows:
        """Up to n_rows random new rows, each once; fewer only where no more are left."""
        if not self.is_complete:
            return draw_rows(self._columns, rng, n_rows)
        left = np.flatnonzero(~self._visited)
        return self._rows(rng.choice(left, size=min(n_rows, len(left)), replace=False))

    def to_bits(self) -> BitArray:
        """The memory as (n_bytes,) uint8, for a snapshot."""
        return np.packbits(self._visited)

    def from_bits(self, bits: BitArray) -> None:
        """Takes over the memory of an equal domain."""
        self._visited = np.unpackbits(bits, count=len(self._visited)).astype(np.bool_)

    def _places(self, rows: Rows) -> IntArray:
        offsets = (rows - self._columns.lower).astype(np.int64)
        places: IntArray = offsets @ self._strides
        return places

    def _rows(self, places: IntArray) -> Rows:
        offsets = places[:, None] // self._strides % self._sizes
        rows: Rows = (offsets + self._columns.lower).astype(self._columns.dtype)
        return rows


def _n_values(columns: Columns, variable: int) -> float:
    span = columns.upper[variable] - columns.lower[variable]
    return math.inf if columns.is_real[variable] and span > 0 else int(span) + 1
