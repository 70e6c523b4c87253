"""What a spec would cost before it is run: the size of its space, the range of prices, the time it takes."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nas.algorithms import choose_algorithm
from nas.axis_search import AxisProblem, evaluate_axes, structure_figures
from nas.evaluate import price_batch, score_batch
from nas.gene_search import GeneProblem
from nas.objectives import Figures, FloatArray, Goals
from nas.problem import Problem, Stage, axis_space, build_problem, gene_problem
from nas.spec import Spec
from nas.spec.metrics import STRUCTURE_METRICS
from searchspaces.space import Domain

N_SAMPLES = 400


@dataclass(frozen=True, slots=True)
class Spread:
    """Of a metric over sampled designs."""

    lowest: float
    median: float
    highest: float


@dataclass(frozen=True, slots=True)
class StageEstimate:
    """One family of the space.

    log10_designs: of the number of rows. prices: of the free metrics, over `n_samples` sampled designs;
    feasible_share: of them inside the limits that are free. evaluations_per_second: measured now, on this
    machine. seconds: forecast for the stage's budget; limited_by: which budget ends it.
    """

    name: str
    algorithm: str
    n_variables: int
    log10_designs: float
    n_samples: int
    prices: Mapping[str, Spread]
    feasible_share: float
    evaluations_per_second: float
    seconds: float
    limited_by: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """Of a whole spec."""

    name: str
    n_train: int
    n_test: int
    n_features: int
    n_labels: int
    stages: tuple[StageEstimate, ...]


def estimate(spec: Spec, *, allow_code: bool = False) -> Estimate:
    """Raises what building the run would raise; searches nothing and writes nothing."""
    problem = build_problem(spec, allow_code=allow_code)
    dataset = problem.dataset
    return Estimate(
        name=spec.name,
        n_train=len(dataset.train),
        n_test=len(dataset.test),
        n_features=len(dataset.table.features),
        n_labels=len(dataset.table.labels),
        stages=tuple(_estimate_stage(problem, stage) for stage in problem.stages),
    )


def _estimate_stage(problem: Problem, stage: Stage) -> StageEstimate:
    rng = np.random.default_rng(problem.spec.seed)
    if stage.kind in ("trees", "gates"):
        return _annealed(stage)
    if stage.kind == "genes":
        genes = gene_problem(problem, stage)
        domain, prices = genes.space.domain, _gene_prices(problem, genes, rng)
        rate = _gene_rate(genes, rng)
    else:
        axes = AxisProblem(
            stage.name, axis_space(problem, stage), problem.dataset, problem.goals, problem.models, 0
        )
        domain, prices = axes.space.domain, _axis_prices(axes, rng)
        rate = _axis_rate(axes, rng)
    seconds = min(stage.budget.seconds, stage.budget.evaluations / rate)
    by_time = stage.budget.seconds <= stage.budget.evaluations / rate
    return StageEstimate(
        name=stage.name,
        algorithm=choose_algorithm(problem.spec.search, stage).algorithm,
        n_variables=domain.n_variables,
        log10_designs=log10_rows(domain),
        n_samples=N_SAMPLES,
        prices={name: _spread(column) for name, column in prices.items()},
        feasible_share=_feasible_share(problem.goals.by_proxy(problem.proxies), prices),
        evaluations_per_second=rate,
        seconds=seconds,
        limited_by="minutes" if by_time else "evaluations",
    )


def _annealed(stage: Stage) -> StageEstimate:
    """An annealed family is a short list of jobs; nothing is known of their prices before they are done."""
    return StageEstimate(
        name=stage.name,
        algorithm="annealing",
        n_variables=0,
        log10_designs=math.inf,
        n_samples=0,
        prices={},
        feasible_share=math.nan,
        evaluations_per_second=math.nan,
        seconds=math.nan,
        limited_by="jobs",
    )


def log10_rows(domain: Domain) -> float:
    """Of the number of rows of a domain; infinite where a variable is real."""
    if any(variable.kind == "real" for variable in domain.variables):
        return math.inf
    return sum(math.log10(variable.upper - variable.lower + 1) for variable in domain.variables)


def _gene_prices(problem: Problem, genes: GeneProblem, rng: np.random.Generator) -> Figures:
    batch = genes.space.decode_batch(genes.space.sample(rng, N_SAMPLES))
    wanted = frozenset(
        f"{alias}.{metric.name}"
        for alias, model in problem.models.items()
        if model.cost_class == "free"
        for metric in model.metrics
        if not metric.proxy
    )
    return price_batch(
        batch, genes.space.interface, problem.models, wanted.union(STRUCTURE_METRICS), genes.workload
    )


def _gene_rate(genes: GeneProblem, rng: np.random.Generator) -> float:
    """Evaluations a second: priced and scored, without the searcher's own share."""
    batch = genes.space.decode_batch(genes.space.sample(rng, N_SAMPLES))
    score_batch(batch, genes.space.interface, genes.fit)  # compiled before the clock starts
    price_batch(batch, genes.space.interface, genes.models, genes.goals.metrics, genes.workload)
    start = time.perf_counter()
    price_batch(batch, genes.space.interface, genes.models, genes.goals.metrics, genes.workload)
    score_batch(batch, genes.space.interface, genes.fit)
    return N_SAMPLES / (time.perf_counter() - start)


def _axis_prices(axes: AxisProblem, rng: np.random.Generator) -> Figures:
    rows = axes.space.sample(rng, N_SAMPLES)
    figures = [structure_figures(axes.space, row) for row in rows]
    return {name: np.array([each[name] for each in figures]) for name in STRUCTURE_METRICS}


def _axis_rate(axes: AxisProblem, rng: np.random.Generator) -> float:
    import nas.train.mlp  # noqa: F401 - torch is heavy, and its import is not a training

    row = axes.space.sample(rng, 1)[0]
    start = time.perf_counter()
    evaluate_axes(axes, row, 0)
    return 1 / (time.perf_counter() - start)


def _spread(column: FloatArray) -> Spread:
    lowest, median, highest = np.quantile(column, [0, 0.5, 1])
    return Spread(float(lowest), float(median), float(highest))


def _feasible_share(goals: Goals, prices: Figures) -> float:
    return float((goals.violations(prices) == 0).all(axis=1).mean()) if prices else 1.0
