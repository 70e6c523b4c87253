"""When what is live, for one order of the operators: blocks of memory with their steps."""

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.plan.order import is_free
from codegen.plan.storages import Demand


@dataclass(frozen=True, slots=True)
class Span:
    """n_bytes from step `first` to step `last`, both included; a step is a place in the order."""

    first: int
    last: int
    n_bytes: int


@dataclass(frozen=True, slots=True)
class Block:
    """What has one offset: a storage, those written over it one after the other, or a scratch.

    storages: by number, oldest first; spans: one for each of them, sharing the step in which one is written
    over the other. A scratch has its operator and one span.
    """

    spans: tuple[Span, ...]
    storages: tuple[int, ...] = ()
    scratch_of: int | None = None

    @property
    def first(self) -> int:
        return self.spans[0].first

    @property
    def last(self) -> int:
        return self.spans[-1].last

    @property
    def n_bytes(self) -> int:
        """The most that it ever needs."""
        return max(span.n_bytes for span in self.spans)


def blocks_of(demand: Demand, order: Sequence[int]) -> tuple[Block, ...]:
    """All blocks of an executable order, by their first step; outputs lie over inputs wherever they may."""
    spans = _spans(demand, order)
    below = _below(demand, order)
    above = {under: over for over, under in below.items()}
    blocks = []
    for index in range(len(demand.storages)):
        if index in below:
            continue
        chain = [index]
        while chain[-1] in above:
            chain.append(above[chain[-1]])
        blocks.append(Block(tuple(spans[one] for one in chain), tuple(chain)))
    for step, number in enumerate(order):
        if demand.actions[number].scratch_bytes:
            blocks.append(Block((Span(step, step, demand.actions[number].scratch_bytes),), scratch_of=number))
    return tuple(sorted(blocks, key=lambda block: block.first))


def _spans(demand: Demand, order: Sequence[int]) -> list[Span]:
    steps = {number: step for step, number in enumerate(order)}
    written = {
        action.writes: steps[number]
        for number, action in enumerate(demand.actions)
        if action.writes is not None
    }
    spans = []
    for index, storage in enumerate(demand.storages):
        last = written.get(index, 0)
        if storage.to_end:
            last = len(order) - 1
        elif storage.readers:
            last = max(steps[number] for number in range(len(order)) if storage.readers >> number & 1)
        spans.append(Span(0 if storage.from_start else written[index], last, storage.n_bytes))
    return spans


def _below(demand: Demand, order: Sequence[int]) -> dict[int, int]:
    """Storage written over another: the other. The first that may be overwritten is."""
    below: dict[int, int] = {}
    left = (1 << len(order)) - 1
    for number in order:
        left &= ~(1 << number)
        action = demand.actions[number]
        under = next((index for index in action.over if is_free(demand, index, left)), None)
        if under is not None and action.writes is not None:
            below[action.writes] = under
    return below
