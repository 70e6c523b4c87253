"""Which algorithm a stage runs, and how its searcher is made."""

from dataclasses import dataclass

from nas.objectives import Goals
from nas.problem import Stage
from nas.search.protocol import Searcher, SearcherFactory, SearchProblem
from nas.search.registry import searcher_factory
from nas.search.screening import Canonical, screened_search
from nas.spec import OperatorsSpec, SearchSpec
from searchspaces.space import Domain, Rows

OF_MODELS = ("auto", "surrogate", "tpe", "gp")
"""Algorithms that `search.population` is not meant for; auto takes it as that of its evolution."""

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
    return Choice("auto", "each candidate is trained: models first, evolution once there are many")


@dataclass(frozen=True, slots=True)
class Filter:
    """What a stage knows of a row before it is evaluated.

    problem: with its screen. canonical: rows that stand for the same design made equal, or None. patience:
    rows that may be screened before the stage gives up.
    """

    problem: SearchProblem
    canonical: Canonical | None
    patience: int


def make_searcher(
    algorithm: str,
    domain: Domain,
    goals: Goals,
    search: SearchSpec,
    seed: int,
    initial: Rows | None,
    *,
    filter: Filter | None = None,
    own: SearcherFactory | None = None,
) -> Searcher:
    """A fresh searcher; `initial` rows, where given, are asked first.

    filter: refuses rows before they are evaluated. own: the factory that a spec names as code.
    """
    problem = SearchProblem(domain, len(goals.objectives), len(goals.limits))
    population = None if algorithm in OF_MODELS else search.population
    factory = own or _factory(algorithm, search, goals)
    if filter is None:
        return factory(problem, seed=seed, initial=initial, population=population)
    return screened_search(
        factory,
        filter.problem,
        seed=seed,
        initial=initial,
        population=population,
        canonical=filter.canonical,
        patience=filter.patience,
    )


def _factory(algorithm: str, search: SearchSpec, goals: Goals) -> SearcherFactory:
    """The factory of a built-in algorithm, with the options of the spec."""
    if algorithm == "pymoo_nsga2" and search.operators is not None:
        return _pymoo_nsga2(search.operators)
    if search.partitions is not None or search.reference_points is not None:
        return _pymoo_many(algorithm, search, goals)
    return searcher_factory(algorithm)


def _pymoo_nsga2(operators: OperatorsSpec) -> SearcherFactory:
    from nas.search.pymoo_adapter import PymooNsga2, PymooOperators  # pymoo is heavy

    crossover, mutation = operators.crossover, operators.mutation
    rates = PymooOperators(crossover.probability, crossover.eta, mutation.probability, mutation.eta)

    def make(
        problem: SearchProblem, *, seed: int, initial: Rows | None = None, population: int | None = None
    ) -> Searcher:
        return PymooNsga2(problem, seed=seed, initial=initial, population=population, operators=rates)

    return make


def _pymoo_many(algorithm: str, search: SearchSpec, goals: Goals) -> SearcherFactory:
    from nas.search.pymoo_many import ManyOptions, PymooMany  # pymoo is heavy

    points = tuple(_minimized(point, goals) for point in search.reference_points or ())
    options = ManyOptions(search.partitions, points)

    def make(
        problem: SearchProblem, *, seed: int, initial: Rows | None = None, population: int | None = None
    ) -> Searcher:
        return PymooMany(
            problem, algorithm, seed=seed, initial=initial, population=population, options=options
        )

    return make


def _minimized(point: dict[str, float], goals: Goals) -> tuple[float, ...]:
    signs = {"min": 1.0, "max": -1.0}
    return tuple(signs[goal.direction] * point[goal.metric] for goal in goals.objectives)
