"""Which blocks of memory must not share bytes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from codegen.plan.lifetimes import Block


@dataclass(frozen=True)
class Conflicts:
    """Which blocks are live together, and how many bytes the lower one then takes.

    sizes: the most bytes of each block. above[i][j]: how far j must lie above i where it lies above it,
    rounded up to the alignment; only blocks j that are live together with i have an entry.
    """

    blocks: tuple[Block, ...]
    alignment_bytes: int

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        return tuple(block.n_bytes for block in self.blocks)

    @cached_property
    def above(self) -> tuple[dict[int, int], ...]:
        found: tuple[dict[int, int], ...] = tuple({} for _ in self.blocks)
        for i, j in _live_together(self.blocks):
            found[i][j] = self._height(self.blocks[i], self.blocks[j])
            found[j][i] = self._height(self.blocks[j], self.blocks[i])
        return found

    @cached_property
    def by_step(self) -> tuple[dict[int, int], ...]:
        """For each step the blocks that are live, with their bytes."""
        steps: tuple[dict[int, int], ...] = tuple(
            {} for _ in range(max((block.last for block in self.blocks), default=-1) + 1)
        )
        for index, block in enumerate(self.blocks):
            for span in block.spans:
                for live in steps[span.first : span.last + 1]:
                    live[index] = max(live.get(index, 0), span.n_bytes)
        return steps

    @cached_property
    def lower_bound_bytes(self) -> int:
        """The most bytes that are live at one step; all but the topmost block fill whole units."""
        return max((self._stacked(live.values()) for live in self.by_step if live), default=0)

    def arena_bytes(self, offsets: Iterable[int]) -> int:
        return max((offset + size for offset, size in zip(offsets, self.sizes, strict=True)), default=0)

    def aligned(self, n_bytes: int) -> int:
        return -(-n_bytes // self.alignment_bytes) * self.alignment_bytes

    def _height(self, lower: Block, upper: Block) -> int:
        return self.aligned(
            max(
                below.n_bytes
                for below in lower.spans
                for over in upper.spans
                if below.first <= over.last and over.first <= below.last
            )
        )

    def _stacked(self, sizes: Iterable[int]) -> int:
        padded = [(self.aligned(size), size) for size in sizes]
        return sum(whole for whole, _ in padded) - max(whole - size for whole, size in padded)


def _live_together(blocks: Sequence[Block]) -> Iterator[tuple[int, int]]:
    """Pairs of blocks that share a step; blocks are sorted by their first."""
    active: list[int] = []
    for index, block in enumerate(blocks):
        active = [other for other in active if blocks[other].last >= block.first]
        for other in active:
            yield other, index
        active.append(index)
