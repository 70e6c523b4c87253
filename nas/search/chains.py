"""The walks of an annealing search: where each stands, at which prices, and what it accepts."""

from dataclasses import dataclass

import numpy as np

from nas.search.columns import FloatArray, IntArray
from nas.search.ledger import Results, total_violation
from nas.search.protocol import Snapshot
from searchspaces.space import Rows


@dataclass(slots=True, eq=False)
class ChainStates:
    """rows: (n, n_variables). objectives: (n, n_objectives). violations: (n,) total excess over limits."""

    rows: Rows
    objectives: FloatArray
    violations: FloatArray

    def snapshot(self, prefix: str) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]:
        """Copies, by name behind a prefix."""
        return {
            f"{prefix}rows": self.rows.copy(),
            f"{prefix}objectives": self.objectives.copy(),
            f"{prefix}violations": self.violations.copy(),
        }


@dataclass(slots=True, eq=False)
class Chains:
    """A cycle: n walks that cool down together.

    weights: (n, n_objectives), what each minimizes is the sum of weighted objectives. units: (n,) what a
    temperature of 1 stands for: the cost of cheap worsenings, measured on the way. first: number of the
    first candidate. steps: candidates of a chain until the cycle is over. tries: candidates of a chain that
    are numbered in a row.
    """

    states: ChainStates
    weights: FloatArray
    units: FloatArray
    first: int
    steps: int
    tries: int
    hottest: float
    coldest: float

    @property
    def n_chains(self) -> int:
        return len(self.weights)

    def is_over(self, n_asked: int) -> bool:
        return n_asked - self.first >= self.steps * self.n_chains

    def turns(self, numbers: IntArray) -> IntArray:
        """Which chain each candidate is of: `tries` in a row are of the same one."""
        return (numbers - self.first) // self.tries % self.n_chains

    def step(self, results: Results, rng: np.random.Generator) -> None:
        """Goes to accepted candidates; those from before this cycle count for nothing.

        Candidates of a chain that were asked together compete in the order of their numbers, each with
        the one accepted before it, so that a better one is not lost behind an equal one.
        """
        from nas.search.chain_kernels import accept  # numba is loaded when a search needs it

        if len(results.numbers) and results.numbers[0] < self.first:
            results = results.take(results.numbers >= self.first)
        thresholds = self._temperatures(results.numbers) * rng.exponential(size=len(results.numbers))
        last = accept(
            self.turns(results.numbers), thresholds, results.objectives, total_violation(results),
            self.states.objectives, self.states.violations, self.weights, self.units,
        )  # fmt: skip
        moved = np.flatnonzero(last >= 0)
        self.states.rows[moved] = results.rows[last[moved]]

    def _temperatures(self, numbers: IntArray) -> FloatArray:
        share = np.minimum(1.0, (numbers - self.first) / (self.steps * self.n_chains))
        temperatures: FloatArray = self.hottest * (self.coldest / self.hottest) ** share
        return temperatures

    def snapshot(self) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]:
        """The cycle as arrays."""
        return {
            **self.states.snapshot("chains/"),
            "chains/weights": self.weights,
            "chains/units": self.units.copy(),
            "chains/course": np.array([self.first, self.steps, self.tries]),
            "chains/temperatures": np.array([self.hottest, self.coldest]),
        }


def states_of(prefix: str, snapshot: Snapshot, dtype: type[np.int32] | type[np.float64]) -> ChainStates:
    """The states of a snapshot, by name behind a prefix."""
    return ChainStates(
        snapshot[f"{prefix}rows"].astype(dtype),
        snapshot[f"{prefix}objectives"].astype(np.float64),
        snapshot[f"{prefix}violations"].astype(np.float64),
    )


def chains_of(snapshot: Snapshot, dtype: type[np.int32] | type[np.float64]) -> Chains | None:
    """The cycle of a snapshot; None where none had begun."""
    if "chains/rows" not in snapshot:
        return None
    floats = {
        name: snapshot[f"chains/{name}"].astype(np.float64) for name in ("weights", "units", "temperatures")
    }
    first, steps, tries = snapshot["chains/course"].astype(np.int64).tolist()
    hottest, coldest = floats["temperatures"].tolist()
    return Chains(
        states_of("chains/", snapshot, dtype),
        floats["weights"],
        floats["units"],
        first,
        steps,
        tries,
        hottest,
        coldest,
    )
