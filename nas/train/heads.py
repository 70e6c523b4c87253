"""What the integer outputs of a network mean while it is trained: classes, or values on a scale."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from codegen.ir import Value

MARGIN = 1.5
"""Spread of the logits at the start, in standard deviations of a network's outputs."""


@dataclass(slots=True, eq=False)
class ClassHead:
    """Cross entropy of outputs in standard deviations, with one trained temperature a network.

    labels: (n_rows,) int64. log_margin: (n, 1, 1), a leaf tensor.
    """

    labels: torch.Tensor
    log_margin: torch.Tensor

    @property
    def parameters(self) -> list[torch.Tensor]:
        """Leaf tensors that are trained along with the networks."""
        return [self.log_margin]

    def losses(self, sums: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """(n,) mean losses of (n, n_classes, n_rows) accumulators of the given rows."""
        logits = sums * (MARGIN * torch.exp(self.log_margin) / (_deviation(sums.detach()) + 1))
        labels = self.labels[rows].expand(len(sums), -1)
        return torch.nn.functional.cross_entropy(logits, labels, reduction="none").mean(dim=1)


@dataclass(slots=True, eq=False)
class ValueHead:
    """Squared error in standard deviations of the targets, on the fixed scale of the values.

    targets: (n_outputs, n_rows), normalized. unit, offset: (n_outputs, 1), from an accumulator to a
    normalized target.
    """

    targets: torch.Tensor
    unit: torch.Tensor
    offset: torch.Tensor

    @property
    def parameters(self) -> list[torch.Tensor]:
        """Nothing is trained besides the networks."""
        return []

    def losses(self, sums: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """(n,) mean losses of (n, n_outputs, n_rows) accumulators of the given rows."""
        squares = (sums * self.unit + self.offset - self.targets[:, rows]).square()
        return squares.mean(dim=(1, 2))


Head: TypeAlias = ClassHead | ValueHead


def class_head(labels: npt.NDArray[np.int64], n_networks: int) -> ClassHead:
    """labels: (n_rows,)."""
    return ClassHead(torch.from_numpy(labels), torch.zeros(n_networks, 1, 1, requires_grad=True))


def value_head(targets: npt.NDArray[np.float64], values: tuple[Value, ...]) -> ValueHead:
    """targets: (n_rows, n_outputs). values: the meaning of each output."""
    mean, spread = targets.mean(axis=0), targets.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    unit = np.array([value.scale for value in values]) / spread
    offset = (np.array([value.offset for value in values]) - mean) / spread
    return ValueHead(
        torch.from_numpy(((targets - mean) / spread).T.astype(np.float32)),
        torch.from_numpy(unit.astype(np.float32))[:, None],
        torch.from_numpy(offset.astype(np.float32))[:, None],
    )


def _deviation(sums: torch.Tensor) -> torch.Tensor:
    """(n, 1, 1) standard deviation of all outputs of a network; faster than torch.std."""
    mean = sums.mean(dim=(1, 2), keepdim=True)
    return (sums - mean).square().mean(dim=(1, 2), keepdim=True).sqrt()
