"""Everything that is fixed during a run, built from its spec."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from codegen.cells import CellLibrary, load_cells
from codegen.ir import Interface, Network
from hwmodels.model import BoundedHardwareModel, HardwareModel, WithholdingHardwareModel, Workload
from nas.convnet_problem import convnet_space_shape
from nas.data import load_dataset
from nas.data.dataset import Dataset
from nas.data.interface import make_interface
from nas.errors import RunError
from nas.evaluate import pack_part
from nas.families import PARSERS, FamilyOptions
from nas.gene_search import GeneProblem
from nas.objectives import Goals, Limit, Objective
from nas.parts import Part, fit_rows, make_part
from nas.plugins import make_hardware_model, make_own_searcher
from nas.proxies import proxies_of
from nas.search.protocol import SearcherFactory
from nas.spec import Spec
from nas.spec.metrics import STRUCTURE_METRICS, TASK_METRICS
from nas.stage import Budget
from searchspaces.approximate_mlp import (
    ApproximateMlpAxes,
    ApproximateMlpGenes,
    ApproximateMlpOptions,
    MaskGenes,
)
from searchspaces.convnet import ConvnetAxes, ConvnetOptions
from searchspaces.decision_tree import DecisionTreeOptions
from searchspaces.gate_netlist import GateNetlistOptions
from searchspaces.space import GeneSpace

if TYPE_CHECKING:
    from hwmodels.mcu import McuModel

StageKind: TypeAlias = Literal["genes", "axes", "trees", "gates"]
BASE_KEY, TEACHER_KEY = 2, 3
"""Keep the randomness of a base network, and of made-up rows, apart from that of their stage."""
UNLIMITED = 10**12
"""Stands for a budget of evaluations where only minutes are given."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A family of the spec's space with its share of the budget. name: unique in the run."""

    name: str
    options: FamilyOptions
    budget: Budget

    @property
    def kind(self) -> StageKind:
        """How the family is searched."""
        match self.options:
            case DecisionTreeOptions():
                return "trees"
            case GateNetlistOptions():
                return "gates"
            case ConvnetOptions():
                return "axes"
            case _:
                return self.options.detail


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """What a run searches, on which data, for which hardware, with which goals.

    proxies: of metrics that take seconds, by full name, the metric that drives a search of genes instead.
    allow_code: whether it was built with code that the spec names.
    searcher: the factory that the spec names as code of the user's own.
    """

    spec: Spec
    dataset: Dataset
    models: Mapping[str, HardwareModel]
    proxies: Mapping[str, str]
    goals: Goals
    stages: tuple[Stage, ...]
    allow_code: bool = False
    searcher: SearcherFactory | None = None


def build_problem(spec: Spec, *, allow_code: bool) -> Problem:
    """Loads data and models. Raises DataError, PluginError, HardwareModelError, SpaceError or RunError."""
    models = {
        alias: make_hardware_model(section, base=spec.base, allow_code=allow_code, where=f"hardware.{alias}")
        for alias, section in spec.hardware.items()
    }
    goals = make_goals(spec, models)
    _check_metrics(spec, goals, models)
    dataset = load_dataset(spec.data, spec.split, spec.task, spec.seed, spec.base, allow_code=allow_code)
    searcher = make_own_searcher(spec.search, base=spec.base, allow_code=allow_code)
    return Problem(spec, dataset, models, proxies_of(models), goals, stages_of(spec), allow_code, searcher)


def gene_problem(problem: Problem, stage: Stage, base: Network | None = None) -> GeneProblem:
    """The evaluation of a gene stage: scaling and genes are fitted on train without the first fold.

    base: the network whose masks are searched where the options say so; it is trained where left out.
    """
    dataset, options = problem.dataset, _mlp_options(stage)
    rows = fit_rows(dataset, 0)
    interface = make_interface(dataset, options.input_bits.upper, rows)
    known = make_part(dataset, rows, interface)
    fit = known if options.distill is None else _distilled(problem, stage, known)
    space: GeneSpace
    if options.genes == "masks":
        space = MaskGenes(base or _trained_base(problem, stage, interface, fit))
    else:
        space = ApproximateMlpGenes(options, interface)
    return GeneProblem(
        name=stage.name,
        space=space,
        goals=problem.goals.by_proxy(problem.proxies),
        models=problem.models,
        workload=Workload(known.codes),
        known=known,
        fit=pack_part(fit),
        validation=pack_part(make_part(dataset, dataset.folds[0], interface)),
    )


def refit_problem(problem: Problem, genes: GeneProblem, stage: Stage) -> GeneProblem:
    """A gene problem with all training rows to fit on, and made-up ones by a forest of all of them.

    Space and scaling stay, so that designs of the search can go on; nothing is left to validate.
    """
    dataset = problem.dataset
    known = make_part(dataset, dataset.train, genes.space.interface)
    fit = known if _mlp_options(stage).distill is None else _distilled(problem, stage, known)
    return replace(genes, known=known, fit=pack_part(fit), workload=Workload(known.codes))


def _distilled(problem: Problem, stage: Stage, known: Part) -> Part:
    """The rows with made-up ones after them. Raises RunError for a regression."""
    if problem.dataset.task != "classification":
        raise RunError(f"{stage.name}: distill: the teacher answers with classes; leave it out for values")
    from nas.train.forest import distill_rows  # scikit-learn is heavy

    seed = _seed(problem, stage, TEACHER_KEY)
    return Part(*distill_rows(known.codes.astype(np.int32), known.targets.astype(np.int64), seed=seed))


def _seed(problem: Problem, stage: Stage, key: int) -> int:
    words = np.random.SeedSequence(problem.spec.seed, spawn_key=(problem.stages.index(stage), key))
    return int(words.generate_state(1)[0])


def _trained_base(problem: Problem, stage: Stage, interface: Interface, fit: Part) -> Network:
    from nas.train.base import train_base  # torch is heavy

    seed = _seed(problem, stage, BASE_KEY)
    return train_base(_mlp_options(stage), interface, fit.codes, fit.targets, seed=seed)


def axis_space(problem: Problem, stage: Stage) -> ApproximateMlpAxes | ConvnetAxes:
    """The space of an axis stage. Raises RunError or SpaceError where the data is not for it."""
    table = problem.dataset.table
    if isinstance(stage.options, ConvnetOptions):
        return ConvnetAxes(stage.options, convnet_space_shape(problem.dataset), len(table.labels))
    return ApproximateMlpAxes(_mlp_options(stage), table.x.shape[1], max(1, len(table.labels)))


def _mlp_options(stage: Stage) -> ApproximateMlpOptions:
    assert isinstance(stage.options, ApproximateMlpOptions), stage.name
    return stage.options


def library_of(problem: Problem) -> CellLibrary:
    """The cells of a run: those of its first printed model, or the EGFET cells that ship."""
    from hwmodels.printed import PrintedModel

    printed = (model for model in problem.models.values() if isinstance(model, PrintedModel))
    return next((model.library for model in printed), None) or load_cells("egfet")


def board_models(problem: Problem) -> "tuple[McuModel, ...]":
    """The models of the boards that a run prices firmware for."""
    from hwmodels.mcu import McuModel

    return tuple(model for model in problem.models.values() if isinstance(model, McuModel))


def make_goals(spec: Spec, models: Mapping[str, HardwareModel]) -> Goals:
    """The objectives and limits of a spec, with what the hardware of its models physically allows.

    Raises RunError for a limit of the spec that lies beyond what is possible.
    """
    objectives = tuple(Objective(metric, direction) for metric, direction in spec.objectives.items())
    limits = {metric: Limit(metric, limit.min, limit.max) for metric, limit in spec.limits.items()}
    for metric, bound in _bounds(models).items():
        limits[metric] = _bounded(limits.get(metric, Limit(metric, None, None)), bound)
    return Goals(objectives, tuple(limits.values()))


def _bounds(models: Mapping[str, HardwareModel]) -> dict[str, float]:
    return {
        f"{alias}.{name}": bound
        for alias, model in models.items()
        if isinstance(model, BoundedHardwareModel)
        for name, bound in model.bounds.items()
    }


def _bounded(limit: Limit, bound: float) -> Limit:
    if limit.minimum is not None and limit.minimum > bound:
        raise RunError(
            f"limits.{limit.metric}: min must be at most {bound:g}, what the hardware allows, "
            f"not {limit.minimum:g}"
        )
    return replace(limit, maximum=bound if limit.maximum is None else min(limit.maximum, bound))


def _check_metrics(spec: Spec, goals: Goals, models: Mapping[str, HardwareModel]) -> None:
    """The reader of the spec knows the metrics of built-in models only; here all are known."""
    known = {*TASK_METRICS[spec.task], *STRUCTURE_METRICS}
    known |= {f"{alias}.{metric.name}" for alias, model in models.items() for metric in model.metrics}
    withheld = {
        f"{alias}.{name}": why
        for alias, model in models.items()
        if isinstance(model, WithholdingHardwareModel)
        for name, why in model.withheld.items()
    }
    for metric in sorted(goals.metrics - known):
        if metric in withheld:
            raise RunError(f"metric {metric!r} can't be given: {withheld[metric]}")
        raise RunError(f"metric {metric!r} is given by none; known are {', '.join(sorted(known))}")
    slow = [alias for alias, model in models.items() if model.cost_class != "free"]
    for metric in sorted(goals.metrics):
        alias = metric.partition(".")[0]
        if alias in slow and any(entry.options.get("detail", "genes") == "genes" for entry in spec.space):
            raise RunError(
                f"{metric}: the model takes seconds a design, but a space with detail: genes prices "
                "thousands a second; use detail: axes, or leave the metric out of objectives and limits"
            )


def stages_of(spec: Spec) -> tuple[Stage, ...]:
    """One for each entry of the space, with equal shares of the budget."""
    n = len(spec.space)
    evaluations = spec.search.evaluations or UNLIMITED
    seconds = (spec.search.minutes or math.inf) * 60 / n
    joules = (spec.search.joules or math.inf) / n
    stages = []
    for index, entry in enumerate(spec.space):
        name = entry.family if n == 1 else f"{entry.family}-{index + 1}"
        share = evaluations // n + (index < evaluations % n)
        stages.append(
            Stage(name, PARSERS[entry.family](entry.options), Budget(max(1, share), seconds, joules))
        )
    return tuple(stages)
