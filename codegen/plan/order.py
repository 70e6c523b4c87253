"""Which order of operators needs the fewest bytes at its worst step.

Source of the criterion: Liberis, Dudziak and Lane, "uNAS: Constrained Neural Architecture Search for
Microcontrollers", EuroMLSys 2021: the peak is the minimum over orders of the maximum over steps of the live
bytes, the inputs and the output of the running operator included. Here scratch counts too.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from codegen.plan.errors import PlanError
from codegen.plan.storages import Demand

MAX_SETS = 20_000
"""Of executed operators that the exact search looks at."""
BEAM = 64
"""Sets of executed operators that are kept a step where the exact search gave up."""


@dataclass(frozen=True, slots=True)
class FoundOrder:
    """order: of operator numbers. peak_bytes: live at the worst step. is_minimal: no order has less."""

    order: tuple[int, ...]
    peak_bytes: int
    is_minimal: bool


@dataclass(frozen=True, slots=True)
class _State:
    """done: the operators that ran, bit by bit; live bytes depend on nothing else. ready: may run next.

    peak_bytes: so far, and at least what the hungriest operator will need anyway.
    """

    done: int
    live_bytes: int
    peak_bytes: int
    ready: tuple[int, ...]
    order: "_Order"


_Order: TypeAlias = "tuple[_Order, int] | None"
"""Operators that ran, last first, so that states share what they have in common."""


def find_order(demand: Demand, *, max_sets: int = MAX_SETS) -> FoundOrder:
    """The given order where none is better, else the best one found.

    Exact, by a search for the path of least peak through the sets of executed operators, while it looks at
    no more than `max_sets` of them; beyond that the best of a beam of 64 sets a step.
    """
    graph_order = tuple(range(len(demand.actions)))
    peak, least = peak_bytes(demand, graph_order), least_bytes(demand)
    if peak == least:
        return FoundOrder(graph_order, peak, True)
    search = _Search(demand)
    best, is_exact = search.exact(peak, max_sets)
    if best is None and not is_exact:
        best = search.beam(peak)
    if best is None:
        return FoundOrder(graph_order, peak, is_exact)
    return FoundOrder(_listed(best.order), best.peak_bytes, is_exact or best.peak_bytes == least)


def check_order(demand: Demand, order: Sequence[int]) -> None:
    """Raises PlanError unless each operator comes once, and after those that it needs."""
    n_operators = len(demand.actions)
    if sorted(order) != list(range(n_operators)):
        raise PlanError(f"order: operators 0 to {n_operators - 1} must come once each, not {tuple(order)}")
    done = 0
    for number in order:
        missing = demand.actions[number].after & ~done
        if missing:
            first = (missing & -missing).bit_length() - 1
            raise PlanError(
                f"order: operator {number} must come after operator {first}, whose output it reads or whose "
                f"patches end before it"
            )
        done |= 1 << number


def peak_bytes(demand: Demand, order: Sequence[int]) -> int:
    """The most bytes that are live at a step of an executable order."""
    done, live, peak = 0, demand.start_bytes, 0
    for number in order:
        during, live = step_bytes(demand, number, done, live)
        done |= 1 << number
        peak = max(peak, during)
    return peak


def least_bytes(demand: Demand) -> int:
    """What the hungriest operator needs alone: a lower bound of any order's peak."""
    most = demand.start_bytes
    for action in demand.actions:
        needed = sum(demand.storages[index].n_bytes for index in action.reads) + action.scratch_bytes
        if action.writes is not None and not action.over:
            needed += demand.storages[action.writes].n_bytes
        most = max(most, needed)
    return most


def step_bytes(demand: Demand, number: int, done: int, live_bytes: int) -> tuple[int, int]:
    """Live bytes while an operator runs and after it. done, live_bytes: before it."""
    action, storages = demand.actions[number], demand.storages
    left = ~(done | 1 << number)
    during, after = live_bytes + action.scratch_bytes, live_bytes
    if action.writes is not None:
        written = storages[action.writes]
        if not written.from_start:
            if not any(is_free(demand, index, left) for index in action.over):
                during += written.n_bytes
            if written.readers or written.to_end:
                after += written.n_bytes
    for index in action.reads:
        if is_free(demand, index, left):
            after -= storages[index].n_bytes
    return during, after


def is_free(demand: Demand, storage: int, left: int) -> bool:
    """Whether none of the operators that are left, bit by bit, needs a storage."""
    held = demand.storages[storage]
    return not held.to_end and not held.readers & left


class _Search:
    """The sets of executed operators of one demand."""

    def __init__(self, demand: Demand) -> None:
        self.demand = demand
        self.followers: list[list[int]] = [[] for _ in demand.actions]
        for number, action in enumerate(demand.actions):
            for before in range(number):
                if action.after >> before & 1:
                    self.followers[before].append(number)

    def exact(self, bound: int, max_sets: int) -> tuple[_State | None, bool]:
        """An order of least peak below `bound`, or None; and whether the search came to its end."""
        n_operators = len(self.demand.actions)
        waiting = [(0, 0, 0, self._start())]
        known: dict[int, int] = {}
        n_seen = 0
        while waiting:
            _, _, done, state = heapq.heappop(waiting)
            if known.get(done, state.peak_bytes + 1) < state.peak_bytes:
                continue
            if done.bit_count() == n_operators:
                return state, True
            n_seen += 1
            if n_seen > max_sets:
                return None, False
            for follower in self._next(state):
                if follower.peak_bytes >= bound or known.get(follower.done, bound) <= follower.peak_bytes:
                    continue
                known[follower.done] = follower.peak_bytes
                key = (follower.peak_bytes, -follower.done.bit_count(), follower.done)
                heapq.heappush(waiting, (*key, follower))
        return None, True

    def beam(self, bound: int) -> _State | None:
        """The best order below `bound` that keeps the best few sets of each size, or None."""
        level = [self._start()]
        for _ in self.demand.actions:
            best: dict[int, _State] = {}
            for state in level:
                for follower in self._next(state):
                    known = best.get(follower.done)
                    if follower.peak_bytes < bound and (
                        known is None or follower.peak_bytes < known.peak_bytes
                    ):
                        best[follower.done] = follower
            level = sorted(best.values(), key=lambda one: (one.peak_bytes, one.live_bytes, one.done))[:BEAM]
        return level[0] if level else None

    def _start(self) -> _State:
        ready = tuple(number for number, action in enumerate(self.demand.actions) if not action.after)
        return _State(0, self.demand.start_bytes, least_bytes(self.demand), ready, None)

    def _next(self, state: _State) -> Iterator[_State]:
        """States after one more operator.

        An operator that fits below the state's peak and leaves no more bytes live than before may as well
        run at once: moved to the front of any order, it makes no later step larger.
        """
        steps = []
        for number in state.ready:
            during, after = step_bytes(self.demand, number, state.done, state.live_bytes)
            if during <= state.peak_bytes and after <= state.live_bytes:
                yield self._after(state, number, during, after)
                return
            steps.append((number, during, after))
        for number, during, after in steps:
            yield self._after(state, number, during, after)

    def _after(self, state: _State, number: int, during: int, after: int) -> _State:
        done = state.done | 1 << number
        ready = [other for other in state.ready if other != number]
        ready += [other for other in self.followers[number] if not self.demand.actions[other].after & ~done]
        return _State(done, after, max(state.peak_bytes, during), tuple(ready), (state.order, number))


def _listed(order: _Order) -> tuple[int, ...]:
    found = []
    while order is not None:
        order, number = order
        found.append(number)
    return tuple(reversed(found))
