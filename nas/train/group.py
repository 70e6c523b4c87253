"""Many small MLPs of one shape in torch, with a leading network axis, quantized as they will be lowered."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from codegen.ir import Clip, Interface
from nas.quantize import TrainedLayer, nearest_digits, round_biases, top_bits_mask
from searchspaces.approximate_mlp import MlpRecipe, WeightForm, bias_bound

LEAK = 0.2
"""Slope of the gradient where an activation is cut off."""
START_SPREAD = 0.25
"""Standard deviation of the first weights, in units of `MlpGroup.weight_unit`."""
START_BIAS = 0.1
"""What first biases add to a centered sum, in units of `GroupLayer.bias_unit`."""


@dataclass(slots=True, eq=False)
class GroupLayer:
    """One layer of n networks.

    weights: (n, n_neurons, n_inputs), 1 stands for the group's `weight_unit`. biases: (n, n_neurons, 1),
    1 stands for `bias_unit` of the accumulator. Both are leaf tensors. bound: of the biases.
    input_widths: (n, 1, n_inputs) bits. clips: one for each network, empty on the last layer.
    """

    weights: torch.Tensor
    biases: torch.Tensor
    bias_unit: float
    bound: int
    input_widths: torch.Tensor
    clips: tuple[Clip, ...]

    def activate(self, sums: torch.Tensor) -> torch.Tensor:
        """The clip of every network; the gradient leaks through where it cuts off."""
        scale = _column([2.0**clip.shift for clip in self.clips])
        top = _column([2.0**clip.bits - 1 for clip in self.clips])
        scaled = sums / scale
        clipped = torch.minimum(scaled.clamp(min=0), top)
        return _straight_through(LEAK * scaled + (1 - LEAK) * clipped, clipped.detach().floor())


@dataclass(slots=True, eq=False)
class MlpGroup:
    """n networks of equal widths and weight form. input_masks: (n, n_features, 1) int32."""

    recipes: tuple[MlpRecipe, ...]
    form: WeightForm
    max_shift: int
    weight_unit: float
    input_masks: torch.Tensor
    layers: list[GroupLayer]

    @property
    def parameters(self) -> list[torch.Tensor]:
        return [tensor for layer in self.layers for tensor in (layer.weights, layer.biases)]

    def forward(self, codes: torch.Tensor, *, quantized: bool) -> torch.Tensor:
        """(n, n_outputs, n_samples) accumulators of (n_features, n_samples) int32 codes.

        quantized: weights as they will be lowered, else as they are. Activations and biases are always
        whole numbers. Exact where quantized and the sums stay below 2**24.
        """
        values = self.inputs(codes)
        for layer in self.layers:
            values = self.accumulate(layer, values, quantized=quantized)
            values = layer.activate(values) if layer.clips else values
        return values

    def inputs(self, codes: torch.Tensor) -> torch.Tensor:
        """(n, n_features, n_samples) floats of int32 codes: the bits that each network sees."""
        return (codes[None] & self.input_masks).float()

    def accumulate(self, layer: GroupLayer, values: torch.Tensor, *, quantized: bool) -> torch.Tensor:
        """(n, n_neurons, n_samples) sums of (n, n_inputs, n_samples) values."""
        weights = self.scaled_weights(layer)
        if quantized:
            digits = nearest_digits(weights.detach().numpy(), self.form, self.max_shift)
            weights = _straight_through(weights, torch.from_numpy(digits.values.astype(np.float32)))
        biases = layer.biases * layer.bias_unit
        rounded = round_biases(biases.detach().numpy(), layer.bound).astype(np.float32)
        return torch.matmul(weights, values) + _straight_through(biases, torch.from_numpy(rounded))

    def scaled_weights(self, layer: GroupLayer) -> torch.Tensor:
        """The float weights in units of a term without shift, at most 2**max_shift in size."""
        limit = 2.0**self.max_shift
        return (layer.weights * self.weight_unit).clamp(-limit, limit)

    def sizes(self) -> torch.Tensor:
        """(n,) how much of each network is left: mean log2(1 + |weight|), weighted by input widths."""
        terms = [torch.log2(1 + self.scaled_weights(layer).abs()) for layer in self.layers]
        shares = zip(terms, self.layers, strict=True)
        total = torch.stack([(term * layer.input_widths).sum(dim=(1, 2)) for term, layer in shares]).sum(
            dim=0
        )
        widths = [(layer.input_widths.expand_as(layer.weights)).sum(dim=(1, 2)) for layer in self.layers]
        return total / torch.stack(widths).sum(dim=0)

    def trained_layers(self, network: int) -> list[TrainedLayer]:
        """The weights of one network, ready to be lowered."""
        return [
            TrainedLayer(
                self.scaled_weights(layer)[network].detach().numpy(),
                (layer.biases * layer.bias_unit)[network, :, 0].detach().numpy(),
                layer.clips[network] if layer.clips else None,
            )
            for layer in self.layers
        ]


def make_group(
    recipes: Sequence[MlpRecipe],
    interface: Interface,
    codes: torch.Tensor,
    rngs: Sequence[np.random.Generator],
) -> MlpGroup:
    """Networks at their start: random weights, and biases that center the sums of hidden neurons.

    recipes: of equal widths, weight form and largest shift. codes: (n_features, n_samples) int32, a sample
    of the rows to train on. rngs: one for each recipe.
    """
    first = recipes[0]
    max_shift = 0 if first.weights.kind == "ternary" else first.max_shift
    feature_bits = np.array([feature.bits for feature in interface.features])
    masks = [[top_bits_mask(bits, recipe.input_bits) for bits in feature_bits.tolist()] for recipe in recipes]
    group = MlpGroup(
        recipes=tuple(recipes),
        form=first.weights,
        max_shift=max_shift,
        # the same distance, in powers of two, from the largest weight as from the smallest
        weight_unit=2.0 ** (max_shift / 2 + 1),
        input_masks=torch.tensor(masks, dtype=torch.int32)[:, :, None],
        layers=[],
    )
    seen = np.minimum(feature_bits, np.array([[recipe.input_bits] for recipe in recipes]))
    bits, values = feature_bits, group.inputs(codes)
    for width in first.hidden:
        layer = _make_layer(group, rngs, bits, seen, width, is_last=False)
        values = _center(group, layer, values)
        group.layers.append(layer)
        bits = np.full(width, max(recipe.activation_bits for recipe in recipes))
        seen = np.array([[recipe.activation_bits] * width for recipe in recipes])
    group.layers.append(_make_layer(group, rngs, bits, seen, interface.n_outputs, is_last=True))
    return group


def _make_layer(
    group: MlpGroup,
    rngs: Sequence[np.random.Generator],
    bits: np.ndarray[tuple[int], np.dtype[np.int64]],
    seen: np.ndarray[tuple[int, int], np.dtype[np.int64]],
    n_neurons: int,
    *,
    is_last: bool,
) -> GroupLayer:
    """bits: (n_inputs,) width of each input. seen: (n, n_inputs) bits that each network sees of it."""
    shape = (n_neurons, len(bits))
    start = np.stack([rng.normal(0, START_SPREAD, shape) for rng in rngs]).astype(np.float32)
    unit = typical_sum(int(bits.max()), len(bits), group.max_shift)
    return GroupLayer(
        weights=torch.from_numpy(start).requires_grad_(),
        biases=torch.zeros(len(rngs), n_neurons, 1).requires_grad_(),
        bias_unit=unit,
        bound=bias_bound(bits.astype(np.int32), group.max_shift),
        input_widths=torch.from_numpy(seen.astype(np.float32))[:, None, :],
        clips=() if is_last else tuple(_clip_of(group, recipe, bits) for recipe in group.recipes),
    )


def _clip_of(group: MlpGroup, recipe: MlpRecipe, bits: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Clip:
    shift = recipe.activation_shift
    if shift is None:
        shift = typical_shift(int(bits.max()), len(bits), group.max_shift, recipe.activation_bits)
    return Clip(shift, recipe.activation_bits)


def typical_sum(input_bits: int, n_inputs: int, max_shift: int) -> float:
    """The size of a sum of inputs at their largest, with middling weights of random signs."""
    return float(((1 << input_bits) - 1) * 2.0 ** (max_shift / 2) * np.sqrt(n_inputs))


def typical_shift(input_bits: int, n_inputs: int, max_shift: int, activation_bits: int) -> int:
    """The activation shift with which four typical sums fill the activation."""
    reach = 4 * typical_sum(input_bits, n_inputs, max_shift)
    return max(0, round(float(np.log2(reach / 2**activation_bits))))


def _center(group: MlpGroup, layer: GroupLayer, values: torch.Tensor) -> torch.Tensor:
    """Sets the first biases from the sums of some rows; gives the activations."""
    with torch.no_grad():
        sums = torch.matmul(group.scaled_weights(layer), values)
        layer.biases.copy_(START_BIAS - sums.mean(dim=2, keepdim=True) / layer.bias_unit)
        return layer.activate(group.accumulate(layer, values, quantized=False))


def _straight_through(smooth: torch.Tensor, exact: torch.Tensor) -> torch.Tensor:
    """The exact values with the gradient of the smooth ones."""
    return exact + (smooth - smooth.detach())


def _column(values: Sequence[float]) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32)[:, None, None]
