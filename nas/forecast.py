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
from nas.job_parts import Jobs
from nas.objectives import Figures, FloatArray, Goals
from nas.problem import Problem, Stage, build_problem, gene_problem
from nas.spec import Spec
from nas.spec.metrics import STRUCTURE_METRICS
from nas.stage_recipes import axis_problem, job_problem
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
    machine, with one worker. n_workers: that are counted on; 1 for a cluster, whose size is not asked.
    seconds: forecast for the stage's budget; limited_by: which budget ends it, or "jobs".
    """

    name: str
    algorithm: str
    n_variables: int
    log10_designs: float
    n_samples: int
    prices: Mapping[str, Spread]
    feasible_share: float
    evaluations_per_second: float
    n_workers: int
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
        return _annealed(problem, stage)
    if stage.kind == "genes":
        genes = gene_problem(problem, stage)
        domain, prices = genes.space.domain, _gene_prices(problem, genes, rng)
        rate = _gene_rate(genes, rng)
    else:
        axes = axis_problem(problem, stage, 0)
        domain, prices = axes.space.domain, _axis_prices(axes, rng)
        rate = _axis_rate(axes, rng)
    n_workers = _n_workers(problem) if stage.kind == "axes" else 1
    limited_by, seconds = _ends_by(problem, stage, stage.budget.evaluations / (rate * n_workers))
    return StageEstimate(
        name=stage.name,
        algorithm=choose_algorithm(problem.spec.search, stage).algorithm,
        n_variables=domain.n_variables,
        log10_designs=log10_rows(domain),
        n_samples=N_SAMPLES,
        prices={name: _spread(column) for name, column in prices.items()},
        feasible_share=_feasible_share(problem.goals.by_proxy(problem.proxies), prices),
        evaluations_per_second=rate,
        n_workers=n_workers,
        seconds=seconds,
        limited_by=limited_by,
    )


def _n_workers(problem: Problem) -> int:
    workers = problem.spec.search.workers
    return workers if isinstance(workers, int) else 1


def _ends_by(problem: Problem, stage: Stage, seconds: float) -> tuple[str, float]:
    """Which budget ends a stage whose evaluations take so many seconds, and after how many."""
    ends = {"evaluations": seconds, "minutes": stage.budget.seconds}
    power_w = problem.spec.search.power_w
    if power_w is not None:
        ends["joules"] = stage.budget.joules / power_w
    limited_by = min(ends, key=lambda name: ends[name])
    return limited_by, ends[limited_by]


def _annealed(problem: Problem, stage: Stage) -> StageEstimate:
    """An annealed family is a short list of jobs; nothing is known of their prices before they are done.

    One tree is grown to see how long that takes. Netlists start from designs that are not there yet.
    """
    seconds, n_workers = math.nan, _n_workers(problem)
    if stage.kind == "trees":
        jobs = job_problem(problem, stage, (), 0).jobs
        n_parts = sum(len(jobs.folds(number)) + 1 for number in range(len(jobs.values)))
        seconds = n_parts * _seconds_of_tree(jobs) / min(n_workers, len(jobs.folds(0)) + 1)
        seconds = _ends_by(problem, stage, seconds)[1]
    return StageEstimate(
        name=stage.name,
        algorithm="annealing",
        n_variables=0,
        log10_designs=math.inf,
        n_samples=0,
        prices={},
        feasible_share=math.nan,
        evaluations_per_second=math.nan,
        n_workers=n_workers,
        seconds=seconds,
        limited_by="jobs",
    )


def _seconds_of_tree(jobs: Jobs) -> float:
    """Of the second job after the first, since that also compiles kernels and grows what all start from."""
    done = {0: jobs.make(0, {}, 0)}
    start = time.perf_counter()
    jobs.make(min(1, len(jobs.values) - 1), done, 0)
    return time.perf_counter() - start


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
