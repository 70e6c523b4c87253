"""Training of shared weights: in every step the largest network, the smallest and some between.

Source: Yu and Huang, "Universally Slimmable Networks and Improved Training Techniques", ICCV 2019: the
sandwich rule, and the largest network as the teacher of the others within a step.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from codegen.ir.graph import TensorGraph
from nas.data.dataset import IndexArray
from nas.supernet.weights import SharedWeights, Statistics, layer_forms
from nas.train.convnet.checkpoint import Checkpoint
from nas.train.convnet.descent import parameter_groups, scheduled
from nas.train.convnet.recipe import ConvnetRecipe
from nas.train.convnet.rows import ImageRows, augmented
from nas.train.convnet.threads import one_thread
from searchspaces.convnet import ConvnetAxes
from searchspaces.space import Rows

N_BETWEEN = 2
"""Random networks of a step, beside the largest and the smallest."""
N_SAMPLED = 300
"""Networks that the sizes of shared layers are taken from, beside both ends of the space."""
SUPERNET_KEY = 11
"""Keeps this training's randomness apart from that of candidates."""

CALIBRATION_ROWS = 1024
CHUNK_ROWS = 256

RowsAt: TypeAlias = Callable[[tuple[int, int]], ImageRows]
"""The training rows at a height and width, in one order."""


@dataclass(frozen=True, slots=True, eq=False)
class SandwichTraining:
    """rows_at: the training rows at each resolution of the space. after_epoch: is told the epochs done."""

    space: ConvnetAxes
    rows_at: RowsAt
    recipe: ConvnetRecipe
    seed: int
    checkpoint: Checkpoint | None = None
    after_epoch: Callable[[int], None] = lambda _: None

    @one_thread()
    def run(self) -> SharedWeights:
        """The shared weights after all epochs. Deterministic from the seed."""
        weights = shared_weights(self.space, self.seed)
        optimizer = torch.optim.AdamW(
            parameter_groups(weights, self.recipe.weight_decay), lr=self.recipe.learning_rate
        )
        done = 0 if self.checkpoint is None else self.checkpoint.load(weights, optimizer)
        for epoch in range(done, self.recipe.epochs):
            self._epoch(weights, optimizer, epoch)
            if self.checkpoint is not None:
                self.checkpoint.save(weights, optimizer, epoch + 1)
            self.after_epoch(epoch + 1)
        return weights

    def _epoch(self, weights: SharedWeights, optimizer: torch.optim.Optimizer, epoch: int) -> None:
        recipe, n_rows = self.recipe, self.rows_at(_size(self._ends[0])).n_rows
        key = np.random.SeedSequence(self.seed, spawn_key=(SUPERNET_KEY, epoch))
        rng = np.random.default_rng(key)
        size = min(recipe.batch_rows, n_rows)
        steps = max(1, n_rows // size)
        order = rng.permutation(n_rows)
        for step in range(steps):
            share = (epoch * steps + step) / (recipe.epochs * steps)
            for group in optimizer.param_groups:
                group["lr"] = recipe.learning_rate * scheduled(share, recipe.warmup)
            optimizer.zero_grad(set_to_none=True)
            self._step(weights, order[step * size : (step + 1) * size], rng)
            optimizer.step()

    def _step(self, weights: SharedWeights, chosen: IndexArray, rng: np.random.Generator) -> None:
        """Adds up the gradients of all networks of the step, on the same rows changed alike."""
        largest, smallest = self._ends
        between = [graph_of(self.space, row) for row in self.space.sample(rng, N_BETWEEN)]
        changes = int(rng.integers(2**32))
        teacher: torch.Tensor | None = None
        for graph in (largest, *between, smallest):
            rows = self.rows_at(_size(graph)).take(chosen)
            zero, same = rows.quantization.zero_point, np.random.default_rng(changes)
            logits = weights(graph, rows.real(augmented(rows.codes, self.recipe.augmentation, zero, same)))
            if teacher is None:
                targets, smoothing = torch.from_numpy(rows.targets), self.recipe.label_smoothing
                loss = functional.cross_entropy(logits, targets, label_smoothing=smoothing)
                teacher = functional.log_softmax(logits.detach(), dim=1)
            else:
                found = functional.log_softmax(logits, dim=1)
                loss = functional.kl_div(found, teacher, log_target=True, reduction="batchmean")
            loss.backward()  # type: ignore[no-untyped-call]

    @property
    def _ends(self) -> tuple[TensorGraph, TensorGraph]:
        domain = self.space.domain
        return graph_of(self.space, domain.upper), graph_of(self.space, domain.lower)


def shared_weights(space: ConvnetAxes, seed: int) -> SharedWeights:
    """Fresh weights for all networks of a space, as far as `N_SAMPLED` of them and both ends tell."""
    domain, rng = space.domain, np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(SUPERNET_KEY,)))
    rows = [domain.lower, domain.upper, *space.sample(rng, N_SAMPLED)]
    forms = layer_forms(graph_of(space, row) for row in rows)
    return SharedWeights(forms, torch.Generator().manual_seed(seed & 0x7FFF_FFFF))


@one_thread()
def inherited_answers(
    weights: SharedWeights, graph: TensorGraph, known: ImageRows, asked: ImageRows
) -> npt.NDArray[np.int64]:
    """(n_rows,) class indices of the asked rows by one network with shared weights, in floats.

    known: training rows at the network's resolution, of which `CALIBRATION_ROWS` give its norms their
    statistics.
    """
    statistics = calibrated(weights, graph, known)
    with torch.no_grad():
        chunks = [
            weights(graph, asked.images(rows), statistics).argmax(dim=1) for rows in _chunks(asked.n_rows)
        ]
    return torch.cat(chunks).numpy()


def calibrated(weights: SharedWeights, graph: TensorGraph, known: ImageRows) -> Statistics:
    """The statistics of a network's norms over the first rows of the training part."""
    n = min(known.n_rows, CALIBRATION_ROWS)
    return weights.statistics(graph, (known.images(rows) for rows in _chunks(n)))


def graph_of(space: ConvnetAxes, row: Rows) -> TensorGraph:
    content = space.structure(row).content
    assert isinstance(content, TensorGraph)
    return content


def _chunks(n_rows: int) -> list[IndexArray]:
    return [np.arange(start, min(start + CHUNK_ROWS, n_rows)) for start in range(0, n_rows, CHUNK_ROWS)]


def _size(graph: TensorGraph) -> tuple[int, int]:
    height, width, _ = graph.tensors[graph.inputs[0]].shape
    return height, width
