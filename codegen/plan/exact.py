"""The least arena by branch and bound, where it can be found within a limit."""

from codegen.plan.conflicts import Conflicts

MAX_NODES = 2_000
"""Partial layouts that the search looks at before it gives up; some tens of milliseconds."""
MAX_BLOCKS = 300
"""Beyond so many, the search is not tried."""


def least_layout(
    conflicts: Conflicts, below_bytes: int, max_nodes: int = MAX_NODES
) -> tuple[tuple[int, ...] | None, bool]:
    """Offsets of the least arena below so many bytes, or None; and whether no smaller one exists.

    Blocks are placed in the order of their offsets, blocks of equal offset in that of their numbers, each as
    low as those below it allow: any layout can be pressed down to such a one without growing.
    """
    if len(conflicts.blocks) > MAX_BLOCKS or max_nodes < 1:
        return None, False
    search = _Search(conflicts, below_bytes, max_nodes)
    is_exact = search.run()
    return search.found, is_exact


class _Search:
    """found: the best layout so far, if any. best_bytes: what is to be beaten."""

    def __init__(self, conflicts: Conflicts, below_bytes: int, max_nodes: int) -> None:
        self.conflicts, self.best_bytes, self.nodes_left = conflicts, below_bytes, max_nodes
        self.found: tuple[int, ...] | None = None
        self.offsets: dict[int, int] = {}

    def run(self) -> bool:
        """Whether the search came to its end."""
        self._place(dict.fromkeys(range(len(self.conflicts.blocks)), 0), (0, -1))
        return self.nodes_left > 0 or self._is_least()

    def _is_least(self) -> bool:
        return self.best_bytes <= self.conflicts.lower_bound_bytes

    def _place(self, lowest: dict[int, int], last: tuple[int, int]) -> None:
        """lowest: the least offset of each block to be placed. last: offset and number of the one before."""
        sizes = self.conflicts.sizes
        if not lowest:
            self.found = tuple(self.offsets[index] for index in range(len(sizes)))
            self.best_bytes = self.conflicts.arena_bytes(self.found)
        for index in sorted(lowest, key=lambda i: (lowest[i], -sizes[i])):
            if self.nodes_left <= 0 or self._is_least():
                return
            place = lowest[index], index
            if place < last:
                continue
            self.nodes_left -= 1
            rest = self._raised(lowest, index)
            if self._may_win(rest, index):
                self.offsets[index] = place[0]
                self._place(rest, place)
                del self.offsets[index]

    def _raised(self, lowest: dict[int, int], index: int) -> dict[int, int]:
        """The least offsets of the others once a block lies at its own."""
        offset, rest = lowest[index], dict(lowest)
        del rest[index]
        for other, height in self.conflicts.above[index].items():
            if other in rest and rest[other] < offset + height:
                rest[other] = offset + height
        return rest

    def _may_win(self, rest: dict[int, int], index: int) -> bool:
        """Whether what is left can still end below the best, block by block and at the new one's steps."""
        sizes, best = self.conflicts.sizes, self.best_bytes
        if any(rest[other] + sizes[other] >= best for other in self.conflicts.above[index] if other in rest):
            return False
        block = self.conflicts.blocks[index]
        for live in self.conflicts.by_step[block.first : block.last + 1]:
            waiting = [(rest[other], size) for other, size in live.items() if other in rest]
            if waiting and min(waiting)[0] + sum(size for _, size in waiting) >= best:
                return False
        return True
