"""MobileNetV2 of width 1.0 at 224 pixels, int8, against figures that others have published.

Lin et al., "MCUNetV2", NeurIPS 2021, figure 1: 1372 kB layer by layer, 172 kB with 4 x 4 patches over the
first blocks. Their memory is the input and the output of the running operator, depthwise convolutions in
place, no scratch, and no input image, which may be decoded part by part; docs/plan.md has the definitions.
"""

from benchmarks.plan_graphs import mobilenet_v2
from codegen.ir import DepthwiseConv2d, PatchSchedule, Schedule, TensorGraph
from codegen.ir.counts import count
from codegen.plan import KernelChoice, Plan, check_plan, find_schedule, plan_memory

N_CONVOLUTIONS, N_OPERATORS = 12, 13
"""The first 12 convolutions, and the sum between them."""
PATCHES = Schedule(patches=PatchSchedule(N_OPERATORS, 4, 4))


def kernels(graph: TensorGraph, *, depthwise_in_place: bool = True) -> list[KernelChoice]:
    return [
        KernelChoice("any", 0, depthwise_in_place and isinstance(operator, DepthwiseConv2d))
        for operator in graph.operators
    ]


def planned(schedule: Schedule, *, inputs_in_arena: bool, depthwise_in_place: bool = True) -> Plan:
    graph = mobilenet_v2()
    choices = kernels(graph, depthwise_in_place=depthwise_in_place)
    plan = plan_memory(graph, schedule, choices, inputs_in_arena=inputs_in_arena)
    check_plan(plan, graph, choices)
    return plan


def test_the_graph_has_the_published_macs_and_parameters() -> None:
    """300 million MACs and 3.4 million weights: Sandler et al., CVPR 2018, table 4. No biases here."""
    counts = count(mobilenet_v2())
    assert counts.macs == 300_774_272
    assert counts.parameters == 3_469_760


def test_layer_by_layer_the_peak_is_1372_kib_whoever_holds_the_input() -> None:
    for inputs_in_arena in (True, False):
        plan = planned(Schedule(), inputs_in_arena=inputs_in_arena)
        assert plan.arena_bytes == plan.lower_bound_bytes == max(plan.live_bytes) == 1372 * 1024
        assert plan.is_optimal
        assert plan.order[plan.peak_step] == 3
    graph = mobilenet_v2()
    assert find_schedule(graph, Schedule(), kernels(graph))[1].peak_bytes == 1372 * 1024


def test_without_depthwise_in_place_the_peak_is_1470_kib() -> None:
    assert planned(Schedule(), inputs_in_arena=True, depthwise_in_place=False).arena_bytes == 1470 * 1024


def test_4_by_4_patches_over_the_first_12_convolutions_need_162288_bytes() -> None:
    graph = mobilenet_v2()
    stage = graph.operators[:N_OPERATORS]
    assert sum(type(operator).__name__.endswith("Conv2d") for operator in stage) == N_CONVOLUTIONS
    plan = planned(PATCHES, inputs_in_arena=False)
    assert max(plan.live_bytes[:N_OPERATORS]) == 162_288
    alone = TensorGraph(graph.tensors, stage, graph.inputs, (stage[-1].output,))
    packed = plan_memory(alone, PATCHES, kernels(alone), inputs_in_arena=False)
    assert packed.arena_bytes == packed.lower_bound_bytes == 162_288
    # 35 x 35 of 16 and of 96 channels while an interior patch expands, and the whole output of the stage
    assert 35 * 35 * (16 + 96) + 28 * 28 * 32 == 162_288


def test_recomputing_costs_9_3_percent_of_the_whole_network() -> None:
    plan = planned(PATCHES, inputs_in_arena=False)
    assert sum(plan.macs) == 328_693_616
    assert round(100 * (sum(plan.macs) / count(mobilenet_v2()).macs - 1), 1) == 9.3


def test_an_input_in_the_arena_stays_through_all_patches() -> None:
    plan = planned(PATCHES, inputs_in_arena=True)
    assert plan.arena_bytes == 162_288 + 224 * 224 * 3


def test_after_the_patches_a_residual_that_waits_makes_the_peak() -> None:
    """The published 172 kB of the whole network are 28 x 28 x (32 + 192) bytes: no residual waits there."""
    plan = planned(PATCHES, inputs_in_arena=False)
    assert plan.arena_bytes == plan.lower_bound_bytes == 28 * 28 * (32 + 192 + 32) == 200_704
    graph = mobilenet_v2(has_sums=False)
    schedule = Schedule(patches=PatchSchedule(N_CONVOLUTIONS, 4, 4))
    without = plan_memory(graph, schedule, kernels(graph), inputs_in_arena=False)
    assert without.arena_bytes == without.lower_bound_bytes == 28 * 28 * (32 + 192) == 175_616
    assert round(without.arena_bytes / 1024) == 172
