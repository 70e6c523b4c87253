"""The checker finds what is wrong with a plan, and says where."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from benchmarks.plan_graphs import GraphBuilder
from codegen.ir import PatchSchedule, Schedule, TensorGraph
from codegen.plan import Placement, Plan, PlanError, check_plan, plan_memory
from tests.codegen.plan.graphs import kernels, placed


def chain() -> TensorGraph:
    """Tensors 0 (16 bytes), 2 (32) and 4 (16)."""
    builder = GraphBuilder()
    x = builder.convolution(builder.input(4, 4, 1), 2)
    return builder.graph(builder.convolution(x, 1))


def changed(plan: Plan, change: Callable[[Placement], Placement | None]) -> Plan:
    made = [change(place) for place in plan.placements]
    return replace(plan, placements=tuple(place for place in made if place is not None))


def moved(plan: Plan, kind: str, number: int, offset_bytes: int) -> Plan:
    return changed(
        plan,
        lambda place: (
            replace(place, offset_bytes=offset_bytes)
            if (place.kind, place.number) == (kind, number)
            else place
        ),
    )


def problem(plan: Plan, graph: TensorGraph, scratch_bytes: int = 0, in_place: bool = True) -> str:
    with pytest.raises(PlanError) as caught:
        check_plan(plan, graph, kernels(graph, scratch_bytes=scratch_bytes, in_place=in_place))
    return str(caught.value)


def test_an_output_over_its_input() -> None:
    graph = chain()
    plan = plan_memory(graph, Schedule(), kernels(graph))
    middle = placed(plan, "tensor", 2)
    assert problem(moved(plan, "tensor", 4, middle.offset_bytes), graph) == (
        "plan: operator 1: the output lies over tensor 2, which it reads"
    )


def test_an_output_over_its_input_where_the_kernel_works_in_place_no_longer() -> None:
    builder = GraphBuilder()
    graph = builder.graph(builder.depthwise(builder.input(4, 4, 2)))
    plan = plan_memory(graph, Schedule(), kernels(graph))
    check_plan(plan, graph, kernels(graph))
    assert problem(plan, graph, in_place=False) == (
        "plan: operator 0: the output lies over tensor 0, which it reads"
    )


def test_a_value_that_is_gone_before_it_is_read() -> None:
    builder = GraphBuilder()
    x = builder.input(4, 4, 1)
    graph = builder.graph(builder.add(x, builder.convolution(builder.convolution(x, 1), 1)))
    plan = plan_memory(graph, Schedule(), kernels(graph, in_place=False))
    first = placed(plan, "tensor", 0)
    assert problem(moved(plan, "tensor", 4, first.offset_bytes), graph) == (
        "plan: operator 2: tensor 0 is read, but byte 0 of it holds tensor 4"
    )


def test_scratch_over_input_and_output() -> None:
    graph = chain()
    plan = plan_memory(graph, Schedule(), kernels(graph, scratch_bytes=8))
    read, written = placed(plan, "tensor", 0), placed(plan, "tensor", 2)
    assert problem(moved(plan, "scratch", 0, read.offset_bytes), graph, 8) == (
        "plan: operator 0: tensor 0 is read, but byte 0 of it holds scratch"
    )
    assert problem(moved(plan, "scratch", 0, written.offset_bytes), graph, 8) == (
        "plan: operator 0: the output lies over the scratch"
    )
    assert problem(plan, graph, 9) == "plan: operator 0: scratch has 8 bytes, not 9"


def test_places_that_are_missing_short_odd_or_outside() -> None:
    graph = chain()
    plan = plan_memory(graph, Schedule(), kernels(graph))
    without = changed(plan, lambda place: None if place.number == 2 else place)
    assert problem(without, graph) == "plan: operator 0: tensor 2 has no place in the arena"
    short = changed(plan, lambda place: replace(place, n_bytes=8))
    assert problem(short, graph) == "plan: tensor 0: needs 16 bytes, not 8"
    assert problem(moved(plan, "tensor", 0, 2), graph) == (
        "plan: tensor 0: offset must be a multiple of 4, not 2"
    )
    assert problem(moved(plan, "tensor", 0, 4096), graph) == "plan: tensor 0: must lie inside of the arena"


def test_an_input_that_patches_read_again_must_stay() -> None:
    graph = chain()
    schedule = Schedule(patches=PatchSchedule(2, 2, 2))
    plan = plan_memory(graph, schedule, kernels(graph))
    check_plan(plan, graph, kernels(graph))
    first = placed(plan, "tensor", 0)
    assert problem(moved(plan, "tensor", 4, first.offset_bytes), graph) == (
        "plan: operator 0: tensor 0 is read, but byte 0 of it holds tensor 4"
    )


def test_an_output_that_is_overwritten_at_the_end() -> None:
    builder = GraphBuilder()
    x = builder.input(4, 4, 1)
    y, z = builder.convolution(x, 1), builder.convolution(x, 1)
    graph = builder.graph(y, z)
    plan = plan_memory(graph, Schedule(), kernels(graph))
    kept = placed(plan, "tensor", y)
    assert problem(moved(plan, "tensor", z, kept.offset_bytes), graph) == (
        "plan: operator 2: tensor 2 is read, but byte 0 of it holds tensor 4"
    )
