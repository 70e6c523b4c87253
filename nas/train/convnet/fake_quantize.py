"""Rounding in the forward pass as int8 does it, straight through in the backward pass."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch

from codegen.ir.graph import Quantization, TensorGraph
from codegen.ir.operators import Weighted
from codegen.ir.requantization import INT8_MAX, INT8_MIN
from nas.quantize_graph import WEIGHT_LIMIT, fit_quantization, keeps_quantization, weight_scales
from nas.train.convnet.module import GraphModule

MAX_SAMPLES = 200_000
"""Values of an activation that its range is fitted to."""


@dataclass(slots=True, eq=False)
class Observer:
    """Leaves all values as they are and keeps some of each activation."""

    samples: dict[int, torch.Tensor] = field(default_factory=dict)

    def weight(self, operator: Weighted, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        return weight

    def activation(self, number: int, value: torch.Tensor) -> torch.Tensor:
        flat = value.detach().flatten()
        self.samples[number] = flat[:: max(1, len(flat) // MAX_SAMPLES)]
        return value


def calibrate(module: GraphModule, images: torch.Tensor, source: Quantization) -> dict[int, Quantization]:
    """The quantization of every activation by tensor number, from some images; that of the input is given."""
    observer = Observer()
    module.eval()
    with torch.no_grad():
        module(images, observer)
    found = {number: fit_quantization(values.numpy()) for number, values in observer.samples.items()}
    found[module.graph.inputs[0]] = source
    for operator in module.graph.operators:
        if keeps_quantization(operator):
            found[operator.output] = found[operator.input]  # type: ignore[union-attr]
    return found


@dataclass(frozen=True, slots=True, eq=False)
class FakeQuantize:
    """Rounds weights by their own scales of the moment, and activations by calibrated ones."""

    graph: TensorGraph
    activations: Mapping[int, Quantization]

    def weight(self, operator: Weighted, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        scale_in = self.activations[operator.input].scales[0]
        scales = weight_scales(weight.detach().numpy(), bias.detach().numpy(), 0, scale_in)
        by_channel = torch.from_numpy(scales.astype(np.float32)).reshape(-1, *[1] * (weight.dim() - 1))
        steps = torch.round(weight.detach() / by_channel).clamp(-WEIGHT_LIMIT, WEIGHT_LIMIT)
        return weight + (steps * by_channel - weight.detach())

    def activation(self, number: int, value: torch.Tensor) -> torch.Tensor:
        """The gradient passes where the value lies inside the range."""
        quantization = self.activations[number]
        scale, zero = quantization.scales[0], quantization.zero_point
        inside = value.clamp((INT8_MIN - zero) * scale, (INT8_MAX - zero) * scale)
        steps = torch.round(inside.detach() / scale)
        return inside + (steps * scale - inside.detach())
