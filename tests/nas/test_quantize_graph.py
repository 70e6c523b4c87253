"""The lowering to int8: ranges, scales, and what becomes of channels without weights."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from codegen.ir import FullyConnected, Quantization, Tensor, TensorGraph
from codegen.ir.evaluate import evaluate
from codegen.ir.network import Network
from nas.quantize_graph import (
    BIAS_LIMIT,
    fit_quantization,
    quantize_graph,
    range_quantization,
    rounded,
    weight_scales,
)
from tests.searchspaces.spaces import value_interface


@given(st.floats(-100, 0), st.floats(0, 100))
def test_zero_is_exact_and_both_ends_are_near(lo: float, hi: float) -> None:
    quantization = range_quantization(lo, hi)
    values = np.array([lo, 0.0, hi])
    found = rounded(values, quantization)
    assert found[1] == 0.0
    assert np.abs(found - values).max() <= quantization.scales[0] * 1.01


def test_an_outlier_is_clipped_where_that_helps() -> None:
    values = np.concatenate([np.linspace(0, 1, 1_000_000), [2.0]])
    assert fit_quantization(values).scales[0] * 255 < 1.3
    assert fit_quantization(values[:-1]).scales[0] * 255 > 0.99


def test_scales_take_the_largest_weight_and_hold_the_bias() -> None:
    weight = np.array([[127.0, -3.0], [0.0, 0.0], [0.0, 0.0]])
    scales = weight_scales(weight, np.array([0.0, 0.0, 5.0]), 0, 0.1)
    assert scales[0] == 1.0
    assert 0 < scales[1] < 1e-5
    assert 5.0 / (0.1 * scales[2]) <= BIAS_LIMIT * 1.001


def test_a_lowered_layer_computes_the_real_one() -> None:
    tensors = (
        Tensor("x", (3,), "int8"),
        Tensor("w", (1, 3), "int8"),
        Tensor("b", (1,), "int32"),
        Tensor("y", (1,), "int8"),
    )
    graph = TensorGraph(tensors, (FullyConnected(0, 1, 2, 3),), (0,), (3,))
    weight, bias = np.array([[0.5, -0.25, 0.125]]), np.array([0.3])
    source, output = Quantization((0.1,), 0), Quantization((0.02,), -10)
    net = quantize_graph(graph, {1: weight, 2: bias}, {0: source, 3: output})
    codes = np.array([[1, 5, 9], [0, 0, 0], [1, 7, 15]])
    exact = (codes * 0.1) @ weight.T + bias
    found = (evaluate(Network(value_interface(), net), codes) + 10) * 0.02
    assert np.abs(found - exact).max() <= 0.011
