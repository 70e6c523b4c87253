"""A population of bespoke MLPs of one shape, as arrays with a leading population axis."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.ir.errors import IrError

Int32Array: TypeAlias = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class BatchLayer:
    """One layer of every network of a population.

    masks: (n_networks, n_neurons, n_inputs, n_terms) int32; 0 means that the term is absent.
    weights: same shape, int32: sign * 2**shift (the value is ignored where the mask is 0).
    biases: (n_networks, n_neurons) int32.
    clip_shift: (n_networks,) int32 and clip_hi: (n_networks,) int32, that is 2**bits - 1, on hidden
    layers; both None on the last.
    """

    masks: Int32Array
    weights: Int32Array
    biases: Int32Array
    clip_shift: Int32Array | None
    clip_hi: Int32Array | None

    def __post_init__(self) -> None:
        n_networks, n_neurons = self.biases.shape
        if self.masks.ndim != 4 or self.masks.shape[:2] != (n_networks, n_neurons):
            raise IrError(f"batch: masks must be ({n_networks}, {n_neurons}, n_inputs, n_terms)")
        if self.weights.shape != self.masks.shape:
            raise IrError(f"batch: weights must have the shape of masks, {self.masks.shape}")


@dataclass(frozen=True, slots=True, eq=False)
class BatchArgmax:
    """The reduced argmax of every network of a population; see `Comparison`.

    sides: (n_networks, n_outputs - 1, 2) int32, left and right. masks: (n_networks, n_outputs - 1) int32.
    """

    sides: Int32Array
    masks: Int32Array


@dataclass(frozen=True, slots=True, eq=False)
class MlpBatch:
    """n_networks bespoke MLPs with the same widths.

    input_hi: (n_features,) int32, the largest code of each feature. argmax: None is the exact one.
    """

    layers: tuple[BatchLayer, ...]
    input_hi: Int32Array
    argmax: BatchArgmax | None = None

    @property
    def n_networks(self) -> int:
        return int(self.layers[0].biases.shape[0])

    @property
    def n_outputs(self) -> int:
        return int(self.layers[-1].biases.shape[1])

    def take(self, index: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> "MlpBatch":
        """The networks that a mask `(n_networks,)` or an index array picks, in its order."""
        layers = tuple(
            BatchLayer(
                layer.masks[index],
                layer.weights[index],
                layer.biases[index],
                None if layer.clip_shift is None else layer.clip_shift[index],
                None if layer.clip_hi is None else layer.clip_hi[index],
            )
            for layer in self.layers
        )
        argmax = None
        if self.argmax is not None:
            argmax = BatchArgmax(self.argmax.sides[index], self.argmax.masks[index])
        return MlpBatch(layers, self.input_hi, argmax)
