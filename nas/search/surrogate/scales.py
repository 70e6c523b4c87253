"""Figures on the scale that models of them are made on."""

from dataclasses import dataclass

import numpy as np

from nas.search.columns import FloatArray

LARGE_RATIO = 10.0
"""Between the largest and the smallest figure, all above 0, from which on ratios count, not differences."""


@dataclass(frozen=True, slots=True)
class ObjectiveScale:
    """Standardized; by ratio where is_log; beyond the median, where it matters little how bad, compressed.

    Every figure keeps its rank, so that fronts are the same on both scales.
    """

    is_log: bool
    median: float
    reach: float
    center: float
    spread: float

    def apply(self, values: FloatArray) -> FloatArray:
        """(n,) figures on this scale."""
        return (self._warped(values) - self.center) / self.spread

    def _warped(self, values: FloatArray) -> FloatArray:
        scaled = np.log(np.maximum(values, 1e-300)) if self.is_log else values
        over = np.maximum(scaled - self.median, 0.0) / self.reach
        return np.where(over > 0, self.median + self.reach * np.log1p(over), scaled)


def objective_scale(values: FloatArray) -> ObjectiveScale:
    """The scale of finite figures (n,), n at least 1."""
    is_log = bool(values.min() > 0 and values.max() >= LARGE_RATIO * values.min())
    scaled = np.log(values) if is_log else values
    median = float(np.median(scaled))
    reach = max(median - float(scaled.min()), 1e-12 + 0.1 * float(np.ptp(scaled)))
    plain = ObjectiveScale(is_log, median, reach, 0.0, 1.0)
    warped = plain.apply(values)
    return ObjectiveScale(is_log, median, reach, float(warped.mean()), float(warped.std()) or 1.0)


@dataclass(frozen=True, slots=True)
class MarginScale:
    """Excess over a limit: near 0, where it is decided, as it is; far from it by its logarithm.

    kept: what an excess of exactly 0 counts as, where nothing is known of kept ones but that they are.
    """

    unit: float
    kept: float
    center: float
    spread: float

    @property
    def threshold(self) -> float:
        """Where the limit lies on this scale."""
        return -self.center / self.spread

    def apply(self, values: FloatArray) -> FloatArray:
        """(n,) excesses on this scale."""
        bent = np.sign(values) * np.log1p(np.abs(values) / self.unit)
        return (np.where(values == 0, self.kept, bent) - self.center) / self.spread


def margin_scale(values: FloatArray) -> MarginScale:
    """The scale of finite excesses (n,), n at least 1."""
    unit = float(np.median(np.abs(values[values != 0]))) if values.any() else 1.0
    kept = 0.0 if (values < 0).any() else -0.5
    plain = MarginScale(unit, kept, 0.0, 1.0).apply(values)
    return MarginScale(unit, kept, float(plain.mean()), float(plain.std()) or 1.0)
