"""Buffers that kernels keep in scratch memory: where each value lies, and how many bytes they take.

A kernel widens or pads its input once into such a buffer, so that its inner loop sees constant offsets and
no edges. The emitters of kernels and the memory plan read the same layouts.
"""

from dataclasses import dataclass

from codegen.plan.geometry import Geometry

LDRD_REACH = 1020
"""Largest byte offset of LDRD."""


@dataclass(frozen=True, slots=True)
class PhaseRows:
    """Rows of channel pairs as 32-bit words: [pair][row][phase][column].

    Column x of a row lies in phase x mod stride at x div stride, so that neighbors in a phase belong to
    neighboring outputs, whatever the stride. Phases that no tap reads are left out.
    """

    geometry: Geometry

    @property
    def n_rows(self) -> int:
        return self.geometry.reach[0]

    @property
    def phases(self) -> tuple[int, ...]:
        window = self.geometry.window
        columns = {kx * window.dilation[1] % window.stride[1] for kx in range(window.size[1])}
        return tuple(sorted(columns))

    @property
    def phase_words(self) -> int:
        return self.geometry.out_size[1] + (self.geometry.reach[1] - 1) // self.geometry.window.stride[1]

    @property
    def row_words(self) -> int:
        return len(self.phases) * self.phase_words

    @property
    def pair_words(self) -> int:
        return self.n_rows * self.row_words

    @property
    def n_bytes(self) -> int:
        return self.geometry.n_in // 2 * self.pair_words * 4

    def word(self, ky: int, kx: int) -> int:
        """Where, in words from the tile's first column, the window's tap lies."""
        window = self.geometry.window
        column = kx * window.dilation[1]
        phase, step = column % window.stride[1], column // window.stride[1]
        row = ky * window.dilation[0]
        return row * self.row_words + self.phases.index(phase) * self.phase_words + step


@dataclass(frozen=True, slots=True)
class ColumnRows:
    """Padded rows of 16-bit items [row][column][channel], and columns of four outputs read from them.

    A column is the window's items in runs that lie together; each run gives its pairs, then the last items
    of odd runs are paired. The four columns interleave, a word of each in turn.
    """

    geometry: Geometry

    @property
    def row_items(self) -> int:
        items = self.geometry.used_size[1] * self.geometry.n_in
        return items + items % 2

    @property
    def n_rows(self) -> int:
        return self.geometry.reach[0]

    @property
    def run_items(self) -> int:
        """Items of each run."""
        window = self.geometry.window
        return (window.size[1] if window.dilation[1] == 1 else 1) * self.geometry.n_in

    @property
    def runs(self) -> tuple[int, ...]:
        """Where each run starts, in items from the window's first."""
        window, n_in = self.geometry.window, self.geometry.n_in
        columns = range(1 if window.dilation[1] == 1 else window.size[1])
        return tuple(
            ky * window.dilation[0] * self.row_items + kx * window.dilation[1] * n_in
            for ky in range(window.size[0])
            for kx in columns
        )

    @property
    def taps(self) -> tuple[int | None, ...]:
        """For each 16-bit place of a column the window's tap in it, None where nothing is."""
        length = self.run_items
        paired = [run * length + item for run in range(len(self.runs)) for item in range(length - length % 2)]
        odd = [run * length + length - 1 for run in range(len(self.runs))] if length % 2 else []
        found: list[int | None] = [*paired, *odd]
        return tuple(found + [None] * (len(found) % 2))

    @property
    def row_bytes(self) -> int:
        return 2 * self.n_rows * self.row_items

    @property
    def n_bytes(self) -> int:
        return self.row_bytes + 8 * len(self.taps)


@dataclass(frozen=True, slots=True)
class PointColumns:
    """Columns of four pixels for a window of one tap; channels in the order in which SXTB16 gives them."""

    geometry: Geometry

    @property
    def taps(self) -> tuple[int | None, ...]:
        """For each 16-bit place the channel in it, None where nothing is."""
        n_in = self.geometry.n_in
        whole = n_in - n_in % 4
        found: list[int | None] = [first + step for first in range(0, whole, 4) for step in (0, 2, 1, 3)]
        found += range(whole, n_in)
        return tuple(found + [None] * (len(found) % 2))

    @property
    def n_bytes(self) -> int:
        return 8 * len(self.taps)


@dataclass(frozen=True, slots=True)
class Planes:
    """Padded planes of single channels, of 16-bit items in rows of whole words, or of bytes.

    n_planes: as many as are filled at a time.
    """

    geometry: Geometry
    item_bytes: int
    n_planes: int

    @property
    def row_items(self) -> int:
        items = self.geometry.used_size[1]
        return items + (items % 2 if self.item_bytes == 2 else 0)

    @property
    def plane_items(self) -> int:
        return self.row_items * self.geometry.used_size[0]

    @property
    def n_bytes(self) -> int:
        return (self.plane_items * self.item_bytes * self.n_planes + 3) // 4 * 4


@dataclass(frozen=True, slots=True)
class ByteRows:
    """Padded rows of bytes [row][column][channel], for windows that move over an edge."""

    geometry: Geometry

    @property
    def row_bytes(self) -> int:
        return self.geometry.used_size[1] * self.geometry.n_in

    @property
    def n_rows(self) -> int:
        return self.geometry.reach[0]

    @property
    def n_bytes(self) -> int:
        return (self.n_rows * self.row_bytes + 3) // 4 * 4
