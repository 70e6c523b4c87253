"""Which algorithm a stage runs, and how its searcher is made."""

import math
from dataclasses import dataclass

from nas.objectives import Goals
from nas.problem import Stage
from nas.search.protocol import Searcher, SearchProblem
from nas.search.registry import searcher_factory
from nas.spec import OperatorsSpec, SearchSpec
from searchspaces.space import Domain, Rows

FEW_EVALUATIONS = 1000
"""Up to so many trained candidates a model of the whole history (TPE) pays; see docs/search.md."""

GENERATIONAL = ("nsga2", "nsga2_anneal", "anneal", "pymoo_nsga2", "random")
"""Algorithms that `search.population` is meant for."""

ANNEALING = ("nsga2_anneal", "anneal")
"""Algorithms after which the front of genes is annealed further on all training rows."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An algorithm and why it was taken, in a sentence."""

    algorithm: str
    reason: str


def choose_algorithm(search: SearchSpec, stage: Stage) -> Choice:
    """What the spec names, or for `auto` what suits the stage."""
    if stage.kind == "trees":
        return Choice("annealing", "one decision tree for each price of area")
    if stage.kind == "gates":
        return Choice("annealing", "gates of earlier designs, for each price of area")
    if search.algorithm != "auto":
        return Choice(search.algorithm, "named in the spec")
    if stage.kind == "genes":
        reason = "hundreds of genes and evaluations in microseconds: array NSGA-II and annealing in turn"
        return Choice("nsga2_anneal", reason)
    if stage.budget.evaluations <= FEW_EVALUATIONS or math.isfinite(stage.budget.seconds):
        return Choice("tpe", "each candidate is trained: multivariate TPE learns from every one")
    return Choice("nsga2", f"more than {FEW_EVALUATIONS} candidates: NSGA-II, whose cost stays flat")


def make_searcher(
    algorithm: str, domain: Domain, goals: Goals, search: SearchSpec, seed: int, initial: Rows | None
) -> Searcher:
    """A fresh searcher; `initial` rows, where given, are asked first."""
    problem = SearchProblem(domain, len(goals.objectives), len(goals.limits))
    population = search.population if algorithm in GENERATIONAL else None
    if algorithm == "pymoo_nsga2" and search.operators is not None:
        return _pymoo(problem, search.operators, seed, initial, population)
    factory = searcher_factory(algorithm)
    return factory(problem, seed=seed, initial=initial, population=population)


def _pymoo(
    problem: SearchProblem,
    operators: OperatorsSpec,
    seed: int,
    initial: Rows | None,
    population: int | None,
) -> Searcher:
    from nas.search.pymoo_adapter import PymooNsga2, PymooOperators  # pymoo is heavy

    crossover, mutation = operators.crossover, operators.mutation
    rates = PymooOperators(crossover.probability, crossover.eta, mutation.probability, mutation.eta)
    return PymooNsga2(problem, seed=seed, initial=initial, population=population, operators=rates)
