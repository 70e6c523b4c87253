"""What the integer outputs of a network mean while it is trained: classes, or values on a scale."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
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
    """Squared error in standard deviations of the targets.

    targets: (n_outputs, n_rows), normalized. unit: broadcasts over (n, n_outputs, 1), normalized target
    for 1 of an accumulator. log_gain, offset: (n, n_outputs, 1), trained only where `is_trained`.
    """

    targets: torch.Tensor
    unit: torch.Tensor
    log_gain: torch.Tensor
    offset: torch.Tensor
    is_trained: bool

    @property
    def parameters(self) -> list[torch.Tensor]:
        """Leaf tensors that are trained along with the networks."""
        return [self.log_gain, self.offset] if self.is_trained else []

    def losses(self, sums: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """(n,) mean losses of (n, n_outputs, n_rows) accumulators of the given rows."""
        found = sums * self.unit * torch.exp(self.log_gain) + self.offset
        squares: torch.Tensor = (found - self.targets[:, rows]) ** 2
        return squares.mean(dim=(1, 2))


Head: TypeAlias = ClassHead | ValueHead


def class_head(labels: torch.Tensor, n_networks: int) -> ClassHead:
    """labels: (n_rows,) int64."""
    return ClassHead(labels, torch.zeros(n_networks, 1, 1, requires_grad=True))


def fitted_value_head(targets: np.ndarray, sums: torch.Tensor) -> ValueHead:
    """A head whose scale and offset are trained; they start so that the given sums fit the targets.

    targets: (n_rows, n_outputs) float64. sums: (n, n_outputs, n_samples) accumulators at the start.
    """
    spread = sums.std(dim=2, keepdim=True) + 1
    offset = -sums.mean(dim=2, keepdim=True) / spread
    return ValueHead(
        _normalized(targets),
        1 / spread,
        torch.zeros_like(spread).requires_grad_(),
        offset.requires_grad_(),
        True,
    )


def given_value_head(targets: np.ndarray, values: tuple[Value, ...]) -> ValueHead:
    """A head with the scale and offset of the interface."""
    mean, spread = targets.mean(axis=0), _spread(targets)
    scale = np.array([value.scale for value in values]) / spread
    offset = (np.array([value.offset for value in values]) - mean) / spread
    as_tensor = [torch.tensor(part, dtype=torch.float32)[:, None] for part in (scale, offset)]
    return ValueHead(_normalized(targets), as_tensor[0], torch.zeros(1), as_tensor[1], False)


def _normalized(targets: np.ndarray) -> torch.Tensor:
    normalized = (targets - targets.mean(axis=0)) / _spread(targets)
    return torch.from_numpy(normalized.T.astype(np.float32))


def _deviation(sums: torch.Tensor) -> torch.Tensor:
    """(n, 1, 1) standard deviation of all outputs of a network; faster than torch.std."""
    mean = sums.mean(dim=(1, 2), keepdim=True)
    return (sums - mean).square().mean(dim=(1, 2), keepdim=True).sqrt()


def _spread(targets: np.ndarray) -> np.ndarray:
    spread = targets.std(axis=0)
    return np.where(spread > 0, spread, 1.0)
