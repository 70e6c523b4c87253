"""NSGA-II and annealing in turn: evolution finds what belongs together, annealing settles every gene."""

from dataclasses import dataclass

import numpy as np

from nas.search.anneal import Anneal, AnnealOptions
from nas.search.columns import IntArray
from nas.search.nsga2 import Nsga2, Nsga2Options
from nas.search.protocol import Asked, SearchError, SearchProblem, Snapshot, Told
from nas.search.snapshots import check_identity, pack_identity
from searchspaces.space import Rows


@dataclass(frozen=True, slots=True)
class Nsga2AnnealOptions:
    """first_phase: candidates of the first turn of NSGA-II. anneal_share: those of a cycle of annealing
    for each of the turn before it. growth: of the turns, so that no budget has to be known.
    """

    first_phase: int = 20_000
    anneal_share: float = 3.0
    growth: float = 2.0

    def __post_init__(self) -> None:
        if self.first_phase < 1 or self.anneal_share < 1 or self.growth < 1:
            raise SearchError(
                "first_phase, anneal_share and growth must be at least 1, "
                f"but are {self.first_phase}, {self.anneal_share} and {self.growth}"
            )


class Nsga2Anneal:
    """The searcher. A turn of NSGA-II, one annealing cycle from its front, and so on, each twice as long.

    Each turn begins with the best of the other. Its state is that of both, and for each phase (even ones are
    evolution) the number of its first candidate, and how many its own searcher was asked before. A domain
    of up to 2^20 rows is left to NSGA-II alone. Snapshots are exact.
    """

    def __init__(
        self,
        problem: SearchProblem,
        *,
        seed: int,
        initial: Rows | None = None,
        population: int | None = None,
        options: Nsga2AnnealOptions | None = None,
        evolution: Nsga2Options | None = None,
        annealing: AnnealOptions | None = None,
    ) -> None:
        self._options = options or Nsga2AnnealOptions()
        self._evolution = Nsga2(problem, seed=seed, initial=initial, population=population, options=evolution)
        self._annealing = Anneal(problem, seed=seed + 1, options=annealing)
        described = f"{self._options!r} {population} {evolution!r} {annealing!r}"
        self._identity = pack_identity("nsga2_anneal", problem, described)
        self._starts: IntArray = np.zeros(1, np.int64)
        self._before: IntArray = np.zeros(1, np.int64)
        self._n_asked = 0

    @property
    def batch_size(self) -> int:
        return self._active.batch_size

    @property
    def _active(self) -> Nsga2 | Anneal:
        return self._searcher(len(self._starts) - 1)

    def _searcher(self, phase: int) -> Nsga2 | Anneal:
        return self._annealing if phase % 2 else self._evolution

    def ask(self, n: int) -> Asked:
        if n < 1:
            raise SearchError(f"ask: n must be at least 1, but got {n}")
        if self._is_over():
            self._next_phase()
        asked = self._active.ask(n)
        numbers = asked.numbers - self._before[-1] + self._starts[-1]
        self._n_asked += len(numbers)
        return Asked(numbers, asked.rows)

    def tell(self, told: Told) -> None:
        known = (told.numbers >= 0) & (told.numbers < self._n_asked)
        if not known.all():
            number = int(told.numbers[np.argmin(known)])
            raise SearchError(
                f"tell: each number must be asked before, but {number} was never ({self._n_asked} asked)"
            )
        phases = np.searchsorted(self._starts, told.numbers, side="right") - 1
        for phase in np.unique(phases).tolist():
            part = phases == phase
            numbers = told.numbers[part] - self._starts[phase] + self._before[phase]
            self._searcher(phase).tell(
                Told(numbers, told.objectives[part], told.violations[part], told.failed[part])
            )

    def snapshot(self) -> Snapshot:
        evolution, annealing = self._evolution.snapshot(), self._annealing.snapshot()
        return {
            "searcher": self._identity,
            "starts": self._starts,
            "before": self._before,
            "n_asked": np.array(self._n_asked),
            **{f"evolution/{name}": array for name, array in evolution.items()},
            **{f"annealing/{name}": array for name, array in annealing.items()},
        }

    def restore(self, snapshot: Snapshot) -> None:
        check_identity(snapshot, self._identity)
        self._starts = snapshot["starts"].astype(np.int64)
        self._before = snapshot["before"].astype(np.int64)
        self._n_asked = int(snapshot["n_asked"])
        for name, searcher in (("evolution/", self._evolution), ("annealing/", self._annealing)):
            searcher.restore(
                {key.removeprefix(name): array for key, array in snapshot.items() if key.startswith(name)}
            )

    def _is_over(self) -> bool:
        phase = len(self._starts) - 1
        if self._evolution.remembers_all or not len(self._evolution.survivors):
            return False
        return self._n_asked - int(self._starts[-1]) >= self._length(phase)

    def _length(self, phase: int) -> int:
        turn = self._options.first_phase * self._options.growth ** (phase // 2)
        if phase % 2 == 0:
            return int(turn)
        batch_size = self._annealing.batch_size
        return int(np.ceil(turn * self._options.anneal_share / batch_size)) * batch_size

    def _next_phase(self) -> None:
        phase = len(self._starts)
        self._starts = np.append(self._starts, self._n_asked)
        if phase % 2:
            self._annealing.adopt(self._evolution.survivors)
            self._annealing.begin_cycle(self._length(phase) // self._annealing.n_chains)
        else:
            self._evolution.adopt(self._annealing.archive)
        self._before = np.append(self._before, self._active.n_asked)
