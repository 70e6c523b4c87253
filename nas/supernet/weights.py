"""Weights that the networks of a space share: each reads the first channels, and the middle of the kernels.

Source: Cai et al., "Once-for-All: Train One Network and Specialize it for Efficient Deployment", ICLR 2020
(kernels, depths and widths of nested networks); Yu and Huang, "Universally Slimmable Networks", ICCV 2019
(norms of a sub-network by its own statistics).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import nn
from torch.nn import functional

from codegen.ir.graph import TensorGraph
from codegen.ir.operators import Conv2d, DepthwiseConv2d, FullyConnected, Multiply, Weighted
from nas.errors import RunError
from nas.train.convnet.module import (
    ACTIVATE,
    NORM_EPSILON,
    OPEN_GATE,
    GraphModule,
    WeightedLayer,
    linear,
    run_graph,
    start_weight,
    torch_shape,
)

Shape: TypeAlias = tuple[int, ...]
Statistics: TypeAlias = dict[str, tuple[torch.Tensor, torch.Tensor]]
"""Mean and variance of each channel before a norm, by the name of its layer."""


@dataclass(frozen=True, slots=True)
class LayerForm:
    """The largest shape that a layer has in any network of a space, in torch's layout."""

    shape: Shape
    normed: bool
    first_bias: float


def layer_forms(graphs: Iterable[TensorGraph]) -> dict[str, LayerForm]:
    """The layers of all graphs by name, each as large as the largest."""
    found: dict[str, LayerForm] = {}
    for graph in graphs:
        gates = {operator.right for operator in graph.operators if isinstance(operator, Multiply)}
        for operator in graph.operators:
            if isinstance(operator, FullyConnected | Conv2d | DepthwiseConv2d):
                name, shape = layer_name(operator, graph), torch_shape(operator, graph)
                if name in found:
                    shape = tuple(map(max, shape, found[name].shape))
                bias = OPEN_GATE if operator.output in gates else 0.0
                found[name] = LayerForm(shape, not isinstance(operator, FullyConnected), bias)
    return found


def layer_name(operator: Weighted, graph: TensorGraph) -> str:
    """Of the tensor that it writes; networks of one space agree on it."""
    return graph.tensors[operator.output].name


class SharedWeights(nn.Module):
    """Weights, biases and norms of the largest layers. Runs any network whose layers are parts of them."""

    def __init__(self, forms: dict[str, LayerForm], generator: torch.Generator) -> None:
        super().__init__()
        self.numbers = {name: str(number) for number, name in enumerate(forms)}
        self.layers = nn.ModuleDict()
        for name, form in forms.items():
            layer = WeightedLayer(form.shape, form.first_bias, normed=form.normed)
            start_weight(layer.weight, not form.normed, generator)
            self.layers[self.numbers[name]] = layer

    def forward(
        self, graph: TensorGraph, images: torch.Tensor, statistics: Statistics | None = None
    ) -> torch.Tensor:
        """(n_rows, n_outputs) of images (n_rows, channels, height, width) by one network.

        statistics: of its norms; those of the images themselves where None.
        """

        def apply(index: int, operator: Weighted, x: torch.Tensor) -> torch.Tensor:
            name = layer_name(operator, graph)
            weight, bias, norm = self._parts(name, torch_shape(operator, graph))
            y = linear(operator, x, weight, bias if norm is None else None)
            if norm is not None:
                y = _normed(y, norm, None if statistics is None else statistics[name])
            return ACTIVATE[operator.activation](y)

        return run_graph(graph, images, apply)

    def statistics(self, graph: TensorGraph, batches: Iterable[torch.Tensor]) -> Statistics:
        """Mean and variance before each norm of a network, over batches of images of equal size.

        The norms before a layer are those of the batch, as in training.
        """
        sums: dict[str, list[torch.Tensor]] = {}

        def apply(index: int, operator: Weighted, x: torch.Tensor) -> torch.Tensor:
            name = layer_name(operator, graph)
            weight, bias, norm = self._parts(name, torch_shape(operator, graph))
            y = linear(operator, x, weight, bias if norm is None else None)
            if norm is not None:
                variance, mean = torch.var_mean(y, dim=(0, 2, 3), correction=0)
                sums.setdefault(name, []).append(torch.stack([mean, variance]))
                y = _normed(y, norm, (mean, variance))
            return ACTIVATE[operator.activation](y)

        with torch.no_grad():
            for images in batches:
                run_graph(graph, images, apply)
        means = {name: torch.stack(found).mean(dim=0) for name, found in sums.items()}
        return {name: (mean[0], mean[1]) for name, mean in means.items()}

    def give(self, module: GraphModule, statistics: Statistics) -> None:
        """Copies what a network reads into its own module, norms with their statistics."""
        for index, operator in enumerate(module.graph.operators):
            if not isinstance(operator, FullyConnected | Conv2d | DepthwiseConv2d):
                continue
            name = layer_name(operator, module.graph)
            weight, bias, norm = self._parts(name, torch_shape(operator, module.graph))
            layer = module.layer(index)
            with torch.no_grad():
                layer.weight.copy_(weight)
                layer.bias.copy_(bias)
                if norm is not None and layer.norm is not None:
                    layer.norm.weight.copy_(norm[0])
                    layer.norm.bias.copy_(norm[1])
                    mean, variance = statistics[name]
                    assert layer.norm.running_mean is not None
                    assert layer.norm.running_var is not None
                    layer.norm.running_mean.copy_(mean)
                    layer.norm.running_var.copy_(variance)

    def _parts(
        self, name: str, shape: Shape
    ) -> tuple[torch.Tensor, torch.Tensor, tuple[torch.Tensor, torch.Tensor] | None]:
        """Weight, bias and gain and offset of the norm that a layer of this shape reads."""
        layer = self._layer(name)
        if any(size > most for size, most in zip(shape, layer.weight.shape, strict=True)):
            raise RunError(
                f"supernet: layer {name!r} must be at most {tuple(layer.weight.shape)}, not {shape}"
            )
        weight = layer.weight[: shape[0], : shape[1]]
        for axis, size in enumerate(shape[2:], start=2):
            weight = weight.narrow(axis, (weight.shape[axis] - size) // 2, size)
        n = shape[0]
        norm = layer.norm
        return weight, layer.bias[:n], None if norm is None else (norm.weight[:n], norm.bias[:n])

    def _layer(self, name: str) -> WeightedLayer:
        if name not in self.numbers:
            raise RunError(f"supernet: there is no layer {name!r}")
        layer = self.layers[self.numbers[name]]
        assert isinstance(layer, WeightedLayer)
        return layer


def _normed(
    y: torch.Tensor,
    norm: tuple[torch.Tensor, torch.Tensor],
    statistics: tuple[torch.Tensor, torch.Tensor] | None,
) -> torch.Tensor:
    gain, offset = norm
    if statistics is None:
        return functional.batch_norm(y, None, None, gain, offset, training=True, eps=NORM_EPSILON)
    mean, variance = statistics
    return functional.batch_norm(y, mean, variance, gain, offset, eps=NORM_EPSILON)
