"""Architectures become the operators that docs/convnets.md says."""

import pytest

from codegen.ir import Add, Conv2d, DepthwiseConv2d, FullyConnected, GlobalAveragePool, Multiply, Window
from codegen.ir.counts import count
from searchspaces.convnet import Architecture, Block, Stem, build_graph, trained_parameters
from searchspaces.convnet.architecture import axis_window
from searchspaces.space import SpaceError

CONV, DEPTH, DENSE, MEAN = Conv2d, DepthwiseConv2d, FullyConnected, GlobalAveragePool


def network(*blocks: Block, shape: tuple[int, int, int] = (8, 8, 3), head: int = 0) -> Architecture:
    return Architecture(shape, Stem(8, (3, 3), (1, 1)), blocks, head, n_outputs=5)


@pytest.mark.parametrize(
    ("block", "operators"),
    [
        (Block("separable", 16), [DEPTH, CONV]),
        (Block("separable", 16, squeeze=2), [DEPTH, MEAN, DENSE, DENSE, Multiply, CONV]),
        (Block("inverted", 8), [DEPTH, CONV, Add]),
        (Block("inverted", 8, expansion=4), [CONV, DEPTH, CONV, Add]),
        (Block("inverted", 16, expansion=4), [CONV, DEPTH, CONV]),
        (Block("inverted", 8, stride=2, expansion=4), [CONV, DEPTH, CONV]),
        (Block("residual", 8), [CONV, CONV, Add]),
        (Block("residual", 16, stride=2), [CONV, CONV, CONV, Add]),
    ],
)
def test_a_block_has_its_operators(block: Block, operators: list[type]) -> None:
    built = build_graph(network(block))
    kinds = [type(operator) for operator in built.graph.operators]
    assert kinds == [CONV, *operators, MEAN, DENSE]
    assert built.ends == (1 + len(operators),)


def test_a_projection_has_no_activation_and_a_gate_ends_at_six() -> None:
    graph = build_graph(network(Block("inverted", 8, expansion=2, squeeze=2))).graph
    activations = [getattr(operator, "activation", "") for operator in graph.operators]
    assert activations == ["relu6", "relu6", "relu6", "", "relu", "relu6", "none", "none", "none", "", "none"]


def test_the_graph_is_int8_without_quantization() -> None:
    graph = build_graph(network(Block("separable", 16), head=32)).graph
    assert {tensor.dtype for tensor in graph.tensors if tensor.name.endswith("bias")} == {"int32"}
    assert {tensor.dtype for tensor in graph.tensors if not tensor.name.endswith("bias")} == {"int8"}
    assert all(tensor.quantization is None for tensor in graph.tensors)
    assert graph.tensors[graph.outputs[0]].shape == (5,)


def test_parameters_as_papers_count_them_have_two_for_each_normed_channel() -> None:
    graph = build_graph(network(Block("separable", 16))).graph
    weights = 3 * 9 * 8 + 9 * 8 + 8 * 16
    assert trained_parameters(graph) == weights + 2 * (8 + 8 + 16) + 16 * 5 + 5
    assert count(graph).parameters == weights + (8 + 8 + 16) + 16 * 5 + 5


def test_a_signal_in_one_dimension_has_windows_in_one_dimension() -> None:
    blocks = (Block("inverted", 8, kernel=7, stride=2, expansion=2), Block("residual", 16, stride=2))
    graph = build_graph(network(*blocks, shape=(1, 33, 2))).graph
    windows = [operator.window for operator in graph.operators if isinstance(operator, DepthwiseConv2d)]
    assert windows == [Window((1, 7), (1, 2), padding=(0, 0, 3, 3))]
    assert graph.tensors[graph.operators[3].output].shape == (1, 17, 8)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "expected"),
    [
        (8, 3, 1, (3, 1, 1, 1)),
        (8, 3, 2, (3, 2, 0, 1)),
        (7, 3, 2, (3, 2, 1, 1)),
        (49, 10, 2, (10, 2, 4, 5)),
        (2, 7, 1, (3, 1, 1, 1)),
        (1, 5, 2, (1, 1, 0, 0)),
    ],
)
def test_a_window_fits_its_axis(size: int, kernel: int, stride: int, expected: tuple[int, ...]) -> None:
    assert axis_window(size, kernel, stride) == expected


def test_impossible_architectures_are_refused() -> None:
    with pytest.raises(SpaceError, match="block: channels, kernel, stride and expansion must be at least 1"):
        Block("separable", 0)
    with pytest.raises(SpaceError, match="block: kind must be one of separable, inverted, residual, not 'x'"):
        Block("x", 8)  # type: ignore[arg-type]
    with pytest.raises(SpaceError, match="architecture: sizes of the input"):
        network(shape=(0, 8, 3))
