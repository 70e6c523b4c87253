"""Networks of one or two operators, with the values that a test names."""

import numpy as np

from codegen.ir import (
    Constant,
    Feature,
    Interface,
    Network,
    Operator,
    Quantization,
    Tensor,
    TensorGraph,
    TensorNet,
    Value,
    ValueOutput,
)

PLAIN = Quantization((0.1,), 3)


def tensor(shape: tuple[int, ...], quantization: Quantization = PLAIN, dtype: str = "int8") -> Tensor:
    return Tensor("t", shape, dtype, quantization)  # type: ignore[arg-type]


def network(
    tensors: tuple[Tensor, ...], operators: tuple[Operator, ...], constants: tuple[Constant, ...] = ()
) -> Network:
    """Tensor 0 is the input, the last operator's output the output; its items are values."""
    output = operators[-1].output
    signed = tensors[0].dtype == "int8"
    features = tuple(Feature(f"x{index}", -1.0, 1.0, 8, signed) for index in range(tensors[0].n_items))
    values = tuple(Value(f"y{index}", 1.0, 0.0) for index in range(tensors[output].n_items))
    graph = TensorGraph(tensors, operators, (0,), (output,))
    return Network(Interface(features, ValueOutput(values)), TensorNet(graph, constants))


def bytes_of(shape: tuple[int, ...], seed: int) -> bytes:
    return np.random.default_rng(seed).integers(-128, 128, shape).astype(np.int8).tobytes()
