"""Small designs of every kind, for the conformance kit; made from a seed."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from codegen.ir import (
    BatchLayer,
    BespokeMlp,
    ClassOutput,
    Clip,
    Comparison,
    Constant,
    DecisionTree,
    Design,
    Feature,
    FullyConnected,
    Gate,
    GateNetlist,
    Interface,
    Layer,
    MlpBatch,
    Network,
    Neuron,
    Quantization,
    Tensor,
    TensorGraph,
    TensorNet,
    Term,
    ThresholdTest,
    TreeNode,
    Value,
    ValueOutput,
)

INPUT_BITS = 4


@dataclass(frozen=True, slots=True)
class NamedDesign:
    """A design and what it is, in words, for messages."""

    name: str
    design: Design


def designs(seed: int) -> tuple[NamedDesign, ...]:
    """One design at least of every kind that the network contract knows."""
    rng = np.random.default_rng(seed)
    named: list[tuple[str, Network | TensorGraph]] = [
        (f"a bespoke MLP for {n_classes} classes", random_mlp(rng, _interface(5, n_classes), hidden=(4,)))
        for n_classes in (2, 3, 5)
    ]
    named += [
        ("a bespoke MLP without hidden layer", random_mlp(rng, _interface(3, 3), hidden=())),
        ("a bespoke MLP with two hidden layers", random_mlp(rng, _interface(4, 3), hidden=(3, 3))),
        ("a bespoke MLP with a reduced argmax", _reduced(random_mlp(rng, _interface(4, 3), hidden=(3,)))),
        ("a bespoke MLP for a regression", random_mlp(rng, _regression(4), hidden=(3,))),
        ("a decision tree", Network(_interface(4, 3), _tree())),
        ("a gate netlist", Network(_interface(2, 2), _netlist())),
        ("a tensor network", tensor_network(rng)),
        ("a tensor graph", _graph()),
    ]
    return tuple(NamedDesign(name, Design(content)) for name, content in named)


def random_mlp(rng: np.random.Generator, interface: Interface, *, hidden: tuple[int, ...]) -> Network:
    """A bespoke MLP whose neurons read most of their inputs, with biases that keep them busy."""
    widths = (interface.n_features, *hidden, interface.n_outputs)
    layers: list[Layer] = []
    bits = INPUT_BITS
    for n_inputs, n_neurons in pairwise(widths):
        neurons = tuple(_neuron(rng, n_inputs, bits) for _ in range(n_neurons))
        last = len(layers) == len(hidden)
        layers.append(Layer(neurons, None if last else Clip(shift=2, bits=6)))
        bits = 6
    return Network(interface, BespokeMlp(tuple(layers)))


def random_batch(rng: np.random.Generator, n_networks: int) -> tuple[MlpBatch, Interface]:
    """A population of bespoke MLPs 5-4-3, a third of whose terms is absent."""
    layers = (
        _random_layer(rng, (n_networks, 4, 5, 1), INPUT_BITS, last=False),
        _random_layer(rng, (n_networks, 3, 4, 1), 6, last=True),
    )
    input_hi = np.full(5, (1 << INPUT_BITS) - 1, dtype=np.int32)
    return MlpBatch(layers, input_hi), _interface(5, 3)


def samples_for(interface: Interface, seed: int) -> npt.NDArray[np.int32]:
    """(64, n_features) codes over the whole range."""
    lo = [feature.code_lo for feature in interface.features]
    hi = [feature.code_hi + 1 for feature in interface.features]
    return np.random.default_rng(seed).integers(lo, hi, (64, len(lo))).astype(np.int32)


def _features(n_features: int) -> tuple[Feature, ...]:
    return tuple(Feature(f"x{number}", 0.0, 1.0, INPUT_BITS) for number in range(n_features))


def _interface(n_features: int, n_classes: int) -> Interface:
    return Interface(_features(n_features), ClassOutput(tuple(f"class {k}" for k in range(n_classes))))


def _regression(n_features: int) -> Interface:
    return Interface(_features(n_features), ValueOutput((Value("y", 0.5, 0.0),)))


def _neuron(rng: np.random.Generator, n_inputs: int, bits: int) -> Neuron:
    terms = []
    for index in range(n_inputs):
        if rng.random() < 0.8:
            sign: Literal[1, -1] = 1 if rng.random() < 0.7 else -1
            terms.append(Term(index, int(rng.integers(0, 4)), int(rng.integers(1, 1 << bits)), sign))
    return Neuron(int(rng.integers(-20, 21)), tuple(terms))


def _reduced(network: Network) -> Network:
    assert isinstance(network.body, BespokeMlp)
    matches = (Comparison(2, 0, -4), Comparison(3, 1, -2))
    return Network(network.interface, BespokeMlp(network.body.layers, matches))


def _tree() -> DecisionTree:
    nodes = (
        TreeNode(ThresholdTest(0, 4, 6), 1, 2),
        TreeNode(ThresholdTest(1, 3, 2), -1, -2),
        TreeNode(ThresholdTest(3, 4, 9), -2, -3),
    )
    return DecisionTree(nodes, (0, 1, 2))


def _netlist() -> GateNetlist:
    first = 2 + 2 * INPUT_BITS
    nand, inverter, xor = first, first + 1, first + 2
    gates = (Gate("nand", 2, 6), Gate("inv", nand, nand), Gate("xor", inverter, 5), Gate("or", xor, 9))
    return GateNetlist(gates, ((first + 3,),))


def _graph() -> TensorGraph:
    scale = Quantization((0.05,), 0)
    tensors = (
        Tensor("input", (4,), "int8", scale),
        Tensor("weight", (3, 4), "int8", scale),
        Tensor("bias", (3,), "int32", Quantization((0.0025,), 0)),
        Tensor("output", (3,), "int8", scale),
    )
    return TensorGraph(tensors, (FullyConnected(0, 1, 2, 3),), (0,), (3,))


def tensor_network(rng: np.random.Generator) -> Network:
    """One fully connected layer of 4 inputs and 3 classes, in 8 bits."""
    weight = rng.integers(-127, 128, (3, 4), dtype=np.int8).tobytes()
    bias = rng.integers(-99, 100, 3).astype("<i4").tobytes()
    features = tuple(Feature(f"x{number}", 0.0, 1.0, 8, signed=True) for number in range(4))
    interface = Interface(features, ClassOutput(("class 0", "class 1", "class 2")))
    return Network(interface, TensorNet(_graph(), (Constant(1, weight), Constant(2, bias))))


def _random_layer(rng: np.random.Generator, shape: tuple[int, ...], bits: int, *, last: bool) -> BatchLayer:
    masks = rng.integers(1, 1 << bits, shape) * (rng.random(shape) < 0.67)
    weights = rng.choice((-1, 1), shape) << rng.integers(0, 4, shape)
    biases = rng.integers(-20, 21, shape[:2])
    return BatchLayer(
        masks.astype(np.int32),
        weights.astype(np.int32),
        biases.astype(np.int32),
        None if last else np.full(shape[0], 2, dtype=np.int32),
        None if last else np.full(shape[0], 63, dtype=np.int32),
    )
