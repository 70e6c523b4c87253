"""Random small int8 networks over all operators, shared by the whole suite."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from codegen.ir import (
    Add,
    AveragePool2d,
    Clamp,
    Concatenate,
    Constant,
    Conv2d,
    DepthwiseConv2d,
    Feature,
    FullyConnected,
    GlobalAveragePool,
    HardSwish,
    Interface,
    MaxPool2d,
    Network,
    Operator,
    Pad,
    Quantization,
    Quantize,
    Reshape,
    Softmax,
    Tensor,
    TensorGraph,
    TensorNet,
    Value,
    ValueOutput,
    Window,
)
from codegen.ir.operators import Activation, Rounding
from codegen.ir.shapes import output_size

KINDS = (
    *(
        "conv2d",
        "depthwise_conv2d",
        "fully_connected",
        "add",
        "add_constant",
        "concatenate",
        "average_pool2d",
    ),
    *("max_pool2d", "global_average_pool", "clamp", "hard_swish", "softmax", "reshape", "pad", "quantize"),
)
ACTIVATIONS: tuple[Activation, ...] = ("none", "relu", "relu6")
ROUNDINGS: tuple[Rounding, ...] = ("single", "double")
SAMPLES = 24
Style = Literal["any", "tflite"]
"""tflite: paddings, roundings and places of operators that a TensorFlow Lite file can have."""


@st.composite
def tensor_networks(draw: st.DrawFn, style: Style = "any", max_operators: int = 6) -> Network:
    """A network of up to `max_operators` operators of any kind, and some that they need."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=max_operators))
    return grow(kinds, np.random.default_rng(draw(st.integers(0, 2**32 - 1))), style)


def samples_of(network: Network, seed: int, n_samples: int = SAMPLES) -> npt.NDArray[np.int64]:
    """(n_samples, n_features) codes: all lowest, all highest, extremes at random, any at random."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(-128, 128, (n_samples, network.interface.n_features))
    codes[2:8] = rng.choice((-128, 127), codes[2:8].shape)
    codes[0], codes[1] = -128, 127
    return codes


def grow(kinds: list[str], rng: np.random.Generator, style: Style = "any") -> Network:
    """The network of these operators in a row; one that does not fit where it stands is left out."""
    grower = _Grower(rng, style)
    for kind in kinds:
        getattr(grower, f"_{kind}")()
    if not grower.operators:
        grower._fully_connected()
    return grower.network()


@dataclass
class _Grower:
    """The graph so far; every method named after a kind adds one operator after the last tensor."""

    rng: np.random.Generator
    style: Style
    tensors: list[Tensor] = field(default_factory=list)
    operators: list[Operator] = field(default_factory=list)
    constants: list[Constant] = field(default_factory=list)
    last: int = 0

    def __post_init__(self) -> None:
        shape = tuple(int(size) for size in self.rng.integers(1, 7, 3))
        self.last = self.tensor(shape)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.tensors[self.last].shape

    @property
    def quantization(self) -> Quantization:
        found = self.tensors[self.last].quantization
        assert found is not None
        return found

    def tensor(self, shape: tuple[int, ...], quantization: Quantization | None = None) -> int:
        if quantization is None:
            quantization = Quantization((self.scale(0.02, 0.5),), self.zero_point())
        self.tensors.append(Tensor(f"t{len(self.tensors)}", shape, "int8", quantization))
        return len(self.tensors) - 1

    def scale(self, lo: float, hi: float) -> float:
        return float(np.float32(np.exp(self.rng.uniform(np.log(lo), np.log(hi)))))

    def zero_point(self) -> int:
        return int(self.rng.choice((-128, 127, -1, int(self.rng.integers(-128, 128)))))

    def constant(
        self, values: npt.NDArray[np.int64], dtype: Literal["int8", "int32"], scales: Quantization
    ) -> int:
        self.tensors.append(Tensor(f"t{len(self.tensors)}", values.shape, dtype, scales))
        self.constants.append(
            Constant(len(self.tensors) - 1, values.astype(np.dtype(dtype).newbyteorder("<")).tobytes())
        )
        return len(self.tensors) - 1

    def activation(self) -> Activation:
        return ACTIVATIONS[int(self.rng.integers(3))]

    def rounding(self, usual: Rounding) -> Rounding:
        return usual if self.style == "tflite" else ROUNDINGS[int(self.rng.integers(2))]

    def then(self, operator: Operator) -> None:
        self.operators.append(operator)
        self.last = operator.output

    def weights(
        self, shape: tuple[int, ...], axis: int, *, biased: bool = False
    ) -> tuple[int, int | None, int]:
        """Weight, bias and output scale; now and then channels without weights, and extreme weights."""
        values = self.rng.integers(-127, 128, shape)
        if self.rng.random() < 0.2:
            values = self.rng.choice((-127, 127), shape)
        if self.rng.random() < 0.5:
            zero = self.rng.random(shape[axis]) < 0.5
            values = np.moveaxis(np.moveaxis(values, axis, -1) * ~zero, -1, axis)
        n_out = shape[axis]
        n_scales = n_out if self.rng.random() < 0.5 else 1
        scales = tuple(self.scale(0.002, 0.02) for _ in range(n_scales))
        weight = self.constant(values, "int8", Quantization(scales))
        n_terms, scale_in = values.size // n_out, self.quantization.scales[0]
        bias = None
        if biased or self.rng.random() < 0.8:
            biases = self.rng.integers(-1, 2, n_out) * self.rng.integers(0, 4000 * n_terms, n_out)
            of_sums = tuple(float(np.float32(scale_in) * np.float32(scale)) for scale in scales)
            bias = self.constant(biases, "int32", Quantization(of_sums))
        spread = np.sqrt(n_terms) * 70 * 70 * max(scales) * scale_in
        reach = self.rng.choice((0.01, 20.0)) if self.rng.random() < 0.15 else self.rng.uniform(0.3, 3)
        target = Quantization((float(np.float32(spread / 60 * reach)),), self.zero_point())
        return weight, bias, self.tensor((1,), target)

    def window(self, *, pool: bool) -> Window | None:
        """A random window that fits the last tensor."""
        height, width = self.shape[0], self.shape[1]
        size = int(self.rng.integers(1, 4)), int(self.rng.integers(1, 4))
        stride = int(self.rng.integers(1, 4)), int(self.rng.integers(1, 4))
        dilation = (1, 1) if pool or self.rng.random() < 0.7 else (2, int(self.rng.integers(1, 3)))
        if stride != (1, 1) and self.style == "tflite":
            dilation = (1, 1)
        reach = [(n - 1) * step + 1 for n, step in zip(size, dilation, strict=True)]
        padding = (0, 0, 0, 0)
        if self.rng.random() < 0.6:
            (top, bottom), (left, right) = (
                _same(length, window, step)
                for length, window, step in zip((height, width), reach, stride, strict=True)
            )
            padding = (top, bottom, left, right)
        if self.style == "any" and self.rng.random() < 0.3:
            limits = [size[0], size[0], size[1], size[1]]
            padding = tuple(int(self.rng.integers(0, limit)) for limit in limits)  # type: ignore[assignment]
        fits = height + padding[0] + padding[1] >= reach[0] and width + padding[2] + padding[3] >= reach[1]
        return Window(size, stride, dilation, padding) if fits else None

    def sized(self, output: int, shape: tuple[int, ...]) -> int:
        """The output of `weights`, with its shape."""
        kept = self.tensors[output]
        self.tensors[output] = Tensor(kept.name, shape, kept.dtype, kept.quantization)
        return output

    def _conv2d(self) -> None:
        window = self.window(pool=False) if len(self.shape) == 3 else None
        if window is None:
            return
        source, n_out, size = self.last, int(self.rng.integers(1, 6)), output_size(window, self.shape[:2])
        weight, bias, output = self.weights(
            (n_out, *window.size, self.shape[2]), 0, biased=self.style == "tflite"
        )
        self.sized(output, (*size, n_out))
        self.then(Conv2d(source, weight, bias, output, window, self.activation(), self.rounding("double")))

    def _depthwise_conv2d(self) -> None:
        window = self.window(pool=False) if len(self.shape) == 3 else None
        if window is None:
            return
        source, multiplier, size = (
            self.last,
            int(self.rng.integers(1, 4)),
            output_size(window, self.shape[:2]),
        )
        n_out = multiplier * self.shape[2]
        weight, bias, output = self.weights((*window.size, n_out), 2)
        self.sized(output, (*size, n_out))
        rounding = self.rounding("double")
        self.then(
            DepthwiseConv2d(source, weight, bias, output, window, multiplier, self.activation(), rounding)
        )

    def _fully_connected(self) -> None:
        if len(self.shape) == 3 and self.style == "tflite":
            self._reshape()
        source, n_out = self.last, int(self.rng.integers(1, 8))
        weight, bias, output = self.weights((n_out, int(np.prod(self.shape))), 0)
        self.sized(output, (n_out,))
        self.then(FullyConnected(source, weight, bias, output, self.activation(), self.rounding("single")))

    def _add(self) -> None:
        equal = [n for n in self.written() if self.tensors[n].shape == self.shape]
        left, right = self.last, int(self.rng.choice(equal))
        self.then(Add(left, right, self.tensor(self.shape, self.wide()), self.activation()))

    def _add_constant(self) -> None:
        right = self.constant(
            self.rng.integers(-128, 128, self.shape),
            "int8",
            Quantization((self.scale(0.02, 0.5),), self.zero_point()),
        )
        self.then(Add(self.last, right, self.tensor(self.shape, self.wide()), self.activation()))

    def _concatenate(self) -> None:
        same = [n for n in self.written() if self.tensors[n].quantization == self.quantization]
        axis = int(self.rng.integers(len(self.shape)))
        fitting = [n for n in same if _but(self.tensors[n].shape, axis) == _but(self.shape, axis)]
        inputs = (self.last, *(int(n) for n in self.rng.choice(fitting, int(self.rng.integers(1, 3)))))
        shape = list(self.shape)
        shape[axis] = sum(self.tensors[number].shape[axis] for number in inputs)
        self.then(Concatenate(inputs, self.tensor(tuple(shape), self.quantization), axis))

    def _average_pool2d(self) -> None:
        self.pool(AveragePool2d)

    def _max_pool2d(self) -> None:
        self.pool(MaxPool2d)

    def pool(self, kind: type[AveragePool2d] | type[MaxPool2d]) -> None:
        window = self.window(pool=True) if len(self.shape) == 3 else None
        if window is not None:
            shape = (*output_size(window, self.shape[:2]), self.shape[2])
            self.then(kind(self.last, self.tensor(shape, self.quantization), window, self.activation()))

    def _global_average_pool(self) -> None:
        if len(self.shape) == 3:
            shape = (1, 1, self.shape[2]) if self.rng.random() < 0.5 else (self.shape[2],)
            self.then(GlobalAveragePool(self.last, self.tensor(shape, self.wide())))

    def _clamp(self) -> None:
        kept = (
            Quantization(self.quantization.scales, self.zero_point())
            if self.rng.random() < 0.6
            else self.wide()
        )
        target = self.quantization if self.rng.random() < 0.4 else kept
        self.then(
            Clamp(self.last, self.tensor(self.shape, target), ACTIVATIONS[int(self.rng.integers(1, 3))])
        )

    def _quantize(self) -> None:
        kept = (
            Quantization(self.quantization.scales, self.zero_point())
            if self.rng.random() < 0.6
            else self.wide()
        )
        self.then(Quantize(self.last, self.tensor(self.shape, kept)))

    def _hard_swish(self) -> None:
        self.then(HardSwish(self.last, self.tensor(self.shape, self.wide())))

    def _softmax(self) -> None:
        output = self.tensor(self.shape, Quantization((1 / 256,), -128))
        self.then(Softmax(self.last, output, float(self.rng.choice((1.0, 0.5, 3.0)))))

    def _reshape(self) -> None:
        n_items = int(np.prod(self.shape))
        shape = (n_items,) if len(self.shape) == 3 or self.rng.random() < 0.3 else (1, n_items, 1)
        self.then(Reshape(self.last, self.tensor(shape, self.quantization)))

    def _pad(self) -> None:
        n_axes = len(self.shape)
        before, after = (tuple(int(n) for n in self.rng.integers(0, 3, n_axes)) for _ in "ba")
        if self.rng.random() < 0.6:
            before, after = (*before[:-1], 0), (*after[:-1], 0)
        shape = tuple(sum(sizes) for sizes in zip(self.shape, before, after, strict=True))
        self.then(Pad(self.last, self.tensor(shape, self.quantization), before, after))

    def wide(self) -> Quantization:
        """A scale near the last tensor's."""
        return Quantization(
            (float(np.float32(self.quantization.scales[0] * self.rng.uniform(0.4, 3))),), self.zero_point()
        )

    def written(self) -> list[int]:
        """All activations so far."""
        return [0, *(operator.output for operator in self.operators)]

    def network(self) -> Network:
        n_features, n_values = self.tensors[0].n_items, self.tensors[self.last].n_items
        features = tuple(Feature(f"x{index}", -1.0, 1.0, 8, signed=True) for index in range(n_features))
        values = tuple(Value(f"y{index}", 0.5, 0.0) for index in range(n_values))
        graph = TensorGraph(tuple(self.tensors), tuple(self.operators), (0,), (self.last,))
        return Network(Interface(features, ValueOutput(values)), TensorNet(graph, tuple(self.constants)))


def _same(length: int, reach: int, stride: int) -> tuple[int, int]:
    """Padding that gives ceil(length / stride) outputs, the odd one last."""
    total = max((-(-length // stride) - 1) * stride + reach - length, 0)
    return total // 2, total - total // 2


def _but(shape: tuple[int, ...], axis: int) -> tuple[int, ...] | None:
    return None if axis >= len(shape) else (len(shape), *shape[:axis], *shape[axis + 1 :])
