"""Two small multilayer perceptrons trained on bundled data, as float weights, as int8 and as powers of two.

Digits 64-32-10 and WDBC 30-10-2 take the raw features of scikit-learn's data sets; whatever scales them is a
part of the first layer's weights. 30 % of the rows are the test part, which nothing but the stated accuracy
sees.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import MinMaxScaler

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
)

WIDTHS = {"digits": (64, 32, 10), "wdbc": (30, 10, 2)}
STEPS = 256
"""Codes of an input."""


@dataclass(frozen=True, slots=True, eq=False)
class FloatMlp:
    """weights: (n_out, n_in) of each layer, over raw features; biases: (n_out,). ReLU between layers. x, y:
    training rows and their classes."""

    name: str
    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]
    x: np.ndarray
    y: np.ndarray
    test_x: np.ndarray
    test_y: np.ndarray

    @property
    def widths(self) -> tuple[int, ...]:
        return (self.weights[0].shape[1], *(len(weight) for weight in self.weights))

    def layers(self, x: np.ndarray) -> list[np.ndarray]:
        """The inputs, then the outputs of each layer."""
        found = [x]
        for weight, bias in zip(self.weights, self.biases, strict=True):
            total = found[-1] @ weight.T + bias
            found.append(total if len(found) == len(self.weights) else np.maximum(total, 0))
        return found

    def accuracy(self, classes: np.ndarray) -> float:
        """Of answers to the test part."""
        return float(np.mean(classes == self.test_y))


def train(name: str) -> FloatMlp:
    """The same weights on every machine that computes alike."""
    data = load_digits() if name == "digits" else load_breast_cancer()
    x, test_x, y, test_y = train_test_split(
        data.data.astype(np.float32), data.target, test_size=0.3, random_state=0, stratify=data.target
    )
    scaler = MinMaxScaler().fit(x)
    widths = WIDTHS[name]
    model = MLPClassifier(widths[1:-1], max_iter=2000, random_state=0, alpha=1e-2, learning_rate_init=5e-3)
    model.fit(scaler.transform(x), y)
    weights, biases = [one.T for one in model.coefs_], list(model.intercepts_)
    if len(weights[-1]) == 1:  # one output of two classes becomes two that differ by it
        weights[-1], biases[-1] = (
            np.vstack([-weights[-1], weights[-1]]) / 2,
            np.array([-1, 1]) * biases[-1] / 2,
        )
    biases[0] = biases[0] + weights[0] @ scaler.min_
    weights[0] = weights[0] * scaler.scale_
    return FloatMlp(name, tuple(weights), tuple(biases), x, y, test_x, test_y)


def input_features(mlp: FloatMlp, bits: int, *, signed: bool) -> tuple[Feature, ...]:
    """From 0 to what is at least the largest value in training; codes per unit are float32 of 8 significant
    bits, and one for all where features are alike."""
    tops = mlp.x.max(axis=0)
    if mlp.name == "digits":
        tops = np.full_like(tops, tops.max())
    return tuple(
        Feature(f"x{index}", 0.0, _range_end(float(top), bits), bits, signed)
        for index, top in enumerate(tops)
    )


def _range_end(top: float, bits: int) -> float:
    """The smallest end of a range from 0 that is at least the top and has such a scale."""
    word = int(np.float32((1 << bits) / top).view(np.uint32)) & 0xFFFF0000
    while True:
        scale = float(np.uint32(word).view(np.float32))
        end = float(np.float32((1 << bits) / scale))
        if end >= top and Feature("x", 0.0, end, bits).scale == scale:
            return end
        word -= 0x10000


def quantized(mlp: FloatMlp) -> Network:
    """An int8 network with one scale a layer, its ranges those of the training rows."""
    features = input_features(mlp, 8, signed=True)
    scales = np.array([feature.scale for feature in features])
    # A code stands for the middle of its step.
    weights = [mlp.weights[0] / scales * STEPS, *mlp.weights[1:]]
    biases = [mlp.biases[0] + (mlp.weights[0] / scales).sum(axis=1) / 2, *mlp.biases[1:]]
    outputs = mlp.layers(mlp.x)[1:]
    tensors, operators, constants = (
        [Tensor("x", (len(features),), "int8", Quantization((1 / STEPS,), -128))],
        [],
        [],
    )
    for at, (weight, bias, output) in enumerate(zip(weights, biases, outputs, strict=True)):
        last, number = at == len(weights) - 1, len(tensors)
        step, source = float(np.abs(weight).max() / 127), tensors[-1].quantization
        assert source is not None
        lo, hi = (float(output.min()), float(output.max())) if last else (0.0, float(output.max()))
        scale = (hi - lo) / 255
        zero_point = int(np.clip(round(-128 - lo / scale), -128, 127))
        integers = np.clip(np.round(weight / step), -127, 127).astype(np.int8)
        offsets = np.round(bias / (source.scales[0] * step)).astype("<i4")
        tensors += [
            Tensor(f"w{at}", weight.shape, "int8", Quantization((step,))),
            Tensor(f"b{at}", bias.shape, "int32", Quantization((source.scales[0] * step,))),
            Tensor(f"y{at}", bias.shape, "int8", Quantization((scale,), zero_point)),
        ]
        constants += [Constant(number, integers.tobytes()), Constant(number + 1, offsets.tobytes())]
        activation = "none" if last else "relu"
        operators.append(FullyConnected(number - 1, number, number + 1, number + 2, activation))  # type: ignore[arg-type]
    graph = TensorGraph(tuple(tensors), tuple(operators), (0,), (len(tensors) - 1,))
    return Network(Interface(features, _classes(mlp)), TensorNet(graph, tuple(constants)))


def powers_of_two(mlp: FloatMlp, *, kept: float = 1.0, bits: int = 8) -> Network:
    """A bespoke MLP of weights +-2**k, k from 0 to 6, of which the largest part is kept in each layer.

    They are rounded on a logarithmic scale and not trained further. Activations have 8 bits.
    """
    features = input_features(mlp, bits, signed=False)
    scales = np.array([feature.scale for feature in features])
    weights, biases = [mlp.weights[0] / scales, *mlp.weights[1:]], list(mlp.biases)
    biases[0] = biases[0] + weights[0].sum(axis=1) / 2
    layers, source_step = [], 1.0
    outputs = mlp.layers(mlp.x)[1:]
    for at, (weight, bias, output) in enumerate(zip(weights, biases, outputs, strict=True)):
        size = np.abs(weight)
        least = np.quantile(size, 1 - kept) if kept < 1 else 0.0
        unit = size.max() / 64  # what a weight of 1 stands for
        shifts = np.round(np.log2(np.maximum(size, unit / 4) / unit)).astype(int)
        present = (shifts >= 0) & (size >= least)
        step = unit * source_step  # what a sum of 1 stands for
        clip = None
        if at < len(weights) - 1:
            clip = Clip(max(0, int(np.ceil(np.log2(output.max() / step))) - 8), 8)
        top = (1 << (bits if at == 0 else 8)) - 1
        neurons = tuple(
            Neuron(
                round(float(bias[o]) / step),
                tuple(
                    Term(i, int(shifts[o, i]), top, 1 if weight[o, i] > 0 else -1)
                    for i in np.flatnonzero(present[o])
                ),
            )
            for o in range(len(weight))
        )
        layers.append(Layer(neurons, clip))
        source_step = step * (1 << clip.shift) if clip is not None else step
    return Network(Interface(features, _classes(mlp)), BespokeMlp(tuple(layers)))


def _classes(mlp: FloatMlp) -> ClassOutput:
    return ClassOutput(tuple(f"class {index}" for index in range(mlp.widths[-1])))


def float_c(mlp: FloatMlp) -> str:
    """Plain C in float, one loop nest for each layer, as one would write it."""
    lines = ["int classify(const float *raw);"]
    for at, (weight, bias) in enumerate(zip(mlp.weights, mlp.biases, strict=True)):
        lines.append(_array(f"w{at}", weight.ravel()))
        lines.append(_array(f"b{at}", bias))
    lines += ["int classify(const float *raw)", "{", "    int o, i, best = 0;"]
    source = "raw"
    for at, (n_in, n_out) in enumerate(itertools.pairwise(mlp.widths)):
        last = at == len(mlp.weights) - 1
        lines += [f"    float y{at}[{n_out}];", f"    for (o = 0; o < {n_out}; o++) {{"]
        lines += [f"        float sum = b{at}[o];", f"        for (i = 0; i < {n_in}; i++) {{"]
        lines += [f"            sum += w{at}[o * {n_in} + i] * {source}[i];", "        }"]
        lines += [f"        y{at}[o] = {'sum' if last else 'sum > 0.0f ? sum : 0.0f'};", "    }"]
        source = f"y{at}"
    lines += [f"    for (o = 1; o < {mlp.widths[-1]}; o++) {{"]
    lines += [f"        if ({source}[o] > {source}[best]) {{", "            best = o;", "        }", "    }"]
    return "\n".join([*lines, "    return best;", "}", ""])


def _array(name: str, values: np.ndarray) -> str:
    items = ", ".join(f"{np.float32(value):.9e}f" for value in values)
    return f"static const float {name}[{len(values)}] = {{{items}}};"
