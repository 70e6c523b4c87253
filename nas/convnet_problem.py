"""A candidate of convolutional networks: priced before it is trained, then trained shortly or in full.

A network is trained without the first validation fold, which validates it, and is handed over as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from codegen.ir import Design, Network, Schedule, TensorGraph
from hwmodels.model import HardwareModel, Workload
from nas.cross_validation import Validated
from nas.data.dataset import Dataset, IndexArray
from nas.data.interface import make_image_interface
from nas.errors import RunError
from nas.evaluate import Priced, price_network, score_network
from nas.parts import fit_rows, make_part
from nas.spec.train import TrainSpec
from nas.train.convnet.recipe import Augmentation, ConvnetRecipe
from searchspaces.convnet import ConvnetAxes, ImageShape
from searchspaces.space import Rows

if TYPE_CHECKING:
    from nas.axis_search import AxisProblem
    from nas.train.convnet.train import Hooks

SHIFT_SHARE = 0.07
"""Of rows and columns, by which training rows are shifted at most."""
RANKING_KEY = 7
"""Keeps the choice of the rows for the ranking apart from other randomness."""
INHERITED_FIDELITY = 0.01
"""Marks figures by inherited weights, which are none of a training of the candidate's own."""
FEW_ROWS = 1000
"""Rows that stand for the data where a figure does not depend on which and how many they are."""


@dataclass(frozen=True, slots=True)
class ConvnetTraining:
    """How candidates are trained, as the spec says. full: whether as what is handed over, or shortly."""

    spec: TrainSpec
    full: bool = False

    @property
    def fidelity(self) -> float:
        """Share of the full training, by rows seen; `INHERITED_FIDELITY` with shared weights."""
        if self.full:
            return 1.0
        if self.spec.supernet is not None:
            return INHERITED_FIDELITY
        return min(1.0, self._share * self._epochs / self.spec.epochs)

    @property
    def _epochs(self) -> int:
        return self.spec.epochs if self.full else min(self.spec.ranking_epochs, self.spec.epochs)

    @property
    def _share(self) -> float:
        return 1.0 if self.full else self.spec.ranking_share

    def recipe(self, shape: ImageShape) -> ConvnetRecipe:
        """Of a network with this input. A short training is only calibrated at its end."""
        spec = self.spec
        return ConvnetRecipe(
            epochs=self._epochs,
            quantized_epochs=int(self.full and spec.quantize == "qat"),
            batch_rows=spec.batch,
            learning_rate=spec.learning_rate,
            augmentation=Augmentation(
                _shifts(shape) if "shift" in spec.augment else (0, 0), "flip" in spec.augment
            ),
        )

    def shared_recipe(self, shape: ImageShape) -> ConvnetRecipe:
        """Of the weights that candidates share."""
        return replace(self.recipe(shape), epochs=self.spec.supernet_epochs)

    def rows(self, dataset: Dataset, seed: int) -> IndexArray:
        """The training rows, the same for all candidates."""
        rows = fit_rows(dataset, 0)
        if self._share == 1.0:
            return rows
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(RANKING_KEY,)))
        return np.sort(rng.permutation(rows)[: max(1, round(self._share * len(rows)))])


def _shifts(shape: ImageShape) -> tuple[int, int]:
    rows, columns = (round(SHIFT_SHARE * size) if size > 1 else 0 for size in shape[:2])
    return rows, columns


def evaluate_convnet(
    problem: "AxisProblem", row: Rows, seed: int, hooks: "Hooks | None" = None
) -> tuple[Validated, dict[str, float]]:
    """The network that a row trains, and all its metrics; the fold that validates it is seen by nothing else.

    Raises RunError where a model that a goal needs has no price for it, before anything is trained.
    """
    assert isinstance(problem.space, ConvnetAxes)
    assert problem.training is not None
    design = problem.space.structure(row)
    wanted = problem.goals.metrics
    price_structure(design, problem.models).require(wanted)
    network = train_design(problem.dataset, design, problem.training, problem.seed, seed, hooks)
    scores = score_network(network, make_part(problem.dataset, problem.dataset.folds[0], network.interface))
    few = make_part(problem.dataset, some_rows(problem.dataset), network.interface)
    shipped = Design(network, design.schedule)
    priced = price_network(shipped, problem.models, Workload(few.codes), wanted)
    priced.require(wanted)
    return Validated(network, (network,), scores), scores | dict(priced.figures)


def price_structure(design: Design, models: Mapping[str, HardwareModel]) -> Priced:
    """Structure counts and prices of a design before training."""
    graph = _graph(design)
    nothing = np.zeros((1, graph.tensors[graph.inputs[0]].n_items), np.int32)
    return price_network(design, models, Workload(nothing))


def train_design(
    dataset: Dataset,
    design: Design,
    training: ConvnetTraining,
    run_seed: int,
    seed: int,
    hooks: "Hooks | None" = None,
) -> Network:
    """The int8 network of a design. run_seed: chooses the rows. seed: of the candidate."""
    from nas.train.convnet.rows import ImageRows  # torch is heavy
    from nas.train.convnet.train import NO_HOOKS, train_convnet

    graph = _graph(design)
    source = graph.tensors[graph.inputs[0]]
    shape = (source.shape[0], source.shape[1], source.shape[2])
    rows = training.rows(dataset, run_seed)
    interface = make_image_interface(dataset, shape, rows)
    part = make_part(dataset, rows, interface)
    images = ImageRows.of(part.codes, part.targets.astype(np.int64), source, interface)
    return train_convnet(graph, interface, images, training.recipe(shape), seed=seed, hooks=hooks or NO_HOOKS)


def some_rows(dataset: Dataset) -> IndexArray:
    """At most `FEW_ROWS` training rows, evenly spread."""
    n = len(dataset.train)
    return dataset.train[np.unique(np.linspace(0, n - 1, min(n, FEW_ROWS)).astype(np.int64))]


def schedule_of(space: ConvnetAxes, values: Mapping[str, object]) -> Schedule:
    """How a candidate runs."""
    return space.structure(space.row(dict(values))).schedule  # type: ignore[arg-type]


def convnet_space_shape(dataset: Dataset) -> ImageShape:
    """Height, width and channels of the data. Raises RunError where its values have no place."""
    shape = dataset.table.shape
    if shape is None or dataset.task != "classification":
        raise RunError(
            "convnet: images or windows of signals with classes are needed, such as an npz whose x has the "
            "shape (n_samples, height, width, channels) or (n_samples, steps, channels), but "
            f"{dataset.table.origin} has {'rows of values' if shape is None else 'values to predict'}"
        )
    return shape


def in_full(problem: "AxisProblem") -> "AxisProblem":
    """The same problem, its candidates trained as what is handed over."""
    assert problem.training is not None
    return replace(problem, training=replace(problem.training, full=True))


def _graph(design: Design) -> TensorGraph:
    assert isinstance(design.content, TensorGraph)
    return design.content
