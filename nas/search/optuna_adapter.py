"""A searcher around any sampler of Optuna.

Source: T. Akiba, S. Sano, T. Yanase, T. Ohta, M. Koyama, "Optuna: A next-generation hyperparameter
optimization framework", KDD 2019.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from optuna.samplers import BaseSampler

from nas.search.columns import FloatArray, IntArray, checked_rows, columns_of
from nas.search.ledger import Ledger, Results, in_order, total_violation
from nas.search.optuna_study import Row, TrialHistory
from nas.search.protocol import Asked, SearchError, SearchProblem, Snapshot, Told
from nas.search.snapshots import check_identity, pack_identity
from nas.search.visited import VisitedRows
from searchspaces.space import Rows

MakeSampler: TypeAlias = Callable[[int], BaseSampler]
"""Seed -> sampler."""

MAX_TRIES = 3


class OptunaSearch:
    """The searcher. Each ask makes a fresh sampler, seeded from the seed and the candidates so far, so what
    is asked next depends on the history and the seed alone.

    Results are handed over at the next ask, in the order of their numbers; until then their candidates
    count as running, and samplers keep away from them. Failed evaluations are told as failed. Broken
    limits are constraints of the trial; where a figure is missing (inf), the worst seen so far stands in,
    0 while none was seen, and without a broken limit the candidate counts as failed. A row asked before is
    tried again, and then replaced by a random one; a domain of up to 2^20 rows is never asked a row twice.

    n_most: finished candidates that the sampler sees, the best and the newest of them; None for all. Its cost
    grows with their number, and with a bound it doesn't.

    A snapshot holds the history, and restoring replays it into a new study. The continuation is exact on
    the same machine with the same versions; elsewhere, rounding may lead the models another way.
    """

    def __init__(
        self,
        problem: SearchProblem,
        algorithm: str,
        make_sampler: MakeSampler,
        *,
        seed: int,
        initial: Rows | None = None,
        population: int | None = None,
        n_most: int | None = None,
    ) -> None:
        self._problem = problem
        self._make_sampler = make_sampler
        self._seed = seed
        self._batch_size = population or 1
        self._n_most = n_most
        self._identity = pack_identity(algorithm, problem, f"{n_most}")
        self._columns = columns_of(problem.domain)
        self._queue = checked_rows(self._columns, initial)
        self._begin()

    @property
    def batch_size(self) -> int:
        return self._batch_size

    def ask(self, n: int) -> Asked:
        if n < 1:
            raise SearchError(f"ask: n must be at least 1, but got {n}")
        self._hand_over()
        rows, self._queue = self._queue[:n], self._queue[n:]
        for row in rows:
            self._add(row)
        return self._ledger.issue(rows if len(rows) else self._suggestions(n))

    def tell(self, told: Told) -> None:
        results, failed = self._ledger.settle(told)
        self._told.append(results)
        self._failed.append(failed)

    def snapshot(self) -> Snapshot:
        self._ledger.require_settled("snapshot")
        self._hand_over()
        return {
            "searcher": self._identity,
            "seed": np.array(self._seed),
            "queue": self._queue,
            "rows": self._history.rows,
            "figures": self._history.figures,
            "seen": np.array(self._history.seen, np.int64),
        }

    def restore(self, snapshot: Snapshot) -> None:
        check_identity(snapshot, self._identity)
        self._begin()
        self._seed = int(snapshot["seed"])
        self._queue = snapshot["queue"].astype(self._columns.dtype)
        rows: Rows = snapshot["rows"].astype(self._columns.dtype)
        for number, figures in enumerate(snapshot["figures"].astype(np.float64)):
            self._add(rows[number])
            self._history.finish(number, figures)
        self._ledger.reset(len(rows))
        self._history.see_only(snapshot["seen"].astype(np.int64).tolist())

    def _begin(self) -> None:
        self._ledger = Ledger(self._problem)
        self._history = TrialHistory(self._problem)
        self._visited = VisitedRows(self._columns)
        self._asked: set[bytes] = set()
        self._told: list[Results] = []
        self._failed: list[IntArray] = []

    def _add(self, row: Row) -> None:
        self._visited.mark(row[None])
        self._asked.add(row.tobytes())
        self._history.add(row)

    def _suggestions(self, n: int) -> Rows:
        state = np.random.SeedSequence((self._seed, self._ledger.n_asked)).generate_state(2)
        sampler, rng = self._make_sampler(int(state[0])), np.random.default_rng(int(state[1]))
        if self._n_most is not None:
            self._history.bound_to(self._n_most)
        first = self._ledger.n_asked
        for _ in range(n):
            if self._visited.is_exhausted:
                break
            self._suggest(sampler, rng)
        return self._history.rows_from(first)

    def _suggest(self, sampler: BaseSampler, rng: np.random.Generator) -> None:
        """Adds a row of the sampler, or a random one where it only repeats itself."""
        for _ in range(MAX_TRIES):
            row, trial = self._history.suggest(sampler)
            if row.tobytes() not in self._asked:
                self._visited.mark(row[None])
                self._asked.add(row.tobytes())
                self._history.add(row, trial)
                return
            self._history.drop(trial)
        self._add(self._visited.draw(rng, 1)[0])

    def _hand_over(self) -> None:
        """Tells the trials what came in since the last ask."""
        if not self._told:
            return
        results, failed = in_order(self._told), np.sort(np.concatenate(self._failed))
        self._told, self._failed = [], []
        for number in failed.tolist():
            self._history.finish(number, self._no_figures())
        excess = total_violation(results)
        for place, number in enumerate(results.numbers.tolist()):
            if np.isfinite(excess[place]):
                objectives = self._completed(results.objectives[place])
                margins = np.nan_to_num(results.margins[place])
                self._history.finish(number, np.concatenate((objectives, margins)))
            else:
                self._history.finish(number, self._no_figures())

    def _no_figures(self) -> FloatArray:
        return np.full(self._problem.n_objectives + self._problem.n_limits, np.nan)

    def _completed(self, objectives: FloatArray) -> FloatArray:
        """(n_objectives,) with missing figures replaced by the worst of their objective so far."""
        if np.isfinite(objectives).all():
            return objectives
        worst = self._history.worst[: self._problem.n_objectives]
        return np.where(np.isfinite(objectives), objectives, np.where(np.isfinite(worst), worst, 0.0))
