"""The memory plan of a tensor design: order, lifetimes, offsets and patches. docs/plan.md explains it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from codegen.ir.counts import operator_macs
from codegen.ir.design import Schedule
from codegen.ir.graph import TensorGraph
from codegen.plan.choice import KernelChoice
from codegen.plan.exact import MAX_NODES
from codegen.plan.lifetimes import Block, blocks_of
from codegen.plan.order import MAX_SETS, FoundOrder, check_order, find_order, step_bytes
from codegen.plan.packing import Packing, pack
from codegen.plan.patches import PatchStage, split_stage
from codegen.plan.storages import Demand, demand_of

Kind: TypeAlias = Literal["tensor", "scratch"]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where something lies in the arena, and from which step to which, both included.

    kind, number: a tensor, or the scratch of an operator, by number. Of a tensor inside a patch stage the
    bytes are those of its largest region. A reshape has the placement of what it reshapes.
    """

    kind: Kind
    number: int
    offset_bytes: int
    n_bytes: int
    first_step: int
    last_step: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything about a design's memory that is known at compile time.

    order: operator numbers; a step is a place in it. placements: of every tensor and scratch in the arena,
    by first step; constants, and inputs that belong to the caller, have none. lower_bound_bytes: no offsets
    need less in this order. is_optimal: whether arena_bytes is the least of all offsets. live_bytes: at each
    step, without padding between. alignment_bytes: divides every offset, if the arena itself is so aligned.
    patches: the stage that runs patch by patch; each of its steps stands for one operator in all patches.
    macs: of each operator by number, recomputed ones included.
    """

    order: tuple[int, ...]
    placements: tuple[Placement, ...]
    arena_bytes: int
    lower_bound_bytes: int
    is_optimal: bool
    live_bytes: tuple[int, ...]
    alignment_bytes: int
    patches: PatchStage | None
    macs: tuple[int, ...]

    @property
    def peak_step(self) -> int:
        """The first step with the most live bytes."""
        return self.live_bytes.index(max(self.live_bytes))

    def live_at(self, step: int) -> tuple[Placement, ...]:
        """What lies in the arena while a step runs, by offset."""
        live = (one for one in self.placements if one.first_step <= step <= one.last_step)
        return tuple(sorted(live, key=lambda one: (one.offset_bytes, -one.n_bytes)))

    def placement(self, kind: Kind, number: int) -> Placement | None:
        """Where a tensor or an operator's scratch lies; None where it is not in the arena."""
        found = (one for one in self.placements if one.kind == kind and one.number == number)
        return next(found, None)


def plan_memory(
    graph: TensorGraph,
    schedule: Schedule,
    choices: Sequence[KernelChoice],
    *,
    inputs_in_arena: bool = True,
    alignment_bytes: int = 4,
    max_nodes: int = MAX_NODES,
) -> Plan:
    """The plan of a design, in the order that its schedule gives.

    choices: a kernel for each operator; inside a patch stage for the largest region (see
    codegen.plan.kernel_graphs). inputs_in_arena: False where inputs stay in the caller's memory, which the
    network never writes. alignment_bytes: a power of two; 4 because kernels load four int8 values as a word
    and scratch holds int16 and int32. max_nodes: how long offsets are searched.

    Raises PlanError for an order, patches or kernels that don't fit the graph.
    """
    stage = None if schedule.patches is None else split_stage(graph, schedule.patches)
    demand = demand_of(graph, choices, stage=stage, inputs_in_arena=inputs_in_arena)
    order = schedule.order if schedule.order is not None else tuple(range(len(graph.operators)))
    check_order(demand, order)
    blocks = blocks_of(demand, order)
    packing = pack(blocks, alignment_bytes=alignment_bytes, max_nodes=max_nodes)
    return Plan(
        order,
        _placements(demand, blocks, packing),
        packing.arena_bytes,
        packing.lower_bound_bytes,
        packing.is_optimal,
        _live_bytes(demand, order),
        alignment_bytes,
        stage,
        _macs(graph, stage),
    )


def find_schedule(
    graph: TensorGraph,
    schedule: Schedule,
    choices: Sequence[KernelChoice],
    *,
    inputs_in_arena: bool = True,
    max_sets: int = MAX_SETS,
) -> tuple[Schedule, FoundOrder]:
    """The schedule with the order of the fewest live bytes, and what is known of it.

    Only the order of the given schedule is replaced; where none is better than the graph's, by that.
    max_sets: how long the search is exact; see docs/plan.md. Raises PlanError as plan_memory does.
    """
    stage = None if schedule.patches is None else split_stage(graph, schedule.patches)
    demand = demand_of(graph, choices, stage=stage, inputs_in_arena=inputs_in_arena)
    found = find_order(demand, max_sets=max_sets)
    return replace(schedule, order=found.order), found


def _placements(demand: Demand, blocks: Sequence[Block], packing: Packing) -> tuple[Placement, ...]:
    placements = []
    for block, offset in zip(blocks, packing.offsets, strict=True):
        if block.scratch_of is not None:
            span = block.spans[0]
            placements.append(
                Placement("scratch", block.scratch_of, offset, span.n_bytes, span.first, span.last)
            )
        for storage, span in zip(block.storages, block.spans, strict=False):
            placements += [
                Placement("tensor", tensor, offset, span.n_bytes, span.first, span.last)
                for tensor in demand.storages[storage].tensors
            ]
    return tuple(sorted(placements, key=lambda one: (one.first_step, one.kind, one.number)))


def _live_bytes(demand: Demand, order: Sequence[int]) -> tuple[int, ...]:
    done, live, steps = 0, demand.start_bytes, []
    for number in order:
        during, live = step_bytes(demand, number, done, live)
        done |= 1 << number
        steps.append(during)
    return tuple(steps)


def _macs(graph: TensorGraph, stage: PatchStage | None) -> tuple[int, ...]:
    return tuple(
        stage.macs(number)
        if stage is not None and number < stage.n_operators
        else operator_macs(operator, graph)
        for number, operator in enumerate(graph.operators)
    )
