"""Surrogate-assisted evolution: Gaussian processes foretell figures, and evolution runs on what they
foretell.

Sources: D. R. Jones, M. Schonlau, W. J. Welch, "Efficient Global Optimization of Expensive Black-Box
Functions", Journal of Global Optimization 13, 1998; limits: J. Gardner et al., "Bayesian Optimization with
Inequality Constraints", ICML 2014; the evolution of candidates within the models: Y. Jin, "Surrogate-assisted
evolutionary computation", Swarm and Evolutionary Computation 1, 2011.
"""

from dataclasses import dataclass, field

import numpy as np

from nas.search.columns import BoolArray, FloatArray
from nas.search.frame import Frame
from nas.search.ledger import Results, total_violation
from nas.search.operators import hash_rows
from nas.search.population import survival_order
from nas.search.protocol import Asked, FreeFigures, SearchError, SearchProblem, Snapshot, Told
from nas.search.quasi_random import sobol_rows
from nas.search.surrogate.features import features_of
from nas.search.surrogate.gaussian_process import Hyper
from nas.search.surrogate.infill import Infill, propose
from nas.search.surrogate.models import Models, make_models
from searchspaces.space import Rows

CHUNK = 64
RELEARN = 1.1
"""Hyperparameters are learned anew whenever there are so many times as many results."""


@dataclass(frozen=True, slots=True)
class SurrogateOptions:
    """first: rows of even cover before the first model, at least 2; None takes one more than there are
    variables, 8 to 12. infill: how candidates are looked for.
    """

    first: int | None = None
    infill: Infill = field(default_factory=Infill)

    def __post_init__(self) -> None:
        if self.first is not None and self.first < 2:
            raise SearchError(f"first must be at least 2, but is {self.first}")


class SurrogateSearch:
    """The searcher: an even cover, then candidates of the largest expected improvement.

    No row is asked twice. Free figures are taken as known, and what breaks a free limit is not asked. The
    models are made of 400 candidates at most, so an ask takes some tens of milliseconds at any length of the
    history. `population` is the batch size, 1 where left out; the rows of a batch keep apart. Failed
    evaluations leave no trace. Snapshots hold the history and what was learned of it: exact on the same
    machine with the same versions.
    """

    def __init__(
        self,
        problem: SearchProblem,
        *,
        seed: int,
        initial: Rows | None = None,
        population: int | None = None,
        options: SurrogateOptions | None = None,
    ) -> None:
        self._options = options or SurrogateOptions()
        self._population = population
        described = f"{self._options!r} {population}"
        self._frame = Frame("surrogate", problem, described, seed=seed, initial=initial)
        self._seed = seed
        self._features = features_of(self._frame.columns)
        self._first = self._options.first or int(np.clip(len(self._frame.columns.free) + 1, 8, 12))
        self._n_cover = 0
        self._asked = np.empty(0, np.uint64)
        self._hypers: dict[int, Hyper] = {}
        self._n_learned = 0
        self._history = Results(
            np.empty(0, np.int64),
            self._frame.no_rows,
            np.empty((0, problem.n_objectives)),
            np.empty((0, problem.n_limits)),
        )

    @property
    def batch_size(self) -> int:
        return self._population or 1

    @property
    def n_asked(self) -> int:
        """Candidates asked so far."""
        return self._frame.n_asked

    @property
    def history(self) -> Results:
        """All that was told and did not fail."""
        self._absorb()
        return self._history

    def ask(self, n: int) -> Asked:
        self._frame.check_n(n)
        self._absorb()
        rows = self._frame.take_queue(n)
        if not len(rows):
            rows = self._proposals(n)
        self._asked = np.concatenate((self._asked, hash_rows(rows)))
        return self._frame.issue(rows)

    def tell(self, told: Told) -> None:
        self._frame.tell(told)

    def snapshot(self) -> Snapshot:
        self._frame.require_settled()
        self._absorb()
        keys = sorted(self._hypers)
        return {
            **self._frame.snapshot(),
            "counters": np.array([self._seed, self._n_cover, self._n_learned]),
            "asked": self._asked,
            "numbers": self._history.numbers,
            "rows": self._history.rows,
            "objectives": self._history.objectives,
            "margins": self._history.margins,
            "hyper_keys": np.array(keys, np.int64),
            "hypers": np.array([self._hypers[key].vector for key in keys], np.float64),
        }

    def restore(self, snapshot: Snapshot) -> None:
        self._frame.restore(snapshot)
        self._seed, self._n_cover, self._n_learned = snapshot["counters"].astype(np.int64).tolist()
        self._asked = snapshot["asked"].astype(np.uint64)
        self._history = Results(
            snapshot["numbers"].astype(np.int64),
            snapshot["rows"].astype(self._frame.columns.dtype),
            snapshot["objectives"].astype(np.float64),
            snapshot["margins"].astype(np.float64),
        )
        vectors = snapshot["hypers"].astype(np.float64)
        self._hypers = {
            int(key): Hyper(vector[:-1], float(vector[-1]))
            for key, vector in zip(snapshot["hyper_keys"].astype(np.int64), vectors, strict=True)
        }

    def _absorb(self) -> None:
        news = self._frame.news()
        if news is None:
            return
        old = self._history
        self._history = Results(
            np.concatenate((old.numbers, news.numbers)),
            np.concatenate((old.rows, news.rows)),
            np.concatenate((old.objectives, news.objectives)),
            np.concatenate((old.margins, news.margins)),
        )

    def _proposals(self, n: int) -> Rows:
        history = self._history
        n_known = int(np.isfinite(history.objectives).all(axis=1).sum())
        if self._frame.n_asked < self._first or n_known < 2:
            return self._cover(min(n, max(1, self._first - self._frame.n_asked)))
        models = self._models()
        rows = propose(
            models,
            self._parents(),
            self._frame.ledger.pending_rows,
            n,
            self._screen,
            self._is_new,
            self._frame.columns,
            self._frame.rng,
            self._options.infill,
            self._frame.problem.screen_rows,
        )
        self._frame.visited.mark(rows)
        return rows if len(rows) else self._draw_kept(n)

    def _models(self) -> Models:
        n = len(self._history.numbers)
        learn = n >= RELEARN * self._n_learned
        models = make_models(self._features, self._history, self._free_limits(), self._hypers, learn=learn)
        if learn:
            self._n_learned = n
        self._hypers |= models.hypers
        return models

    def _parents(self) -> Rows:
        """The best candidates, best first."""
        history = self._history
        finite = np.nan_to_num(history.objectives, posinf=1e300)
        order = survival_order(finite, total_violation(history), self._options.infill.parents)
        return history.rows[order]

    def _cover(self, n: int) -> Rows:
        """Rows of the Sobol sequence that keep the free limits."""
        columns, chunk = self._frame.columns, self._chunk
        for _ in range(self._options.infill.patience):
            rows = sobol_rows(columns, self._seed, self._n_cover, chunk)
            self._n_cover += chunk
            good = np.flatnonzero(self._screen_kept(rows) & self._is_new(rows))[:n]
            if len(good):
                self._n_cover += int(good[-1]) + 1 - chunk
                self._frame.visited.mark(rows[good])
                return rows[good]
        return self._draw_kept(n)

    def _draw_kept(self, n: int) -> Rows:
        """Random new rows, of those that keep the free limits where some are found."""
        rows = self._frame.no_rows
        for _ in range(self._options.infill.patience):
            drawn = self._frame.visited.draw(self._frame.rng, self._chunk)
            rows = drawn[self._is_new(drawn)]
            kept = rows[self._screen_kept(rows)]
            if len(kept) or not len(drawn):
                rows = kept
                break
        self._frame.visited.mark(rows[:n])
        return rows[:n]

    @property
    def _chunk(self) -> int:
        """Rows that are screened at once where the first that keeps the limits is taken."""
        return min(CHUNK, self._frame.problem.screen_rows or CHUNK)

    def _screen(self, rows: Rows) -> FreeFigures | None:
        screen = self._frame.problem.screen
        return None if screen is None else screen(rows)

    def _screen_kept(self, rows: Rows) -> BoolArray:
        free = self._screen(rows)
        return np.ones(len(rows), np.bool_) if free is None else free.is_kept

    def _is_new(self, rows: Rows) -> BoolArray:
        """(n,) bool: not asked before, and not twice among these."""
        hashes = hash_rows(np.ascontiguousarray(rows))
        is_new = ~np.isin(hashes, self._asked)
        first = np.zeros(len(rows), np.bool_)
        first[np.unique(hashes, return_index=True)[1]] = True
        return is_new & first

    def _free_limits(self) -> list[bool]:
        free = self._screen(self._history.rows[:1])
        if free is None:
            return [False] * self._frame.problem.n_limits
        known: FloatArray = ~np.isnan(free.margins[0])
        return [bool(each) for each in known]
