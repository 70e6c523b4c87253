"""Offsets: against all layouts of few blocks, the lower bound, alignment and the chain."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.plan import PlanError
from codegen.plan.conflicts import Conflicts
from codegen.plan.exact import least_layout
from codegen.plan.lifetimes import Block, Span
from codegen.plan.packing import Packing, pack


@st.composite
def blocks(draw: st.DrawFn, max_blocks: int = 12, max_bytes: int = 20) -> tuple[Block, ...]:
    """Blocks of one span or of several, each over the one before, by their first step."""
    made = []
    for index in range(draw(st.integers(1, max_blocks))):
        first = draw(st.integers(0, 6))
        spans = [Span(first, first + draw(st.integers(0, 3)), draw(st.integers(1, max_bytes)))]
        while draw(st.integers(0, 3)) == 3:
            start = spans[-1].last
            spans.append(
                Span(start, start + draw(st.integers(0, 3)), draw(st.integers(1, spans[-1].n_bytes)))
            )
        made.append(Block(tuple(spans), tuple(range(index, index + len(spans)))))
    return tuple(sorted(made, key=lambda block: block.first))


def check(found: tuple[Block, ...], packing: Packing, alignment_bytes: int) -> None:
    """Step by step: what is live lies apart."""
    for offset in packing.offsets:
        assert offset >= 0
        assert offset % alignment_bytes == 0
    for step in range(max(block.last for block in found) + 1):
        live = sorted(
            (offset, max(span.n_bytes for span in block.spans if span.first <= step <= span.last))
            for block, offset in zip(found, packing.offsets, strict=True)
            if block.first <= step <= block.last
        )
        for (offset, size), (following, _) in itertools.pairwise(live):
            assert offset + size <= following
        if live:
            assert live[-1][0] + live[-1][1] <= packing.arena_bytes
        assert sum(size for _, size in live) <= packing.lower_bound_bytes
    assert packing.lower_bound_bytes <= packing.arena_bytes


@settings(max_examples=300, deadline=None)
@given(blocks(), st.sampled_from((1, 2, 4, 8)), st.sampled_from((0, 3, 2000)))
def test_what_is_live_together_never_shares_bytes(
    found: tuple[Block, ...], alignment_bytes: int, max_nodes: int
) -> None:
    check(found, pack(found, alignment_bytes=alignment_bytes, max_nodes=max_nodes), alignment_bytes)


@settings(max_examples=100, deadline=None)
@given(blocks(max_blocks=4, max_bytes=4), st.sampled_from((1, 2)))
def test_a_packing_that_says_it_is_optimal_is(found: tuple[Block, ...], alignment_bytes: int) -> None:
    packing = pack(found, alignment_bytes=alignment_bytes)
    assert packing.is_optimal
    assert packing.arena_bytes == least_by_trying(found, alignment_bytes, packing.arena_bytes)


def least_by_trying(found: tuple[Block, ...], alignment_bytes: int, enough: int) -> int:
    """The least arena of all offsets up to `enough`, block after block."""
    best = enough

    def place(offsets: tuple[int, ...], arena: int) -> None:
        nonlocal best
        if arena >= best:
            return
        if len(offsets) == len(found):
            best = arena
            return
        block = found[len(offsets)]
        for offset in range(0, enough, alignment_bytes):
            if all(apart(block, offset, found[i], other) for i, other in enumerate(offsets)):
                place((*offsets, offset), max(arena, offset + block.n_bytes))

    place((), 0)
    return best


def apart(one: Block, one_offset: int, other: Block, other_offset: int) -> bool:
    shared = [(a, b) for a in one.spans for b in other.spans if a.first <= b.last and b.first <= a.last]
    below = all(one_offset + a.n_bytes <= other_offset for a, _ in shared)
    return below or all(other_offset + b.n_bytes <= one_offset for _, b in shared)


@settings(max_examples=200, deadline=None)
@given(blocks(max_blocks=7))
def test_the_search_alone_finds_what_the_rules_find_or_better(found: tuple[Block, ...]) -> None:
    conflicts = Conflicts(found, 1)
    everything = sum(block.n_bytes for block in found) + 1
    offsets, is_exact = least_layout(conflicts, everything, 10**5)
    assert is_exact
    assert offsets is not None
    packing = pack(found, alignment_bytes=1, max_nodes=0)
    assert conflicts.lower_bound_bytes <= conflicts.arena_bytes(offsets) <= packing.arena_bytes


@given(
    st.lists(st.integers(1, 100), min_size=2, max_size=30),
    st.lists(st.integers(0, 50), min_size=30, max_size=30),
)
def test_a_chain_with_scratch_needs_no_more_than_its_hungriest_step(
    sizes: list[int], scratch: list[int]
) -> None:
    found = [
        Block((Span(max(i - 1, 0), min(i, len(sizes) - 2), size),), (i,)) for i, size in enumerate(sizes)
    ]
    found += [Block((Span(i, i, scratch[i]),), scratch_of=i) for i in range(len(sizes) - 1) if scratch[i]]
    ordered = tuple(sorted(found, key=lambda block: block.first))
    packing = pack(ordered, alignment_bytes=1, max_nodes=0)
    assert packing.arena_bytes == max(
        before + after + room
        for (before, after), room in zip(itertools.pairwise(sizes), scratch, strict=False)
    )


def test_a_layout_that_the_rules_miss_is_found_by_the_search() -> None:
    spans = ((0, 3, 3), (1, 1, 4), (1, 3, 2), (1, 4, 3), (3, 4, 2), (3, 5, 3))
    found = tuple(Block((Span(*span),), (index,)) for index, span in enumerate(spans))
    rules = pack(found, alignment_bytes=1, max_nodes=0)
    assert (rules.lower_bound_bytes, rules.arena_bytes, rules.is_optimal) == (13, 14, False)
    packing = pack(found, alignment_bytes=1)
    assert (packing.lower_bound_bytes, packing.arena_bytes, packing.is_optimal) == (13, 13, True)


def test_an_arena_above_the_lower_bound_is_proven_least() -> None:
    """The middle block must lie above one end of the others, which at other steps are larger."""
    found = (
        Block((Span(0, 0, 3), Span(0, 2, 1)), (0, 1)),
        Block((Span(2, 2, 4), Span(2, 4, 3)), (2, 3)),
        Block((Span(3, 6, 2),), (4,)),
    )
    packing = pack(found, alignment_bytes=1)
    assert (packing.lower_bound_bytes, packing.arena_bytes, packing.is_optimal) == (5, 6, True)


def test_the_lower_bound_counts_padding_between_blocks() -> None:
    found = (Block((Span(0, 0, 5),), (0,)), Block((Span(0, 0, 6),), (1,)))
    assert pack(found, alignment_bytes=1).arena_bytes == 11
    packing = pack(found, alignment_bytes=4)
    assert (packing.arena_bytes, packing.lower_bound_bytes, packing.is_optimal) == (13, 13, True)


def test_an_alignment_is_a_power_of_two() -> None:
    with pytest.raises(PlanError) as caught:
        pack((), alignment_bytes=3)
    assert str(caught.value) == "plan: alignment_bytes must be a power of two, not 3"
