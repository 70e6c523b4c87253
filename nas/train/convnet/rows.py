"""Training rows as a network sees them, in batches, and what is changed about them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from codegen.ir import Interface
from codegen.ir.graph import Quantization, Tensor
from codegen.ir.interface import CodeArray
from nas.train.convnet.recipe import Augmentation

Int8Array: TypeAlias = npt.NDArray[np.int8]
SIGNED_SCALE = 1 / 32
"""Of codes around 0: the range of a signal is -4..4."""


def input_quantization(interface: Interface) -> Quantization:
    """What the codes of an input stand for: 0..1 where raw values start at 0, else -4..4 around 0."""
    starts_at_zero = all(feature.lo == 0 for feature in interface.features)
    return Quantization((1 / 255,), -128) if starts_at_zero else Quantization((SIGNED_SCALE,), 0)


@dataclass(frozen=True, slots=True, eq=False)
class ImageRows:
    """codes: (n_rows, height, width, channels) int8. targets: (n_rows,) int64 class indices.

    quantization: of the codes.
    """

    codes: Int8Array
    targets: npt.NDArray[np.int64]
    quantization: Quantization

    @classmethod
    def of(
        cls, codes: CodeArray, targets: npt.NDArray[np.int64], source: Tensor, interface: Interface
    ) -> "ImageRows":
        """Rows of codes (n_rows, n_features) as images of the input tensor's shape."""
        images = codes.astype(np.int8).reshape(len(codes), *source.shape)
        return cls(images, targets, input_quantization(interface))

    @property
    def n_rows(self) -> int:
        return len(self.targets)

    def take(self, rows: npt.NDArray[np.int64]) -> "ImageRows":
        """Some of the rows."""
        return ImageRows(self.codes[rows], self.targets[rows], self.quantization)

    def images(self, rows: npt.NDArray[np.int64]) -> torch.Tensor:
        """(n_rows, channels, height, width) real numbers."""
        return self.real(self.codes[rows])

    def real(self, codes: Int8Array) -> torch.Tensor:
        """Codes (n_rows, height, width, channels) as real numbers (n_rows, channels, height, width)."""
        images = torch.from_numpy(np.ascontiguousarray(codes.transpose(0, 3, 1, 2)))
        return (images.float() - self.quantization.zero_point) * self.quantization.scales[0]


def batches(
    rows: ImageRows, batch_rows: int, augmentation: Augmentation, rng: np.random.Generator
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """(images, targets) of every row once, in a random order; the last that fill no batch are left out."""
    order = rng.permutation(rows.n_rows)
    size = min(batch_rows, rows.n_rows)
    for start in range(0, rows.n_rows - size + 1, size):
        chosen = order[start : start + size]
        codes = augmented(rows.codes[chosen], augmentation, rows.quantization.zero_point, rng)
        yield rows.real(codes), torch.from_numpy(rows.targets[chosen])


def augmented(codes: Int8Array, augmentation: Augmentation, zero: int, rng: np.random.Generator) -> Int8Array:
    """(n_rows, height, width, channels), each row shifted and flipped by chance."""
    n, height, width = codes.shape[:3]
    if augmentation.flip:
        codes = codes.copy()
        flipped = np.flatnonzero(rng.random(n) < 0.5)
        codes[flipped] = codes[flipped, :, ::-1]
    up, left = augmentation.shift
    if not (up or left):
        return codes
    padded = np.pad(codes, ((0, 0), (up, up), (left, left), (0, 0)), constant_values=zero)
    rows = np.add.outer(rng.integers(0, 2 * up + 1, n), np.arange(height))
    columns = np.add.outer(rng.integers(0, 2 * left + 1, n), np.arange(width))
    shifted: Int8Array = padded[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]
    return shifted
