"""Integer tensor networks: a layer by hand, and what is refused."""

import numpy as np
import pytest

from codegen.ir import (
    Clamp,
    ClassOutput,
    Constant,
    Feature,
    FullyConnected,
    Interface,
    IrError,
    Network,
    Quantization,
    Quantize,
    Tensor,
    TensorGraph,
    TensorNet,
    Value,
    ValueOutput,
)
from codegen.ir.evaluate import evaluate
from codegen.ir.operators import Activation, Rounding
from codegen.ir.tensors import tensor_values


def dense(
    weights: list[list[int]],
    biases: list[int],
    weight_scales: tuple[float, ...] = (0.5,),
    activation: Activation = "none",
    rounding: Rounding = "single",
    output: Quantization | None = None,
) -> Network:
    """One layer over signed 8-bit features with scale 0.25 and zero point -1."""
    n_out, n_in = len(weights), len(weights[0])
    tensors = (
        Tensor("x", (n_in,), "int8", Quantization((0.25,), -1)),
        Tensor("w", (n_out, n_in), "int8", Quantization(weight_scales)),
        Tensor("b", (n_out,), "int32", Quantization((0.125,))),
        Tensor("y", (n_out,), "int8", output or Quantization((0.5,), 3)),
    )
    graph = TensorGraph(tensors, (FullyConnected(0, 1, 2, 3, activation, rounding),), (0,), (3,))
    constants = (
        Constant(1, np.array(weights, dtype="<i1").tobytes()),
        Constant(2, np.array(biases, dtype="<i4").tobytes()),
    )
    features = tuple(Feature(f"x{index}", -1.0, 1.0, 8, signed=True) for index in range(n_in))
    values = tuple(Value(f"y{index}", 0.5, 0.0) for index in range(n_out))
    return Network(Interface(features, ValueOutput(values)), TensorNet(graph, constants))


def test_a_layer_subtracts_the_input_zero_point_and_adds_the_output_one() -> None:
    network = dense([[2, -3], [127, 127]], [5, 0])
    # Sums 2 * (x0 + 1) - 3 * (x1 + 1) + 5 and 127 * (x0 + x1 + 2); the factor is 0.25.
    codes = np.array([[-1, -1], [9, 3], [127, 127], [-128, -128]])
    assert evaluate(network, codes).tolist() == [[4, 3], [6, 127], [-28, 127], [36, -128]]


def test_each_output_channel_has_its_own_scale() -> None:
    network = dense([[4], [4]], [0, 0], weight_scales=(0.5, 2.0))
    assert evaluate(network, np.array([[4]])).tolist() == [[5 + 3, 20 + 3]]


def test_relu_stops_at_the_zero_point() -> None:
    network = dense([[-4], [4]], [0, 0], activation="relu")
    assert evaluate(network, np.array([[4]])).tolist() == [[3, 8]]


def test_a_class_is_the_lowest_index_of_the_largest_output() -> None:
    body = dense([[1], [2], [2]], [0, 0, 0]).body
    interface = Interface((Feature("x", -1.0, 1.0, 8, signed=True),), ClassOutput(("a", "b", "c")))
    assert evaluate(Network(interface, body), np.array([[100], [-100]])).tolist() == [1, 0]


def test_an_accumulator_beyond_32_bits_names_its_operator() -> None:
    network = dense([[127]], [(1 << 31) - 1])
    with pytest.raises(IrError, match="tensor network: operator 0: accumulator: must fit int32, but reaches"):
        evaluate(network, np.array([[127]]))


def test_features_wider_than_int8_are_refused_by_name() -> None:
    body = dense([[1]], [0]).body
    interface = Interface((Feature("wide", 0.0, 1.0, 8),), ValueOutput((Value("y", 1.0, 0.0),)))
    with pytest.raises(IrError, match="tensor network: the codes of feature 'wide' must fit int8"):
        evaluate(Network(interface, body), np.array([[0]]))


def test_wrong_scales_name_the_tensor() -> None:
    with pytest.raises(IrError, match="operator 0: 'w' must have zero point 0 and 1 or 2 scales, not 3"):
        evaluate(dense([[1], [1]], [0, 0], weight_scales=(0.5, 0.5, 0.5)), np.array([[0]]))


def test_float_graphs_are_refused() -> None:
    tensors = (Tensor("x", (1,), "float32"), Tensor("w", (1, 1), "float32"), Tensor("y", (1,), "float32"))
    graph = TensorGraph(tensors, (FullyConnected(0, 1, None, 2),), (0,), (2,))
    interface = Interface((Feature("x", -1.0, 1.0, 8, signed=True),), ValueOutput((Value("y", 1.0, 0.0),)))
    network = Network(interface, TensorNet(graph, (Constant(1, bytes(4)),)))
    with pytest.raises(IrError, match="operator 0: 'x' must be int8 to be evaluated, not float32"):
        evaluate(network, np.array([[0]]))


def test_samples_are_taken_in_chunks_that_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    network, codes = dense([[2, -3], [127, 127]], [5, 0]), np.arange(-10, 10).reshape(10, 2)
    whole = evaluate(network, codes)
    monkeypatch.setattr("codegen.ir.tensors.CHUNK_ITEMS", 30)
    assert evaluate(network, codes).tolist() == whole.tolist()


def test_no_samples_give_no_answers() -> None:
    assert evaluate(dense([[2, -3], [127, 127]], [5, 0]), np.zeros((0, 2), dtype=np.int64)).shape == (0, 2)


def test_every_tensor_can_be_looked_at() -> None:
    body = dense([[2, -3]], [5]).body
    assert isinstance(body, TensorNet)
    values = tensor_values(body, np.array([[-1, -1], [9, 3]]))
    assert [values[number].tolist() for number in range(4)] == [
        [[-1, -1], [9, 3]],
        [[[2, -3]]],
        [[5]],
        [[4], [6]],
    ]


def test_weights_must_be_constants() -> None:
    tensors = tuple(Tensor(name, (1, 1), "int8", Quantization((0.5,))) for name in "xwy")
    operators = (Clamp(0, 1, "relu"), FullyConnected(0, 1, None, 2))
    interface = Interface((Feature("x", -1.0, 1.0, 8, signed=True),), ValueOutput((Value("y", 1.0, 0.0),)))
    network = Network(interface, TensorNet(TensorGraph(tensors, operators, (0,), (2,)), ()))
    with pytest.raises(IrError, match="tensor network: operator 1: weights and bias must be constants"):
        evaluate(network, np.array([[0]]))


def test_unsigned_inputs_take_unsigned_codes() -> None:
    tensors = (
        Tensor("x", (1,), "uint8", Quantization((0.5,), 128)),
        Tensor("y", (1,), "int8", Quantization((0.5,))),
    )
    body = TensorNet(TensorGraph(tensors, (Quantize(0, 1),), (0,), (1,)), ())
    interface = Interface((Feature("x", -1.0, 1.0, 8),), ValueOutput((Value("y", 1.0, 0.0),)))
    assert evaluate(Network(interface, body), np.array([[0], [255]])).tolist() == [[-128], [127]]
    signed = Interface((Feature("x", -1.0, 1.0, 8, signed=True),), interface.output)
    with pytest.raises(IrError, match="tensor network: the codes of feature 'x' must fit uint8"):
        evaluate(Network(signed, body), np.array([[0]]))
