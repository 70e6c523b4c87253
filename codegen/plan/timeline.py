"""The memory of a plan over time, as plain data for whoever draws it."""

from dataclasses import dataclass

from codegen.ir.graph import TensorGraph
from codegen.plan.plan import Placement, Plan


@dataclass(frozen=True, slots=True)
class Holding:
    """label: the tensor's name, or "scratch". offset_bytes, n_bytes: in the arena."""

    label: str
    offset_bytes: int
    n_bytes: int


@dataclass(frozen=True, slots=True)
class Moment:
    """A step of a plan. operator: its number; kind: its type. in_patches: whether it runs patch by patch.

    live_bytes: without padding between. is_peak: whether no step has more. holdings: by offset; a reshape is
    listed under the name of what it reshapes, and an output that lies over an input beside it.
    """

    operator: int
    kind: str
    in_patches: bool
    live_bytes: int
    is_peak: bool
    holdings: tuple[Holding, ...]


def timeline(plan: Plan, graph: TensorGraph) -> tuple[Moment, ...]:
    """One moment for each step, in order."""
    n_stage = 0 if plan.patches is None else plan.patches.n_operators
    peak = max(plan.live_bytes)
    return tuple(
        Moment(
            number,
            type(graph.operators[number]).__name__,
            number < n_stage,
            plan.live_bytes[step],
            plan.live_bytes[step] == peak,
            _holdings(plan.live_at(step), graph),
        )
        for step, number in enumerate(plan.order)
    )


def _holdings(live: tuple[Placement, ...], graph: TensorGraph) -> tuple[Holding, ...]:
    """Names of one value have one placement; the lowest number, the value itself, is listed."""
    seen: dict[tuple[int, int, int, int], Holding] = {}
    for place in sorted(live, key=lambda one: one.number):
        name = graph.tensors[place.number].name if place.kind == "tensor" else "scratch"
        key = (place.offset_bytes, place.n_bytes, place.first_step, place.last_step)
        seen.setdefault(key, Holding(name, place.offset_bytes, place.n_bytes))
    return tuple(sorted(seen.values(), key=lambda one: (one.offset_bytes, -one.n_bytes)))
