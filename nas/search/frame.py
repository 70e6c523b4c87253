"""What all searchers keep alike: numbers, the rows asked so far, first rows, results not yet looked at."""

import numpy as np

from nas.search.columns import checked_rows, columns_of
from nas.search.ledger import Ledger, Results, in_order
from nas.search.protocol import Asked, SearchError, SearchProblem, Snapshot, Told
from nas.search.snapshots import check_identity, pack_generator, pack_identity, unpack_generator
from nas.search.visited import VisitedRows
from searchspaces.space import Rows


class Frame:
    """The books of one search. An algorithm holds one, and adds to it only what it decides by.

    Every row that it gives out by itself is marked: initial rows once, random rows never known ones while
    the domain is small enough to be remembered.
    """

    def __init__(
        self, algorithm: str, problem: SearchProblem, options: str, *, seed: int, initial: Rows | None
    ) -> None:
        self.problem = problem
        self.columns = columns_of(problem.domain)
        self.ledger = Ledger(problem)
        self.visited = VisitedRows(self.columns)
        self.rng = np.random.default_rng(seed)
        self.queue = checked_rows(self.columns, initial)
        self.visited.mark(self.queue)
        self._identity = pack_identity(algorithm, problem, options)
        self._told: list[Results] = []

    @property
    def n_asked(self) -> int:
        """Candidates asked so far."""
        return self.ledger.n_asked

    @property
    def no_rows(self) -> Rows:
        """(0, n_variables) of the domain's dtype."""
        return self.queue[:0]

    def check_n(self, n: int) -> None:
        """Raises SearchError for an ask of less than one."""
        if n < 1:
            raise SearchError(f"ask: n must be at least 1, but got {n}")

    def take_queue(self, n: int) -> Rows:
        """Up to n of the rows that wait to be asked, in their order."""
        rows, self.queue = self.queue[:n], self.queue[n:]
        return rows

    def draw_new(self, n: int) -> Rows:
        """Up to n random rows, marked; none for n below 1, fewer only where no more are left."""
        rows = self.visited.draw(self.rng, max(n, 0))
        self.visited.mark(rows)
        return rows

    def issue(self, rows: Rows) -> Asked:
        """Gives numbers to rows (n, n_variables)."""
        return self.ledger.issue(rows)

    def tell(self, told: Told) -> None:
        """Keeps results until `news` takes them; failed evaluations leave no trace."""
        results, _ = self.ledger.settle(told)
        if len(results.numbers):
            self._told.append(results)

    def news(self) -> Results | None:
        """What was told since the last call, in the order of the numbers; None for nothing."""
        if not self._told:
            return None
        results, self._told = in_order(self._told), []
        return results

    def snapshot(self) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]:
        """The books as arrays; `news` must have been taken. Raises SearchError while candidates are
        pending."""
        return {
            "searcher": self._identity,
            "generator": pack_generator(self.rng),
            "n_asked": np.array(self.ledger.n_asked),
            "queue": self.queue,
            "visited": self.visited.to_bits(),
        }

    def require_settled(self) -> None:
        """Raises SearchError while candidates are pending."""
        self.ledger.require_settled("snapshot")

    def restore(self, snapshot: Snapshot) -> None:
        """Takes over the books of an equal search."""
        check_identity(snapshot, self._identity)
        self.rng = unpack_generator(snapshot["generator"])
        self.ledger.reset(int(snapshot["n_asked"]))
        self.queue = snapshot["queue"].astype(self.columns.dtype)
        self.visited.from_bits(snapshot["visited"].astype(np.uint8))
        self._told = []
