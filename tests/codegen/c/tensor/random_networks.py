"""Random int8 tensor networks of all operators, from a seed: odd sizes, extreme zero points, wide factors."""

from dataclasses import dataclass, field, replace

import numpy as np
from hypothesis import strategies as st

from codegen.ir import (
    Add,
    AveragePool2d,
    Clamp,
    ClassOutput,
    Concatenate,
    Constant,
    Conv2d,
    DepthwiseConv2d,
    Feature,
    FullyConnected,
    GlobalAveragePool,
    HardSwish,
    Interface,
    IrError,
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
from codegen.ir.integer import evaluate_operator
from codegen.ir.shapes import output_size

IMAGE_OPERATORS = (
    "conv", "conv", "depthwise", "depthwise", "add", "concatenate", "average", "largest", "clamp", "swish",
    "quantize", "pad", "softmax", "reshape",
)  # fmt: skip
LOCAL_OPERATORS = (
    "conv",
    "conv",
    "depthwise",
    "add",
    "concatenate",
    "average",
    "largest",
    "clamp",
    "swish",
    "pad",
)
"""Those that can run patch by patch."""


@dataclass
class Builder:
    """Grows a graph. images: numbers of the tensors with three axes. values: (8, *shape) by tensor."""

    rng: np.random.Generator
    tensors: list[Tensor] = field(default_factory=list)
    operators: list[Operator] = field(default_factory=list)
    constants: list[Constant] = field(default_factory=list)
    images: list[int] = field(default_factory=list)
    values: dict[int, np.ndarray] = field(default_factory=dict)

    def mark(self) -> tuple[int, int, int]:
        return len(self.tensors), len(self.operators), len(self.constants)

    def rewind(self, mark: tuple[int, int, int]) -> None:
        """Forgets what was added since the mark."""
        for kept, size in zip((self.tensors, self.operators, self.constants), mark, strict=True):
            del kept[size:]  # type: ignore[attr-defined]

    def evaluate(self) -> None:
        """Adds the values of the last operator's output on a few samples."""
        for constant in self.constants:
            tensor = self.tensors[constant.tensor]
            data = np.frombuffer(constant.data, dtype=np.dtype(tensor.dtype).newbyteorder("<"))
            self.values[constant.tensor] = data.reshape((1, *tensor.shape)).astype(np.int64)
        operator = self.operators[-1]
        self.values[operator.output] = evaluate_operator(operator, self.tensors, self.values)

    def choose(self, *items: object) -> object:
        return items[int(self.rng.integers(len(items)))]

    def number(self, lo: int, hi: int) -> int:
        return int(self.rng.integers(lo, hi + 1))

    def quantization(self) -> Quantization:
        zero_point = int(self.choose(-128, 127, 0, *(self.number(-110, 60) for _ in range(5))))  # type: ignore[call-overload]
        return Quantization((float(np.exp(self.rng.uniform(-5, 1))),), zero_point)

    def tensor(
        self, shape: tuple[int, ...], quantization: Quantization | None = None, dtype: str = "int8"
    ) -> int:
        quantized = quantization or self.quantization()
        self.tensors.append(Tensor(f"t{len(self.tensors)}", shape, dtype, quantized))  # type: ignore[arg-type]
        return len(self.tensors) - 1

    def constant(self, values: np.ndarray, quantization: Quantization) -> int:
        number = self.tensor(values.shape, quantization, str(values.dtype))
        self.constants.append(Constant(number, values.astype(values.dtype.newbyteorder("<")).tobytes()))
        return number

    def weights(
        self, shape: tuple[int, ...], n_out: int, n_taps: int, source: int
    ) -> tuple[int, int | None, float]:
        """(weight, bias, output scale) with outputs that use the int8 range well."""
        spread = int(self.choose(5, 40, 127))  # type: ignore[call-overload]
        values = self.rng.integers(-spread, spread + 1, shape).astype(np.int8)
        n_scales = n_out if self.rng.random() < 0.7 else 1
        scales = tuple(float(one) for one in np.exp(self.rng.uniform(-6, -4, n_scales)))
        weight = self.constant(values, Quantization(scales))
        bias = None
        if self.rng.random() < 0.8:
            bias = self.constant(self.rng.integers(-5000, 5001, n_out).astype(np.int32), Quantization(scales))
        source_scale = self.tensors[source].quantization.scales[0]  # type: ignore[union-attr]
        width = source_scale * float(np.mean(scales)) * spread * 45 * np.sqrt(n_taps)
        return weight, bias, float(width / 50 * np.exp(self.rng.uniform(-1.5, 1)))

    def add(self, operator: Operator) -> int:
        self.operators.append(operator)
        return operator.output

    def window(self, height: int, width: int, *, pads: bool = True) -> Window:
        """One that fits; small ones more often."""
        while True:
            size = (min(self.number(1, 4), height + 2), min(self.number(1, 4), width + 2))
            stride = (self.number(1, 3), self.number(1, 3))
            dilation = (self.number(1, 2), self.number(1, 2)) if self.rng.random() < 0.3 else (1, 1)
            most = [max((n - 1) * step, 0) for n, step in zip(size, dilation, strict=True)]
            padding = tuple(self.number(0, most[axis // 2]) if pads else 0 for axis in range(4))
            window = Window(size, stride, dilation, padding)  # type: ignore[arg-type]
            try:
                output_size(window, (height, width))
            except IrError:
                continue
            return window

    def activation(self) -> str:
        return str(self.choose("none", "none", "none", "relu", "relu6"))

    def rounding(self) -> str:
        return str(self.choose("single", "double", "double"))

    def grow(self, kind: str, source: int) -> int | None:
        """Applies an operator to an image, None where it does not fit."""
        return getattr(self, f"_{kind}")(source)  # type: ignore[no-any-return]

    def _conv(self, source: int) -> int:
        height, width, n_in = self.tensors[source].shape
        window, n_out = self.window(height, width), self.number(1, 9)
        weight, bias, scale = self.weights(
            (n_out, *window.size, n_in), n_out, n_in * window.size[0] * window.size[1], source
        )
        output = self.tensor((*output_size(window, (height, width)), n_out), self._scaled(scale))
        return self.add(
            Conv2d(source, weight, bias, output, window, self.activation(), self.rounding())  # type: ignore[arg-type]
        )

    def _depthwise(self, source: int) -> int:
        height, width, n_in = self.tensors[source].shape
        window, multiplier = self.window(height, width), int(self.choose(1, 1, 1, 2, 3))  # type: ignore[call-overload]
        n_out = n_in * multiplier
        taps = window.size[0] * window.size[1]
        weight, bias, scale = self.weights((*window.size, n_out), n_out, taps, source)
        output = self.tensor((*output_size(window, (height, width)), n_out), self._scaled(scale))
        return self.add(
            DepthwiseConv2d(
                source,
                weight,
                bias,
                output,
                window,
                multiplier,
                self.activation(),
                self.rounding(),  # type: ignore[arg-type]
            )
        )

    def _scaled(self, scale: float) -> Quantization:
        return replace(self.quantization(), scales=(scale,))

    def _add(self, source: int) -> int:
        shape = self.tensors[source].shape
        equal = [image for image in self.images if self.tensors[image].shape == shape]
        other = int(self.choose(*equal))  # type: ignore[call-overload]
        if self.rng.random() < 0.2:
            other = self.constant(self.rng.integers(-128, 128, shape).astype(np.int8), self.quantization())
        scales = [self.tensors[number].quantization.scales[0] for number in (source, other)]  # type: ignore[union-attr]
        scale = max(scales) * float(np.exp(self.rng.uniform(-1, 1)))
        operands = (source, other) if self.rng.random() < 0.5 else (other, source)
        return self.add(Add(*operands, self.tensor(shape, self._scaled(scale)), self.activation()))  # type: ignore[arg-type]

    def _concatenate(self, source: int) -> int:
        kept, shape = self.tensors[source].quantization, self.tensors[source].shape
        fits = [
            image
            for image in self.images
            if self.tensors[image].shape[:2] == shape[:2] and self.tensors[image].quantization == kept
        ]
        inputs = (source, *(int(self.choose(*fits)) for _ in range(self.number(1, 2))))  # type: ignore[call-overload]
        n_channels = sum(self.tensors[image].shape[2] for image in inputs)
        return self.add(Concatenate(inputs, self.tensor((*shape[:2], n_channels), kept), 2))

    def _average(self, source: int) -> int | None:
        return self._pool(AveragePool2d, source)

    def _largest(self, source: int) -> int | None:
        return self._pool(MaxPool2d, source)

    def _pool(self, kind: type[AveragePool2d] | type[MaxPool2d], source: int) -> int | None:
        height, width, n_channels = self.tensors[source].shape
        window = self.window(height, width, pads=bool(self.rng.random() < 0.6))
        size, padding = window.size, window.padding
        if window.dilation != (1, 1) or any(padding[axis] >= size[axis // 2] for axis in range(4)):
            return None
        shape = (*output_size(window, (height, width)), n_channels)
        output = self.tensor(shape, self.tensors[source].quantization)
        return self.add(kind(source, output, window, self.activation()))  # type: ignore[arg-type]

    def _clamp(self, source: int) -> int:
        quantized = self._near(source) if self.rng.random() < 0.6 else self.tensors[source].quantization
        output = self.tensor(self.tensors[source].shape, quantized)
        return self.add(Clamp(source, output, str(self.choose("relu", "relu6"))))  # type: ignore[arg-type]

    def _swish(self, source: int) -> int:
        return self.add(HardSwish(source, self.tensor(self.tensors[source].shape, self._near(source))))

    def _quantize(self, source: int) -> int:
        return self.add(Quantize(source, self.tensor(self.tensors[source].shape, self._near(source))))

    def _near(self, source: int) -> Quantization:
        scale = self.tensors[source].quantization.scales[0]  # type: ignore[union-attr]
        return self._scaled(scale * float(np.exp(self.rng.uniform(-1, 1))))

    def _pad(self, source: int) -> int:
        shape = self.tensors[source].shape
        sides = [(self.number(0, 2), self.number(0, 2)) for _ in range(2)] + [(0, 0)]
        before, after = tuple(side[0] for side in sides), tuple(side[1] for side in sides)
        padded = tuple(sum(sizes) for sizes in zip(shape, before, after, strict=True))
        return self.add(Pad(source, self.tensor(padded, self.tensors[source].quantization), before, after))

    def _softmax(self, source: int) -> int:
        output = self.tensor(self.tensors[source].shape, Quantization((1 / 256,), -128))
        return self.add(Softmax(source, output, float(self.choose(1.0, 0.3))))  # type: ignore[arg-type]

    def _reshape(self, source: int) -> int:
        height, width, n_channels = self.tensors[source].shape
        output = self.tensor((width, height, n_channels), self.tensors[source].quantization)
        return self.add(Reshape(source, output))


def tensor_network(seed: int, *, n_local: int = 0, max_operators: int = 6, max_size: int = 9) -> Network:
    """A network made of a seed: the leading `n_local` operators are such as can run on patches."""
    builder = Builder(np.random.default_rng(seed))
    shape = (builder.number(1, max_size), builder.number(1, max_size), builder.number(1, 5))
    source = builder.tensor(shape)
    builder.images.append(source)
    builder.values[source] = builder.rng.integers(-128, 128, (8, *shape))
    last = source
    while len(builder.operators) < n_local:
        last = _grow(builder, last, LOCAL_OPERATORS)
    if n_local:
        builder.images = [last]
    for _ in range(builder.number(0 if n_local else 1, max_operators)):
        chosen = last if builder.rng.random() < 0.7 else int(builder.choose(*builder.images))  # type: ignore[call-overload]
        last = _grow(builder, chosen, IMAGE_OPERATORS)
    return _finish(builder, source, last)


def _grow(builder: Builder, source: int, kinds: tuple[str, ...]) -> int:
    """One more operator, if possible one whose output still says something of the input."""
    for attempt in range(20):
        mark = builder.mark()
        found = builder.grow(str(builder.choose(*kinds)), source)
        if found is not None and builder.tensors[found].n_items <= 4000:
            builder.evaluate()
            if attempt == 19 or builder.values[found].std(axis=0).max() > 6:
                builder.images.append(found)
                return found
        builder.rewind(mark)
    return source


def _finish(builder: Builder, source: int, last: int) -> Network:
    """A head of one kind or another, classes or values."""
    head = builder.choose("dense", "mean", "none", "none", "softmax")
    n_channels = builder.tensors[last].shape[2]
    if head == "mean":
        last = builder.add(GlobalAveragePool(last, builder.tensor((n_channels,), builder._near(last))))
    if head in ("dense", "softmax") or builder.tensors[last].n_items > 300:
        n_in, n_out = builder.tensors[last].n_items, builder.number(2, 6)
        weight, bias, scale = builder.weights((n_out, n_in), n_out, n_in, last)
        output = builder.tensor((n_out,), builder._scaled(scale))
        last = builder.add(
            FullyConnected(last, weight, bias, output, builder.activation(), builder.rounding())  # type: ignore[arg-type]
        )
    if head == "softmax":
        output = builder.tensor(builder.tensors[last].shape, Quantization((1 / 256,), -128))
        last = builder.add(Softmax(last, output))
    graph = TensorGraph(tuple(builder.tensors), tuple(builder.operators), (source,), (last,))
    n_features, n_outputs = graph.tensors[source].n_items, graph.tensors[last].n_items
    features = tuple(Feature(f"x{index}", -1.0, 1.0, 8, True) for index in range(n_features))
    if n_outputs > 1 and builder.rng.random() < 0.4:
        return Network(
            Interface(features, ClassOutput(tuple(f"c{index}" for index in range(n_outputs)))),
            TensorNet(graph, tuple(builder.constants)),
        )
    values = ValueOutput(tuple(Value(f"y{index}", 0.1, 0.0) for index in range(n_outputs)))
    return Network(Interface(features, values), TensorNet(graph, tuple(builder.constants)))


def tensor_networks(**options: int) -> st.SearchStrategy[Network]:
    """Networks of random seeds; the options are those of tensor_network."""
    return st.integers(0, 1 << 32).map(lambda seed: tensor_network(seed, **options))
