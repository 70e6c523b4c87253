"""Tensor graphs for memory plans: MobileNetV2, and random ones with residuals and branches."""

from dataclasses import dataclass, field

import numpy as np

from codegen.ir import (
    Add,
    Clamp,
    Concatenate,
    Conv2d,
    DepthwiseConv2d,
    FullyConnected,
    GlobalAveragePool,
    Operator,
    Reshape,
    Tensor,
    TensorGraph,
    Window,
)
from codegen.ir.shapes import output_size

MOBILENET_V2 = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Expansion, channels, repeats, first stride. Source: Sandler et al., CVPR 2018, table 2."""


@dataclass
class GraphBuilder:
    """Appends int8 operators one by one; each method gives the number of its output tensor."""

    tensors: list[Tensor] = field(default_factory=list)
    operators: list[Operator] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)

    def tensor(self, *shape: int) -> int:
        self.tensors.append(Tensor(f"t{len(self.tensors)}", shape, "int8"))
        return len(self.tensors) - 1

    def input(self, *shape: int) -> int:
        self.inputs.append(self.tensor(*shape))
        return self.inputs[-1]

    def convolution(self, x: int, channels: int, size: int = 3, stride: int = 1) -> int:
        return self.windowed(x, channels, square(size, stride))

    def windowed(self, x: int, channels: int, window: Window) -> int:
        height, width, n_in = self.tensors[x].shape
        weight = self.tensor(channels, *window.size, n_in)
        y = self.tensor(*output_size(window, (height, width)), channels)
        self.operators.append(Conv2d(x, weight, None, y, window, "relu6"))
        return y

    def depthwise(self, x: int, size: int = 3, stride: int = 1) -> int:
        return self.windowed_depthwise(x, square(size, stride))

    def windowed_depthwise(self, x: int, window: Window) -> int:
        height, width, channels = self.tensors[x].shape
        weight = self.tensor(*window.size, channels)
        y = self.tensor(*output_size(window, (height, width)), channels)
        self.operators.append(DepthwiseConv2d(x, weight, None, y, window, 1, "relu6"))
        return y

    def add(self, left: int, right: int) -> int:
        y = self.tensor(*self.tensors[left].shape)
        self.operators.append(Add(left, right, y))
        return y

    def clamp(self, x: int) -> int:
        y = self.tensor(*self.tensors[x].shape)
        self.operators.append(Clamp(x, y, "relu"))
        return y

    def concatenate(self, *xs: int) -> int:
        shape = self.tensors[xs[0]].shape
        y = self.tensor(*shape[:2], sum(self.tensors[x].shape[2] for x in xs))
        self.operators.append(Concatenate(xs, y, 2))
        return y

    def global_pool(self, x: int) -> int:
        y = self.tensor(1, 1, self.tensors[x].shape[2])
        self.operators.append(GlobalAveragePool(x, y))
        return y

    def reshape(self, x: int, *shape: int) -> int:
        y = self.tensor(*shape)
        self.operators.append(Reshape(x, y))
        return y

    def fully_connected(self, x: int, n_out: int) -> int:
        weight, y = self.tensor(n_out, self.tensors[x].n_items), self.tensor(n_out)
        self.operators.append(FullyConnected(x, weight, None, y))
        return y

    def graph(self, *outputs: int) -> TensorGraph:
        return TensorGraph(tuple(self.tensors), tuple(self.operators), tuple(self.inputs), outputs)


def square(size: int, stride: int = 1) -> Window:
    """A square window, padded by half its size on every side."""
    return Window((size, size), (stride, stride), (1, 1), (size // 2,) * 4)


def mobilenet_v2(resolution: int = 224, *, has_sums: bool = True) -> TensorGraph:
    """MobileNetV2 of width 1.0 for 1000 classes, int8. has_sums: whether residuals are added."""
    builder = GraphBuilder()
    x = builder.convolution(builder.input(resolution, resolution, 3), 32, 3, 2)
    for expansion, channels, repeats, first_stride in MOBILENET_V2:
        for repeat in range(repeats):
            stride = first_stride if repeat == 0 else 1
            x = inverted_bottleneck(builder, x, expansion, channels, stride, has_sum=has_sums)
    x = builder.global_pool(builder.convolution(x, 1280, 1))
    return builder.graph(builder.fully_connected(builder.reshape(x, 1280), 1000))


def inverted_bottleneck(
    builder: GraphBuilder, x: int, expansion: int, channels: int, stride: int, *, has_sum: bool = True
) -> int:
    """Expand, filter each channel, project; added to its input where shapes agree."""
    n_in = builder.tensors[x].shape[2]
    y = builder.convolution(x, n_in * expansion, 1) if expansion > 1 else x
    y = builder.convolution(builder.depthwise(y, 3, stride), channels, 1)
    return builder.add(x, y) if has_sum and stride == 1 and channels == n_in else y


def random_graph(rng: np.random.Generator, n_blocks: int) -> TensorGraph:
    """Residual, branched and plain blocks at random over small images, with one output."""
    builder = GraphBuilder()
    x = builder.input(int(rng.integers(8, 25)), int(rng.integers(8, 25)), int(rng.integers(1, 9)))
    for _ in range(n_blocks):
        x = BLOCKS[int(rng.integers(len(BLOCKS)))](builder, x, rng)
    return builder.graph(builder.fully_connected(builder.global_pool(x), 10))


def _channels(rng: np.random.Generator) -> int:
    return int(2 ** rng.uniform(2, 6))


def _plain(builder: GraphBuilder, x: int, rng: np.random.Generator) -> int:
    stride = 1 + int(rng.random() < 0.3 and min(builder.tensors[x].shape[:2]) > 3)
    return builder.convolution(x, _channels(rng), int(rng.choice((1, 3, 5))), stride)


def _separable(builder: GraphBuilder, x: int, rng: np.random.Generator) -> int:
    return inverted_bottleneck(builder, x, int(rng.integers(2, 7)), _channels(rng), 1)


def _residual(builder: GraphBuilder, x: int, rng: np.random.Generator) -> int:
    channels = builder.tensors[x].shape[2]
    middle = builder.convolution(x, _channels(rng), 3)
    return builder.add(x, builder.convolution(middle, channels, 3))


def _branched(builder: GraphBuilder, x: int, rng: np.random.Generator) -> int:
    """Two to four branches of different depth and width, joined by channels."""
    ends = []
    for _ in range(int(rng.integers(2, 5))):
        y = x
        for _ in range(int(rng.integers(1, 4))):
            y = builder.convolution(y, _channels(rng), int(rng.choice((1, 3))))
        ends.append(y)
    return builder.concatenate(*ends)


def _nested(builder: GraphBuilder, x: int, rng: np.random.Generator) -> int:
    """Every layer reads the layer before and sums of earlier ones, as in cells of architecture search."""
    channels = _channels(rng)
    known = [builder.convolution(x, channels, 1)]
    for _ in range(int(rng.integers(3, 6))):
        left, right = (known[int(rng.integers(len(known)))] for _ in range(2))
        known.append(
            builder.add(builder.convolution(left, channels, 3), builder.convolution(right, channels, 1))
        )
    return builder.concatenate(*known[-2:])


BLOCKS = (_plain, _separable, _residual, _branched, _nested)
