"""Hypothesis strategies for tensor graphs to plan, and the kernels that plans are made for."""

from collections.abc import Callable

from hypothesis import strategies as st

from benchmarks.plan_graphs import GraphBuilder
from codegen.ir import (
    Add,
    AveragePool2d,
    Clamp,
    DepthwiseConv2d,
    GlobalAveragePool,
    HardSwish,
    IrError,
    MaxPool2d,
    Pad,
    Softmax,
    TensorGraph,
    Window,
)
from codegen.ir.shapes import output_size
from codegen.plan import KernelChoice, Placement, Plan
from codegen.plan.plan import Kind

IN_PLACE = (Add, Clamp, DepthwiseConv2d, HardSwish, Softmax)


def kernels(graph: TensorGraph, *, scratch_bytes: int = 0, in_place: bool = True) -> list[KernelChoice]:
    """The same scratch for each operator; in place whatever can be."""
    return [
        KernelChoice("test", scratch_bytes, in_place and isinstance(operator, IN_PLACE))
        for operator in graph.operators
    ]


def placed(plan: Plan, kind: Kind, number: int) -> Placement:
    """Where something lies that must be in the arena."""
    place = plan.placement(kind, number)
    assert place is not None
    return place


@st.composite
def kernel_choices(draw: st.DrawFn, graph: TensorGraph) -> list[KernelChoice]:
    """Some with scratch, some in place."""
    return [
        KernelChoice(
            "test",
            draw(st.sampled_from((0, 0, 1, 6, 40))),
            isinstance(operator, IN_PLACE) and draw(st.booleans()),
        )
        for operator in graph.operators
    ]


@st.composite
def windows(draw: st.DrawFn, size: tuple[int, int], max_dilation: int = 2) -> Window:
    """Any window that fits an input of this size and never looks at padding alone."""
    kernel = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    dilation = draw(st.integers(1, max_dilation)), draw(st.integers(1, max_dilation))
    stride = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    reach = tuple((n - 1) * step + 1 for n, step in zip(kernel, dilation, strict=True))
    padding = tuple(draw(st.integers(0, reach[axis] - 1)) for axis in (0, 0, 1, 1))
    window = Window(kernel, stride, dilation, (padding[0], padding[1], padding[2], padding[3]))
    try:
        output_size(window, size)
    except IrError:
        return Window((1, 1), stride)
    return window


@st.composite
def image_chains(draw: st.DrawFn, max_operators: int = 6) -> TensorGraph:
    """Operators that look through windows, one after the other, with sums over what they skip."""
    builder = GraphBuilder()
    x = builder.input(draw(st.integers(3, 12)), draw(st.integers(3, 12)), draw(st.integers(1, 3)))
    for _ in range(draw(st.integers(1, max_operators))):
        x = draw(st.sampled_from(STEPS))(draw, builder, x)
    return builder.graph(x)


def _windowed(draw: st.DrawFn, builder: GraphBuilder, x: int) -> int:
    height, width, channels = builder.tensors[x].shape
    kind = draw(st.sampled_from(("conv", "depthwise", "max", "average")))
    window = draw(windows((height, width), 2 if kind in ("conv", "depthwise") else 1))
    if kind == "conv":
        return builder.windowed(x, draw(st.integers(1, 4)), window)
    if kind == "depthwise":
        return builder.windowed_depthwise(x, window)
    y = builder.tensor(*output_size(window, (height, width)), channels)
    builder.operators.append((MaxPool2d if kind == "max" else AveragePool2d)(x, y, window))
    return y


def _padded(draw: st.DrawFn, builder: GraphBuilder, x: int) -> int:
    """A window after it, so that no patch consists of padding alone."""
    height, width, channels = builder.tensors[x].shape
    y = builder.tensor(height + 1, width + 1, channels)
    before = draw(st.integers(0, 1)), draw(st.integers(0, 1))
    builder.operators.append(Pad(x, y, (*before, 0), (1 - before[0], 1 - before[1], 0)))
    return builder.windowed(y, 2, Window((2, 2)))


def _residual(draw: st.DrawFn, builder: GraphBuilder, x: int) -> int:
    channels = builder.tensors[x].shape[2]
    y = builder.convolution(x, channels, draw(st.sampled_from((1, 3))))
    return builder.add(*draw(st.permutations((x, builder.clamp(y)))))


def _joined(draw: st.DrawFn, builder: GraphBuilder, x: int) -> int:
    return builder.concatenate(builder.convolution(x, 1, 3), x)


STEPS: tuple[Callable[[st.DrawFn, GraphBuilder, int], int], ...] = (
    _windowed,
    _windowed,
    _padded,
    _residual,
    _joined,
)


@st.composite
def any_graphs(draw: st.DrawFn, max_operators: int = 8, max_bytes: int = 60) -> TensorGraph:
    """Operators over arbitrary earlier tensors, with reshapes, unread tensors and one or more outputs."""
    builder = GraphBuilder()
    known = [builder.input(1, 1, draw(st.integers(1, max_bytes))) for _ in range(draw(st.integers(1, 2)))]
    for _ in range(draw(st.integers(1, max_operators))):
        x = draw(st.sampled_from(known))
        same = [y for y in known if builder.tensors[y].shape == builder.tensors[x].shape]
        images = [y for y in known if len(builder.tensors[y].shape) == 3]
        kind = draw(st.sampled_from(("add", "clamp", "dense", "reshape", "concatenate", "pool", "softmax")))
        if kind == "add":
            known.append(builder.add(x, draw(st.sampled_from(same))))
        elif kind == "clamp":
            known.append(builder.clamp(x))
        elif kind == "reshape":
            n_items = builder.tensors[x].n_items
            known.append(builder.reshape(x, *draw(st.sampled_from(((n_items,), (1, 1, n_items))))))
        elif kind == "concatenate":
            known.append(
                builder.concatenate(*draw(st.lists(st.sampled_from(images), min_size=1, max_size=3)))
            )
        elif kind == "pool" and x in images:
            y = builder.tensor(builder.tensors[x].shape[2])
            builder.operators.append(GlobalAveragePool(x, y))
            known.append(y)
        elif kind == "softmax":
            y = builder.tensor(*builder.tensors[x].shape)
            builder.operators.append(Softmax(x, y))
            known.append(y)
        else:
            known.append(builder.fully_connected(x, draw(st.integers(1, max_bytes))))
    outputs = {known[-1], *draw(st.lists(st.sampled_from(known), max_size=1))}
    return builder.graph(*sorted(outputs))
