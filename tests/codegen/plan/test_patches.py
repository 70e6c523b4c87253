"""Regions of patches: against receptive fields found tap by tap, and by computing patch by patch."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.plan_graphs import GraphBuilder, square
from codegen.ir import (
    Add,
    AveragePool2d,
    Clamp,
    Concatenate,
    Conv2d,
    DepthwiseConv2d,
    MaxPool2d,
    Operator,
    Pad,
    PatchSchedule,
    TensorGraph,
    Window,
)
from codegen.ir.counts import count, operator_macs
from codegen.ir.operators import activations_read
from codegen.plan import PlanError, Region, split_stage
from codegen.plan.patches import PatchStage
from tests.codegen.plan.graphs import image_chains

Image = npt.NDArray[np.int64]


@st.composite
def stages(draw: st.DrawFn) -> tuple[TensorGraph, PatchStage]:
    graph = draw(image_chains())
    height, width, _ = graph.tensors[graph.outputs[0]].shape
    rows, columns = draw(st.integers(1, min(height, 4))), draw(st.integers(1, min(width, 4)))
    return graph, split_stage(graph, PatchSchedule(len(graph.operators), rows, columns))


@settings(deadline=None)
@given(stages())
def test_every_region_is_the_smallest_interval_that_holds_all_taps(
    made: tuple[TensorGraph, PatchStage],
) -> None:
    graph, stage = made
    for axis, slices in enumerate((stage.rows, stage.columns)):
        for piece in slices:
            needed: dict[int, set[int]] = {stage.output: set(range(*piece.regions[stage.output]))}
            for operator in reversed(graph.operators):
                outputs = range(min(needed[operator.output]), max(needed[operator.output]) + 1)
                taps = set(taps_of(operator, outputs, axis))
                for tensor in activations_read(operator):
                    inside = {tap for tap in taps if 0 <= tap < graph.tensors[tensor].shape[axis]}
                    needed.setdefault(tensor, set()).update(inside | ends_inside(operator, taps, graph, axis))
            for tensor, places in needed.items():
                assert piece.regions[tensor] == (min(places), max(places) + 1)


def taps_of(operator: Operator, outputs: range, axis: int) -> Iterator[int]:
    """Places that an operator looks at along an axis, padding at negative ones and beyond the end."""
    match operator:
        case Conv2d() | DepthwiseConv2d() | MaxPool2d() | AveragePool2d():
            window = operator.window
            for y in outputs:
                for k in range(window.size[axis]):
                    yield y * window.stride[axis] + k * window.dilation[axis] - window.padding[2 * axis]
        case Pad():
            yield from (y - operator.before[axis] for y in outputs)
        case _:
            yield from outputs


def ends_inside(operator: Operator, taps: set[int], graph: TensorGraph, axis: int) -> set[int]:
    """A dilated window whose outer taps are padding still spans the tensor up to its end."""
    length = graph.tensors[activations_read(operator)[0]].shape[axis]
    return ({0} if min(taps) < 0 else set()) | ({length - 1} if max(taps) >= length else set())


@settings(deadline=None)
@given(stages())
def test_the_outputs_of_the_patches_cover_the_stage_output_once(made: tuple[TensorGraph, PatchStage]) -> None:
    graph, stage = made
    covered = np.zeros(graph.tensors[stage.output].shape[:2], dtype=int)
    for patch in stage.patches:
        covered[rows_and_columns(patch.steps[-1].writes)] += 1
    assert (covered == 1).all()


@settings(deadline=None)
@given(stages(), st.integers(0, 2**32 - 1))
def test_computing_patch_by_patch_gives_exactly_the_whole(
    made: tuple[TensorGraph, PatchStage], seed: int
) -> None:
    graph, stage = made
    rng = np.random.default_rng(seed)
    values = {
        number: rng.integers(-9, 10, graph.tensors[number].shape)
        for number in (*graph.inputs, *graph.constants)
    }
    whole = dict(values)
    for operator in graph.operators:
        whole[operator.output] = computed(operator, whole, None)
    output = np.full_like(whole[stage.output], 10**6)
    for patch in stage.patches:
        held = dict(values)
        regions = {tensor: Region(0, *shape_of(graph, tensor)) for tensor in graph.inputs}
        for step in patch.steps:
            operator = graph.operators[step.operator]
            read = dict(held)
            for tensor in activations_read(operator):
                read[tensor] = held[tensor][inside(step.reads, regions[tensor])]
            held[operator.output] = computed(operator, read, step.padding)
            regions[operator.output] = step.writes
            assert held[operator.output].shape[:2] == (step.writes.height, step.writes.width)
        output[rows_and_columns(patch.steps[-1].writes)] = held[stage.output]
    assert (output == whole[stage.output]).all()


def shape_of(graph: TensorGraph, tensor: int) -> tuple[int, int, int]:
    height, width, _ = graph.tensors[tensor].shape
    return height, 0, width


def rows_and_columns(region: Region) -> tuple[slice, slice]:
    return slice(region.top, region.bottom), slice(region.left, region.right)


def inside(region: Region, held: Region) -> tuple[slice, slice]:
    """Where a region lies in the buffer of another one; it must lie in it."""
    assert held.top <= region.top <= region.bottom <= held.bottom
    assert held.left <= region.left <= region.right <= held.right
    return rows_and_columns(
        Region(
            region.top - held.top, region.bottom - held.top, region.left - held.left, region.right - held.left
        )
    )


def computed(
    operator: Operator, values: dict[int, Image], padding: tuple[int, int, int, int] | None
) -> Image:
    """One operator on integers; another padding than its own where one is given."""
    x = values[activations_read(operator)[0]]
    match operator:
        case Conv2d():
            taken = windowed(x, operator.window, padding, 0)
            return np.einsum("yxhwc,ohwc->yxo", taken, values[operator.weight])
        case DepthwiseConv2d():
            taken = windowed(x, operator.window, padding, 0)
            return np.einsum("yxhwc,hwc->yxc", taken, values[operator.weight])
        case MaxPool2d():
            return np.asarray(windowed(x, operator.window, padding, -(10**9)).max(axis=(2, 3)))
        case AveragePool2d():
            n = windowed(np.ones_like(x), operator.window, padding, 0).sum(axis=(2, 3))
            return np.asarray(windowed(x, operator.window, padding, 0).sum(axis=(2, 3)) // np.maximum(n, 1))
        case Pad():
            before, after = operator.before, operator.after
            around = (before[0], after[0], before[1], after[1]) if padding is None else padding
            return np.pad(x, (around[:2], around[2:], (0, 0)), constant_values=7)
        case Add():
            return values[operator.left] + values[operator.right]
        case Concatenate():
            return np.concatenate([values[tensor] for tensor in operator.inputs], axis=2)
        case Clamp():
            return np.maximum(x, 0)
        case _:
            raise AssertionError(operator)


def windowed(x: Image, window: Window, padding: tuple[int, int, int, int] | None, fill: int) -> Image:
    """(rows, columns, *window.size, channels): what the window sees at each place."""
    around = window.padding if padding is None else padding
    padded = np.pad(x, (around[:2], around[2:], (0, 0)), constant_values=fill)
    reach = [(n - 1) * step + 1 for n, step in zip(window.size, window.dilation, strict=True)]
    seen = np.lib.stride_tricks.sliding_window_view(padded, reach, axis=(0, 1))
    seen = seen[:: window.stride[0], :: window.stride[1], :, :: window.dilation[0], :: window.dilation[1]]
    return np.moveaxis(seen, 2, -1)


@settings(deadline=None)
@given(stages())
def test_macs_are_those_of_all_regions(made: tuple[TensorGraph, PatchStage]) -> None:
    graph, stage = made
    for number, operator in enumerate(graph.operators):
        height, width, _ = graph.tensors[operator.output].shape
        each = operator_macs(operator, graph) // (height * width)
        regions = [patch.steps[number].writes for patch in stage.patches]
        assert stage.macs(number) == sum(each * region.height * region.width for region in regions)


def test_one_patch_is_the_whole_and_costs_nothing() -> None:
    builder = GraphBuilder()
    x = builder.convolution(builder.input(9, 7, 3), 4, 3, 2)
    graph = builder.graph(builder.depthwise(x))
    stage = split_stage(graph, PatchSchedule(2, 1, 1))
    assert stage.macs(0) + stage.macs(1) == count(graph).macs
    (patch,) = stage.patches
    assert [step.padding for step in patch.steps] == [(1, 1, 1, 1), (1, 1, 1, 1)]
    assert patch.inputs == ((0, Region(0, 9, 0, 7)),)


def test_halos_are_clipped_and_padding_stays_at_the_border() -> None:
    builder = GraphBuilder()
    graph = builder.graph(builder.convolution(builder.convolution(builder.input(8, 8, 1), 1), 1))
    stage = split_stage(graph, PatchSchedule(2, 2, 1))
    first, second = stage.patches
    assert [(step.reads, step.padding, step.writes) for step in first.steps] == [
        (Region(0, 6, 0, 8), (1, 0, 1, 1), Region(0, 5, 0, 8)),
        (Region(0, 5, 0, 8), (1, 0, 1, 1), Region(0, 4, 0, 8)),
    ]
    assert [(step.reads, step.padding, step.writes) for step in second.steps] == [
        (Region(2, 8, 0, 8), (0, 1, 1, 1), Region(3, 8, 0, 8)),
        (Region(3, 8, 0, 8), (0, 1, 1, 1), Region(4, 8, 0, 8)),
    ]
    assert stage.n_bytes(stage.output) == 64
    assert stage.n_bytes(graph.operators[0].output) == 40


def test_a_padded_last_row_belongs_to_the_last_patch_alone() -> None:
    """Even sizes, stride 2 and padding on one side only, as TensorFlow's SAME pads."""
    builder = GraphBuilder()
    graph = builder.graph(
        builder.windowed(builder.input(8, 8, 1), 1, Window((3, 3), (2, 2), (1, 1), (0, 1, 0, 1)))
    )
    stage = split_stage(graph, PatchSchedule(1, 2, 2))
    assert stage.patches[0].steps[0].reads == Region(0, 5, 0, 5)
    assert [patch.steps[0].padding for patch in stage.patches] == [
        (0, 0, 0, 0),
        (0, 0, 0, 1),
        (0, 1, 0, 0),
        (0, 1, 0, 1),
    ]


def problem(graph: TensorGraph, n_operators: int, rows: int, columns: int) -> str:
    with pytest.raises(PlanError) as caught:
        split_stage(graph, PatchSchedule(n_operators, rows, columns))
    return str(caught.value)


def test_schedules_that_do_not_fit_are_refused() -> None:
    builder = GraphBuilder()
    x = builder.convolution(builder.input(4, 5, 1), 2)
    graph = builder.graph(builder.fully_connected(builder.global_pool(x), 3))
    assert problem(graph, 0, 1, 1) == "patches: n_operators must be 1 to 3, not 0"
    assert problem(graph, 4, 1, 1) == "patches: n_operators must be 1 to 3, not 4"
    assert problem(graph, 1, 5, 1) == "patches: rows must be 1 to 4, the size of the stage's output, not 5"
    assert problem(graph, 1, 1, 0) == "patches: columns must be 1 to 5, the size of the stage's output, not 0"
    assert problem(graph, 2, 1, 1) == (
        "patches: operator 1: GlobalAveragePool can't run patch by patch; only operators on "
        "(height, width, channels) that look through a window can, so end the stage before it"
    )


def test_a_stage_must_not_leak() -> None:
    builder = GraphBuilder()
    x = builder.convolution(builder.input(4, 4, 2), 2)
    y = builder.convolution(x, 2)
    graph = builder.graph(builder.add(x, y))
    assert problem(graph, 2, 2, 2) == (
        "patches: only the output of operator 1 may leave the stage, but tensor 't2' of operator 0 is needed "
        "after it; end the stage elsewhere"
    )
    assert split_stage(graph, PatchSchedule(3, 2, 2)).output == graph.outputs[0]
    builder.convolution(x, 2)
    builder.operators = [builder.operators[0], builder.operators[3], *builder.operators[1:3]]
    assert problem(builder.graph(graph.outputs[0]), 4, 2, 2) == (
        "patches: operator 1 must lead to the stage's output, but nothing reads it"
    )


def test_a_patch_of_nothing_but_padding_is_refused() -> None:
    builder = GraphBuilder()
    window = Window((1, 1), (1, 1), (1, 1), (2, 0, 0, 0))
    graph = builder.graph(builder.windowed(builder.input(4, 4, 1), 1, window))
    assert problem(graph, 1, 3, 1) == (
        "patches: operator 0 sees nothing but padding in one patch; take fewer patches"
    )


def test_an_output_may_lie_over_an_input_only_where_every_patch_reads_all_of_it() -> None:
    builder = GraphBuilder()
    x = builder.input(8, 8, 4)
    y = builder.convolution(x, 4, 1)
    z = builder.windowed_depthwise(y, square(3))
    graph = builder.graph(builder.add(y, z))
    stage = split_stage(graph, PatchSchedule(3, 2, 2))
    assert stage.may_overwrite(2, z)
    assert not stage.may_overwrite(2, y)
    assert stage.may_overwrite(1, y)
