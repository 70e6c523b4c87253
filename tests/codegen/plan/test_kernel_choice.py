"""Kernels and their scratch from structure alone."""

import pytest

from codegen.cores import load_core
from codegen.ir import Quantization, Tensor, TensorGraph
from codegen.ir.operators import Clamp, Conv2d, DepthwiseConv2d, FullyConnected, Window
from codegen.plan.buffers import ColumnRows, PhaseRows, PointColumns
from codegen.plan.choice import KernelChoice
from codegen.plan.geometry import Geometry
from codegen.plan.kernels import choose_kernel, kernel_for, rows_in_place

SAME = Window((3, 3), padding=(1, 1, 1, 1))


def conv(height: int, width: int, n_in: int, n_out: int, window: Window) -> Geometry:
    return Geometry("conv2d", height, width, n_in, n_out, window)


def test_a_graph_gives_its_kernels_and_scratch() -> None:
    one = Quantization((1.0,))
    tensors = (
        Tensor("x", (16, 16, 16), "int8", one),
        Tensor("w", (16, 3, 3, 16), "int8", one),
        Tensor("a", (16, 16, 16), "int8", one),
        Tensor("dw", (3, 3, 16), "int8", one),
        Tensor("b", (16, 16, 16), "int8", one),
        Tensor("fw", (10, 4096), "int8", one),
        Tensor("y", (10,), "int8", one),
        Tensor("z", (10,), "int8", one),
    )
    operators = (
        Conv2d(0, 1, None, 2, SAME),
        DepthwiseConv2d(2, 3, None, 4, SAME),
        FullyConnected(4, 5, None, 6),
        Clamp(6, 7, "relu"),
    )
    graph = TensorGraph(tensors, operators, (0,), (7,))
    core = load_core("cortex-m4")
    assert [choose_kernel(operator, graph, core) for operator in operators] == [
        KernelChoice("conv2d_direct_dsp", 8 * 3 * 18 * 4),
        KernelChoice("depthwise_planes_dsp", 4 * 18 * 18 * 2, in_place=True),
        KernelChoice("fully_connected_dsp", 2 * 4096),
        KernelChoice("clamp", 0, True),
    ]


@pytest.mark.parametrize(
    ("core", "names"),
    [
        ("cortex-m4", ("pointwise_columns_dsp", "conv2d_direct_dsp", "conv2d_columns_dsp")),
        ("cortex-m3", ("pointwise_rows_thumb2", "conv2d_rows_thumb2", "conv2d_rows_thumb2")),
        ("cortex-m55", ("pointwise_rows_mve", "conv2d_rows_mve", "conv2d_rows_mve")),
        ("cortex-m0", ("conv2d_columns_thumb1", "conv2d_columns_thumb1", "conv2d_columns_thumb1")),
    ],
)
def test_convolutions_go_by_window_and_channels(core: str, names: tuple[str, ...]) -> None:
    found = (conv(8, 8, 4, 8, Window((1, 1))), conv(8, 8, 4, 8, SAME), conv(8, 8, 3, 8, SAME))
    features = load_core(core).features
    assert tuple(kernel_for(one, features).name for one in found) == names


def test_without_features_nothing_needs_scratch_but_the_plane_of_a_depthwise_kernel() -> None:
    assert kernel_for(conv(8, 8, 4, 8, SAME), frozenset()) == KernelChoice("conv2d_direct_portable", 0)
    wise = Geometry("depthwise", 8, 8, 4, 4, SAME)
    assert kernel_for(wise, frozenset()) == KernelChoice("depthwise_planes_portable", 100, in_place=True)


def test_a_depthwise_kernel_that_makes_more_than_it_reads_is_not_in_place() -> None:
    features = load_core("cortex-m4").features
    assert not kernel_for(Geometry("depthwise", 8, 8, 4, 8, SAME), features).in_place
    larger = Window((3, 3), padding=(2, 2, 2, 2))
    assert not kernel_for(Geometry("depthwise", 8, 8, 4, 4, larger), features).in_place


def test_rows_of_a_vector_kernel_lie_over_rows_that_were_taken() -> None:
    assert rows_in_place(Geometry("depthwise", 8, 8, 4, 4, SAME))
    assert rows_in_place(Geometry("depthwise", 9, 9, 4, 4, Window((3, 3), (2, 2))))
    early = Window((3, 3), padding=(3, 0, 1, 1))  # the second row of outputs comes before any input
    assert not rows_in_place(Geometry("depthwise", 8, 8, 4, 4, early))


def test_phases_put_neighboring_outputs_side_by_side() -> None:
    rows = PhaseRows(conv(9, 9, 4, 8, Window((3, 3), (2, 2))))
    assert (rows.phases, rows.phase_words, rows.row_words) == ((0, 1), 5, 10)
    assert [rows.word(0, kx) for kx in range(3)] == [0, 5, 1]
    assert rows.word(2, 0) == 20


def test_phases_that_no_tap_reads_are_left_out() -> None:
    rows = PhaseRows(conv(9, 9, 4, 8, Window((2, 2), (3, 3), (3, 3))))
    assert (rows.phases, rows.phase_words) == ((0,), 3)


def test_columns_pair_the_items_of_runs_and_then_their_ends() -> None:
    rows = ColumnRows(conv(5, 5, 3, 8, Window((2, 1))))
    assert rows.taps == (0, 1, 3, 4, 2, 5)
    dilated = ColumnRows(conv(5, 5, 1, 8, Window((1, 3), dilation=(1, 2))))
    assert (dilated.runs, dilated.taps) == ((0, 2, 4), (0, 1, 2, None))


def test_points_keep_the_order_of_extended_bytes() -> None:
    assert PointColumns(conv(1, 1, 7, 8, Window((1, 1)))).taps == (0, 2, 1, 3, 4, 5, 6, None)
