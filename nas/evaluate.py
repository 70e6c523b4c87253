"""From candidates to figures: free prices first, then what the task says of them.

The figures of a population are vectors by full metric name ("accuracy", "macs", "egfet.area_cm2").
"""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from codegen.ir import ClassOutput, Design, Interface, MlpBatch, Network, TensorNet
from codegen.ir.batch import (
    PackedSamples,
    confusion_batch,
    network_of,
    pack_samples,
    squared_error_batch,
)
from codegen.ir.batch_counts import count_batch
from codegen.ir.counts import count
from codegen.ir.evaluate import evaluate
from codegen.ir.interface import CodeArray
from hwmodels.model import (
    BatchHardwareModel,
    Cost,
    HardwareModel,
    RefinedHardwareModel,
    RefineError,
    Workload,
)
from nas.errors import RunError
from nas.objectives import Figures, FloatArray
from nas.parts import Part
from nas.scores import Scores, classification_scores, regression_scores
from nas.spec.metrics import STRUCTURE_METRICS


@dataclass(frozen=True, slots=True, eq=False)
class PackedPart:
    """A part in the layout of the batch evaluator."""

    part: Part
    samples: PackedSamples


def pack_part(part: Part) -> PackedPart:
    """Lays the codes out once; reused by every evaluation."""
    return PackedPart(part, pack_samples(part.codes))


def score_batch(batch: MlpBatch, interface: Interface, packed: PackedPart) -> Scores:
    """Task metrics of every network of a population on a part."""
    targets = packed.part.targets
    if isinstance(interface.output, ClassOutput):
        labels = targets.astype(np.int64)
        return classification_scores(confusion_batch(batch, packed.samples, labels, interface.n_outputs))
    value = interface.output.values[0]
    errors = squared_error_batch(batch, packed.samples, targets.astype(np.float64), value.scale, value.offset)
    return regression_scores(errors, targets.astype(np.float64))


def answers_of(network: Network, codes: CodeArray) -> npt.NDArray[np.int64]:
    """As `codegen.ir.evaluate`; tensor networks by their compiled C, which gives the same integers sooner."""
    if isinstance(network.body, TensorNet):
        from codegen.verify.host import can_evaluate_on_host, evaluate_on_host

        if can_evaluate_on_host():
            return evaluate_on_host(network, codes)
    return evaluate(network, codes)


def confusion_matrix(network: Network, part: Part) -> npt.NDArray[np.int64]:
    """(n_classes, n_classes) counts, rows the true class; an answer that is no class is not counted."""
    return _confusion(answers_of(network, part.codes), part.targets, network.interface.n_outputs)


def _confusion(
    answers: npt.NDArray[np.int64], targets: npt.NDArray[np.number[Any]], n_classes: int
) -> npt.NDArray[np.int64]:
    known = answers < n_classes
    cells = targets.astype(np.int64)[known] * n_classes + answers[known]
    return np.bincount(cells, minlength=n_classes**2).reshape(n_classes, n_classes)


def class_scores(
    answers: npt.NDArray[np.int64], targets: npt.NDArray[np.number[Any]], n_classes: int
) -> dict[str, float]:
    """Task metrics of (n_rows,) answers; an index of `n_classes` or more is no class and never right."""
    matrix = _confusion(answers, targets, n_classes)
    occur = np.bincount(targets.astype(np.int64), minlength=n_classes)
    return _named(classification_scores(matrix[None], (occur - matrix.sum(axis=1))[None]))


def score_network(network: Network, part: Part) -> dict[str, float]:
    """Task metrics of one network on a part, by the exact evaluator."""
    output, answers = network.interface.output, answers_of(network, part.codes)
    if isinstance(output, ClassOutput):
        return class_scores(answers, part.targets, network.interface.n_outputs)
    value = output.values[0]
    found = answers[:, 0] * value.scale + value.offset
    targets = part.targets.astype(np.float64)
    return _named(regression_scores(np.array([((found - targets) ** 2).sum()]), targets))


def _named(scores: Scores) -> dict[str, float]:
    """Of the only network."""
    return {name: float(figures[0]) for name, figures in scores.items()}


def price_batch(
    batch: MlpBatch,
    interface: Interface,
    models: Mapping[str, HardwareModel],
    wanted: frozenset[str],
    workload: Workload,
) -> Figures:
    """The wanted structure and free hardware metrics of every network of a population."""
    figures: dict[str, FloatArray] = {}
    if wanted.intersection(STRUCTURE_METRICS):
        counts = count_batch(batch)._asdict()
        figures |= {name: counts[name].astype(np.float64) for name in STRUCTURE_METRICS if name in wanted}
    for alias, model in models.items():
        named = {metric.name for metric in model.metrics if f"{alias}.{metric.name}" in wanted}
        if not named:
            continue
        if isinstance(model, BatchHardwareModel):
            prices = model.price_batch(batch, interface, workload)
        else:
            prices = _price_each(batch, interface, model, workload)
        figures |= {f"{alias}.{name}": np.asarray(prices[name], np.float64) for name in named}
    return figures


def _price_each(batch: MlpBatch, interface: Interface, model: HardwareModel, workload: Workload) -> Figures:
    costs = []
    for index in range(batch.n_networks):
        design = Design(network_of(batch, index, interface))
        refusal = model.accepts(design)
        costs.append({} if refusal else model.price(design, workload).metrics)
    return {
        metric.name: np.array([cost.get(metric.name, np.nan) for cost in costs], np.float64)
        for metric in model.metrics
    }


@dataclass(frozen=True, slots=True)
class Priced:
    """What is known of a design's price.

    figures: structure and hardware metrics by full name. costs: in full, by alias. refusals: why a model
    gave none, by alias; its figures are left out.
    """

    figures: Mapping[str, float]
    costs: Mapping[str, Cost]
    refusals: Mapping[str, str]

    def require(self, metrics: Iterable[str]) -> None:
        """Raises RunError where one of these metrics is missing because a model refused the design."""
        for metric in metrics:
            alias = metric.partition(".")[0]
            if metric not in self.figures and alias in self.refusals:
                raise RunError(f"hardware.{alias}: no {metric}: {self.refusals[alias]}")


def price_network(
    design: Design,
    models: Mapping[str, HardwareModel],
    workload: Workload,
    wanted: Collection[str] = (),
) -> Priced:
    """Structure counts, and the price of a design by every model that accepts it.

    wanted: full names of metrics; those of them that have a proxy are measured, in seconds. Raises RunError
    where they can't be.
    """
    counts = count(design.content)
    figures = {name: float(getattr(counts, name)) for name in STRUCTURE_METRICS}
    costs: dict[str, Cost] = {}
    refusals: dict[str, str] = {}
    for alias, model in models.items():
        refusal = model.accepts(design)
        if refusal is None:
            cost = model.price(design, workload)
            refusal = _not_finite(cost)
        if refusal is not None:
            refusals[alias] = refusal
            continue
        costs[alias] = cost
        figures |= {f"{alias}.{name}": float(value) for name, value in cost.metrics.items()}
    return refine(Priced(figures, costs, refusals), design, models, workload, wanted)


def refine(
    priced: Priced,
    design: Design,
    models: Mapping[str, HardwareModel],
    workload: Workload,
    wanted: Collection[str],
) -> Priced:
    """The price with the measured figures of models that give a wanted one; errors as `price_network`."""
    figures, costs = dict(priced.figures), dict(priced.costs)
    for alias, model in models.items():
        names = {f"{alias}.{metric.name}" for metric in model.metrics if metric.proxy}
        if alias not in costs or names.isdisjoint(wanted) or not isinstance(model, RefinedHardwareModel):
            continue
        try:
            measured = model.refine(design, workload)
        except RefineError as error:
            raise RunError(f"{min(names.intersection(wanted))} can't be measured: {error}") from None
        if (reason := _not_finite(measured)) is not None:
            raise RunError(f"hardware.{alias}: {reason}")
        figures |= {f"{alias}.{name}": float(value) for name, value in measured.metrics.items()}
        costs[alias] = _together(costs[alias], measured)
    return Priced(figures, costs, priced.refusals)


def _together(price: Cost, measured: Cost) -> Cost:
    return Cost(
        {**price.metrics, **measured.metrics},
        (*price.items, *measured.items),
        (*price.sources, *measured.sources),
    )


def _not_finite(cost: Cost) -> str | None:
    for name, value in cost.metrics.items():
        if not math.isfinite(value):
            return f"the model gave {value} as {name}"
    return None
