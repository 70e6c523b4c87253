"""Candidates ranked by the weights that they inherit from one network, instead of a training each."""

from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from codegen.ir.graph import Tensor, TensorGraph
from nas.convnet_problem import ConvnetTraining, convnet_space_shape, price_structure
from nas.data.dataset import Dataset, IndexArray
from nas.data.interface import make_image_interface
from nas.evaluate import class_scores
from nas.parts import make_part
from nas.report.progress import ProgressFacts
from nas.stage import Sitting
from nas.supernet.sandwich import (
    RowsAt,
    SandwichTraining,
    calibrated,
    graph_of,
    inherited_answers,
    shared_weights,
)
from nas.supernet.weights import SharedWeights
from nas.train.convnet.checkpoint import Checkpoint
from nas.train.convnet.module import GraphModule
from nas.train.convnet.rows import ImageRows
from searchspaces.convnet import ConvnetAxes
from searchspaces.space import Rows

if TYPE_CHECKING:
    from nas.axis_search import AxisProblem

CALIBRATED_ROWS = 4096
"""Training rows that are kept at each resolution for the statistics of norms."""


def train_supernet(problem: "AxisProblem", path: Path, sitting: Sitting) -> None:
    """Trains the weights that all candidates share and keeps them in a file, epoch by epoch.

    Does nothing where they are trained already; goes on from the last epoch. Raises RunInterrupted when the
    user asked to stop.
    """
    space, training = _parts(problem)
    epochs = training.spec.supernet_epochs

    def after(done: int) -> None:
        sitting.check()
        show(done)

    def show(done: int) -> None:
        detail = f"{problem.name}: shared weights, epoch {done} of {epochs}"
        sitting.show(
            ProgressFacts(phase="training", detail=detail, evaluations=done, budget_evaluations=epochs)
        )

    show(0)
    rows = training.rows(problem.dataset, problem.seed)
    SandwichTraining(
        space,
        rows_at(problem.dataset, rows, rows),
        training.shared_recipe(convnet_space_shape(problem.dataset)),
        problem.seed,
        Checkpoint(path, _key(problem)),
        after,
    ).run()


def rank_inherited(problem: "AxisProblem", row: Rows) -> dict[str, float]:
    """Metrics of a candidate: those of the task in floats with inherited weights, on the first fold.

    Prices are those of its structure. Raises RunError where a model that a goal needs has no price for it.
    """
    space, _ = _parts(problem)
    priced = price_structure(space.structure(row), problem.models)
    priced.require(problem.goals.metrics)
    inherited, graph = _inherited(problem), graph_of(space, row)
    size = _size(graph)
    asked = inherited.asked(size)
    answers = inherited_answers(inherited.weights, graph, inherited.known(size), asked)
    scores = class_scores(answers, asked.targets, len(problem.dataset.table.labels))
    return scores | dict(priced.figures)


def give_inherited(problem: "AxisProblem", row: Rows, module: GraphModule) -> None:
    """Begins the training of a candidate where the shared weights ended."""
    space, _ = _parts(problem)
    inherited, graph = _inherited(problem), graph_of(space, row)
    inherited.weights.give(module, calibrated(inherited.weights, graph, inherited.known(_size(graph))))


def rows_at(dataset: Dataset, rows: IndexArray, fitted: IndexArray) -> RowsAt:
    """Some rows at each height and width that is asked for. fitted: rows that ranges are taken from."""
    channels = convnet_space_shape(dataset)[2]

    @cache
    def at(size: tuple[int, int]) -> ImageRows:
        shape = (*size, channels)
        interface = make_image_interface(dataset, shape, fitted)
        part = make_part(dataset, rows, interface)
        return ImageRows.of(
            part.codes, part.targets.astype(np.int64), Tensor("input", shape, "int8"), interface
        )

    return at


class _Inherited:
    """The shared weights of a stage, the rows that calibrate norms, and those that are answered."""

    def __init__(self, problem: "AxisProblem") -> None:
        space, training = _parts(problem)
        assert problem.supernet is not None
        dataset, rows = problem.dataset, training.rows(problem.dataset, problem.seed)
        self.weights: SharedWeights = shared_weights(space, problem.seed)
        Checkpoint(problem.supernet, _key(problem)).load_module(self.weights)
        self.known = rows_at(dataset, rows[:CALIBRATED_ROWS], rows)
        self.asked = rows_at(dataset, dataset.folds[0], rows)


@lru_cache(maxsize=1)
def _inherited(problem: "AxisProblem") -> _Inherited:
    return _Inherited(problem)


def _parts(problem: "AxisProblem") -> tuple[ConvnetAxes, ConvnetTraining]:
    assert isinstance(problem.space, ConvnetAxes)
    assert problem.training is not None
    return problem.space, problem.training


def _key(problem: "AxisProblem") -> str:
    _, training = _parts(problem)
    return f"{problem.name} {problem.seed} {training.spec.model_dump_json()}"


def _size(graph: TensorGraph) -> tuple[int, int]:
    height, width, _ = graph.tensors[graph.inputs[0]].shape
    return height, width
