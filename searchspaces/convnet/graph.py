"""From an architecture to its tensor graph: structure before numbers, with batch norms folded."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from codegen.ir.counts import count
from codegen.ir.graph import DType, Tensor, TensorGraph
from codegen.ir.operators import (
    Activation,
    Add,
    Conv2d,
    DepthwiseConv2d,
    FullyConnected,
    GlobalAveragePool,
    Multiply,
    Operator,
    Window,
)
from searchspaces.convnet.architecture import Architecture, Block, axis_window


@dataclass(frozen=True, slots=True)
class BlockGraph:
    """The graph of an architecture, and where each of its blocks ends.

    ends: (n_blocks,) numbers of operators before the end of each block, the stem included.
    """

    graph: TensorGraph
    ends: tuple[int, ...]


def build_graph(architecture: Architecture) -> BlockGraph:
    """Activations and weights of type int8, biases of type int32, without quantization.

    Every convolution has a bias, which takes in the batch norm after it.
    """
    builder = _Builder(architecture.activation)
    last = builder.tensor("input", architecture.input_shape)
    stem, ends = architecture.stem, []
    last = builder.convolution("stem", last, stem.channels, stem.kernel, stem.stride, architecture.activation)
    for name, block in zip(_names(architecture.blocks), architecture.blocks, strict=True):
        last = _ADD[block.kind](builder, name, last, block)
        ends.append(len(builder.operators))
    if architecture.head:
        last = builder.pointwise("head", last, architecture.head, architecture.activation)
    last = builder.mean("mean", last)
    last = builder.dense("classifier", last, architecture.n_outputs, "none")
    return BlockGraph(
        TensorGraph(tuple(builder.tensors), tuple(builder.operators), (0,), (last,)), tuple(ends)
    )


def _names(blocks: Sequence[Block]) -> list[str]:
    """Of blocks by stage and place in it, the same in shallow and deep networks."""
    places: Counter[int] = Counter()
    names = []
    for block in blocks:
        names.append(f"stage{block.stage}.block{places[block.stage]}")
        places[block.stage] += 1
    return names


def trained_parameters(graph: TensorGraph) -> int:
    """Parameters as papers count them: with scale and offset of the batch norm after each convolution.

    The graph's own count has the norm folded into one bias a channel.
    """
    norms = sum(
        graph.tensors[operator.output].shape[-1]
        for operator in graph.operators
        if isinstance(operator, Conv2d | DepthwiseConv2d)
    )
    return count(graph).parameters + norms


@dataclass(slots=True)
class _Builder:
    activation: Activation
    tensors: list[Tensor] = field(default_factory=list)
    operators: list[Operator] = field(default_factory=list)

    def tensor(self, name: str, shape: tuple[int, ...], dtype: DType = "int8") -> int:
        self.tensors.append(Tensor(name, shape, dtype))
        return len(self.tensors) - 1

    def shape(self, number: int) -> tuple[int, int, int]:
        height, width, channels = self.tensors[number].shape
        return height, width, channels

    def weights(self, name: str, shape: tuple[int, ...], n_out: int) -> tuple[int, int]:
        return self.tensor(f"{name}.weight", shape), self.tensor(f"{name}.bias", (n_out,), "int32")

    def convolution(
        self,
        name: str,
        source: int,
        n_out: int,
        kernel: tuple[int, int],
        stride: tuple[int, int],
        activation: Activation,
    ) -> int:
        window, size = _window(self.shape(source), kernel, stride)
        weight, bias = self.weights(name, (n_out, *window.size, self.shape(source)[2]), n_out)
        output = self.tensor(name, (*size, n_out))
        self.operators.append(Conv2d(source, weight, bias, output, window, activation))
        return output

    def pointwise(self, name: str, source: int, n_out: int, activation: Activation) -> int:
        return self.convolution(name, source, n_out, (1, 1), (1, 1), activation)

    def depthwise(self, name: str, source: int, kernel: int, stride: int) -> int:
        n_channels = self.shape(source)[2]
        window, size = _window(self.shape(source), (kernel, kernel), (stride, stride))
        weight, bias = self.weights(name, (*window.size, n_channels), n_channels)
        output = self.tensor(name, (*size, n_channels))
        self.operators.append(DepthwiseConv2d(source, weight, bias, output, window, 1, self.activation))
        return output

    def mean(self, name: str, source: int) -> int:
        output = self.tensor(name, (self.shape(source)[2],))
        self.operators.append(GlobalAveragePool(source, output))
        return output

    def dense(self, name: str, source: int, n_out: int, activation: Activation) -> int:
        weight, bias = self.weights(name, (n_out, self.tensors[source].n_items), n_out)
        output = self.tensor(name, (n_out,))
        self.operators.append(FullyConnected(source, weight, bias, output, activation))
        return output

    def gated(self, name: str, source: int, squeeze: int) -> int:
        """Squeeze-and-excite: each channel times a gate from 0 to 6; the weights after it absorb the 6."""
        if not squeeze:
            return source
        reduced = self.dense(f"{name}.reduce", self.mean(f"{name}.mean", source), squeeze, "relu")
        gate = self.dense(f"{name}.gate", reduced, self.shape(source)[2], "relu6")
        output = self.tensor(f"{name}.gated", self.shape(source))
        self.operators.append(Multiply(source, gate, output))
        return output

    def sum(self, name: str, left: int, right: int, activation: Activation) -> int:
        output = self.tensor(name, self.shape(left))
        self.operators.append(Add(left, right, output, activation))
        return output


def _separable(builder: _Builder, name: str, source: int, block: Block) -> int:
    filtered = builder.depthwise(f"{name}.depthwise", source, block.kernel, block.stride)
    filtered = builder.gated(f"{name}.squeeze", filtered, block.squeeze)
    return builder.pointwise(f"{name}.project", filtered, block.channels, builder.activation)


def _inverted(builder: _Builder, name: str, source: int, block: Block) -> int:
    n_in, hidden = builder.shape(source)[2], source
    if block.expansion > 1:
        hidden = builder.pointwise(f"{name}.expand", source, n_in * block.expansion, builder.activation)
    filtered = builder.depthwise(f"{name}.depthwise", hidden, block.kernel, block.stride)
    filtered = builder.gated(f"{name}.squeeze", filtered, block.squeeze)
    last = builder.pointwise(f"{name}.project", filtered, block.channels, "none")
    if builder.shape(last) != builder.shape(source):
        return last
    return builder.sum(f"{name}.sum", source, last, "none")


def _residual(builder: _Builder, name: str, source: int, block: Block) -> int:
    kernel, stride = (block.kernel, block.kernel), (block.stride, block.stride)
    first = builder.convolution(f"{name}.first", source, block.channels, kernel, stride, builder.activation)
    last = builder.convolution(f"{name}.second", first, block.channels, kernel, (1, 1), "none")
    last = builder.gated(f"{name}.squeeze", last, block.squeeze)
    shortcut = source
    if builder.shape(last) != builder.shape(source):
        shortcut = builder.convolution(f"{name}.shortcut", source, block.channels, (1, 1), stride, "none")
    return builder.sum(f"{name}.sum", shortcut, last, builder.activation)


_ADD = {"separable": _separable, "inverted": _inverted, "residual": _residual}
"""How each kind of block is built; a new kind is one more function here."""


def _window(
    shape: tuple[int, int, int], kernel: tuple[int, int], stride: tuple[int, int]
) -> tuple[Window, tuple[int, int]]:
    """The window, and height and width of what comes out."""
    (kh, sy, top, bottom), (kw, sx, left, right) = (
        axis_window(size, wanted, step) for size, wanted, step in zip(shape[:2], kernel, stride, strict=True)
    )
    window = Window((kh, kw), (sy, sx), padding=(top, bottom, left, right))
    return window, (-(-shape[0] // sy), -(-shape[1] // sx))
