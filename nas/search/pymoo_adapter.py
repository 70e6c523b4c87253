"""NSGA-II of pymoo, as it commonly comes: simulated binary crossover and polynomial mutation, rounded.

Source: J. Blank, K. Deb, "pymoo: Multi-objective optimization in Python", IEEE Access 8, 2020.
"""

from dataclasses import dataclass

import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.population import Population
from pymoo.core.problem import Problem
from pymoo.core.repair import Repair
from pymoo.core.termination import NoTermination
from pymoo.operators.crossover.sbx import SBX
from pymoo.operators.mutation.pm import PM

from nas.search.columns import Columns, FloatArray, checked_rows, columns_of, from_scale, to_scale
from nas.search.ledger import Ledger, Results, in_order
from nas.search.protocol import Asked, SearchError, SearchProblem, Snapshot, Told
from nas.search.snapshots import check_identity, pack_generator, pack_identity, unpack_generator
from nas.search.visited import VisitedRows
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
        self._batch_size = DEFAULT_POPULATION if population is None else population
        if self._batch_size < 2:
            raise SearchError(f"population must be at least 2, but is {population}")
        operators = operators or PymooOperators()
        self._identity = pack_identity("pymoo_nsga2", problem, f"{self._batch_size} {operators!r}")
        self._columns = columns_of(problem.domain)
        self._ledger = Ledger(problem)
        self._visited = VisitedRows(self._columns)
        self._queue = checked_rows(self._columns, initial)
        self._visited.mark(self._queue)
        self._told: list[Results] = []
        self._algorithm = NSGA2(
            pop_size=self._batch_size,
            crossover=SBX(prob=operators.crossover_probability, eta=operators.crossover_eta),
            mutation=PM(prob=operators.mutation_probability, eta=operators.mutation_eta),
            repair=_Rounding(self._columns),
        )
        self._algorithm.setup(_pymoo_problem(problem, self._columns), seed=seed, termination=NoTermination())

    @property
    def batch_size(self) -> int:
        return self._batch_size

    def ask(self, n: int) -> Asked:
        if n < 1:
            raise SearchError(f"ask: n must be at least 1, but got {n}")
        self._hand_over()
        if len(self._queue) < n and not self._algorithm.is_initialized:
            n_missing = max(self._batch_size - self._ledger.n_asked, n) - len(self._queue)
            self._queue = np.concatenate((self._queue, self._random(n_missing)))
        elif not len(self._queue):
            self._queue = self._children()
        rows, self._queue = self._queue[:n], self._queue[n:]
        return self._ledger.issue(rows)

    def tell(self, told: Told) -> None:
        results, _ = self._ledger.settle(told)
        if len(results.numbers):
            self._told.append(results)

    def snapshot(self) -> Snapshot:
        self._ledger.require_settled("snapshot")
        self._hand_over()
        individuals = self._algorithm.pop if self._algorithm.is_initialized else Population.empty()
        figures = individuals.get(*INDIVIDUAL)
        return {
            "searcher": self._identity,
            "generator": pack_generator(self._algorithm.random_state),
            "n_asked": np.array(self._ledger.n_asked),
            "queue": self._queue,
            "visited": self._visited.to_bits(),
            **{name: values.astype(np.float64) for name, values in zip(INDIVIDUAL, figures, strict=True)},
        }

    def restore(self, snapshot: Snapshot) -> None:
        check_identity(snapshot, self._identity)
        self._algorithm.random_state = unpack_generator(snapshot["generator"])
        self._ledger.reset(int(snapshot["n_asked"]))
        self._queue = snapshot["queue"].astype(self._columns.dtype)
        self._visited.from_bits(snapshot["visited"].astype(np.uint8))
        self._told = []
        self._algorithm.is_initialized = len(snapshot["X"]) > 0
        self._algorithm.n_iter = 1  # counts generations for displays only
        self._algorithm.pop = Population.new(**{name: snapshot[name] for name in INDIVIDUAL})

    def _hand_over(self) -> None:
        """Tells pymoo what came in since the last ask."""
        if not self._told:
            return
        results = in_order(self._told)
        self._told = []
        is_missing = ~np.isfinite(results.objectives).all(axis=1)
        limits = np.column_stack((results.violations, is_missing.astype(np.float64)))
        vectors = _vectors(self._columns, results.rows)
        self._algorithm.tell(infills=Population.new(X=vectors, F=results.objectives, G=limits))

    def _children(self) -> Rows:
        """New rows of pymoo's mating; random ones where it finds none."""
        children = self._algorithm.ask()
        if children is None:
            self._algorithm.termination.force_termination = False  # random rows may bring new children
            return self._random(self._batch_size)
        rows = _rows(self._columns, children.get("X"))
        rows = rows[self._visited.is_new(rows)]
        self._visited.mark(rows)
        return rows if len(rows) else self._random(self._batch_size)

    def _random(self, n: int) -> Rows:
        rows = self._visited.draw(self._algorithm.random_state, n)
        self._visited.mark(rows)
        return rows


class _Rounding(Repair):  # type: ignore[misc]
    """Brings vectors to values that rows can take."""

    def __init__(self, columns: Columns) -> None:
        super().__init__()
        self._columns = columns

    def _do(self, problem: Problem, vectors: FloatArray, **kwargs: object) -> FloatArray:
        return _vectors(self._columns, _rows(self._columns, vectors))


def _pymoo_problem(problem: SearchProblem, columns: Columns) -> Problem:
    return Problem(
        n_var=columns.n_variables,
        n_obj=problem.n_objectives,
        n_ieq_constr=problem.n_limits + 1,
        xl=_vectors(columns, columns.lower[None])[0],
        xu=_vectors(columns, columns.upper[None])[0],
    )


def _vectors(columns: Columns, rows: Rows) -> FloatArray:
    """(n, n_variables) rows as pymoo sees them: by ratio where a variable is logarithmic."""
    every = np.tile(np.arange(columns.n_variables), len(rows))
    return to_scale(columns, rows.astype(np.float64).ravel(), every).reshape(rows.shape)


def _rows(columns: Columns, vectors: FloatArray) -> Rows:
    """The inverse of _vectors, rounded."""
    every = np.tile(np.arange(columns.n_variables), len(vectors))
    rows: Rows = from_scale(columns, vectors.ravel(), every).astype(columns.dtype)
    return rows.reshape(vectors.shape)
