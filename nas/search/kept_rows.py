"""Rows that keep all free limits, found without an evaluation; or why there are none."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from nas.search.columns import FloatArray, columns_of, draw_rows
from nas.search.protocol import Screen, SearchProblem, Told
from nas.search.visited import VisitedRows
from searchspaces.space import Rows

PATIENCE = 20_000
ENUMERATED = 10
"""A domain of up to so many times the patience is screened wholly."""
CHUNK = 2_000
POPULATION = 100


@dataclass(frozen=True, slots=True)
class Verdict:
    """No row that was screened keeps the free limits.

    excess: (n_limits,) the smallest relative excess over each limit alone. nearest: the smallest sum of a
    row's excesses. n_screened: how many rows. is_proven: they were all that the domain has.
    """

    excess: FloatArray
    nearest: float
    n_screened: int
    is_proven: bool

    def text(self, limits: Sequence[str]) -> str:
        """A sentence with the limit that bites and by how much. limits: their names."""
        what = (
            f"all {self.n_screened:,} designs of the space"
            if self.is_proven
            else f"{self.n_screened:,} designs"
        )
        worst = int(self.excess.argmax())
        if self.excess[worst] > 0:
            reason = (
                f"none keeps the limit on {limits[worst]}: the nearest misses it by {self.excess[worst]:.1%}"
            )
        else:
            names = ", ".join(name for name, excess in zip(limits, self.excess, strict=True) if excess == 0)
            reason = (
                f"none keeps all limits at once ({names}): "
                f"the nearest misses them by {self.nearest:.1%} in sum"
            )
        return f"{what} were priced before any evaluation, and {reason}"


@dataclass(slots=True, eq=False)
class _Tally:
    """What was screened so far."""

    excess: FloatArray
    nearest: float = np.inf
    n_screened: int = 0
    kept: list[Rows] = field(default_factory=list)

    def note(self, rows: Rows, margins: FloatArray) -> None:
        over = np.where(np.isnan(margins), 0.0, np.maximum(margins, 0.0))
        self.n_screened += len(rows)
        if len(rows):
            self.excess = np.minimum(self.excess, over.min(axis=0, initial=np.inf))
            self.nearest = min(self.nearest, float(over.sum(axis=1).min()))
            self.kept.append(rows[over.sum(axis=1) == 0])

    @property
    def n_kept(self) -> int:
        return sum(len(rows) for rows in self.kept)


def find_kept(
    problem: SearchProblem, screen: Screen, *, seed: int, n_wanted: int, patience: int = PATIENCE
) -> tuple[Rows, Verdict | None, float]:
    """Up to n_wanted rows that keep the free limits; why there is none, or None; their share at random.

    Random rows first, at most `patience`. Where none keeps the limits, all rows of a small domain, and in a
    large one as many again that descend on the excess.
    """
    columns, rng = columns_of(problem.domain), np.random.default_rng((seed, 0))
    tally = _Tally(np.full(problem.n_limits, np.inf))
    chunk = int(np.clip(patience // 40, 10, CHUNK))
    while tally.n_kept < n_wanted and tally.n_screened < patience:
        rows = draw_rows(columns, rng, min(chunk, patience - tally.n_screened))
        tally.note(rows, screen(rows).margins)
    share = tally.n_kept / max(1, tally.n_screened)
    visited = VisitedRows(columns)
    is_small = visited.is_complete and visited.n_rows <= ENUMERATED * patience
    if not tally.n_kept and is_small:
        tally = _all_rows(problem, screen, visited, rng, chunk)
    elif tally.n_kept < n_wanted:
        _descend(problem, screen, seed, tally, n_wanted, patience)
    if tally.n_kept:
        kept = np.concatenate(tally.kept)
        first = np.sort(np.unique(kept, axis=0, return_index=True)[1])
        return kept[first[:n_wanted]], None, share
    return tally.kept[0], Verdict(tally.excess, tally.nearest, tally.n_screened, is_small), share


def _all_rows(
    problem: SearchProblem, screen: Screen, visited: VisitedRows, rng: np.random.Generator, chunk: int
) -> _Tally:
    tally = _Tally(np.full(problem.n_limits, np.inf))
    while not visited.is_exhausted:
        rows = visited.draw(rng, chunk)
        visited.mark(rows)
        tally.note(rows, screen(rows).margins)
    return tally


def _descend(
    problem: SearchProblem, screen: Screen, seed: int, tally: _Tally, n_wanted: int, patience: int
) -> None:
    """NSGA-II on the excess alone; every row is as good as another where it keeps the limits."""
    from nas.search.nsga2 import Nsga2  # its kernels take a second to load

    only_limits = SearchProblem(problem.domain, 1, problem.n_limits)
    first = np.concatenate(tally.kept)[:n_wanted]
    search = Nsga2(only_limits, seed=seed, initial=first, population=POPULATION)
    end = tally.n_screened + patience
    while tally.n_kept < n_wanted and tally.n_screened < end:
        asked = search.ask(POPULATION)
        if not len(asked.rows):
            return
        margins = screen(asked.rows).margins
        tally.note(asked.rows, margins)
        over = np.where(np.isnan(margins), 0.0, margins)
        n = len(asked.rows)
        search.tell(Told(asked.numbers, np.zeros((n, 1)), over, np.zeros(n, np.bool_)))
