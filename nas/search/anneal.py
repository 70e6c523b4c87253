"""Annealing of many chains at once, each at fixed prices of the objectives, reheated in growing cycles.

Source of the acceptance: Metropolis et al. 1953; Kirkpatrick, Gelatt, Vecchi, "Optimization by Simulated
Annealing", Science 220, 1983. Prices turn a front into weighted sums; see prices.py.
"""

from dataclasses import dataclass, replace

import numpy as np

from nas.search.chains import Chains, ChainStates, chains_of
from nas.search.frame import Frame
from nas.search.ledger import Results, total_violation
from nas.search.moves import moves_of, mutants_of
from nas.search.population import Population, compete, feasible_points, population_of
from nas.search.prices import spread_weights
from nas.search.protocol import Asked, SearchError, SearchProblem, Snapshot, Told
from searchspaces.space import Rows


@dataclass(frozen=True, slots=True)
class AnnealOptions:
    """chains: walks at once, each at prices of its own, at least 2. tries: candidates of each chain that are
    asked at once, at least 1. archive: best candidates kept.

    moves: mean number of moves from a state to the next candidate, at least 1. first_steps: candidates of
    a chain in the first cycle. growth: of the cycles, at least 1. hottest, coldest: temperatures at the
    ends of a cycle, in units of what cheap worsenings cost.
    """

    chains: int = 32
    tries: int = 8
    archive: int = 400
    moves: float = 1.5
    first_steps: int = 200
    growth: float = 1.5
    hottest: float = 1.0
    coldest: float = 0.05

    def __post_init__(self) -> None:
        if self.chains < 2:
            raise SearchError(f"chains must be at least 2, but is {self.chains}")
        if self.tries < 1 or self.moves < 1 or self.growth < 1 or self.first_steps < 1:
            raise SearchError(
                "tries, moves, growth and first_steps must be at least 1, "
                f"but are {self.tries}, {self.moves}, {self.growth} and {self.first_steps}"
            )
        if not 0 < self.coldest <= self.hottest:
            raise SearchError(f"0 < coldest <= hottest must hold, but got {self.coldest} and {self.hottest}")


class Anneal:
    """The searcher. Each candidate is a change of where its chain stands; some are asked of a chain at once.

    Every cycle begins with new prices, spread over the front found so far, and every chain at the best
    known candidate of its price. Failed evaluations leave no trace. A domain of up to 2^20 rows is never
    asked a row twice; in a larger one a row may come again. Snapshots are exact.
    """

    def __init__(
        self,
        problem: SearchProblem,
        *,
        seed: int,
        initial: Rows | None = None,
        population: int | None = None,
        options: AnnealOptions | None = None,
    ) -> None:
        options = options or AnnealOptions()
        self._options = options if population is None else replace(options, chains=population)
        self._frame = Frame("anneal", problem, repr(self._options), seed=seed, initial=initial)
        self._moves = moves_of(problem.domain)
        nothing = np.empty((0, problem.n_objectives))
        self._archive = population_of(self._frame.no_rows, nothing, np.empty(0), self._options.archive)
        self._chains: Chains | None = None
        self._cycle_steps = self._options.first_steps

    @property
    def n_chains(self) -> int:
        return self._options.chains

    @property
    def batch_size(self) -> int:
        return self._options.chains * self._options.tries

    @property
    def n_asked(self) -> int:
        """Candidates asked so far."""
        return self._frame.n_asked

    @property
    def archive(self) -> Population:
        """The best candidates told so far."""
        self._absorb()
        return self._archive

    def adopt(self, others: Population) -> None:
        """Takes candidates of another search of the same problem into the archive."""
        if len(others):
            self._archive = compete(self._archive, others.as_results())

    def begin_cycle(self, steps: int) -> None:
        """Reheats at the next ask, for so many candidates of each chain; later cycles grow from there."""
        self._absorb()
        self._chains, self._cycle_steps = None, steps

    def ask(self, n: int) -> Asked:
        self._frame.check_n(n)
        self._absorb()
        if len(self._frame.queue) or not len(self._archive):
            return self._frame.issue(self._first_rows(n))
        chains = self._chains
        if chains is None or chains.is_over(self._frame.n_asked):
            chains = self._chains = self._reheated()
        return self._frame.issue(self._candidates(chains, min(n, self.batch_size)))

    def tell(self, told: Told) -> None:
        self._frame.tell(told)

    def snapshot(self) -> Snapshot:
        self._frame.require_settled()
        self._absorb()
        state = {
            **self._frame.snapshot(),
            "rows": self._archive.rows,
            "objectives": self._archive.objectives,
            "violations": self._archive.violations,
            "cycle_steps": np.array(self._cycle_steps),
        }
        return state | ({} if self._chains is None else self._chains.snapshot())

    def restore(self, snapshot: Snapshot) -> None:
        self._frame.restore(snapshot)
        self._archive = population_of(
            snapshot["rows"].astype(self._frame.columns.dtype),
            snapshot["objectives"].astype(np.float64),
            snapshot["violations"].astype(np.float64),
            self._options.archive,
        )
        self._cycle_steps = int(snapshot["cycle_steps"])
        self._chains = chains_of(snapshot, self._frame.columns.dtype)

    def _absorb(self) -> None:
        """Lets chains and archive see what was told since the last ask."""
        results = self._frame.news()
        if results is None:
            return
        news = self._news(results)
        if len(news.numbers):
            self._archive = compete(self._archive, news)
        if self._chains is not None:
            self._chains.step(results, self._frame.rng)

    def _news(self, results: Results) -> Results:
        """What nothing in the archive is at least as good as; while it has nothing feasible, all."""
        known = self._archive.objectives[self._archive.violations == 0]
        if not len(known):
            return results
        is_beaten = np.ones((len(results.numbers), len(known)), np.bool_)
        for column in range(known.shape[1]):
            is_beaten &= known[:, column] <= results.objectives[:, column, None]
        return results.take(~is_beaten.any(axis=1) & (total_violation(results) == 0))

    def _first_rows(self, n: int) -> Rows:
        """Initial rows; random ones where there are none, or nothing that was told has worked."""
        initial = self._frame.take_queue(n)
        return initial if len(initial) else self._frame.draw_new(min(n, self.batch_size))

    def _reheated(self) -> Chains:
        """A cycle with new prices, each chain at the best of the archive; longer than the one before."""
        archive, n_chains = self._archive, self.n_chains
        points = feasible_points(archive)
        weights = spread_weights(points, n_chains, self._frame.rng)
        best = np.argmin(points @ weights.T, axis=0)
        states = ChainStates(archive.rows[best], archive.objectives[best], archive.violations[best])
        steps = self._cycle_steps
        self._cycle_steps = int(np.ceil(steps * self._options.growth))
        return Chains(
            states=states,
            weights=weights,
            units=1e-9 + 0.01 * np.ptp(points @ weights.T, axis=0),
            first=self._frame.n_asked,
            steps=steps,
            tries=self._options.tries,
            hottest=self._options.hottest,
            coldest=self._options.coldest,
        )

    def _candidates(self, chains: Chains, n: int) -> Rows:
        """Changes of chains in turn; where all rows are remembered, other rows instead of known ones."""
        frame = self._frame
        turn = chains.turns(frame.n_asked + np.arange(n))
        rows = mutants_of(
            chains.states.rows[turn], frame.columns, self._moves, self._options.moves, frame.rng
        )
        if not frame.visited.is_complete:
            return rows
        rows = np.unique(rows[frame.visited.is_new(rows)], axis=0)
        frame.visited.mark(rows)
        return np.concatenate((rows, frame.draw_new(n - len(rows))))
