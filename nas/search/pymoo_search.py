"""Any algorithm of pymoo behind the protocol, but for its snapshots.

Source: J. Blank, K. Deb, "pymoo: Multi-objective optimization in Python", IEEE Access 8, 2020.
"""

from collections.abc import Callable
from typing import Protocol, TypeAlias

import numpy as np
from pymoo.core.algorithm import Algorithm
from pymoo.core.population import Population
from pymoo.core.problem import Problem
from pymoo.core.repair import Repair
from pymoo.core.termination import NoTermination
from pymoo.operators.crossover.sbx import SBX
from pymoo.operators.mutation.pm import PM

from nas.search.columns import Columns, FloatArray, from_scale, to_scale
from nas.search.frame import Frame
from nas.search.ledger import Results
from nas.search.protocol import Asked, SearchError, SearchProblem, Told
from searchspaces.space import Rows

MakeAlgorithm: TypeAlias = Callable[[Repair], Algorithm]
"""How an algorithm is made around the repair that rounds its vectors."""

RANDOM, CHILDREN, TOLD = range(3)
"""What a log holds: random rows drawn, children asked for, results handed over."""


class Operators(Protocol):
    """Probabilities and distribution indices of crossover and mutation."""

    @property
    def crossover_probability(self) -> float: ...

    @property
    def crossover_eta(self) -> float: ...

    @property
    def mutation_probability(self) -> float: ...

    @property
    def mutation_eta(self) -> float: ...


def crossover_and_mutation(operators: Operators) -> dict[str, object]:
    """The arguments of a genetic algorithm of pymoo."""
    return {
        "crossover": SBX(prob=operators.crossover_probability, eta=operators.crossover_eta),
        "mutation": PM(prob=operators.mutation_probability, eta=operators.mutation_eta),
    }


def require_population(population: int) -> int:
    """The population; raises SearchError below 2."""
    if population < 2:
        raise SearchError(f"population must be at least 2, but is {population}")
    return population


class PymooSearch:
    """Asks and tells. pymoo sees a vector of numbers: whole ones are rounded, choices count as numbers.

    frame.rng is the generator of the algorithm. log: all that was done to it, in order, as (what, n); fed:
    the results that were handed over, one for each TOLD. Both stay empty where keeps_log is False.
    """

    def __init__(
        self,
        name: str,
        problem: SearchProblem,
        make: MakeAlgorithm,
        *,
        options: str,
        population: int,
        seed: int,
        initial: Rows | None,
        keeps_log: bool = False,
    ) -> None:
        self.log: list[tuple[int, int]] = []
        self.fed: list[Results] = []
        self._keeps_log = keeps_log
        self.frame = Frame(name, problem, options, seed=seed, initial=initial)
        self.algorithm = make(_Rounding(self.frame.columns))
        self.algorithm.setup(
            _pymoo_problem(problem, self.frame.columns), seed=seed, termination=NoTermination()
        )
        self.frame.rng = self.algorithm.random_state
        self.batch_size = population

    def ask(self, n: int) -> Asked:
        frame = self.frame
        frame.check_n(n)
        self.hand_over()
        if len(frame.queue) < n and not self.algorithm.is_initialized:
            n_missing = max(self.batch_size - frame.n_asked, n) - len(frame.queue)
            frame.queue = np.concatenate((frame.queue, self.draw_random(n_missing)))
        elif not len(frame.queue):
            frame.queue = self.make_children()
        return frame.issue(frame.take_queue(n))

    def tell(self, told: Told) -> None:
        self.frame.tell(told)

    def settled(self) -> Frame:
        """The books after all that was told; raises SearchError while candidates are pending."""
        self.frame.require_settled()
        self.hand_over()
        return self.frame

    def hand_over(self) -> None:
        """Tells pymoo what came in since the last ask."""
        results = self.frame.news()
        if results is not None:
            self.feed(results)

    def feed(self, results: Results) -> None:
        """Tells pymoo some results."""
        self._note(TOLD, len(results.numbers))
        if self._keeps_log:
            self.fed.append(results)
        is_missing = ~np.isfinite(results.objectives).all(axis=1)
        limits = np.column_stack((results.violations, is_missing.astype(np.float64)))
        vectors = _vectors(self.frame.columns, results.rows)
        self.algorithm.tell(infills=Population.new(X=vectors, F=results.objectives, G=limits))

    def draw_random(self, n: int) -> Rows:
        """Random new rows."""
        self._note(RANDOM, n)
        return self.frame.draw_new(n)

    def make_children(self) -> Rows:
        """New rows of pymoo's mating; random ones where it finds none."""
        self._note(CHILDREN, 0)
        children = self.algorithm.ask()
        if children is None:
            self.algorithm.termination.force_termination = False  # random rows may bring new children
            return self.frame.draw_new(self.batch_size)
        rows = _rows(self.frame.columns, children.get("X"))
        rows = rows[self.frame.visited.is_new(rows)]
        self.frame.visited.mark(rows)
        return rows if len(rows) else self.frame.draw_new(self.batch_size)

    def _note(self, what: int, n: int) -> None:
        if self._keeps_log:
            self.log.append((what, n))


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
