"""A candidate of an axis space: a handful of decisions, from which networks are trained.

A candidate is trained once for each validation fold, which gives its task metrics (the mean over folds),
and once on all training rows, which gives its network and with it every price.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np

from codegen.ir import Design, Network
from codegen.ir.counts import count
from hwmodels.model import HardwareModel, Workload
from nas.convnet_problem import ConvnetTraining, evaluate_convnet
from nas.cross_validation import Validated, cross_validate, rows_for
from nas.data.dataset import Dataset, IndexArray
from nas.data.interface import make_interface
from nas.evaluate import price_network
from nas.objectives import Goals
from nas.parts import make_part
from nas.spec.metrics import STRUCTURE_METRICS
from searchspaces.approximate_mlp import ApproximateMlpAxes, MlpRecipe
from searchspaces.convnet import ConvnetAxes
from searchspaces.space import AxisValue, Rows

STARTS = 2
"""Trainings of a candidate on the same rows, of which the better is kept; single ones vary a lot."""


Key: TypeAlias = tuple[tuple[str, AxisValue], ...]


@dataclass(frozen=True, slots=True, eq=False)
class AxisProblem:
    """What the evaluation of a candidate depends on, all of it fixed during a run.

    training: of convolutional networks; None for other families. supernet: the file of the weights that they
    share, where the spec wants them ranked so.
    """

    name: str
    space: ApproximateMlpAxes | ConvnetAxes
    dataset: Dataset
    goals: Goals
    models: Mapping[str, HardwareModel]
    seed: int
    training: ConvnetTraining | None = None
    supernet: Path | None = None

    @property
    def fidelity(self) -> float:
        """Share of the full training that a candidate gets."""
        return 1.0 if self.training is None else self.training.fidelity


def train_on(problem: AxisProblem, recipe: MlpRecipe, rows: IndexArray, seed: int) -> Network:
    """The network that a recipe trains on some rows; scaling is fitted on the same rows."""
    from nas.train.mlp import train_mlps  # torch is heavy

    interface = make_interface(problem.dataset, recipe.input_bits, rows)
    part = make_part(problem.dataset, rows, interface)
    return train_mlps([recipe], interface, part.codes, part.targets, seed=seed, starts=STARTS)[0]


def candidate_seed(seed: int, number: int) -> int:
    """The seed of a candidate's own randomness, independent of when it is evaluated."""
    return int(np.random.SeedSequence(seed, spawn_key=(number,)).generate_state(1)[0])


def evaluate_axes(problem: AxisProblem, row: Rows, number: int) -> tuple[Validated, dict[str, float]]:
    """The networks that a candidate trains, and all metrics of the one trained on all training rows."""
    seed = candidate_seed(problem.seed, number)
    if isinstance(problem.space, ConvnetAxes):
        return evaluate_convnet(problem, row, seed)
    recipe = problem.space.recipe(row)
    validated = cross_validate(
        problem.dataset,
        range(len(problem.dataset.folds)),
        lambda fold: train_on(problem, recipe, rows_for(problem.dataset, fold), seed),
    )
    network = validated.network
    train = make_part(problem.dataset, problem.dataset.train, network.interface)
    priced = price_network(Design(network), problem.models, Workload(train.codes), problem.goals.metrics)
    priced.require(problem.goals.metrics)
    return validated, validated.scores | dict(priced.figures)


def values_key(values: Mapping[str, AxisValue]) -> Key:
    """The same for equal values."""
    return tuple(sorted(values.items()))


class AxisTask(NamedTuple):
    """A candidate to train."""

    number: int
    row: Rows


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """What became of a candidate. error: why it failed; then there is nothing else.

    networks: those of the folds, then the one fitted on all training rows; none where shared weights stand
    for them.
    """

    networks: tuple[Network, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    error: str = ""


def try_candidate(problem: AxisProblem, task: AxisTask) -> Trained:
    """Trains a candidate; one that can't be is no reason to stop a search."""
    try:
        if problem.supernet is not None:
            from nas.supernet.ranking import rank_inherited  # torch is heavy

            return Trained(metrics=rank_inherited(problem, task.row))
        trained, metrics = evaluate_axes(problem, task.row, task.number)
    except (ValueError, ArithmeticError, RuntimeError) as reason:
        return Trained(error=f"{type(reason).__name__}: {reason}")
    return Trained((*trained.folds, trained.network), metrics)


def structure_figures(space: ApproximateMlpAxes | ConvnetAxes, row: Rows) -> dict[str, float]:
    """macs, flops and parameters of the structure that a row describes."""
    counts = count(space.structure(row).content)
    return {name: float(getattr(counts, name)) for name in STRUCTURE_METRICS}
