"""Regularized evolution: a queue of candidates in which the oldest dies, not the worst.

Source: E. Real, A. Aggarwal, Y. Huang, Q. V. Le, "Regularized Evolution for Image Classifier Architecture
Search", AAAI 2019, algorithm 1; with several objectives the tournament is won by front and then by crowding,
as in NSGA-II.
"""

from dataclasses import dataclass, replace

import numpy as np

from nas.search.frame import Frame
from nas.search.ledger import Results, total_violation
from nas.search.operators import MutationRates, mutate
from nas.search.population import survival_order
from nas.search.protocol import Asked, SearchError, SearchProblem, Snapshot, Told
from searchspaces.space import Rows

MAX_TRIES = 8


@dataclass(frozen=True, slots=True)
class RegularizedEvolutionOptions:
    """population: length of the queue, at least 2. sample: of a tournament, at least 1. mutations: mean
    number of changed values a child, at least 1. reset_rate: share of mutations that draw a new value.
    """

    population: int = 50
    sample: int = 10
    mutations: float = 1.3
    reset_rate: float = 0.5

    def __post_init__(self) -> None:
        if self.population < 2:
            raise SearchError(f"population must be at least 2, but is {self.population}")
        if self.sample < 1 or self.mutations < 1:
            raise SearchError(
                f"sample and mutations must be at least 1, but are {self.sample} and {self.mutations}"
            )


class RegularizedEvolution:
    """The searcher. Each child is a change of the winner of a random sample of the queue.

    Batches of any size may be under evaluation at once. Failed evaluations leave no trace. A domain of up to
    2^20 rows is never asked a row twice; in a larger one a row may come again. Snapshots are exact.
    """

    def __init__(
        self,
        problem: SearchProblem,
        *,
        seed: int,
        initial: Rows | None = None,
        population: int | None = None,
        options: RegularizedEvolutionOptions | None = None,
    ) -> None:
        options = options or RegularizedEvolutionOptions()
        self._options = options if population is None else replace(options, population=population)
        self._frame = Frame("regularized_evolution", problem, repr(self._options), seed=seed, initial=initial)
        n_free = len(self._frame.columns.free)
        mean = min(self._options.mutations, max(1.0, n_free / 2))
        self._rates = MutationRates(mean=mean, reset=self._options.reset_rate)
        self._rows = self._frame.no_rows
        self._objectives = np.empty((0, problem.n_objectives))
        self._excess = np.empty(0)

    @property
    def batch_size(self) -> int:
        return 1 if len(self._rows) else self._options.population

    def ask(self, n: int) -> Asked:
        self._frame.check_n(n)
        self._absorb()
        rows = self._frame.take_queue(n)
        if not len(rows):
            n_missing = self._options.population - self._frame.n_asked
            is_starting = n_missing > 0 or not len(self._rows)
            rows = self._frame.draw_new(min(n, max(n_missing, 1))) if is_starting else self._children(n)
        return self._frame.issue(rows)

    def tell(self, told: Told) -> None:
        self._frame.tell(told)

    def snapshot(self) -> Snapshot:
        self._frame.require_settled()
        self._absorb()
        return {
            **self._frame.snapshot(),
            "rows": self._rows,
            "objectives": self._objectives,
            "excess": self._excess,
        }

    def restore(self, snapshot: Snapshot) -> None:
        self._frame.restore(snapshot)
        self._rows = snapshot["rows"].astype(self._frame.columns.dtype)
        self._objectives = snapshot["objectives"].astype(np.float64)
        self._excess = snapshot["excess"].astype(np.float64)

    def _absorb(self) -> None:
        news = self._frame.news()
        if news is not None:
            size = self._options.population
            self._rows = np.concatenate((self._rows, news.rows))[-size:]
            self._objectives = np.concatenate((self._objectives, _finite(news)))[-size:]
            self._excess = np.concatenate((self._excess, total_violation(news)))[-size:]

    def _children(self, n: int) -> Rows:
        """Up to n rows, new ones where the domain is remembered; random ones where changes find none."""
        kept: list[Rows] = []
        for _ in range(MAX_TRIES):
            parents = np.array([self._winner() for _ in range(n - sum(map(len, kept)))])
            rows = np.ascontiguousarray(self._rows[parents])
            if len(self._frame.columns.free):
                mutate(self._frame.columns, rows, self._rates, self._frame.rng)
            if self._frame.visited.is_complete:
                rows = np.unique(rows[self._frame.visited.is_new(rows)], axis=0)
                self._frame.visited.mark(rows)
            kept.append(rows)
            if sum(map(len, kept)) >= n:
                return np.concatenate(kept)
        return np.concatenate((*kept, self._frame.draw_new(n - sum(map(len, kept)))))

    def _winner(self) -> int:
        """Index of the best of a random sample of the queue."""
        sample = self._frame.rng.choice(len(self._rows), size=min(self._options.sample, len(self._rows)))
        best = survival_order(self._objectives[sample], self._excess[sample], 1)
        return int(sample[best[0]])


def _finite(results: Results) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.nan_to_num(results.objectives, posinf=1e300)
