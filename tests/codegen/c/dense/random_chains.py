"""Random chains of fully connected layers, from a seed: odd widths, extreme zero points, wide factors."""

import itertools
from dataclasses import replace

import numpy as np

from codegen.ir import (
    BespokeMlp,
    ClassOutput,
    Clip,
    Comparison,
    Constant,
    Feature,
    FullyConnected,
    Interface,
    IrError,
    Layer,
    Network,
    Neuron,
    Quantization,
    Reshape,
    Tensor,
    TensorGraph,
    TensorNet,
    Term,
    Value,
    ValueOutput,
)
from codegen.ir.evaluate import evaluate
from tests.networks import codes_for

N_TRIES = 20


def chain(seed: int) -> Network:
    """A TensorNet whose sums and results fit int32 on some rows, so that it can be evaluated."""
    for attempt in range(N_TRIES):
        network = _chain(np.random.default_rng([seed, attempt]))
        try:
            evaluate(network, codes_for(network.interface, 64, attempt))
        except IrError:
            continue
        return network
    raise AssertionError(f"no network of seed {seed} can be evaluated")


def _chain(rng: np.random.Generator) -> Network:
    widths = [int(width) for width in rng.integers(1, 40, int(rng.integers(2, 5)))]
    widths[-1] = max(widths[-1], 2)
    rounding = str(rng.choice(["single", "single", "double", "power_of_two"]))
    tensors = [Tensor("x", (widths[0],), "int8", Quantization((0.02,), _zero(rng)))]
    operators: list[FullyConnected | Reshape] = []
    constants = []
    for n_in, n_out in itertools.pairwise(widths):
        source, weight = len(tensors) - 1, len(tensors)
        if rng.random() < 0.2:
            tensors.append(replace(tensors[source], shape=(1, n_in)))
            operators.append(Reshape(source, weight))
            source, weight = weight, weight + 1
        factors = _factors(rng, rounding, n_in, n_out)
        scale_in, scale_out = tensors[source].quantization.scales[0], 0.5  # type: ignore[union-attr]
        scales = tuple(factor * scale_out / scale_in for factor in factors)
        values = _weights(rng, (n_out, n_in))
        bias = rng.integers(-2000, 2001, n_out).astype(np.int32)
        tensors += [
            Tensor("w", (n_out, n_in), "int8", Quantization(scales)),
            Tensor("b", (n_out,), "int32", Quantization((1.0,))),
            Tensor("y", (n_out,), "int8", Quantization((scale_out,), _zero(rng))),
        ]
        constants += [Constant(weight, values.tobytes()), Constant(weight + 1, bias.tobytes())]
        activation = str(rng.choice(["none", "relu", "relu6"]))
        operators.append(FullyConnected(source, weight, weight + 1, weight + 2, activation, rounding))  # type: ignore[arg-type]
    graph = TensorGraph(tuple(tensors), tuple(operators), (0,), (len(tensors) - 1,))
    return Network(interface(rng, widths[0], widths[-1], signed=True), TensorNet(graph, tuple(constants)))


def _zero(rng: np.random.Generator) -> int:
    return int(rng.choice([-128, -128, 127, 0, int(rng.integers(-128, 128))]))


def _factors(rng: np.random.Generator, rounding: str, n_in: int, n_out: int) -> list[float]:
    """One for all outputs, or one each; mostly such that outputs fill a byte, seldom far from that."""
    base = 1 / (64 * np.sqrt(n_in)) * 10 ** rng.uniform(-1, 1) * (300.0 if rng.random() < 0.1 else 1.0)
    each = base * 2 ** rng.uniform(-2, 2, n_out) if rng.random() < 0.4 else np.full(n_out, base)
    if rounding == "power_of_two":
        each = 2.0 ** np.round(np.log2(each))
    return [float(factor) for factor in (each if len(set(each)) > 1 else each[:1])]


def _weights(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Mostly small; sometimes with -128, or all at the ends, where two outputs do not fit one word."""
    kind = rng.random()
    if kind < 0.15:
        return rng.choice([-128, 127], shape).astype(np.int8)
    if kind < 0.3:
        return rng.integers(-128, 128, shape).astype(np.int8)
    return rng.integers(-90, 91, shape).astype(np.int8)


def interface(rng: np.random.Generator, n_in: int, n_out: int, *, signed: bool) -> Interface:
    """Features alike, or with ranges of their own, whose float32 ends in 16 zeros or not."""
    kind, bits = int(rng.integers(0, 3)), 8 if signed else int(rng.integers(1, 12))
    lows = [0.0, -1.5] if kind == 0 else list(rng.integers(-40, 40, n_in) / 8)
    spans = [2.0] if kind == 0 else list(2.0 ** rng.integers(-3, 6, n_in))
    features = []
    for index in range(n_in):
        lo, span = float(lows[index % len(lows)]) if kind else lows[0], float(spans[index % len(spans)])
        ends = (
            np.float32(lo + (0.1 if kind == 2 else 0.0)),
            np.float32(lo + span * (1.1 if kind == 2 else 1.0)),
        )
        own_bits = bits if signed or kind == 0 else int(rng.integers(1, 12))
        features.append(Feature(f"f{index}", float(ends[0]), float(ends[1]), own_bits, signed))
    if rng.random() < 0.5:
        return Interface(tuple(features), ClassOutput(tuple(f"c{index}" for index in range(max(n_out, 2)))))
    return Interface(tuple(features), ValueOutput(tuple(Value(f"v{i}", 1.0, 0.0) for i in range(n_out))))


def plain_mlp(seed: int) -> Network:
    """A bespoke MLP without masks, its weights in -127..127."""
    rng = np.random.default_rng(seed)
    widths = [int(width) for width in rng.integers(1, 20, int(rng.integers(2, 5)))]
    widths[-1] = max(widths[-1], 2)
    one = interface(rng, widths[0], widths[-1], signed=False)
    bits = [feature.bits for feature in one.features]
    layers = []
    for index, n_out in enumerate(widths[1:]):
        last = index == len(widths) - 2
        clip = None if last else Clip(int(rng.integers(0, 8)), int(rng.integers(1, 12)))
        neurons = tuple(_neuron(rng, bits) for _ in range(n_out))
        layers.append(Layer(neurons, clip))
        bits = [] if clip is None else [clip.bits] * n_out
    classes = isinstance(one.output, ClassOutput)
    argmax = _tournament(widths[-1], rng) if classes and rng.random() < 0.4 else None
    return Network(one, BespokeMlp(tuple(layers), argmax))


def _neuron(rng: np.random.Generator, bits: list[int]) -> Neuron:
    terms = [
        Term(index, int(rng.integers(0, 7)), (1 << n) - 1, int(rng.choice([-1, 1])))
        for index, n in enumerate(bits)
        if rng.random() < 0.7
    ]
    return Neuron(int(rng.integers(-500, 501)), tuple(terms))


def _tournament(n: int, rng: np.random.Generator) -> tuple[Comparison, ...]:
    """Every entrant meets the winner so far."""
    masks = [-1, -4, -16, 0xFFFF]
    matches = [Comparison(0, 1, int(rng.choice(masks)))]
    matches += [Comparison(n + index - 2, index, int(rng.choice(masks))) for index in range(2, n)]
    return tuple(matches)
