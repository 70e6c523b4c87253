"""Random chains of fully connected layers, as training makes them, for fitting and testing their cost."""

import itertools

import numpy as np
from mcu_networks import random_features

from codegen.c.dense import program_layers
from codegen.c.program import mlp_program
from codegen.ir import (
    BespokeMlp,
    ClassOutput,
    Clip,
    Constant,
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

INPUT = Quantization((1 / 256,), -128)


def random_widths(rng: np.random.Generator) -> tuple[int, ...]:
    """2 to 5 widths of 2 to 128, small ones as likely as large ones."""
    n_widths = int(rng.choice([2, 3, 3, 3, 4, 5]))
    return tuple(int(width) for width in np.round(2 ** rng.uniform(1, 7, n_widths)))


def random_chain(rng: np.random.Generator) -> Network:
    """An int8 network; rounding, scales for each output or for all, and the limits of hidden layers are
    drawn.
    """
    widths = random_widths(rng)
    rounding = str(rng.choice(["single", "single", "single", "double"]))
    own_scales, hidden_zero = bool(rng.random() < 0.3), int(rng.choice([-128, -128, -90]))
    tensors, operators, constants = [Tensor("x", (widths[0],), "int8", INPUT)], [], []
    for at, (n_in, n_out) in enumerate(itertools.pairwise(widths)):
        last, weight = at == len(widths) - 2, len(tensors)
        scales = tuple(0.004 * (1 + rng.random(n_out))) if own_scales else (0.006,)
        output = Quantization((0.006 * np.sqrt(n_in),), 0 if last else hidden_zero)
        tensors += [
            Tensor(f"w{at}", (n_out, n_in), "int8", Quantization(scales)),
            Tensor(f"b{at}", (n_out,), "int32", Quantization((1.0,))),
            Tensor(f"y{at}", (n_out,), "int8", output),
        ]
        values = np.clip(np.round(rng.normal(0, 40, (n_out, n_in))), -127, 127).astype(np.int8)
        constants.append(Constant(weight, values.tobytes()))
        constants.append(Constant(weight + 1, rng.integers(-2000, 2000, n_out).astype("<i4").tobytes()))
        activation = "none" if last else "relu"
        operators.append(FullyConnected(weight - 1, weight, weight + 1, weight + 2, activation, rounding))  # type: ignore[arg-type]
    graph = TensorGraph(tuple(tensors), tuple(operators), (0,), (len(tensors) - 1,))
    features = random_features(rng, widths[0], 8, signed=True)
    return Network(Interface(features, _output(rng, widths[-1])), TensorNet(graph, tuple(constants)))


def random_plain_mlp(rng: np.random.Generator) -> Network:
    """A bespoke MLP without masks that the shared routine takes; weights are powers of two."""
    widths = random_widths(rng)
    features = random_features(rng, widths[0], 4)
    layers, bits, n_bits = [], 4, int(rng.integers(3, 9))
    for at, (n_in, n_out) in enumerate(itertools.pairwise(widths)):
        clip = None if at == len(widths) - 2 else Clip(int(rng.integers(2, 6)), n_bits)
        layers.append(Layer(tuple(_neuron(rng, n_in, bits) for _ in range(n_out)), clip))
        bits = n_bits
    network = Network(Interface(features, _output(rng, widths[-1])), BespokeMlp(tuple(layers)))
    return network if not isinstance(program_layers(mlp_program(network)), str) else random_plain_mlp(rng)


def _neuron(rng: np.random.Generator, n_in: int, bits: int) -> Neuron:
    shifts, signs = rng.integers(0, 6, n_in), rng.choice([-1, 1], n_in)
    terms = [
        Term(at, int(shifts[at]), (1 << bits) - 1, 1 if signs[at] > 0 else -1)
        for at in range(n_in)
        if rng.random() < 0.9
    ]
    return Neuron(int(rng.integers(-200, 400)), tuple(terms))


def _output(rng: np.random.Generator, n_outputs: int) -> ClassOutput | ValueOutput:
    if rng.random() < 0.7:
        return ClassOutput(tuple(f"c{index}" for index in range(n_outputs)))
    return ValueOutput(tuple(Value(f"v{index}", 1.0, 0.0) for index in range(n_outputs)))


def random_codes(network: Network, n_rows: int, rng: np.random.Generator) -> np.ndarray:
    """(n_rows, n_features) codes over the full range."""
    one = network.interface.features[0]
    return rng.integers(one.code_lo, one.code_hi + 1, (n_rows, network.interface.n_features))
