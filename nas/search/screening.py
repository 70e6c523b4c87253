"""The filter of free limits, between any searcher and what evaluates its candidates.

A candidate that breaks a free limit is told to its searcher at once and never handed on, so it is neither
evaluated nor charged; nor is one handed on twice. Where no row keeps the free limits, the search ends before
the first evaluation, and says which limit bites and by how much.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from nas.search.columns import FloatArray, IntArray, columns_of, draw_rows
from nas.search.kept_rows import PATIENCE, Verdict, find_kept
from nas.search.ledger import Ledger
from nas.search.protocol import (
    Asked,
    FreeFigures,
    Screen,
    Searcher,
    SearcherFactory,
    SearchError,
    SearchProblem,
    Snapshot,
    Told,
)
from nas.search.snapshots import check_identity, pack_identity
from searchspaces.space import Rows

Canonical: TypeAlias = Callable[[Rows], Rows]
"""Rows -> rows, the same for rows that stand for the same design."""

SCARCE = 0.1
"""Share of random rows that keep the free limits below which a searcher is given some to start from."""
N_FIRST = 10
CHUNK = 256


def screened_search(
    factory: SearcherFactory,
    problem: SearchProblem,
    *,
    seed: int,
    initial: Rows | None = None,
    population: int | None = None,
    canonical: Canonical | None = None,
    patience: int = PATIENCE,
) -> Searcher:
    """A searcher behind the filter; without `problem.screen` and `canonical` the searcher itself.

    patience: rows that may be screened, some microseconds each, before it is said that none keeps the limits,
    and that may be refused in a row before a random one steps in.
    """
    if problem.screen is None and canonical is None:
        return factory(problem, seed=seed, initial=initial, population=population)
    screen = problem.screen or _nothing_known(problem)
    kept, verdict, share = find_kept(problem, screen, seed=seed, n_wanted=N_FIRST, patience=patience)
    if share < SCARCE and verdict is None:
        initial = kept if initial is None else np.concatenate((initial, kept))
    inner = factory(problem, seed=seed, initial=initial, population=population)
    return ScreenedSearch(inner, problem, screen, canonical or (lambda rows: rows), verdict, seed, patience)


class ScreenedSearch:
    """The filter. It gives out numbers of its own, for what is handed on alone.

    What is refused is told to the searcher with its margins and without objectives, what was evaluated before
    with its figures. Where the searcher finds nothing to hand on, a random row that keeps the limits steps
    in, which it is not told of. Snapshots are as exact as those of the searcher.
    """

    def __init__(
        self,
        inner: Searcher,
        problem: SearchProblem,
        screen: Screen,
        canonical: Canonical,
        verdict: Verdict | None,
        seed: int,
        patience: int,
    ) -> None:
        self.inner = inner
        self.verdict = verdict
        self.n_rejected = 0
        self._problem, self._screen, self._canonical = problem, screen, canonical
        self._seed, self._patience = seed, patience
        self._columns = columns_of(problem.domain)
        self._identity = pack_identity("screened", problem, "")
        self._begin()

    def _begin(self) -> None:
        self._ledger = Ledger(self._problem)
        self._inner_number: list[int] = []
        self._keys: dict[bytes, int] = {}
        self._copies: dict[int, list[int]] = {}
        self._figures: dict[int, tuple[FloatArray, FloatArray, bool]] = {}

    @property
    def batch_size(self) -> int:
        return self.inner.batch_size

    def ask(self, n: int) -> Asked:
        if n < 1:
            raise SearchError(f"ask: n must be at least 1, but got {n}")
        rows: list[Rows] = []
        inner_numbers: list[int] = []
        n_screened = 0
        while self.verdict is None and len(rows) < n and n_screened < self._patience:
            asked = self.inner.ask(n - len(rows))
            if not len(asked.rows):
                return self._issue(rows, inner_numbers)
            n_screened += len(asked.rows)
            for place in self._passing(asked, len(rows)):
                rows.append(asked.rows[place])
                inner_numbers.append(int(asked.numbers[place]))
        if not rows and self.verdict is None:
            rows, inner_numbers = self._stand_in()
        return self._issue(rows, inner_numbers)

    def tell(self, told: Told) -> None:
        self._ledger.settle(told)
        targets, sources = [], []
        for place, number in enumerate(told.numbers.tolist()):
            figures = (told.objectives[place], told.violations[place], bool(told.failed[place]))
            self._figures[number] = figures
            for inner in (self._inner_number[number], *self._copies.pop(number, ())):
                if inner >= 0:
                    targets.append(inner)
                    sources.append(place)
        if targets:
            self.inner.tell(
                Told(
                    np.array(targets),
                    told.objectives[sources],
                    told.violations[sources],
                    told.failed[sources],
                )
            )

    def snapshot(self) -> Snapshot:
        self._ledger.require_settled("snapshot")
        n = self._ledger.n_asked
        figures = [self._figures[number] for number in range(n)]
        shape = (n, self._problem.n_objectives), (n, self._problem.n_limits)
        keys = np.frombuffer(b"".join(self._keys), np.uint8) if self._keys else np.zeros(0, np.uint8)
        return {
            "screened": self._identity,
            "keys": keys,
            "inner_number": np.array(self._inner_number, np.int64),
            "objectives": np.array([each[0] for each in figures], np.float64).reshape(shape[0]),
            "violations": np.array([each[1] for each in figures], np.float64).reshape(shape[1]),
            "failed": np.array([each[2] for each in figures], np.bool_),
            **{f"inner/{name}": array for name, array in self.inner.snapshot().items()},
        }

    def restore(self, snapshot: Snapshot) -> None:
        check_identity({"searcher": snapshot.get("screened", np.zeros(0, np.uint8))}, self._identity)
        inner = {k.removeprefix("inner/"): v for k, v in snapshot.items() if k.startswith("inner/")}
        self.inner.restore(inner)
        self._begin()
        self._inner_number = snapshot["inner_number"].astype(np.int64).tolist()
        n = len(self._inner_number)
        self._ledger.reset(n)
        keys, size = snapshot["keys"].tobytes(), len(self._columns.lower) * self._columns.dtype().itemsize
        self._keys = {keys[k * size : (k + 1) * size]: k for k in range(n)}
        objectives = snapshot["objectives"].astype(np.float64)
        violations, failed = snapshot["violations"].astype(np.float64), snapshot["failed"]
        self._figures = {k: (objectives[k], violations[k], bool(failed[k])) for k in range(n)}

    def _passing(self, asked: Asked, n_before: int) -> list[int]:
        """Places of rows that are to be evaluated; the searcher is told of the others.

        n_before: rows that this ask already hands on.
        """
        free = self._screen(asked.rows)
        is_kept, keys = free.is_kept, self._canonical(asked.rows)
        refused: list[int] = np.flatnonzero(~is_kept).tolist()
        passing: list[int] = []
        for place in np.flatnonzero(is_kept).tolist():
            key, number = keys[place].tobytes(), int(asked.numbers[place])
            known = self._keys.get(key)
            if known is None:
                self._keys[key] = self._ledger.n_asked + n_before + len(passing)
                passing.append(place)
            elif known in self._figures:
                objectives, violations, failed = self._figures[known]
                self.inner.tell(
                    Told(np.array([number]), objectives[None], violations[None], np.array([failed]))
                )
            else:
                self._copies.setdefault(known, []).append(number)
        if refused:
            self.n_rejected += len(refused)
            self.inner.tell(_refusal(asked.numbers[refused], free, refused))
        return passing

    def _stand_in(self) -> tuple[list[Rows], list[int]]:
        """A random row that keeps the limits and was not handed on before; none where none is found."""
        rng = np.random.default_rng((self._seed, self._ledger.n_asked))
        chunk = min(CHUNK, self._problem.screen_rows or CHUNK)
        for _ in range(max(1, self._patience // chunk)):
            rows = draw_rows(self._columns, rng, chunk)
            rows = rows[self._screen(rows).is_kept]
            for row, canonical in zip(rows, self._canonical(rows), strict=True):
                key = canonical.tobytes()
                if key not in self._keys:
                    self._keys[key] = self._ledger.n_asked
                    return [row], [-1]
        return [], []

    def _issue(self, rows: list[Rows], inner_numbers: list[int]) -> Asked:
        self._inner_number += inner_numbers
        shape = (len(rows), self._columns.n_variables)
        made = np.array(rows, dtype=np.float64).reshape(shape)
        return self._ledger.issue(made.astype(self._columns.dtype))


def _refusal(numbers: IntArray, free: FreeFigures, places: list[int]) -> Told:
    """What is known: margins, and objectives where they are free; what is not known counts as kept."""
    margins, objectives = free.margins[places], free.objectives[places]
    return Told(
        numbers,
        np.where(np.isnan(objectives), np.inf, objectives),
        np.where(np.isnan(margins), 0.0, margins),
        np.zeros(len(places), np.bool_),
    )


def _nothing_known(problem: SearchProblem) -> Screen:
    def screen(rows: Rows) -> FreeFigures:
        n = len(rows)
        unknown = np.full((n, problem.n_limits), np.nan), np.full((n, problem.n_objectives), np.nan)
        return FreeFigures(*unknown)

    return screen
