"""Pareto local search: every neighbor of every design on the front, until none is better.

Source: L. Paquete, M. Chiarandini, T. Stuetzle, "Pareto Local Optimum Sets in the Biobjective Traveling
Salesman Problem: An Experimental Study", 2004; restarts from changed members of the front when it is a local
optimum.
"""

from dataclasses import dataclass

import numpy as np

from nas.pareto import pareto_mask
from nas.search.columns import BoolArray, Columns, FloatArray, from_scale, to_scale
from nas.search.frame import Frame
from nas.search.ledger import Results, total_violation
from nas.search.operators import MutationRates, hash_rows, mutate
from nas.search.population import Population, compete, population_of
from nas.search.protocol import Asked, SearchError, SearchProblem, Snapshot, Told
from searchspaces.space import Rows

STEPS = (0.2, 0.05, 0.01)
"""Shares of the range of a real variable that its neighbors lie away."""


@dataclass(frozen=True, slots=True)
class LocalSearchOptions:
    """first: random rows to start from, at least 1. archive: best designs kept, at least 1. kick: mean number
    of values changed where every neighbor of the front is known, at least 1.
    """

    first: int = 20
    archive: int = 100
    kick: float = 3.0

    def __post_init__(self) -> None:
        if self.first < 1 or self.archive < 1 or self.kick < 1:
            raise SearchError(
                "first, archive and kick must be at least 1, "
                f"but are {self.first}, {self.archive} and {self.kick}"
            )


class ParetoLocalSearch:
    """The searcher. Neighbors differ in one value: whole numbers by 1 and by a tenth of the range, choices by
    any other label, reals by three steps either way.

    The designs of the front take turns, each asked for its neighbors in random order. No row is asked
    twice. `population` is the number of random rows at the start. Failed evaluations leave no trace.
    Snapshots are exact.
    """

    def __init__(
        self,
        problem: SearchProblem,
        *,
        seed: int,
        initial: Rows | None = None,
        population: int | None = None,
        options: LocalSearchOptions | None = None,
    ) -> None:
        self._options = options or LocalSearchOptions()
        self._first = population or self._options.first
        described = f"{self._options!r} {population}"
        self._frame = Frame("local_search", problem, described, seed=seed, initial=initial)
        self._asked: set[int] = set()
        self._settled: set[int] = set()
        self._archive = population_of(
            self._frame.no_rows, np.empty((0, problem.n_objectives)), np.empty(0), self._options.archive
        )

    @property
    def batch_size(self) -> int:
        return self._first if not len(self._archive) else 1

    def ask(self, n: int) -> Asked:
        self._frame.check_n(n)
        self._absorb()
        rows = self._frame.take_queue(n)
        if not len(rows):
            n_missing = self._first - self._frame.n_asked
            is_starting = n_missing > 0 or not len(self._archive)
            rows = self._frame.draw_new(min(n, max(n_missing, 1))) if is_starting else self._next(n)
        self._asked.update(_hashes(rows))
        return self._frame.issue(rows)

    def tell(self, told: Told) -> None:
        self._frame.tell(told)

    def snapshot(self) -> Snapshot:
        self._frame.require_settled()
        self._absorb()
        return {
            **self._frame.snapshot(),
            "asked": np.array(sorted(self._asked), np.uint64),
            "rows": self._archive.rows,
            "objectives": self._archive.objectives,
            "violations": self._archive.violations,
        }

    def restore(self, snapshot: Snapshot) -> None:
        self._frame.restore(snapshot)
        self._asked = set(snapshot["asked"].astype(np.uint64).tolist())
        self._settled = set()
        self._archive = population_of(
            snapshot["rows"].astype(self._frame.columns.dtype),
            snapshot["objectives"].astype(np.float64),
            snapshot["violations"].astype(np.float64),
            self._options.archive,
        )

    def _absorb(self) -> None:
        news = self._frame.news()
        if news is not None:
            self._archive = _front(compete(self._archive, _finite(news)), self._options.archive)

    def _next(self, n: int) -> Rows:
        """Up to n new neighbors of one member of the front that has some, or changed members, or random
        rows."""
        rng, columns = self._frame.rng, self._frame.columns
        members = self._archive.rows
        names = self._archive.hashes.tolist()
        for member in rng.permutation(len(members)).tolist():
            if names[member] in self._settled:
                continue
            rows = neighbors(columns, members[member])
            rows = rows[self._is_new(rows)]
            if len(rows):
                return self._marked(rows[rng.permutation(len(rows))[:n]])
            self._settled.add(names[member])  # all its neighbors are known, now and for ever
        if not len(columns.free):
            return self._frame.draw_new(n)
        rows = np.ascontiguousarray(members[rng.integers(0, len(members), size=n)])
        mutate(
            columns, rows, MutationRates(min(self._options.kick, max(1.0, len(columns.free) / 2)), 0.5), rng
        )
        rows = np.unique(rows, axis=0)
        rows = rows[self._is_new(rows)]
        return self._marked(rows) if len(rows) else self._frame.draw_new(n)

    def _marked(self, rows: Rows) -> Rows:
        self._frame.visited.mark(rows)
        return rows

    def _is_new(self, rows: Rows) -> BoolArray:
        return np.array([each not in self._asked for each in _hashes(rows)], np.bool_)


def _hashes(rows: Rows) -> list[int]:
    hashes: list[int] = hash_rows(np.ascontiguousarray(rows)).tolist()
    return hashes


def neighbors(columns: Columns, row: Rows) -> Rows:
    """(n, n_variables) all rows that differ from a row (n_variables,) in one value by one of its steps."""
    found: list[Rows] = []
    for column in columns.free.tolist():
        for value in np.unique(_values(columns, column, float(row[column]))):
            if value != row[column]:
                other = row.copy()
                other[column] = value
                found.append(other)
    return np.array(found, dtype=row.dtype).reshape(len(found), len(row))


def _values(columns: Columns, column: int, value: float) -> FloatArray:
    lower, upper = columns.lower[column], columns.upper[column]
    if columns.is_choice[column]:
        return np.arange(lower, upper + 1)
    if columns.is_real[column]:
        span = columns.high[column] - columns.low[column]
        steps = np.array([sign * step * span for step in STEPS for sign in (-1, 1)])
        index = np.full(len(steps), column)
        scaled = to_scale(columns, np.full(len(steps), value), index) + steps
        return from_scale(columns, scaled, index)
    far = max(1.0, np.rint((upper - lower) / 10))
    return np.clip(value + np.array([-far, -1, 1, far]), lower, upper)


def _finite(results: Results) -> Results:
    """Without those that have no figures, unless they break a limit."""
    return results.take(np.isfinite(total_violation(results)))


def _front(population: Population, capacity: int) -> Population:
    """The first front alone, or the least excess where nothing keeps the limits."""
    kept = population.violations == 0
    best = np.arange(len(kept)) == 0
    if kept.any():
        best = kept.copy()
        best[kept] = pareto_mask(population.objectives[kept])
    return population_of(
        population.rows[best], population.objectives[best], population.violations[best], capacity
    )
