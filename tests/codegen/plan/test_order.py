"""The order of operators: against all orders of small graphs, and by hand."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.plan_graphs import GraphBuilder, random_graph
from codegen.ir import PatchSchedule, Reshape, Schedule, TensorGraph
from codegen.ir.operators import Add, activations_read
from codegen.plan import KernelChoice, PlanError, find_schedule, plan_memory, split_stage
from codegen.plan.order import check_order, find_order, least_bytes, peak_bytes
from codegen.plan.storages import demand_of
from tests.codegen.plan.graphs import any_graphs, image_chains, kernel_choices, kernels


@st.composite
def priced(draw: st.DrawFn) -> tuple[TensorGraph, list[KernelChoice]]:
    graph = draw(any_graphs(max_operators=6))
    return graph, draw(kernel_choices(graph))


@settings(max_examples=150, deadline=None)
@given(priced(), st.booleans())
def test_no_order_of_a_small_graph_has_a_lower_peak(
    made: tuple[TensorGraph, list[KernelChoice]], inputs_in_arena: bool
) -> None:
    graph, choices = made
    demand = demand_of(graph, choices, inputs_in_arena=inputs_in_arena)
    found = find_order(demand)
    peaks = [live_peak(graph, choices, order, inputs_in_arena) for order in all_orders(graph)]
    assert found.is_minimal
    assert found.peak_bytes == min(peaks)
    assert live_peak(graph, choices, found.order, inputs_in_arena) == found.peak_bytes
    assert least_bytes(demand) <= found.peak_bytes


def all_orders(graph: TensorGraph) -> Iterator[tuple[int, ...]]:
    """Every executable order."""
    writers = {operator.output: number for number, operator in enumerate(graph.operators)}
    needs = [
        {writers[tensor] for tensor in activations_read(operator) if tensor in writers}
        for operator in graph.operators
    ]

    def longer(order: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if len(order) == len(graph.operators):
            yield order
        for number in range(len(graph.operators)):
            if number not in order and needs[number] <= set(order):
                yield from longer((*order, number))

    return longer(())


def live_peak(
    graph: TensorGraph, choices: list[KernelChoice], order: tuple[int, ...], inputs_in_arena: bool
) -> int:
    """The definition, tensor by tensor and step by step."""
    value = list(range(len(graph.tensors)))
    for operator in graph.operators:
        if isinstance(operator, Reshape):
            value[operator.output] = value[operator.input]
    read = {value[tensor] for operator in graph.operators for tensor in activations_read(operator)}
    kept = {value[tensor] for tensor in graph.outputs} | set(graph.inputs) - read
    outside = set(graph.constants) | (set() if inputs_in_arena else set(graph.inputs))
    live, peak = set(graph.inputs) - outside, 0
    for step, number in enumerate(order):
        operator, later = graph.operators[number], order[step + 1 :]
        needed = {value[t] for n in later for t in activations_read(graph.operators[n])} | kept
        over = (
            (operator.left, operator.right) if isinstance(operator, Add) else activations_read(operator)[:1]
        )
        output = value[operator.output]
        replaced = choices[number].in_place and any(
            value[tensor] not in needed | outside
            and graph.tensors[operator.output].n_bytes <= graph.tensors[tensor].n_bytes
            for tensor in over
        )
        during = live if replaced else live | ({output} - outside)
        scratch = choices[number].scratch_bytes
        peak = max(peak, scratch + sum(graph.tensors[tensor].n_bytes for tensor in during))
        live = ((live | {output}) & needed) - outside
    return peak


def test_the_branch_that_shrinks_runs_first() -> None:
    builder = GraphBuilder()
    x = builder.input(1, 1, 10)
    wide = builder.fully_connected(x, 100)
    small = builder.fully_connected(wide, 10)
    other = builder.fully_connected(builder.fully_connected(x, 90), 10)
    graph = builder.graph(builder.add(small, other))
    order = (0, 2, 1, 3, 4)
    mixed = TensorGraph(graph.tensors, tuple(graph.operators[n] for n in order), graph.inputs, graph.outputs)
    demand = demand_of(mixed, kernels(mixed))
    assert peak_bytes(demand, range(5)) == 200
    found = find_order(demand)
    assert (found.order, found.peak_bytes, found.is_minimal) == ((1, 3, 0, 2, 4), 120, True)
    schedule, same = find_schedule(mixed, Schedule(), kernels(mixed))
    assert (schedule, same) == (Schedule(found.order), found)


def test_an_order_that_is_best_already_is_left_alone() -> None:
    builder = GraphBuilder()
    x = builder.input(1, 1, 10)
    left, right = builder.fully_connected(x, 10), builder.fully_connected(x, 10)
    graph = builder.graph(builder.add(left, right))
    assert find_order(demand_of(graph, kernels(graph))).order == (0, 1, 2)


def test_where_the_exact_search_gives_up_a_beam_is_no_worse_than_the_graph_and_says_so() -> None:
    for seed in range(12):
        graph = random_graph(np.random.default_rng(seed), 6)
        demand = demand_of(graph, kernels(graph, scratch_bytes=100))
        given_peak = peak_bytes(demand, range(len(graph.operators)))
        exact, beam = find_order(demand), find_order(demand, max_sets=1)
        check_order(demand, beam.order)
        assert exact.is_minimal
        assert exact.peak_bytes <= beam.peak_bytes <= given_peak
        assert peak_bytes(demand, beam.order) == beam.peak_bytes
        assert beam.is_minimal == (beam.peak_bytes == least_bytes(demand))


@settings(deadline=None)
@given(image_chains(), st.data())
def test_orders_end_the_patches_before_anything_else(graph: TensorGraph, data: st.DataObject) -> None:
    builder = GraphBuilder(list(graph.tensors), list(graph.operators), list(graph.inputs))
    graph = builder.graph(builder.add(graph.outputs[0], builder.clamp(graph.outputs[0])))
    n_stage = len(graph.operators) - 2
    patches = PatchSchedule(n_stage, 1, 1)
    demand = demand_of(graph, data.draw(kernel_choices(graph)), stage=split_stage(graph, patches))
    found = find_order(demand)
    assert set(found.order[:n_stage]) == set(range(n_stage))
    assert peak_bytes(demand, found.order) == found.peak_bytes


def test_orders_that_can_not_run_are_refused() -> None:
    builder = GraphBuilder()
    x = builder.fully_connected(builder.input(1, 1, 4), 4)
    graph = builder.graph(builder.fully_connected(x, 4))
    with pytest.raises(PlanError) as caught:
        plan_memory(graph, Schedule(order=(0, 0)), kernels(graph))
    assert str(caught.value) == "order: operators 0 to 1 must come once each, not (0, 0)"
    with pytest.raises(PlanError) as caught:
        plan_memory(graph, Schedule(order=(1, 0)), kernels(graph))
    assert str(caught.value) == (
        "order: operator 1 must come after operator 0, whose output it reads or whose patches end before it"
    )
