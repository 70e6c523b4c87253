"""A convolutional network as an engineer would write it down: a stem, blocks in a row, a head."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from codegen.ir.operators import Activation
from searchspaces.space import SpaceError

BlockKind: TypeAlias = Literal["separable", "inverted", "residual"]
BLOCK_KINDS: tuple[BlockKind, ...] = ("separable", "inverted", "residual")
ImageShape: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Block:
    """One block; docs/convnets.md draws each kind.

    stage: number of the stage that it belongs to, after which its tensors are named; blocks of a stage stand
    together. channels: of its output. kernel, stride: along both axes; an axis of one item has neither (see
    `axis_window`). expansion: of an inverted residual, hidden channels for each input channel; 1 leaves the
    expanding convolution out. squeeze: channels of the bottleneck of squeeze-and-excite, 0 for none.
    """

    kind: BlockKind
    channels: int
    kernel: int = 3
    stride: int = 1
    expansion: int = 1
    squeeze: int = 0
    stage: int = 0

    def __post_init__(self) -> None:
        if self.kind not in BLOCK_KINDS:
            raise SpaceError(f"block: kind must be one of {', '.join(BLOCK_KINDS)}, not {self.kind!r}")
        if min(self.channels, self.kernel, self.stride, self.expansion) < 1 or self.squeeze < 0:
            raise SpaceError(
                f"block: channels, kernel, stride and expansion must be at least 1, squeeze 0, not {self}"
            )


@dataclass(frozen=True, slots=True)
class Stem:
    """The first convolution. kernel, stride: (vertical, horizontal)."""

    channels: int
    kernel: tuple[int, int] = (3, 3)
    stride: tuple[int, int] = (2, 2)


@dataclass(frozen=True, slots=True)
class Architecture:
    """A whole network.

    input_shape: (height, width, channels); a signal in one dimension has height 1. head: channels of the
    last pointwise convolution, 0 for none; the mean over all places and a fully connected layer follow.
    activation: of all convolutions but those that a residual sum follows.
    """

    input_shape: ImageShape
    stem: Stem
    blocks: tuple[Block, ...]
    head: int
    n_outputs: int
    activation: Activation = "relu6"

    def __post_init__(self) -> None:
        if min(self.input_shape) < 1 or self.n_outputs < 1 or self.head < 0 or self.stem.channels < 1:
            raise SpaceError(
                "architecture: sizes of the input, channels of the stem and outputs must be at least 1, the "
                f"head at least 0, not {self}"
            )


def axis_window(size: int, kernel: int, stride: int) -> tuple[int, int, int, int]:
    """(kernel, stride, padding before, padding after) along an axis of ceil(size / stride) outputs.

    A kernel reaches no further than the axis: the taps beyond would see nothing but padding wherever they
    stand. An axis of one item has kernel and stride 1. The padding is the least one, its larger half at the
    end, as TensorFlow's SAME.
    """
    stride = stride if size > 1 else 1
    kernel = min(kernel, 2 * size - 1)
    padding = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return kernel, stride, padding // 2, padding - padding // 2
