"""Whole plans: nothing is overwritten before it is read, and what the fields say is so."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.plan_graphs import GraphBuilder, mobilenet_v2
from codegen.ir import PatchSchedule, Schedule, Tensor, TensorGraph
from codegen.ir.counts import count
from codegen.plan import (
    KernelChoice,
    Placement,
    Plan,
    PlanError,
    check_plan,
    find_schedule,
    plan_memory,
)
from tests.codegen.plan.graphs import any_graphs, image_chains, kernel_choices, kernels, placed


@settings(max_examples=150, deadline=None)
@given(any_graphs(), st.data(), st.booleans(), st.sampled_from((1, 4)))
def test_plans_of_any_graph_keep_every_value_until_it_is_read(
    graph: TensorGraph, data: st.DataObject, inputs_in_arena: bool, alignment_bytes: int
) -> None:
    choices = data.draw(kernel_choices(graph))
    schedule = data.draw(
        st.sampled_from(
            (Schedule(), find_schedule(graph, Schedule(), choices, inputs_in_arena=inputs_in_arena)[0])
        )
    )
    plan = plan_memory(
        graph, schedule, choices, inputs_in_arena=inputs_in_arena, alignment_bytes=alignment_bytes
    )
    check_plan(plan, graph, choices)
    check_figures(plan)
    needed = {operator.output for operator in graph.operators} | set(graph.inputs if inputs_in_arena else ())
    placed = {one.number for one in plan.placements if one.kind == "tensor"}
    assert placed <= needed
    if inputs_in_arena:
        assert placed == needed


@settings(deadline=None)
@given(image_chains(), st.data(), st.booleans())
def test_plans_in_patches_keep_every_value_until_it_is_read(
    chain: TensorGraph, data: st.DataObject, inputs_in_arena: bool
) -> None:
    builder = GraphBuilder(list(chain.tensors), list(chain.operators), list(chain.inputs))
    last = chain.outputs[0]
    graph = builder.graph(builder.add(last, builder.clamp(last)))
    height, width, _ = graph.tensors[last].shape
    rows, columns = (data.draw(st.integers(1, min(size, 3))) for size in (height, width))
    schedule = Schedule(patches=PatchSchedule(len(chain.operators), rows, columns))
    choices = data.draw(kernel_choices(graph))
    found, order = find_schedule(graph, schedule, choices, inputs_in_arena=inputs_in_arena)
    plan = plan_memory(graph, found, choices, inputs_in_arena=inputs_in_arena)
    check_plan(plan, graph, choices)
    check_figures(plan)
    assert max(plan.live_bytes) == order.peak_bytes
    if rows == columns == 1:  # what no window sees is not computed
        assert sum(plan.macs) <= count(graph).macs


def check_figures(plan: Plan) -> None:
    """live_bytes against the placements: per value and step, the largest of what has one offset."""
    for step, live_bytes in enumerate(plan.live_bytes):
        largest: dict[int, int] = {}
        for place in plan.live_at(step):
            largest[place.offset_bytes] = max(largest.get(place.offset_bytes, 0), place.n_bytes)
        assert sum(largest.values()) == live_bytes
    assert plan.live_bytes[plan.peak_step] == max(plan.live_bytes) <= plan.lower_bound_bytes
    assert plan.lower_bound_bytes <= plan.arena_bytes
    ends = [place.offset_bytes + place.n_bytes for place in plan.placements]
    assert plan.arena_bytes == max(ends, default=0)
    if plan.arena_bytes == plan.lower_bound_bytes:
        assert plan.is_optimal


def residual() -> TensorGraph:
    builder = GraphBuilder()
    x = builder.input(4, 4, 2)
    y = builder.depthwise(builder.convolution(x, 4, 1))
    z = builder.convolution(y, 2, 1)
    return builder.graph(builder.reshape(builder.add(x, z), 32))


def test_a_residual_block_by_hand() -> None:
    """x is 32 bytes, the expanded image 64: depthwise over it, the sum over x; 8 bytes of scratch each."""
    graph = residual()
    plan = plan_memory(graph, Schedule(), kernels(graph, scratch_bytes=8))
    assert plan.live_bytes == (104, 104, 136, 72, 40)
    assert (plan.peak_step, plan.arena_bytes, plan.lower_bound_bytes, plan.is_optimal) == (2, 136, 136, True)
    x, expanded, filtered, total, flat = (placed(plan, "tensor", number) for number in (0, 2, 4, 7, 8))
    assert filtered.offset_bytes == expanded.offset_bytes
    assert total.offset_bytes == flat.offset_bytes == x.offset_bytes
    assert (x.first_step, x.last_step, expanded.last_step, filtered.first_step) == (0, 3, 1, 1)
    assert (total.first_step, total.last_step) == (flat.first_step, flat.last_step) == (3, 4)
    assert plan.placement("tensor", 1) is None
    assert [one.number for one in plan.placements if one.kind == "scratch"] == [0, 1, 2, 3, 4]
    assert [one.number for one in plan.live_at(2)].count(6) == 1
    assert plan.macs == (4 * 4 * 2 * 4, 4 * 4 * 4 * 9, 4 * 4 * 4 * 2, 0, 0)


def test_without_kernels_that_work_in_place_nothing_does() -> None:
    graph = residual()
    plan = plan_memory(graph, Schedule(), kernels(graph, in_place=False))
    assert plan.live_bytes == (96, 160, 128, 96, 32)
    assert plan.arena_bytes == 160


def test_inputs_of_the_caller_are_never_written_and_take_no_bytes() -> None:
    graph = residual()
    plan = plan_memory(graph, Schedule(), kernels(graph), inputs_in_arena=False)
    assert plan.placement("tensor", 0) is None
    assert plan.live_bytes == (64, 64, 96, 32, 32)
    total, projected = placed(plan, "tensor", 7), placed(plan, "tensor", 6)
    assert total.offset_bytes == projected.offset_bytes


def test_an_input_that_is_read_later_is_not_overwritten() -> None:
    builder = GraphBuilder()
    x = builder.input(1, 1, 8)
    graph = builder.graph(builder.add(builder.clamp(x), x))
    plan = plan_memory(graph, Schedule(), kernels(graph))
    assert plan.live_bytes == (16, 16)
    check_plan(plan, graph, kernels(graph))


def test_a_chain_of_reshapes_of_the_callers_input_needs_no_arena() -> None:
    builder = GraphBuilder()
    graph = builder.graph(builder.reshape(builder.input(2, 2, 2), 8))
    plan = plan_memory(graph, Schedule(), kernels(graph), inputs_in_arena=False)
    assert (plan.arena_bytes, plan.live_bytes, plan.placements) == (0, (0,), ())


def test_wider_types_take_their_bytes() -> None:
    builder = GraphBuilder()
    graph = builder.graph(builder.clamp(builder.input(1, 1, 8)))
    tensors = (graph.tensors[0], Tensor("wide", (1, 1, 8), "int32"))
    wide = TensorGraph(tensors, graph.operators, graph.inputs, graph.outputs)
    assert plan_memory(wide, Schedule(), kernels(wide)).live_bytes == (40,)


def test_kernels_that_do_not_fit_are_refused() -> None:
    graph = residual()
    with pytest.raises(PlanError) as caught:
        plan_memory(graph, Schedule(), kernels(graph)[1:])
    assert str(caught.value) == (
        "plan: one kernel for each of at least 1 operator is needed, not 4 kernels for 5 operators"
    )
    with pytest.raises(PlanError) as caught:
        plan_memory(graph, Schedule(), [*kernels(graph)[1:], KernelChoice("odd", -1)])
    assert str(caught.value) == "plan: operator 4: scratch of kernel 'odd' must be at least 0 bytes, not -1"


def test_a_tensor_that_two_operators_write_is_refused() -> None:
    builder = GraphBuilder()
    x = builder.input(1, 1, 8)
    y = builder.clamp(x)
    builder.operators.append(builder.operators[0])
    graph = builder.graph(y)
    with pytest.raises(PlanError) as caught:
        plan_memory(graph, Schedule(), kernels(graph))
    assert str(caught.value) == "plan: tensor 't1' must be written once, not twice"


def test_plans_of_the_same_design_are_equal() -> None:
    graph = mobilenet_v2(96)
    plans = [plan_memory(graph, Schedule(), kernels(graph)) for _ in range(2)]
    assert plans[0] == plans[1]
    assert isinstance(plans[0].placements[0], Placement)
