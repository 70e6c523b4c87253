"""A torch module made of a tensor graph; nothing about the network is described twice."""

from collections.abc import Callable
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from codegen.ir.graph import TensorGraph
from codegen.ir.operators import (
    Activation,
    Add,
    Conv2d,
    DepthwiseConv2d,
    FullyConnected,
    GlobalAveragePool,
    Multiply,
    Operator,
    Weighted,
    Window,
)

NORM_EPSILON = 1e-3
OPEN_GATE = 3.0
"""First bias of a gate from 0 to 6, so that it is half open."""

FloatArray: TypeAlias = npt.NDArray[np.float64]
Activate: TypeAlias = Callable[[torch.Tensor], torch.Tensor]
ACTIVATE: dict[Activation, Activate] = {
    "none": lambda x: x,
    "relu": functional.relu,
    "relu6": lambda x: functional.hardtanh(x, 0.0, 6.0),
}


Apply: TypeAlias = Callable[[int, Weighted, torch.Tensor], torch.Tensor]


class Rounding(Protocol):
    """What happens to weights and activations on their way."""

    def weight(self, operator: Weighted, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """weight: in torch's layout, output channels first."""
        ...

    def activation(self, number: int, value: torch.Tensor) -> torch.Tensor:
        """number: of the tensor. value: (n_rows, channels, height, width) or (n_rows, n_items)."""
        ...


class WeightedLayer(nn.Module):
    """Weight in torch's layout, and the batch norm of a convolution until it is folded into the bias."""

    def __init__(self, shape: tuple[int, ...], bias: float, *, normed: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(shape))
        self.bias = nn.Parameter(torch.full((shape[0],), bias), requires_grad=not normed)
        self.norm: nn.BatchNorm2d | None = nn.BatchNorm2d(shape[0], eps=NORM_EPSILON) if normed else None

    def fold(self) -> None:
        """Takes the batch norm into weight and bias, by its running mean and variance."""
        norm = self.norm
        if norm is None:
            return
        assert norm.running_mean is not None
        assert norm.running_var is not None
        with torch.no_grad():
            gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            self.weight.mul_(gain.reshape(-1, *[1] * (self.weight.dim() - 1)))
            self.bias.copy_(norm.bias - norm.running_mean * gain)
        self.norm = None
        self.bias.requires_grad_(True)


class GraphModule(nn.Module):
    """Runs the operators of a graph in floats.

    Convolutions have a batch norm behind them until `fold`. Images are (n_rows, channels, height, width).
    """

    def __init__(self, graph: TensorGraph, generator: torch.Generator) -> None:
        super().__init__()
        self.graph = graph
        gates = {operator.right for operator in graph.operators if isinstance(operator, Multiply)}
        self.layers = nn.ModuleDict()
        for index, operator in enumerate(graph.operators):
            if isinstance(operator, FullyConnected | Conv2d | DepthwiseConv2d):
                bias = OPEN_GATE if operator.output in gates else 0.0
                shape = torch_shape(operator, graph)
                layer = WeightedLayer(shape, bias, normed=not isinstance(operator, FullyConnected))
                start_weight(layer.weight, isinstance(operator, FullyConnected), generator)
                self.layers[str(index)] = layer

    def forward(self, images: torch.Tensor, rounding: Rounding | None = None) -> torch.Tensor:
        """(n_rows, n_outputs) of images (n_rows, channels, height, width)."""

        def apply(index: int, operator: Weighted, x: torch.Tensor) -> torch.Tensor:
            return _weighted(self.layer(index), operator, x, rounding)

        return run_graph(self.graph, images, apply, rounding)

    def fold(self) -> None:
        """Takes all batch norms into weights and biases."""
        for layer in self.layers.values():
            assert isinstance(layer, WeightedLayer)
            layer.fold()

    def constants(self) -> dict[int, FloatArray]:
        """Weights and biases by tensor number, in the graph's layout. All norms must be folded."""
        found: dict[int, FloatArray] = {}
        for index, operator in enumerate(self.graph.operators):
            if isinstance(operator, FullyConnected | Conv2d | DepthwiseConv2d):
                layer = self.layer(index)
                assert layer.norm is None
                weight = layer.weight.detach().numpy().astype(np.float64)
                found[operator.weight] = graph_layout(operator, weight)
                if operator.bias is not None:
                    found[operator.bias] = layer.bias.detach().numpy().astype(np.float64)
        return found

    def layer(self, index: int) -> WeightedLayer:
        layer = self.layers[str(index)]
        assert isinstance(layer, WeightedLayer)
        return layer


def run_graph(
    graph: TensorGraph, images: torch.Tensor, apply: Apply, rounding: Rounding | None = None
) -> torch.Tensor:
    """(n_rows, n_outputs) of images. apply: computes operators with weights, by number and input."""
    values = {graph.inputs[0]: _seen(rounding, graph.inputs[0], images)}
    for index, operator in enumerate(graph.operators):
        if isinstance(operator, FullyConnected | Conv2d | DepthwiseConv2d):
            value = apply(index, operator, values[operator.input])
        else:
            value = _weightless(operator, values)
        values[operator.output] = _seen(rounding, operator.output, value)
    return values[graph.outputs[0]]


def _weightless(operator: Operator, values: dict[int, torch.Tensor]) -> torch.Tensor:
    match operator:
        case Add():
            return ACTIVATE[operator.activation](values[operator.left] + values[operator.right])
        case Multiply():
            gate = values[operator.right]
            gate = gate[:, :, None, None] if gate.dim() == 2 else gate
            return ACTIVATE[operator.activation](values[operator.left] * gate)
        case GlobalAveragePool():
            return values[operator.input].mean(dim=(2, 3))
        case _:
            raise NotImplementedError(f"{type(operator).__name__} can't be trained")


def _weighted(
    layer: WeightedLayer, operator: Weighted, x: torch.Tensor, rounding: Rounding | None
) -> torch.Tensor:
    weight: torch.Tensor = layer.weight
    norm = layer.norm
    if rounding is not None:
        weight = rounding.weight(operator, weight, layer.bias)
    y = linear(operator, x, weight, layer.bias if norm is None else None)
    return ACTIVATE[operator.activation](y if norm is None else norm(y))


def linear(
    operator: Weighted, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None
) -> torch.Tensor:
    """What an operator with weights computes before norm and activation. weight: in torch's layout."""
    if isinstance(operator, FullyConnected):
        flat = x if x.dim() == 2 else x.permute(0, 2, 3, 1).flatten(1)
        return functional.linear(flat, weight, bias)
    groups = 1 if isinstance(operator, Conv2d) else x.shape[1]
    padded, padding = _padded(x, operator.window)
    stride, dilation = operator.window.stride, operator.window.dilation
    return functional.conv2d(padded, weight, bias, stride, padding, dilation, groups)


def torch_shape(operator: Weighted, graph: TensorGraph) -> tuple[int, ...]:
    """Of a weight in torch's layout: output channels first, then input channels, then the window."""
    shape = graph.tensors[operator.weight].shape
    match operator:
        case FullyConnected():
            return shape
        case Conv2d():
            return shape[0], shape[3], shape[1], shape[2]
        case DepthwiseConv2d():
            return shape[2], 1, shape[0], shape[1]


def graph_layout(operator: Weighted, weight: FloatArray) -> FloatArray:
    """A weight of torch's layout in the graph's."""
    match operator:
        case FullyConnected():
            return weight
        case Conv2d():
            return weight.transpose(0, 2, 3, 1)
        case DepthwiseConv2d():
            return weight[:, 0].transpose(1, 2, 0)


def _seen(rounding: Rounding | None, number: int, value: torch.Tensor) -> torch.Tensor:
    return value if rounding is None else rounding.activation(number, value)


def _padded(x: torch.Tensor, window: Window) -> tuple[torch.Tensor, tuple[int, int]]:
    """What a convolution with even padding then sees; uneven padding is written out."""
    top, bottom, left, right = window.padding
    if top == bottom and left == right:
        return x, (top, left)
    return functional.pad(x, (left, right, top, bottom)), (0, 0)


def start_weight(weight: nn.Parameter, dense: bool, generator: torch.Generator) -> None:
    """He et al., 2015, by outputs for convolutions and by inputs for fully connected layers."""
    window = int(np.prod(weight.shape[2:]))
    fan = weight.shape[1] if dense else weight.shape[0] * window if weight.shape[1] > 1 else window
    gain = 1.0 if dense else 2.0
    with torch.no_grad():
        weight.normal_(0.0, (gain / fan) ** 0.5, generator=generator)
