"""What a kernel sees of an operator before any weights: sizes, window and multiplier."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from codegen.ir.graph import TensorGraph
from codegen.ir.operators import Conv2d, DepthwiseConv2d, FullyConnected, Operator, Window
from codegen.ir.shapes import output_size

Kind: TypeAlias = Literal["conv2d", "depthwise", "fully_connected"]


@dataclass(frozen=True, slots=True)
class Geometry:
    """Sizes of one weighted operator.

    height, width, n_in: of the input, with n_in channels; a fully connected one has height and width 1.
    n_out: output channels. Only the part of the padded input that outputs read counts below as "used".
    """

    kind: Kind
    height: int
    width: int
    n_in: int
    n_out: int
    window: Window

    @property
    def out_size(self) -> tuple[int, int]:
        """Height and width of the output."""
        return output_size(self.window, (self.height, self.width))

    @property
    def reach(self) -> tuple[int, int]:
        """Rows and columns from the first tap of the window to its last."""
        (kh, kw), (dy, dx) = self.window.size, self.window.dilation
        return (kh - 1) * dy + 1, (kw - 1) * dx + 1

    @property
    def used_size(self) -> tuple[int, int]:
        """Rows and columns of the padded input that any output reads."""
        (oh, ow), (sy, sx), (ry, rx) = self.out_size, self.window.stride, self.reach
        return (oh - 1) * sy + ry, (ow - 1) * sx + rx

    @property
    def n_taps(self) -> int:
        """Weights of one output channel."""
        kh, kw = self.window.size
        return kh * kw * (1 if self.kind == "depthwise" else self.n_in)

    @property
    def multiplier(self) -> int:
        """Outputs of each input channel of a depthwise operator."""
        return self.n_out // self.n_in

    @property
    def n_macs(self) -> int:
        """Multiply-accumulates, those with padding included."""
        oh, ow = self.out_size
        return oh * ow * self.n_out * self.n_taps

    @property
    def is_pointwise(self) -> bool:
        """A window of one tap without padding; it may have a stride."""
        return self.window.size == (1, 1) and self.window.padding == (0, 0, 0, 0)


def geometry_of(operator: Operator, graph: TensorGraph) -> Geometry | None:
    """The sizes of a weighted operator, None for any other."""
    match operator:
        case FullyConnected():
            n_out, n_in = graph.tensors[operator.weight].shape
            return Geometry("fully_connected", 1, 1, n_in, n_out, Window((1, 1)))
        case Conv2d() | DepthwiseConv2d():
            kind: Kind = "conv2d" if isinstance(operator, Conv2d) else "depthwise"
            height, width, n_in = graph.tensors[operator.input].shape
            n_out = graph.tensors[operator.output].shape[2]
            return Geometry(kind, height, width, n_in, n_out, operator.window)
        case _:
            return None
