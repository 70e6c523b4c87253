"""The walks of an annealing search: where each stands, at which prices, and what it accepts."""

from dataclasses import dataclass

import numpy as np

from nas.search.columns import FloatArray
from nas.search.ledger import Results, total_violation
from nas.search.protocol import Snapshot
from searchspaces.space import Rows

UNIT_SHARE = 0.2
"""Share of the worsenings that cost less than the unit of temperature."""
UNIT_RATE = 0.05
"""How fast the unit follows, on a logarithmic scale, with each worsening."""


@dataclass(slots=True, eq=False)
class ChainStates:
    """rows: (n, n_variables). objectives: (n, n_objectives). violations: (n,) total excess over limits."""

    rows: Rows
    objectives: FloatArray
    violations: FloatArray


@dataclass(slots=True, eq=False)
class Chains:
    """A cycle: n walks that cool down together.

    weights: (n, n_objectives), what each minimizes is the sum of weighted objectives. units: (n,) what a
    temperature of 1 stands for: the cost of cheap worsenings, measured on the way. first: number of the
    first candidate. steps: candidates of a chain until the cycle is over.
    """

    states: ChainStates
    weights: FloatArray
    units: FloatArray
    first: int
    steps: int
    hottest: float
    coldest: float

    @property
    def n_chains(self) -> int:
        return len(self.weights)

    def is_over(self, n_asked: int) -> bool:
        return n_asked - self.first >= self.steps * self.n_chains

    def step(self, results: Results, rng: np.random.Generator) -> None:
        """Goes to accepted candidates; those from before this cycle count for nothing."""
        results = results.take(results.numbers >= self.first)
        rounds = (results.numbers - self.first) // self.n_chains
        for number in np.unique(rounds):  # no chain is in a round twice
            self._step(results.take(rounds == number), int(number), rng)

    def _step(self, results: Results, round_number: int, rng: np.random.Generator) -> None:
        states, chains = self.states, results.numbers % self.n_chains
        violations = total_violation(results)
        with np.errstate(invalid="ignore"):  # what was not evaluated is infinite
            worsening = (results.objectives - states.objectives[chains]) * self.weights[chains]
        rise = worsening.sum(axis=1)
        by_price = (violations == 0) & (states.violations[chains] == 0)
        threshold = self._temperature(round_number) * self.units[chains] * rng.exponential(size=len(rise))
        accepted = np.where(by_price, rise <= threshold, violations <= states.violations[chains])
        worse = by_price & (rise > 0)
        self.units[chains[worse]] *= np.exp(
            UNIT_RATE * (UNIT_SHARE - (rise[worse] < self.units[chains[worse]]))
        )
        moved = chains[accepted]
        states.rows[moved] = results.rows[accepted]
        states.objectives[moved] = results.objectives[accepted]
        states.violations[moved] = violations[accepted]

    def _temperature(self, round_number: int) -> float:
        return float(self.hottest * (self.coldest / self.hottest) ** min(1.0, round_number / self.steps))

    def snapshot(self) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]:
        """The cycle as arrays."""
        return {
            "chains/rows": self.states.rows.copy(),
            "chains/objectives": self.states.objectives.copy(),
            "chains/violations": self.states.violations.copy(),
            "chains/weights": self.weights,
            "chains/units": self.units.copy(),
            "chains/course": np.array([self.first, self.steps]),
            "chains/temperatures": np.array([self.hottest, self.coldest]),
        }


def chains_of(snapshot: Snapshot, dtype: type[np.int32] | type[np.float64]) -> Chains | None:
    """The cycle of a snapshot; None where none had begun."""
    if "chains/rows" not in snapshot:
        return None
    floats = {
        name: snapshot[f"chains/{name}"].astype(np.float64)
        for name in ("objectives", "violations", "weights", "units", "temperatures")
    }
    first, steps = snapshot["chains/course"].astype(np.int64).tolist()
    hottest, coldest = floats["temperatures"].tolist()
    return Chains(
        ChainStates(snapshot["chains/rows"].astype(dtype), floats["objectives"], floats["violations"]),
        floats["weights"],
        floats["units"],
        first,
        steps,
        hottest,
        coldest,
    )
