"""Anneals given designs further, each at prices of its own, and keeps the best that each comes to."""

import numpy as np

from nas.search.chains import Chains, ChainStates, chains_of, states_of
from nas.search.columns import FloatArray, IntArray, checked_rows, columns_of
from nas.search.ledger import Ledger, Results, in_order, total_violation
from nas.search.moves import moves_of, mutants_of
from nas.search.protocol import Asked, SearchError, SearchProblem, Snapshot, Told
from nas.search.snapshots import check_identity, pack_generator, pack_identity, unpack_generator
from searchspaces.space import Rows

BATCH = 512
"""Candidates that are asked at once, at least; few starts get more tries each."""
LEAST_TRIES = 4
MOVES = 1.5
"""Mean number of moves from a state to the next candidate."""
HOTTEST, COLDEST = 0.5, 0.05
"""Temperatures at both ends, in units of what cheap worsenings cost: a start must not melt."""


class Polish:
    """A searcher that asks its starts first, then changes of where the chain of each start stands.

    Of each start the best is kept, by its excess over the limits and then by the sum of the objectives at
    the weights of the start. It ends after a number of candidates that is known before. Snapshots are exact.
    """

    def __init__(
        self, problem: SearchProblem, starts: Rows, weights: FloatArray, *, seed: int, n_candidates: int
    ) -> None:
        """starts: (n, n_variables), at least one, all different. weights: (n, n_objectives), positive.

        n_candidates: all that are asked, starts among them; rounded up to whole rounds.
        """
        self._columns = columns_of(problem.domain)
        starts = checked_rows(self._columns, starts)
        n = len(starts)
        if not n or weights.shape != (n, problem.n_objectives):
            raise SearchError(
                f"polish: different starts and their weights (n, {problem.n_objectives}) must be there, "
                f"but got {n} starts and weights {weights.shape}"
            )
        self._identity = pack_identity("polish", problem, f"{n} {n_candidates}")
        self._moves = moves_of(problem.domain)
        self._rng = np.random.default_rng(seed)
        self._ledger = Ledger(problem)
        self._told: list[Results] = []
        self._starts = starts
        tries = max(LEAST_TRIES, -(-BATCH // n))
        rounds = max(1, -(-(n_candidates - n) // (n * tries)))
        self._best = _nowhere(starts, problem.n_objectives)
        self._chains = Chains(
            states=_nowhere(starts, problem.n_objectives),
            weights=weights,
            units=np.zeros(n),
            first=n,
            steps=rounds * tries,
            tries=tries,
            hottest=HOTTEST,
            coldest=COLDEST,
        )

    @property
    def batch_size(self) -> int:
        return self._chains.n_chains * self._chains.tries

    @property
    def best(self) -> ChainStates:
        """What each start came to; excess and objectives are infinite where nothing was told of it."""
        self._absorb()
        return self._best

    def ask(self, n: int) -> Asked:
        """At most n, none once all candidates are asked."""
        if n < 1:
            raise SearchError(f"ask: n must be at least 1, but got {n}")
        self._absorb()
        asked, chains = self._ledger.n_asked, self._chains
        if asked < chains.first:
            return self._ledger.issue(self._starts[asked : asked + n])
        left = chains.steps * chains.n_chains + chains.first - asked
        turns = chains.turns(asked + np.arange(min(n, left, self.batch_size)))
        states: Rows = chains.states.rows[turns]
        return self._ledger.issue(mutants_of(states, self._columns, self._moves, MOVES, self._rng))

    def tell(self, told: Told) -> None:
        results, _ = self._ledger.settle(told)
        if len(results.numbers):
            self._told.append(results)

    def snapshot(self) -> Snapshot:
        self._ledger.require_settled("snapshot")
        self._absorb()
        return {
            "searcher": self._identity,
            "generator": pack_generator(self._rng),
            "n_asked": np.array(self._ledger.n_asked),
            **self._chains.snapshot(),
            **self._best.snapshot("best/"),
        }

    def restore(self, snapshot: Snapshot) -> None:
        check_identity(snapshot, self._identity)
        self._rng = unpack_generator(snapshot["generator"])
        self._ledger.reset(int(snapshot["n_asked"]))
        chains = chains_of(snapshot, self._columns.dtype)
        assert chains is not None
        self._chains, self._told = chains, []
        self._best = states_of("best/", snapshot, self._columns.dtype)

    def _absorb(self) -> None:
        """Lets chains and the best see what was told since the last ask."""
        if not self._told:
            return
        results, self._told = in_order(self._told), []
        is_start = results.numbers < self._chains.first
        if is_start.any():
            self._begin(results.take(is_start))
        self._chains.step(results, self._rng)
        chains = np.where(is_start, results.numbers, self._chains.turns(results.numbers))
        self._keep(chains, results)

    def _begin(self, starts: Results) -> None:
        """Chains stand at their starts; a unit is what is a hundredth of how far the sums reach."""
        states, weights = self._chains.states, self._chains.weights
        states.objectives[starts.numbers] = starts.objectives
        states.violations[starts.numbers] = total_violation(starts)
        known = states.objectives[np.isfinite(states.objectives).all(axis=1)]
        if len(known):
            self._chains.units[:] = 1e-9 + 0.01 * np.ptp(known @ weights.T, axis=0)

    def _keep(self, chains: IntArray, results: Results) -> None:
        """Of each chain the best so far; of equal ones the first."""
        excess = total_violation(results)
        sums = (results.objectives * self._chains.weights[chains]).sum(axis=1)
        order = np.lexsort((sums, excess, chains))
        leaders = order[np.unique(chains[order], return_index=True)[1]]
        owners, best = chains[leaders], self._best
        before = (best.objectives[owners] * self._chains.weights[owners]).sum(axis=1)
        is_better = (excess[leaders] < best.violations[owners]) | (
            (excess[leaders] == best.violations[owners]) & (sums[leaders] < before)
        )
        owners, leaders = owners[is_better], leaders[is_better]
        best.rows[owners] = results.rows[leaders]
        best.objectives[owners] = results.objectives[leaders]
        best.violations[owners] = excess[leaders]


def _nowhere(starts: Rows, n_objectives: int) -> ChainStates:
    n = len(starts)
    return ChainStates(starts.copy(), np.full((n, n_objectives), np.inf), np.full(n, np.inf))
