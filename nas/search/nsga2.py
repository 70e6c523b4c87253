"""NSGA-II over arrays: a genetic search of Pareto fronts for millions of cheap evaluations.

Source: K. Deb, A. Pratap, S. Agarwal, T. Meyarivan, "A fast and elitist multiobjective genetic algorithm:
NSGA-II", IEEE Transactions on Evolutionary Computation 6(2), 2002; with the operators of operators.py and
the order of survival of population.py.
"""

from dataclasses import dataclass, replace

import numpy as np

from nas.search.columns import BoolArray, HashArray, IntArray
from nas.search.frame import Frame
from nas.search.operators import MutationRates, blocks_of, cross_blocks, hash_rows, mutate
from nas.search.population import Population, compete, population_of
from nas.search.protocol import Asked, SearchError, SearchProblem, Snapshot, Told
from searchspaces.space import Rows

MAX_TRIES = 4


@dataclass(frozen=True, slots=True)
class Nsga2Options:
    """population: survivors of a generation, at least 2. crossover_rate: share of children of two parents.

    mutations: mean number of changed values a child, at least 1; half of the children have three at most.
    It is cut to half the number of variables.
    reset_rate: share of mutations that draw a new value instead of a small step.
    """

    population: int = 200
    crossover_rate: float = 0.7
    mutations: float = 5.0
    reset_rate: float = 0.5

    def __post_init__(self) -> None:
        if self.population < 2:
            raise SearchError(f"population must be at least 2, but is {self.population}")
        if self.mutations < 1:
            raise SearchError(f"mutations must be at least 1, but is {self.mutations}")
        for name, rate in (("crossover_rate", self.crossover_rate), ("reset_rate", self.reset_rate)):
            if not 0 <= rate <= 1:
                raise SearchError(f"{name} must be from 0 to 1, but is {rate}")


class Nsga2:
    """The searcher. Its state is the population and what was told since the last ask.

    What is asked next depends on what was told since the last ask, not on the order or the portions in
    which it came. Failed evaluations leave no trace. No child repeats a row of the population, of the
    same generation or of the candidates under evaluation; a domain of up to 2^20 rows is never asked a
    row twice. Snapshots are exact.
    """

    def __init__(
        self,
        problem: SearchProblem,
        *,
        seed: int,
        initial: Rows | None = None,
        population: int | None = None,
        options: Nsga2Options | None = None,
    ) -> None:
        options = options or Nsga2Options()
        self._options = options if population is None else replace(options, population=population)
        self._frame = Frame("nsga2", problem, repr(self._options), seed=seed, initial=initial)
        self._blocks = blocks_of(problem.domain)
        most_mutations = max(1.0, len(self._frame.columns.free) / 2)
        self._rates = MutationRates(
            mean=min(self._options.mutations, most_mutations), reset=self._options.reset_rate
        )
        self._population = population_of(
            self._frame.no_rows, np.empty((0, problem.n_objectives)), np.empty(0), self.batch_size
        )
        self._has_begun = False

    @property
    def batch_size(self) -> int:
        return self._options.population

    @property
    def n_asked(self) -> int:
        """Candidates asked so far."""
        return self._frame.n_asked

    @property
    def remembers_all(self) -> bool:
        """Whether the domain is so small that no row is asked twice."""
        return self._frame.visited.is_complete

    @property
    def survivors(self) -> Population:
        """The population after all that was told."""
        self._survive()
        return self._population

    def adopt(self, others: Population) -> None:
        """Lets candidates of another search of the same problem compete."""
        self._survive()
        if len(others):
            self._population = compete(self._population, others.as_results())

    def begin_from(self, others: Population, known: Rows) -> None:
        """Starts from candidates of another search of the same problem, without a first random generation.

        known: (n, n_variables) all rows that it evaluated; they are not asked again in a small domain.
        """
        self.adopt(others)
        self._frame.visited.mark(known)
        self._has_begun = True

    def ask(self, n: int) -> Asked:
        self._frame.check_n(n)
        self._survive()
        is_first = self._frame.n_asked < self.batch_size and not self._has_begun
        is_starting = is_first or not len(self._population)
        rows = self._first_rows(n) if is_starting or len(self._frame.queue) else self._children(n)
        return self._frame.issue(rows)

    def tell(self, told: Told) -> None:
        self._frame.tell(told)

    def snapshot(self) -> Snapshot:
        self._frame.require_settled()
        self._survive()
        return {
            **self._frame.snapshot(),
            "has_begun": np.array(self._has_begun),
            "rows": self._population.rows,
            "objectives": self._population.objectives,
            "violations": self._population.violations,
        }

    def restore(self, snapshot: Snapshot) -> None:
        self._frame.restore(snapshot)
        self._has_begun = bool(snapshot["has_begun"])
        self._population = population_of(
            snapshot["rows"].astype(self._frame.columns.dtype),
            snapshot["objectives"].astype(np.float64),
            snapshot["violations"].astype(np.float64),
            self.batch_size,
        )

    def _survive(self) -> None:
        news = self._frame.news()
        if news is not None:
            self._population = compete(self._population, news)

    def _first_rows(self, n: int) -> Rows:
        """Initial rows, then random ones until the first population is full."""
        initial = self._frame.take_queue(n)
        n_missing = self.batch_size - self._frame.n_asked
        if n_missing <= 0 and not len(initial):
            n_missing = n  # nothing that was told so far has worked
        random = self._frame.draw_new(min(n, n_missing) - len(initial))
        return np.concatenate((initial, random))

    def _children(self, n: int) -> Rows:
        """Up to n rows that are new; random ones where variation finds none."""
        taken = self._population.hashes
        pending = self._frame.ledger.pending_rows
        if len(pending):
            taken = np.concatenate((taken, hash_rows(pending)))
        kept: list[Rows] = []
        n_missing = n
        for _ in range(MAX_TRIES):
            rows = self._offspring(n_missing)
            hashes = hash_rows(rows)
            is_new = _is_new(hashes, taken) & self._frame.visited.is_new(rows)
            kept.append(rows if is_new.all() else rows[is_new])
            self._frame.visited.mark(kept[-1])
            taken = np.concatenate((taken, hashes[is_new]))
            n_missing -= len(kept[-1])
            if not n_missing:
                return kept[0] if len(kept) == 1 else np.concatenate(kept)
        return np.concatenate((*kept, self._frame.draw_new(n_missing)))

    def _offspring(self, n: int) -> Rows:
        """n rows, or none where the domain has a single one."""
        if not len(self._frame.columns.free):
            return self._frame.no_rows
        rng = self._frame.rng
        first, second = self._parents(n), self._parents(n)
        crosses = rng.random(n) < self._options.crossover_rate
        second = np.where(crosses, second, first)
        rows = cross_blocks(self._population.store, first, second, self._blocks, rng)
        mutate(self._frame.columns, rows, self._rates, rng)
        return rows

    def _parents(self, n: int) -> IntArray:
        """(n,) places of the winners of binary tournaments: the population is sorted, the lower wins."""
        drawn = self._frame.rng.integers(0, len(self._population), size=2 * n)
        winners: IntArray = self._population.places[np.minimum(drawn[:n], drawn[n:])]
        return winners


def _is_new(hashes: HashArray, taken: HashArray) -> BoolArray:
    """(n,) bool: the hash is not taken, and no equal one comes before it."""
    first = np.unique(np.concatenate((taken, hashes)), return_index=True)[1]
    mask = np.zeros(len(taken) + len(hashes), dtype=np.bool_)
    mask[first] = True
    return mask[len(taken) :]
