"""From trained weights to integers: the only lowering of what torch has learned.

Training calls the same functions in its forward pass, so a network computes what was trained.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.ir import BespokeMlp, Clip, Interface, Layer, Network, Neuron, Term, Value
from codegen.ir.members import batch_of, network_of
from searchspaces.approximate_mlp import MlpRecipe, WeightForm

FloatArray: TypeAlias = npt.NDArray[np.floating[Any]]
Int64Array: TypeAlias = npt.NDArray[np.int64]

ZERO_BELOW = 2**-0.5
"""Weights below vanish: on a logarithmic scale they are nearer to 1/2 than to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainedLayer:
    """weights: (n_neurons, n_inputs) floats, 1 is a term without shift. biases: (n_neurons,) floats, in
    units of the accumulator. clip: on hidden layers.
    """

    weights: FloatArray
    biases: FloatArray
    clip: Clip | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Digits:
    """Weights as sums of signed powers of two. signs: (..., n_digits) in -1, 0, 1; shifts: same shape."""

    signs: Int64Array
    shifts: Int64Array

    @property
    def values(self) -> Int64Array:
        """(...) the integer weights."""
        total: Int64Array = (self.signs << self.shifts).sum(axis=-1)
        return total


def nearest_digits(weights: FloatArray, form: WeightForm, max_shift: int) -> Digits:
    """Digit by digit the power of two nearest to the rest, on a logarithmic scale; 0 below `ZERO_BELOW`.

    weights: any shape. max_shift: largest power; a ternary form has only 0. The digits of one weight have
    falling shifts. NaN becomes 0.
    """
    top = 0 if form.kind == "ternary" else max_shift
    rest = np.nan_to_num(np.asarray(weights, np.float64))
    signs = np.zeros((*rest.shape, form.digits), np.int64)
    shifts = np.zeros_like(signs)
    for digit in range(form.digits):
        size = np.abs(rest)
        present = size >= ZERO_BELOW
        shifts[..., digit] = np.where(present, np.round(np.log2(np.maximum(size, 1.0))), 0).clip(0, top)
        signs[..., digit] = np.sign(rest) * present
        rest = rest - (signs[..., digit] << shifts[..., digit])
    return Digits(signs, shifts)


def round_biases(biases: FloatArray, bound: int) -> Int64Array:
    """The nearest integers in -bound..bound - 1, halves to even; any shape. NaN becomes 0."""
    return np.round(np.nan_to_num(np.asarray(biases, np.float64))).clip(-bound, bound - 1).astype(np.int64)


def lower_mlp(
    layers: Sequence[TrainedLayer], recipe: MlpRecipe, bounds: Sequence[int], interface: Interface
) -> Network:
    """The network of trained layers, in canonical form.

    bounds: of the biases, one for each layer. Features keep the top `recipe.input_bits` of their codes.
    """
    masks = [top_bits_mask(feature.bits, recipe.input_bits) for feature in interface.features]
    lowered = []
    for layer, bound in zip(layers, bounds, strict=True):
        digits = nearest_digits(layer.weights, recipe.weights, recipe.max_shift)
        biases = round_biases(layer.biases, bound).tolist()
        neurons = [Neuron(bias, _terms(digits, number, masks)) for number, bias in enumerate(biases)]
        lowered.append(Layer(tuple(neurons), layer.clip))
        if layer.clip is not None:
            masks = [(1 << layer.clip.bits) - 1] * len(neurons)
    network = Network(interface, BespokeMlp(tuple(lowered)))
    return network_of(batch_of([network]), 0, interface)


def top_bits_mask(bits: int, kept: int) -> int:
    """The mask of the top `kept` of `bits` bits; all of them where `kept` is more."""
    full = (1 << bits) - 1
    return full - (full >> min(kept, bits))


def _terms(digits: Digits, neuron: int, masks: Sequence[int]) -> tuple[Term, ...]:
    signs, shifts = digits.signs[neuron], digits.shifts[neuron]
    return tuple(
        Term(int(source), int(shifts[source, digit]), masks[source], 1 if signs[source, digit] > 0 else -1)
        for source, digit in np.argwhere(signs)
    )


def fit_value(name: str, integers: Int64Array, targets: FloatArray) -> Value:
    """The scale and offset that take integers to targets with the least squared error.

    integers, targets: (n_rows,). Constant integers give scale 1 and the mean target.
    """
    centered = integers - integers.mean()
    power = float((centered**2).sum())
    scale = float((centered * (targets - targets.mean())).sum()) / power if power else 0.0
    if scale == 0:
        return Value(name, 1.0, float(targets.mean() - integers.mean()))
    return Value(name, scale, float(targets.mean() - scale * integers.mean()))
