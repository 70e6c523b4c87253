"""Channels that are taken out, by hand."""

import numpy as np
import numpy.typing as npt

from codegen.ir import (
    Add,
    AveragePool2d,
    Concatenate,
    Constant,
    Conv2d,
    DepthwiseConv2d,
    FullyConnected,
    Operator,
    Quantization,
    Reshape,
    Tensor,
    TensorGraph,
    TensorNet,
    Window,
)
from codegen.ir.passes import remove_channels
from codegen.ir.tensors import tensor_values

ONE, AROUND = Window((1, 1)), Window((3, 3), padding=(1, 1, 1, 1))
UNIT = Quantization((1.0,), 0)


def net_of(
    shapes: list[tuple[int, ...]], constants: dict[int, npt.ArrayLike], operators: list[Operator], output: int
) -> TensorNet:
    """Tensor 0 is the input; constants with one axis are biases."""
    arrays = {number: np.asarray(values) for number, values in constants.items()}
    tensors = []
    for number, shape in enumerate(shapes):
        bias = number in arrays and arrays[number].ndim == 1
        tensors.append(Tensor(f"t{number}", shape, "int32" if bias else "int8", None if bias else UNIT))
    data = tuple(
        Constant(number, array.astype("<i4" if array.ndim == 1 else "i1").tobytes())
        for number, array in arrays.items()
    )
    return TensorNet(TensorGraph(tuple(tensors), tuple(operators), (0,), (output,)), data)


def shapes_of(net: TensorNet, kind: type[Operator]) -> list[tuple[int, ...]]:
    """Of the outputs of all operators of a kind."""
    graph = net.graph
    return [graph.tensors[op.output].shape for op in graph.operators if isinstance(op, kind)]


def assert_equal(before: TensorNet, after: TensorNet) -> None:
    shape = (8, *before.graph.tensors[0].shape)
    samples = np.random.default_rng(3).integers(-128, 128, shape)
    ends = [tensor_values(net, samples)[net.graph.outputs[0]].tolist() for net in (before, after)]
    assert ends[0] == ends[1]


def test_a_channel_without_weights_moves_into_the_next_bias() -> None:
    net = net_of(
        [(4, 4, 1), (2, 1, 1, 1), (2,), (4, 4, 2), (1, 1, 1, 2), (4, 4, 1)],
        {1: [[[[1]]], [[[0]]]], 2: [5, 7], 4: [[[[2, 3]]]]},
        [Conv2d(0, 1, 2, 3, ONE), Conv2d(3, 4, None, 5, ONE)],
        5,
    )
    less = remove_channels(net)
    assert shapes_of(less, Conv2d) == [(4, 4, 1), (4, 4, 1)]
    (last,) = (op for op in less.graph.operators if op.output == less.graph.outputs[0])
    assert isinstance(last, Conv2d)
    assert last.bias is not None
    bias = next(constant.data for constant in less.constants if constant.tensor == last.bias)
    assert np.frombuffer(bias, "<i4").tolist() == [3 * 7]
    assert_equal(net, less)


def test_padding_keeps_a_channel_unless_it_holds_the_zero_point() -> None:
    def padded(second_bias: int) -> TensorNet:
        return net_of(
            [(4, 4, 1), (2, 1, 1, 1), (2,), (4, 4, 2), (1, 3, 3, 2), (4, 4, 1)],
            {1: [[[[1]]], [[[0]]]], 2: [5, second_bias], 4: np.ones((1, 3, 3, 2))},
            [Conv2d(0, 1, 2, 3, ONE), Conv2d(3, 4, None, 5, AROUND)],
            5,
        )

    assert remove_channels(padded(1)) == padded(1)
    assert shapes_of(remove_channels(padded(0)), Conv2d) == [(4, 4, 1), (4, 4, 1)]
    assert_equal(padded(0), remove_channels(padded(0)))


def test_a_channel_goes_through_pools_reshapes_and_depthwise_layers_to_the_end() -> None:
    net = net_of(
        [(4, 4, 1), (2, 1, 1, 1), (2,), (4, 4, 2), (1, 1, 2), (4, 4, 2), (2, 2, 2), (8,), (3, 8), (3,)],
        {1: [[[[0]]], [[[2]]]], 2: [9, 1], 4: [[[3, 1]]], 8: np.arange(24).reshape(3, 8)},
        [
            Conv2d(0, 1, 2, 3, ONE),
            DepthwiseConv2d(3, 4, None, 5, ONE),
            AveragePool2d(5, 6, Window((2, 2), (2, 2))),
            Reshape(6, 7),
            FullyConnected(7, 8, None, 9),
        ],
        9,
    )
    less = remove_channels(net)
    assert shapes_of(less, DepthwiseConv2d) == [(4, 4, 1)]
    assert shapes_of(less, Reshape) == [(4,)]
    assert_equal(net, less)


def test_what_a_depthwise_layer_ignores_is_not_computed() -> None:
    net = net_of(
        [(4, 4, 1), (2, 1, 1, 1), (4, 4, 2), (3, 3, 2), (4, 4, 2), (1, 1, 1, 2), (4, 4, 1)],
        {1: [[[[1]]], [[[2]]]], 3: np.ones((3, 3, 2)) * [0, 1], 5: [[[[4, 1]]]]},
        [Conv2d(0, 1, None, 2, ONE), DepthwiseConv2d(2, 3, None, 4, AROUND), Conv2d(4, 5, None, 6, ONE)],
        6,
    )
    less = remove_channels(net)
    assert shapes_of(less, Conv2d) == [(4, 4, 1), (4, 4, 1)]
    assert shapes_of(less, DepthwiseConv2d) == [(4, 4, 1)]
    assert_equal(net, less)


def test_a_sum_keeps_what_either_side_needs() -> None:
    def branches(right: list[int]) -> TensorNet:
        return net_of(
            [(2, 2, 1), (2, 1, 1, 1), (2, 2, 2), (2, 1, 1, 1), (2, 2, 2), (2, 2, 2), (1, 1, 1, 2), (2, 2, 1)],
            {1: [[[[1]]], [[[0]]]], 3: np.reshape(right, (2, 1, 1, 1)), 6: [[[[1, 1]]]]},
            [
                Conv2d(0, 1, None, 2, ONE),
                Conv2d(0, 3, None, 4, ONE),
                Add(2, 4, 5),
                Conv2d(5, 6, None, 7, ONE),
            ],
            7,
        )

    assert remove_channels(branches([1, 1])) == branches([1, 1])
    assert shapes_of(remove_channels(branches([1, 0])), Add) == [(2, 2, 1)]
    assert_equal(branches([1, 0]), remove_channels(branches([1, 0])))


def test_a_concatenation_loses_the_channels_of_its_parts() -> None:
    net = net_of(
        [(2, 2, 1), (2, 1, 1, 1), (2, 2, 2), (2, 2, 4), (1, 1, 1, 4), (2, 2, 1)],
        {1: [[[[0]]], [[[1]]]], 4: [[[[1, 2, 3, 4]]]]},
        [Conv2d(0, 1, None, 2, ONE), Concatenate((2, 2), 3, 2), Conv2d(3, 4, None, 5, ONE)],
        5,
    )
    less = remove_channels(net)
    assert shapes_of(less, Concatenate) == [(2, 2, 2)]
    assert_equal(net, less)


def test_one_channel_stays_where_all_could_go() -> None:
    net = net_of(
        [(2, 2, 1), (3, 1, 1, 1), (3,), (2, 2, 3), (1, 1, 1, 3), (2, 2, 1)],
        {1: np.zeros((3, 1, 1, 1)), 2: [1, 2, 3], 4: [[[[1, 2, 3]]]]},
        [Conv2d(0, 1, 2, 3, ONE), Conv2d(3, 4, None, 5, ONE)],
        5,
    )
    less = remove_channels(net)
    assert shapes_of(less, Conv2d) == [(2, 2, 1), (2, 2, 1)]
    assert_equal(net, less)


def test_scales_go_with_their_channels() -> None:
    net = net_of(
        [(2, 2, 1), (2, 1, 1, 1), (2, 2, 2), (1, 1, 1, 2), (2, 2, 1)],
        {1: [[[[0]]], [[[1]]]], 3: [[[[1, 1]]]]},
        [Conv2d(0, 1, None, 2, ONE), Conv2d(2, 3, None, 4, ONE)],
        4,
    )
    scaled = Tensor("t1", (2, 1, 1, 1), "int8", Quantization((0.5, 2.0)))
    graph = net.graph
    tensors = (graph.tensors[0], scaled, *graph.tensors[2:])
    net = TensorNet(TensorGraph(tensors, graph.operators, graph.inputs, graph.outputs), net.constants)
    less = remove_channels(net)
    first = less.graph.operators[0]
    assert isinstance(first, Conv2d)
    assert less.graph.tensors[first.weight].quantization == Quantization((2.0,))
    assert_equal(net, less)


def test_a_bias_that_would_leave_32_bits_stops_the_pass() -> None:
    net = net_of(
        [(1, 1, 1), (2, 1, 1, 1), (2,), (1, 1, 2), (1, 1, 1, 2), (1,), (1, 1, 1)],
        {1: [[[[1]]], [[[0]]]], 2: [0, 127], 4: [[[[-127, 127]]]], 5: [(1 << 31) - 1]},
        [Conv2d(0, 1, 2, 3, ONE), Conv2d(3, 4, 5, 6, ONE)],
        6,
    )
    assert remove_channels(net) == net
