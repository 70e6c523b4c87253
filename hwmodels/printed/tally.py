"""Units counted by the part of the circuit that needs them, and when signals arrive."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from hwmodels.printed.costs import FloatArray, IntArray
from hwmodels.printed.units import UNITS


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """The units of one circuit. delay_s: (n_units, pins, outputs), see `UnitCosts`.

    counts: number of units by (part, unit). reads: mask of the bits that are read, by feature.
    """

    delay_s: FloatArray
    counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    reads: dict[int, int] = field(default_factory=dict)

    def place(self, part: str, unit: int, *arrivals_s: float) -> tuple[float, float]:
        """Counts one unit whose pins settle at `arrivals_s`; when its two outputs settle (0 for none)."""
        self.counts[part, unit] += 1
        delay = self.delay_s[unit]
        first = max(t + delay[pin, 0] for pin, t in enumerate(arrivals_s))
        second = max(t + delay[pin, 1] for pin, t in enumerate(arrivals_s))
        return float(first), float(second)

    def add(self, part: str, unit: int, count: int) -> None:
        """Counts units whose pins do not matter for the time."""
        self.counts[part, unit] += count

    def read(self, feature: int, mask: int) -> None:
        """Notes that the circuit reads some bits of a feature."""
        if mask:
            self.reads[feature] = self.reads.get(feature, 0) | mask

    def totals(self) -> IntArray:
        """(n_units,) int64, how often each unit is there."""
        totals = np.zeros(len(UNITS), dtype=np.int64)
        for (_, unit), count in self.counts.items():
            totals[unit] += count
        return totals
