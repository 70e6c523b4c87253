"""The conditions of the shared routine's tricks: on either side of each the answers are right."""

from pathlib import Path

import numpy as np
import pytest

from codegen.c.dense import program_layers, tensor_layers
from codegen.c.dense.assembler import choose_style
from codegen.c.dense.layers import DenseLayer
from codegen.c.dense.portable import portable_style
from codegen.c.program import mlp_program
from codegen.cores import load_core
from codegen.ir import (
    BespokeMlp,
    ClassOutput,
    Clip,
    Constant,
    Feature,
    FullyConnected,
    Interface,
    Layer,
    Network,
    Neuron,
    Quantization,
    Tensor,
    TensorGraph,
    TensorNet,
    Term,
    Value,
    ValueOutput,
)
from codegen.plan.dense import plan_chain
from tests.codegen.c.dense.test_differential import emitted
from tests.codegen.c.differential import compile_and_run, run_on_core, write_program


def one_layer(
    weights: list[list[int]], *, factor: float = 0.01, bias: int = 0, zero_point: int = 0
) -> Network:
    """A layer whose outputs are values; the input's zero point is -128, so that inputs are 0 to 255."""
    n_out, n_in = len(weights), len(weights[0])
    tensors = (
        Tensor("x", (n_in,), "int8", Quantization((1.0,), -128)),
        Tensor("w", (n_out, n_in), "int8", Quantization((factor,))),
        Tensor("b", (n_out,), "int32", Quantization((1.0,))),
        Tensor("y", (n_out,), "int8", Quantization((1.0,), zero_point)),
    )
    constants = (
        Constant(1, np.array(weights, dtype=np.int8).tobytes()),
        Constant(2, np.full(n_out, bias, dtype="<i4").tobytes()),
    )
    graph = TensorGraph(tensors, (FullyConnected(0, 1, 2, 3),), (0,), (3,))
    features = tuple(Feature(f"f{index}", 0.0, 1.0, 8, True) for index in range(n_in))
    output = ValueOutput(tuple(Value(f"v{index}", 1.0, 0.0) for index in range(n_out)))
    return Network(Interface(features, output), TensorNet(graph, constants))


def layers_of(network: Network) -> tuple[DenseLayer, ...]:
    assert isinstance(network.body, TensorNet)
    return tensor_layers(network.body)


def is_assembled(network: Network) -> bool:
    assert isinstance(network.body, TensorNet)
    plan = plan_chain(network.body.graph)
    assert plan is not None
    return choose_style(layers_of(network), plan) is not None


WITHIN_BIAS = ((1 << 31) - 1 - 256 * 255) // 257
"""Of two outputs with weights 1 and 0: 256 times the first sum and the second are just within 32 bits."""
BORDERS = {
    "weights of a pair fit a halfword": (one_layer([[127], [127]]), True),
    "the lowest weight with 0 fits": (one_layer([[-128], [0]]), True),
    "the lowest weight with -1 does not": (one_layer([[-128], [-1]]), False),
    "the lowest weight alone fits": (one_layer([[-128]]), True),
    "256 times the sum fits": (one_layer([[1], [0]], bias=WITHIN_BIAS, factor=1e-5), True),
    "256 times the sum does not": (one_layer([[1], [0]], bias=WITHIN_BIAS + 1, factor=1e-5), False),
    "a factor below one quarter": (one_layer([[3], [1]], factor=0.2499), True),
    "a factor of one quarter": (one_layer([[3], [1]], factor=0.25), False),
    "a factor above 1": (one_layer([[3], [1]], factor=3.7), False),
    "a factor that is almost nothing": (one_layer([[3], [1]], factor=2e-10), False),
}


@pytest.mark.parametrize("name", BORDERS)
def test_the_routine_is_taken_only_where_it_is_exact(name: str) -> None:
    network, expected = BORDERS[name]
    assert is_assembled(network) is expected


def test_halves_give_way_to_long_products_where_sums_are_large() -> None:
    small, large = ((1 << 28) - 256, (1 << 28))
    kinds = [
        portable_style(layers_of(one_layer([[1]], bias=bias, factor=1e-7))).kind for bias in (small, large)
    ]
    assert kinds == ["halves", "general"]


def test_both_sides_of_each_border_agree_with_evaluate(tmp_path: Path, requires_tool) -> None:  # type: ignore[no-untyped-def]
    requires_tool("gcc", "arm-none-eabi-gcc", "qemu-system-arm")
    networks = [network for network, _ in BORDERS.values()]
    networks += [one_layer([[1]], bias=bias, factor=1e-7) for bias in ((1 << 28) - 256, 1 << 28)]
    artifacts = [emitted(network, index) for index, network in enumerate(networks)]
    sources = write_program(networks, artifacts, tmp_path / "c")
    assert compile_and_run(["gcc", "-std=c99"], sources, tmp_path / "c") == ""
    for core in ("cortex-m4", "cortex-m0"):
        sources = write_program(networks, artifacts, tmp_path / core)
        assert run_on_core(load_core(core), sources, tmp_path / core) == 0


def bespoke(weight: int, mask: int = 15, bits: int = 4) -> Network:
    digits = [shift for shift in range(16) if abs(weight) >> shift & 1]
    sign = -1 if weight < 0 else 1
    terms = tuple(Term(0, shift, mask, sign) for shift in digits)  # type: ignore[arg-type]
    hidden = Layer((Neuron(1, terms),), Clip(0, bits))
    last = Layer((Neuron(0, (Term(0, 0, 1, 1),)), Neuron(1, ())))
    features = (Feature("f", 0.0, 1.0, 4),)
    return Network(Interface(features, ClassOutput(("a", "b"))), BespokeMlp((hidden, last)))


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        (bespoke(127), "layer 1: no input may be masked"),
        (bespoke(128), "layer 0: weights must be in -128..127"),
        (bespoke(-128, bits=1), None),
        (bespoke(1, mask=7), "layer 0: no input may be masked"),
    ],
)
def test_what_the_routine_can_t_take_is_told(network: Network, reason: str | None) -> None:
    found = program_layers(mlp_program(network))
    assert found == reason if reason is not None else not isinstance(found, str)
