"""NSGA-II of pymoo, as it commonly comes: simulated binary crossover and polynomial mutation, rounded.

Source: J. Blank, K. Deb, "pymoo: Multi-objective optimization in Python", IEEE Access 8, 2020.
"""

from dataclasses import dataclass

import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.population import Population

from nas.search.protocol import Asked, SearchError, SearchProblem, Snapshot, Told
from nas.search.pymoo_search import PymooSearch, crossover_and_mutation, require_population
from searchspaces.space import Rows

DEFAULT_POPULATION = 100
INDIVIDUAL = ("X", "F", "G", "rank", "crowding")


@dataclass(frozen=True, slots=True)
class PymooOperators:
    """How pymoo mates. Probabilities are from 0 to 1 and belong to the whole row.

    crossover_probability: that two parents cross over, each variable then with probability 0.5.
    mutation_probability: that a child mutates, each variable then with probability min(0.5, 1 / n_variables).
    etas: distribution indices, above 0; the larger, the nearer a child is to its parents. The defaults are
    pymoo's own.
    """

    crossover_probability: float = 0.9
    crossover_eta: float = 15.0
    mutation_probability: float = 0.9
    mutation_eta: float = 20.0

    def __post_init__(self) -> None:
        for name in ("crossover_probability", "mutation_probability"):
            if not 0 <= (rate := getattr(self, name)) <= 1:
                raise SearchError(f"{name} must be from 0 to 1, but is {rate}")
        for name in ("crossover_eta", "mutation_eta"):
            if not (eta := getattr(self, name)) > 0:
                raise SearchError(f"{name} must be above 0, but is {eta}")


class PymooNsga2:
    """The searcher. pymoo sees a vector of numbers: whole ones are rounded, choices count as numbers.

    Limits are constraints G, and a missing figure (inf) one more. Results are handed over at the next
    ask, whatever came in by then, in the order of their numbers; failed evaluations are left out. A
    domain of up to 2^20 rows is never asked a row twice, larger ones not while it is in the population.
    Snapshots hold pymoo's population, ranks, crowding and generator: exact for one version of pymoo.
    """

    def __init__(
        self,
        problem: SearchProblem,
        *,
        seed: int,
        initial: Rows | None = None,
        population: int | None = None,
        operators: PymooOperators | None = None,
    ) -> None:
        size = require_population(DEFAULT_POPULATION if population is None else population)
        operators = operators or PymooOperators()
        self._search = PymooSearch(
            "pymoo_nsga2",
            problem,
            lambda repair: NSGA2(pop_size=size, repair=repair, **crossover_and_mutation(operators)),
            options=f"{size} {operators!r}",
            population=size,
            seed=seed,
            initial=initial,
        )

    @property
    def batch_size(self) -> int:
        return self._search.batch_size

    def ask(self, n: int) -> Asked:
        return self._search.ask(n)

    def tell(self, told: Told) -> None:
        self._search.tell(told)

    def snapshot(self) -> Snapshot:
        frame, algorithm = self._search.settled(), self._search.algorithm
        individuals = algorithm.pop if algorithm.is_initialized else Population.empty()
        figures = individuals.get(*INDIVIDUAL)
        return {
            **frame.snapshot(),
            **{name: values.astype(np.float64) for name, values in zip(INDIVIDUAL, figures, strict=True)},
        }

    def restore(self, snapshot: Snapshot) -> None:
        frame, algorithm = self._search.frame, self._search.algorithm
        frame.restore(snapshot)
        algorithm.random_state = frame.rng
        algorithm.is_initialized = len(snapshot["X"]) > 0
        algorithm.n_iter = 1  # counts generations for displays only
        algorithm.pop = Population.new(**{name: snapshot[name] for name in INDIVIDUAL})
