"""The peers of benchmarks/searchers.py as their users run them: Optuna's samplers in a study, pymoo's
algorithms."""

import warnings
from collections.abc import Callable

import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, GPSampler, NSGAIISampler, RandomSampler, TPESampler
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.algorithms.moo.sms import SMSEMOA
from pymoo.core.algorithm import Algorithm
from pymoo.core.problem import Problem
from pymoo.core.termination import NoTermination
from pymoo.operators.crossover.sbx import SBX
from pymoo.operators.mutation.pm import PM
from pymoo.operators.repair.rounding import RoundingRepair
from pymoo.operators.sampling.rnd import FloatRandomSampling, IntegerRandomSampling
from search_meter import Meter
from search_problems import BenchProblem

from searchspaces.space import Domain, Variable

POPULATION = 20
"""Of pymoo's algorithms: its own 100 would leave a budget of 500 with five generations."""

SAMPLERS: dict[str, Callable[[int], BaseSampler]] = {
    "random": lambda seed: RandomSampler(seed=seed),
    "optuna_tpe": lambda seed: TPESampler(seed=seed),
    "optuna_tpe_multivariate": lambda seed: TPESampler(seed=seed, multivariate=True),
    "optuna_nsga2": lambda seed: NSGAIISampler(seed=seed, population_size=POPULATION),
    "optuna_gp": lambda seed: GPSampler(seed=seed, warn_independent_sampling=False),
}
PYMOO: dict[str, type[Algorithm]] = {"pymoo_nsga2": NSGA2, "pymoo_sms_emoa": SMSEMOA}
PEERS = (*SAMPLERS, *PYMOO)


def run_peer(name: str, problem: BenchProblem, meter: Meter, seed: int) -> None:
    """Until the meter raises BudgetSpent."""
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if name in SAMPLERS:
        _run_optuna(SAMPLERS[name](seed), problem, meter)
    else:
        _run_pymoo(PYMOO[name], problem, meter, seed)


def _run_optuna(sampler: BaseSampler, problem: BenchProblem, meter: Meter) -> None:
    study = optuna.create_study(directions=["minimize"] * problem.n_objectives, sampler=sampler)
    distributions = {variable.name: _distribution(variable) for variable in problem.domain.variables}
    while True:
        trial = study.ask(distributions)
        row = np.array([trial.params[name] for name in distributions], dtype=problem.domain.dtype)
        objectives, margins = meter.evaluate(row[None])
        for index, margin in enumerate(margins[0]):
            trial.set_constraint(f"limit{index}", float(margin))
        study.tell(trial, objectives[0].tolist())


def _distribution(variable: Variable) -> optuna.distributions.BaseDistribution:
    match variable.kind:
        case "real":
            return FloatDistribution(variable.lower, variable.upper, log=variable.log)
        case "int":
            return IntDistribution(int(variable.lower), int(variable.upper), log=variable.log)
        case "choice":
            return CategoricalDistribution(tuple(range(int(variable.upper) + 1)))


class _Given(Problem):  # type: ignore[misc]
    """Variables as numbers; logarithmic reals by their logarithm."""

    def __init__(self, problem: BenchProblem) -> None:
        self.given = problem
        domain = problem.domain
        self.is_log = np.array([each.kind == "real" and each.log for each in domain.variables])
        super().__init__(
            n_var=domain.n_variables,
            n_obj=problem.n_objectives,
            n_ieq_constr=problem.n_limits,
            xl=self._scaled(domain.lower[None].astype(float))[0],
            xu=self._scaled(domain.upper[None].astype(float))[0],
        )

    def _scaled(self, values: np.ndarray) -> np.ndarray:
        return np.where(self.is_log, np.log(np.where(self.is_log, values, 1.0)), values)

    def rows(self, values: np.ndarray) -> np.ndarray:
        rows = np.where(self.is_log, np.exp(np.where(self.is_log, values, 0.0)), values)
        return np.clip(rows, self.given.domain.lower, self.given.domain.upper).astype(self.given.domain.dtype)


class _RoundWhole(RoundingRepair):  # type: ignore[misc]
    """Rounds what is whole."""

    def __init__(self, domain: Domain) -> None:
        super().__init__()
        self.whole = np.array([variable.kind != "real" for variable in domain.variables])

    def _do(self, problem: Problem, X: np.ndarray, **kwargs: object) -> np.ndarray:
        return np.where(self.whole, np.around(X), X)


def _run_pymoo(kind: type[Algorithm], problem: BenchProblem, meter: Meter, seed: int) -> None:
    given, repair = _Given(problem), _RoundWhole(problem.domain)
    is_real = any(variable.kind == "real" for variable in problem.domain.variables)
    algorithm = kind(
        pop_size=POPULATION,
        sampling=FloatRandomSampling() if is_real else IntegerRandomSampling(),
        crossover=SBX(prob=0.9, eta=15, repair=repair),
        mutation=PM(eta=20, repair=repair),
        repair=repair,
    )
    algorithm.setup(given, termination=NoTermination(), seed=seed)
    while True:
        infills = algorithm.ask()
        if infills is None:
            return
        values = repair.do(given, infills).get("X").astype(float)
        infills.set("X", values)
        objectives, margins = meter.evaluate(given.rows(values))
        infills.set("F", objectives, "G", margins)
        for individual in infills:
            individual.evaluated.update({"F", "G"})
        algorithm.tell(infills=infills)
