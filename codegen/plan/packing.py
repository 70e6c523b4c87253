"""Offsets of blocks in one arena.

Blocks that are never live together may share bytes. The least arena is NP-hard to find (dynamic storage
allocation, Garey and Johnson, problem SR2), so: a lower bound, layouts by simple rules until one reaches it,
and else a search with a limit (codegen.plan.exact).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from codegen.plan.conflicts import Conflicts
from codegen.plan.errors import PlanError
from codegen.plan.exact import MAX_NODES, least_layout
from codegen.plan.lifetimes import Block

REPAIRS = 40
"""Times that a block at the top of the arena is placed earlier."""


@dataclass(frozen=True, slots=True)
class Packing:
    """offsets: of the blocks, in bytes. is_optimal: no other offsets of these blocks need fewer bytes."""

    offsets: tuple[int, ...]
    arena_bytes: int
    lower_bound_bytes: int
    is_optimal: bool


def pack(blocks: Sequence[Block], *, alignment_bytes: int = 4, max_nodes: int = MAX_NODES) -> Packing:
    """Offsets, all multiples of the alignment. max_nodes: of the search; 0 leaves it out.

    Raises PlanError for an alignment that is no power of two.
    """
    if alignment_bytes < 1 or alignment_bytes & (alignment_bytes - 1):
        raise PlanError(f"plan: alignment_bytes must be a power of two, not {alignment_bytes}")
    conflicts = Conflicts(tuple(blocks), alignment_bytes)
    bound = conflicts.lower_bound_bytes
    best: tuple[int, ...] | None = None
    for offsets in _layouts(conflicts):
        if best is None or conflicts.arena_bytes(offsets) < conflicts.arena_bytes(best):
            best = offsets
        if conflicts.arena_bytes(best) == bound:
            return Packing(best, bound, bound, True)
    assert best is not None
    found, is_exact = least_layout(conflicts, conflicts.arena_bytes(best), max_nodes)
    best = found or best
    arena_bytes = conflicts.arena_bytes(best)
    return Packing(best, arena_bytes, bound, is_exact or arena_bytes == bound)


def first_fit(conflicts: Conflicts, order: Iterable[int]) -> tuple[int, ...]:
    """Each block, in this order, at the lowest offset that no block before it forbids."""
    offsets: dict[int, int] = {}
    for index in order:
        offsets[index] = min(_offsets_free(conflicts, index, offsets))
    return tuple(offsets[index] for index in range(len(conflicts.blocks)))


def _layouts(conflicts: Conflicts) -> Iterator[tuple[int, ...]]:
    """By rules, the cheapest first."""
    yield from _two_ended(conflicts)
    orders = _orders(conflicts)
    for order in orders:
        yield first_fit(conflicts, order)
    for order in orders:
        yield from _repaired(conflicts, order)


def _orders(conflicts: Conflicts) -> list[list[int]]:
    """Of the blocks: where most is live first; by life, size, area, last step and first step."""
    numbers, blocks, sizes = range(len(conflicts.blocks)), conflicts.blocks, conflicts.sizes
    live = [sum(step.values()) for step in conflicts.by_step]
    most = [max(live[block.first : block.last + 1]) for block in blocks]
    life = [block.last - block.first for block in blocks]
    return [
        sorted(numbers, key=lambda i: (-most[i], -life[i], -sizes[i])),
        sorted(numbers, key=lambda i: (-life[i], -sizes[i])),
        sorted(numbers, key=lambda i: (-sizes[i], blocks[i].first)),
        sorted(numbers, key=lambda i: -_area(blocks[i])),
        sorted(numbers, key=lambda i: -blocks[i].last),
        list(numbers),
    ]


def _area(block: Block) -> int:
    return sum(span.n_bytes * (span.last - span.first + 1) for span in block.spans)


def _repaired(conflicts: Conflicts, order: list[int]) -> Iterator[tuple[int, ...]]:
    """First fit again and again, each time with the block at the top of the arena moved to the front."""
    seen = set()
    offsets = first_fit(conflicts, order)
    for _ in range(REPAIRS):
        top = max(order, key=lambda i: (offsets[i] + conflicts.sizes[i], conflicts.sizes[i]))
        order = [top, *(i for i in order if i != top)]
        offsets = first_fit(conflicts, order)
        yield offsets
        if tuple(order) in seen:
            return
        seen.add(tuple(order))


def _two_ended(conflicts: Conflicts) -> Iterator[tuple[int, ...]]:
    """In the order of execution, from the bottom and the top of the least arena in turn.

    Of a chain without in-place operators only the input, the output and the scratch of one operator are live
    together: two ends and what is between them, so that this reaches the lower bound.
    """
    bound = conflicts.lower_bound_bytes
    for first in (0, 1):
        offsets: dict[int, int] = {}
        n_placed = first
        for index, block in enumerate(conflicts.blocks):
            if block.scratch_of is not None:
                continue
            free = _offsets_free(conflicts, index, offsets, bound)
            if not free:
                break
            offsets[index] = (min, max)[n_placed % 2](free)
            n_placed += 1
        else:
            scratch = [i for i, block in enumerate(conflicts.blocks) if block.scratch_of is not None]
            for index in scratch:
                offsets[index] = min(_offsets_free(conflicts, index, offsets))
            yield tuple(offsets[index] for index in range(len(conflicts.blocks)))


def _offsets_free(
    conflicts: Conflicts, index: int, offsets: dict[int, int], bound: int | None = None
) -> list[int]:
    """Offsets beside placed blocks, at the bottom and below the bound, that keep clear of all placed ones."""
    above, unit = conflicts.above, conflicts.alignment_bytes
    placed = [(offsets[j], above[j][index], above[index][j]) for j in above[index] if j in offsets]
    candidates = {0, *(offset + height for offset, height, _ in placed)}
    if bound is not None:
        top = (bound - conflicts.sizes[index]) // unit * unit
        candidates |= {top, *(offset - own for offset, _, own in placed)}
        candidates = {offset for offset in candidates if 0 <= offset <= top}
    return [
        mine
        for mine in candidates
        if all(mine >= offset + height or mine + own <= offset for offset, height, own in placed)
    ]
