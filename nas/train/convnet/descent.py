"""Gradient descent over epochs: cosine schedule, augmentation, a teacher, early stop, resumption."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from nas.train.convnet.checkpoint import Checkpoint
from nas.train.convnet.module import GraphModule, Rounding
from nas.train.convnet.recipe import ConvnetRecipe
from nas.train.convnet.rows import ImageRows, batches

TEMPERATURE = 2.0
"""Of the softmax that a student learns from its teacher (Hinton et al., 2015)."""
NO_DECAY_BELOW = 2
"""Parameters of fewer axes, that is biases and norms, are not decayed."""

Teacher: TypeAlias = Callable[[torch.Tensor], torch.Tensor]
"""Logits (n_rows, n_classes) of images as the student sees them."""


@dataclass(frozen=True, slots=True, eq=False)
class Descent:
    """One phase of a training. epochs, learning_rate: of this phase. key: keeps its randomness apart.

    rounding: of weights and activations, None in floats. after_epoch: is told how many epochs are done; True
    ends the phase early.
    """

    module: GraphModule
    rows: ImageRows
    recipe: ConvnetRecipe
    epochs: int
    learning_rate: float
    seed: int
    key: int
    rounding: Rounding | None = None
    teacher: Teacher | None = None
    checkpoint: Checkpoint | None = None
    after_epoch: Callable[[int], bool] = lambda _: False

    def run(self) -> None:
        """Trains from the last epoch that was kept to the end. Deterministic from the seed."""
        optimizer = torch.optim.AdamW(
            parameter_groups(self.module, self.recipe.weight_decay), lr=self.learning_rate
        )
        done = 0 if self.checkpoint is None else self.checkpoint.load(self.module, optimizer)
        for epoch in range(done, self.epochs):
            self._epoch(optimizer, epoch)
            if self.checkpoint is not None:
                self.checkpoint.save(self.module, optimizer, epoch + 1)
            if self.after_epoch(epoch + 1):
                return

    def _epoch(self, optimizer: torch.optim.Optimizer, epoch: int) -> None:
        recipe, rows = self.recipe, self.rows
        words = np.random.SeedSequence(self.seed, spawn_key=(self.key, epoch))
        steps = max(1, rows.n_rows // min(recipe.batch_rows, rows.n_rows))
        self.module.train()
        data = batches(rows, recipe.batch_rows, recipe.augmentation, np.random.default_rng(words))
        for step, (images, targets) in enumerate(data):
            share = (epoch * steps + step) / (self.epochs * steps)
            for group in optimizer.param_groups:
                group["lr"] = self.learning_rate * scheduled(share, recipe.warmup)
            loss = self._loss(images, targets)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()

    def _loss(self, images: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        logits = self.module(images, self.rounding)
        loss = functional.cross_entropy(logits, targets, label_smoothing=self.recipe.label_smoothing)
        if self.teacher is None:
            return loss
        with torch.no_grad():
            wanted = functional.log_softmax(self.teacher(images) / TEMPERATURE, dim=1)
        found = functional.log_softmax(logits / TEMPERATURE, dim=1)
        away = functional.kl_div(found, wanted, log_target=True, reduction="batchmean") * TEMPERATURE**2
        share = self.recipe.teacher_share
        return (1 - share) * loss + share * away


def scheduled(share: float, warmup: float) -> float:
    """The learning rate as a share of its peak: a rise over `warmup`, then a cosine to 0."""
    if share < warmup:
        return (share + 1e-3) / warmup
    return 0.5 * (1 + math.cos(math.pi * (share - warmup) / (1 - warmup)))


def parameter_groups(module: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
    decayed = [parameter for parameter in trained if parameter.dim() >= NO_DECAY_BELOW]
    others = [parameter for parameter in trained if parameter.dim() < NO_DECAY_BELOW]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]
