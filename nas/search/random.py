"""Random search: uniform rows, the baseline that every other algorithm has to beat."""

from nas.search.frame import Frame
from nas.search.protocol import Asked, SearchProblem, Snapshot, Told
from searchspaces.space import Rows


class RandomSearch:
    """Uniform over each variable, by ratio where it is logarithmic; the initial rows come first.

    A domain of up to 2^20 rows is walked without repetition, to its end. Results are not looked at.
    Snapshots are exact.
    """

    def __init__(
        self, problem: SearchProblem, *, seed: int, initial: Rows | None = None, population: int | None = None
    ) -> None:
        self._batch_size = population or 100
        self._frame = Frame("random", problem, "", seed=seed, initial=initial)

    @property
    def batch_size(self) -> int:
        return self._batch_size

    def ask(self, n: int) -> Asked:
        self._frame.check_n(n)
        rows = self._frame.take_queue(n)
        return self._frame.issue(rows if len(rows) else self._frame.draw_new(n))

    def tell(self, told: Told) -> None:
        self._frame.tell(told)
        self._frame.news()

    def snapshot(self) -> Snapshot:
        self._frame.require_settled()
        return self._frame.snapshot()

    def restore(self, snapshot: Snapshot) -> None:
        self._frame.restore(snapshot)
