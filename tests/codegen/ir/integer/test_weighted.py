"""Convolutions against sums written out, place by place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.ir import Conv2d, DepthwiseConv2d, FullyConnected, IrError, Quantization, Tensor, Window
from codegen.ir.operators import Weighted
from codegen.ir.requantization import activation_limits, requantize
from codegen.ir.shapes import output_size
from tests.codegen.ir.integer.one_operator import UNIT, Int64Array, int8, result

SOURCE, OUTPUT = Quantization((0.25,), -3), Quantization((37.0,), 5)


@st.composite
def windows(draw: st.DrawFn) -> tuple[Window, tuple[int, int]]:
    """A window, and the size of an image that it fits."""
    pair = st.tuples(st.integers(1, 3), st.integers(1, 3))
    size, stride, dilation = draw(pair), draw(pair), draw(pair)
    padding = draw(st.tuples(*[st.integers(0, 3)] * 4))
    reach = [(n - 1) * step + 1 for n, step in zip(size, dilation, strict=True)]
    height = draw(st.integers(max(reach[0] - padding[0] - padding[1], 1), 7))
    width = draw(st.integers(max(reach[1] - padding[2] - padding[3], 1), 7))
    return Window(size, stride, dilation, padding), (height, width)


def written_out(x: Int64Array, weight: Int64Array, window: Window, size: tuple[int, int]) -> Int64Array:
    """Sums (height, width, n_out) over one image (h, w, n_in); weight: (n_out, rows, columns, n_in)."""
    sums = np.zeros((*size, len(weight)), dtype=np.int64)
    for index in np.ndindex(*sums.shape):
        for row, column in np.ndindex(*window.size):
            y = index[0] * window.stride[0] + row * window.dilation[0] - window.padding[0]
            z = index[1] * window.stride[1] + column * window.dilation[1] - window.padding[2]
            if 0 <= y < x.shape[0] and 0 <= z < x.shape[1]:
                sums[index] += int((x[y, z] * weight[index[2], row, column]).sum())
    return sums


@given(windows(), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_a_convolution_is_the_sum_over_its_window(
    place: tuple[Window, tuple[int, int]], n_in: int, n_out: int, seed: int
) -> None:
    (window, image), rng = place, np.random.default_rng(seed)
    x, weight = (
        rng.integers(-128, 128, (2, *image, n_in)),
        rng.integers(-127, 128, (n_out, *window.size, n_in)),
    )
    bias, scales = rng.integers(-999, 999, n_out), tuple(rng.uniform(0.1, 2, n_out).tolist())
    size = output_size(window, image)
    tensors = [
        int8((*image, n_in), SOURCE),
        int8(weight.shape, Quantization(scales)),
        Tensor("b", (n_out,), "int32"),
        int8((*size, n_out), OUTPUT),
    ]
    got = result(Conv2d(0, 1, 2, 3, window, "relu"), tensors, [x, weight[None], bias[None]])
    for sample in range(2):
        sums = written_out(x[sample] + 3, weight, window, size) + bias
        scaled = requantize(sums, [0.25 * scale / 37.0 for scale in scales], "double") + 5
        assert got[sample].tolist() == np.clip(scaled, *activation_limits("relu", OUTPUT)).tolist()


@given(windows(), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_a_depthwise_convolution_is_one_over_each_channel(
    place: tuple[Window, tuple[int, int]], n_in: int, multiplier: int, seed: int
) -> None:
    (window, image), rng = place, np.random.default_rng(seed)
    n_out = n_in * multiplier
    x, weight = rng.integers(-128, 128, (1, *image, n_in)), rng.integers(-127, 128, (*window.size, n_out))
    tensors = [
        int8((*image, n_in), SOURCE),
        int8(weight.shape, Quantization((0.5,))),
        int8((*output_size(window, image), n_out), OUTPUT),
    ]
    got = result(DepthwiseConv2d(0, 1, None, 2, window, multiplier), tensors, [x, weight[None]])
    for channel in range(n_out):
        alone = x[0, ..., channel // multiplier : channel // multiplier + 1] + 3
        kernel = weight[None, ..., channel : channel + 1]
        sums = written_out(alone, kernel, window, output_size(window, image))[..., 0]
        scaled = np.clip(requantize(sums, 0.25 * 0.5 / 37.0, "double") + 5, -128, 127)
        assert got[0, ..., channel].tolist() == scaled.tolist()


def test_a_power_of_two_rounding_is_a_shift() -> None:
    tensors = [int8((1, 1, 1)), int8((1, 1, 1, 1)), int8((1, 1, 1), Quantization((4.0,)))]
    convolution = Conv2d(0, 1, None, 2, Window((1, 1)), "none", "power_of_two")
    got = result(
        convolution, tensors, [np.array([-6, -5, 5, 6, 7]).reshape(5, 1, 1, 1), np.ones((1, 1, 1, 1, 1))]
    )
    assert got.reshape(-1).tolist() == [-1, -1, 1, 2, 2]


def test_a_fully_connected_layer_flattens_its_input() -> None:
    tensors = [int8((2, 1, 2)), int8((1, 4)), int8((1,))]
    x = np.arange(4).reshape(1, 2, 1, 2)
    assert result(FullyConnected(0, 1, None, 2), tensors, [x, [[[1, 10, 0, -5]]]]).tolist() == [[-5]]


@pytest.mark.parametrize(
    ("weight", "bias", "text"),
    [
        (
            int8((1, 1), Quantization((1.0,), 1)),
            "int32",
            "'1x1' must have zero point 0 and 1 or 1 scales, not 1",
        ),
        (
            Tensor("w", (1, 1), "int16", UNIT),
            "int32",
            "'w' must be int8 and quantized to be evaluated, not int16",
        ),
        (int8((1, 1)), "int8", "'b' must be int32, not int8"),
    ],
)
def test_constants_that_do_not_fit_are_named(weight: Tensor, bias: str, text: str) -> None:
    tensors = [int8((1,)), weight, Tensor("b", (1,), bias), int8((1,))]  # type: ignore[arg-type]
    with pytest.raises(IrError, match=text):
        result(FullyConnected(0, 1, 2, 3), tensors, [[[1]], [[[1]]], [[1]]])


def test_sums_beyond_32_bits_are_refused_for_every_kind() -> None:
    window, shapes = Window((1, 1)), [(1, 1, 1, 1), (1, 1, 1), (1, 1)]
    operators: list[Weighted] = [
        Conv2d(0, 1, 2, 3, window),
        DepthwiseConv2d(0, 1, 2, 3, window),
        FullyConnected(0, 1, 2, 3),
    ]
    for operator, shape in zip(operators, shapes, strict=True):
        tensors = [int8((1, 1, 1)), int8(shape), Tensor("b", (1,), "int32"), int8((1, 1, 1))]
        values = [np.full((1, 1, 1, 1), 127), np.full((1, *shape), 127), np.array([[(1 << 31) - 1]])]
        with pytest.raises(IrError, match="accumulator: must fit int32, but reaches"):
            result(operator, tensors, [*values])
