"""Random search: uniform rows, the baseline that every other algorithm has to beat."""

import numpy as np

from nas.search.columns import checked_rows, columns_of
from nas.search.ledger import Ledger
from nas.search.protocol import Asked, SearchError, SearchProblem, Snapshot, Told
from nas.search.snapshots import check_identity, pack_generator, pack_identity, unpack_generator
from nas.search.visited import VisitedRows
from searchspaces.space import Rows


class RandomSearch:
    """Uniform over each variable, by ratio where it is logarithmic; the initial rows come first.

    A domain of up to 2^20 rows is walked without repetition, to its end. Results are not looked at.
    Snapshots are exact.
    """

    def __init__(
        self, problem: SearchProblem, *, seed: int, initial: Rows | None = None, population: int | None = None
    ) -> None:
        columns = columns_of(problem.domain)
        self._identity = pack_identity("random", problem, "")
        self._batch_size = population or 100
        self._rng = np.random.default_rng(seed)
        self._ledger = Ledger(problem)
        self._visited = VisitedRows(columns)
        self._queue = checked_rows(columns, initial)
        self._visited.mark(self._queue)

    @property
    def batch_size(self) -> int:
        return self._batch_size

    def ask(self, n: int) -> Asked:
        if n < 1:
            raise SearchError(f"ask: n must be at least 1, but got {n}")
        rows = self._queue[:n]
        self._queue = self._queue[n:]
        if not len(rows):
            rows = self._visited.draw(self._rng, n)
            self._visited.mark(rows)
        return self._ledger.issue(rows)

    def tell(self, told: Told) -> None:
        self._ledger.settle(told)

    def snapshot(self) -> Snapshot:
        self._ledger.require_settled("snapshot")
        return {
            "searcher": self._identity,
            "generator": pack_generator(self._rng),
            "n_asked": np.array(self._ledger.n_asked),
            "queue": self._queue,
            "visited": self._visited.to_bits(),
        }

    def restore(self, snapshot: Snapshot) -> None:
        check_identity(snapshot, self._identity)
        self._rng = unpack_generator(snapshot["generator"])
        self._ledger.reset(int(snapshot["n_asked"]))
        self._queue = snapshot["queue"].astype(self._queue.dtype)
        self._visited.from_bits(snapshot["visited"].astype(np.uint8))
