"""Quasi-random search: rows that cover the domain evenly, whatever their number.

Source: I. M. Sobol', "On the distribution of points in a cube and the approximate evaluation of integrals",
1967; scrambled: A. B. Owen, "Scrambling Sobol' and Niederreiter-Xing points", Journal of Complexity 14, 1998.
"""

import numpy as np
from scipy.stats import qmc

from nas.search.columns import Columns, from_scale
from nas.search.frame import Frame
from nas.search.protocol import Asked, SearchProblem, Snapshot, Told
from searchspaces.space import Rows

LOG2_POINTS = 20


def sobol_rows(columns: Columns, seed: int, first: int, n: int) -> Rows:
    """(n, n_variables) rows number first, first + 1, ... of the sequence of a seed; by ratio where is_log.

    From number 2^20 on the sequence begins again, scrambled otherwise.
    """
    turn, start = divmod(first, 1 << LOG2_POINTS)
    n = min(n, (1 << LOG2_POINTS) - start)
    sampler = qmc.Sobol(columns.n_variables, scramble=True, rng=np.random.default_rng((seed, turn)))
    if start:
        sampler.fast_forward(start)
    points = _drawn(sampler, n)
    index = np.tile(np.arange(columns.n_variables), n)
    scaled = columns.low + points * (columns.high - columns.low)
    rows: Rows = from_scale(columns, scaled.ravel(), index).astype(columns.dtype)
    return rows.reshape(n, columns.n_variables)


def _drawn(sampler: qmc.Sobol, n: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Points without the advice that their number be a power of two: searches stop where they stop."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        points: np.ndarray[tuple[int, int], np.dtype[np.float64]] = sampler.random(n)
    return points


class QuasiRandomSearch:
    """A scrambled Sobol sequence over the domain; the initial rows come first.

    A domain of up to 2^20 rows is walked without repetition, to its end; where the sequence repeats rows,
    random new ones step in. Results are not looked at. Snapshots are exact.
    """

    def __init__(
        self, problem: SearchProblem, *, seed: int, initial: Rows | None = None, population: int | None = None
    ) -> None:
        self._batch_size = population or 100
        self._frame = Frame("quasi_random", problem, "", seed=seed, initial=initial)
        self._seed = seed
        self._place = 0

    @property
    def batch_size(self) -> int:
        return self._batch_size

    def ask(self, n: int) -> Asked:
        self._frame.check_n(n)
        rows = self._frame.take_queue(n)
        return self._frame.issue(rows if len(rows) else self._next(n))

    def tell(self, told: Told) -> None:
        self._frame.tell(told)
        self._frame.news()

    def snapshot(self) -> Snapshot:
        self._frame.require_settled()
        return {**self._frame.snapshot(), "place": np.array([self._seed, self._place])}

    def restore(self, snapshot: Snapshot) -> None:
        self._frame.restore(snapshot)
        self._seed, self._place = snapshot["place"].astype(np.int64).tolist()

    def _next(self, n: int) -> Rows:
        rows = sobol_rows(self._frame.columns, self._seed, self._place, n)
        self._place += len(rows)
        if self._frame.visited.is_complete:
            first = np.sort(np.unique(rows, axis=0, return_index=True)[1])
            rows = rows[first]
            rows = rows[self._frame.visited.is_new(rows)]
            self._frame.visited.mark(rows)
        return rows if len(rows) else self._frame.draw_new(n)
