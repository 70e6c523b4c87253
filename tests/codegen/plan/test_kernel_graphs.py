"""The graphs of single operators that kernels are chosen and priced for."""

from hypothesis import given, settings

from benchmarks.plan_graphs import GraphBuilder
from codegen.ir import Conv2d, PatchSchedule, Schedule, TensorGraph
from codegen.ir.counts import count
from codegen.plan import kernel_graphs, split_stage
from tests.codegen.plan.graphs import any_graphs, image_chains


@settings(deadline=None)
@given(any_graphs())
def test_whole_operators_keep_their_shapes_and_macs(graph: TensorGraph) -> None:
    graphs = kernel_graphs(graph, Schedule())
    assert sum(count(alone).macs for ((alone, _),) in graphs) == count(graph).macs
    for operator, ((alone, times),) in zip(graph.operators, graphs, strict=True):
        assert times == 1
        assert type(alone.operators[0]) is type(operator)
        assert alone.tensors[alone.outputs[0]] == graph.tensors[operator.output]


@settings(deadline=None)
@given(image_chains())
def test_graphs_of_patches_are_valid_and_add_up_to_the_macs_of_the_stage(graph: TensorGraph) -> None:
    height, width, _ = graph.tensors[graph.outputs[0]].shape
    patches = PatchSchedule(len(graph.operators), min(height, 3), min(width, 2))
    stage = split_stage(graph, patches)
    for number, graphs in enumerate(kernel_graphs(graph, Schedule(patches=patches))):
        assert sum(times for _, times in graphs) == patches.rows * patches.columns
        assert sum(times * count(alone).macs for alone, times in graphs) == stage.macs(number)


def test_a_convolution_in_three_rows_has_three_graphs() -> None:
    builder = GraphBuilder()
    x = builder.convolution(builder.input(9, 5, 2), 4)
    graph = builder.graph(builder.fully_connected(x, 3))
    first, second = kernel_graphs(graph, Schedule(patches=PatchSchedule(1, 3, 1)))
    seen = []
    for alone, times in first:
        (operator,) = alone.operators
        assert isinstance(operator, Conv2d)
        seen.append((alone.tensors[operator.input].shape, operator.window.padding, times))
        assert alone.tensors[operator.output].shape == (3, 5, 4)
    assert seen == [((4, 5, 2), (1, 0, 1, 1), 1), ((5, 5, 2), (0, 0, 1, 1), 1), ((4, 5, 2), (0, 1, 1, 1), 1)]
    assert [tensor.name for tensor in second[0][0].tensors] == ["t2", "t3", "t4"]
    assert len(kernel_graphs(graph, Schedule(patches=PatchSchedule(1, 9, 1)))[0]) == 3
