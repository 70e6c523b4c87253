"""The timeline of a plan by hand."""

from benchmarks.plan_graphs import GraphBuilder
from codegen.ir import PatchSchedule, Schedule
from codegen.plan import Holding, plan_memory, timeline
from tests.codegen.plan.graphs import kernels, placed


def test_each_step_lists_what_it_holds_and_marks_the_peak() -> None:
    builder = GraphBuilder()
    x = builder.clamp(builder.convolution(builder.input(4, 4, 1), 2))
    graph = builder.graph(builder.reshape(x, 32))
    plan = plan_memory(graph, Schedule(patches=PatchSchedule(1, 2, 2)), kernels(graph, scratch_bytes=4))
    moments = timeline(plan, graph)
    assert [(one.operator, one.kind, one.in_patches, one.live_bytes, one.is_peak) for one in moments] == [
        (0, "Conv2d", True, 52, True),
        (1, "Clamp", False, 36, False),
        (2, "Reshape", False, 36, False),
    ]
    assert sorted(one.label for one in moments[0].holdings) == ["scratch", "t0", "t2"]
    assert sorted(one.label for one in moments[1].holdings) == ["scratch", "t2", "t3"]
    assert sorted(one.label for one in moments[2].holdings) == ["scratch", "t3"]
    place = placed(plan, "tensor", 2)
    assert Holding("t2", place.offset_bytes, 32) in moments[1].holdings
