"""Named decisions of an axis space, and the columns that a searcher sees of them.

A decision with one possible value is fixed: it has no column, but it is part of the values.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from searchspaces.parse import did_you_mean, one_of
from searchspaces.space import AxisValue, Domain, Rows, SpaceError, Variable


@dataclass(frozen=True, slots=True)
class IntAxis:
    """An integer from lower to upper, both included."""

    name: str
    lower: int
    upper: int

    @property
    def is_fixed(self) -> bool:
        return self.lower == self.upper

    @property
    def variable(self) -> Variable:
        return Variable(self.name, "int", self.lower, self.upper)

    def read(self, number: float) -> int:
        return int(number)

    def write(self, value: AxisValue) -> float:
        if isinstance(value, bool) or not isinstance(value, int) or not self.lower <= value <= self.upper:
            raise SpaceError(f"{self.name}: must be an integer in {self.lower}..{self.upper}, not {value!r}")
        return value


@dataclass(frozen=True, slots=True)
class RealAxis:
    """A real number from lower to upper, both included. log: search it by ratio."""

    name: str
    lower: float
    upper: float
    log: bool = False

    @property
    def is_fixed(self) -> bool:
        return self.lower == self.upper

    @property
    def variable(self) -> Variable:
        return Variable(self.name, "real", self.lower, self.upper, log=self.log)

    def read(self, number: float) -> float:
        return float(number)

    def write(self, value: AxisValue) -> float:
        real = isinstance(value, int | float) and not isinstance(value, bool)
        if not real or not self.lower <= float(value) <= self.upper:
            raise SpaceError(f"{self.name}: must be a number in {self.lower}..{self.upper}, not {value!r}")
        return float(value)


@dataclass(frozen=True, slots=True)
class ChoiceAxis:
    """One of several named forms."""

    name: str
    labels: tuple[str, ...]

    @property
    def lower(self) -> int:
        return 0

    @property
    def is_fixed(self) -> bool:
        return len(self.labels) == 1

    @property
    def variable(self) -> Variable:
        return Variable(self.name, "choice", 0, len(self.labels) - 1, labels=self.labels)

    def read(self, number: float) -> str:
        return self.labels[int(number)]

    def write(self, value: AxisValue) -> float:
        if value not in self.labels:
            hint = did_you_mean(value, self.labels)
            raise SpaceError(f"{self.name}: must be {one_of(self.labels)}, not {value!r}{hint}")
        return self.labels.index(str(value))


@dataclass(frozen=True, slots=True)
class ListAxis:
    """One of several values in an order that means something, such as 3, 5, 7; a column of their places."""

    name: str
    items: tuple[AxisValue, ...]

    def __post_init__(self) -> None:
        if not self.items or len(set(self.items)) < len(self.items):
            raise SpaceError(f"{self.name}: at least one value is needed and none twice, not {self.items}")

    @property
    def lower(self) -> int:
        return 0

    @property
    def upper(self) -> int:
        return len(self.items) - 1

    @property
    def is_fixed(self) -> bool:
        return len(self.items) == 1

    @property
    def variable(self) -> Variable:
        return Variable(self.name, "int", self.lower, self.upper)

    def read(self, number: float) -> AxisValue:
        return self.items[int(number)]

    def write(self, value: AxisValue) -> float:
        if value not in self.items:
            raise SpaceError(
                f"{self.name}: must be {one_of([str(item) for item in self.items])}, not {value!r}"
            )
        return self.items.index(value)


Axis: TypeAlias = IntAxis | RealAxis | ChoiceAxis | ListAxis


def steps(lower: float, upper: float, step: float) -> tuple[float, ...]:
    """lower, lower + step, ... and upper, in round numbers."""
    n = int((upper - lower) / step + 1e-9)
    found = [round(lower + index * step, 6) for index in range(n + 1)]
    return tuple(found if found[-1] == round(upper, 6) else [*found, round(upper, 6)])


@dataclass(frozen=True, slots=True)
class AxisTable:
    """The decisions of a space, in the order of their columns."""

    axes: tuple[Axis, ...]

    @property
    def free(self) -> tuple[Axis, ...]:
        """The axes that have a column."""
        return tuple(axis for axis in self.axes if not axis.is_fixed)

    @property
    def domain(self) -> Domain:
        return Domain(tuple(axis.variable for axis in self.free))

    def values(self, row: Rows) -> dict[str, AxisValue]:
        """Name -> value of a row (n_variables,), fixed decisions included. Raises SpaceError outside."""
        domain = self.domain
        if row.shape != (domain.n_variables,):
            raise SpaceError(f"a row must have shape ({domain.n_variables},), not {row.shape}")
        numbers = dict(zip((axis.name for axis in self.free), row.tolist(), strict=True))
        values = {axis.name: axis.read(numbers.get(axis.name, axis.lower)) for axis in self.axes}
        self.row(values)
        return values

    def row(self, values: Mapping[str, AxisValue]) -> Rows:
        """The row of a full set of values. Raises SpaceError for a missing, unknown or impossible one."""
        names = [axis.name for axis in self.axes]
        for name in values:
            if name not in names:
                raise SpaceError(f"unknown decision {name!r}{did_you_mean(name, names)}")
        for name in names:
            if name not in values:
                raise SpaceError(f"{name}: a value is needed")
        written = {axis.name: axis.write(values[axis.name]) for axis in self.axes}
        return np.array([written[axis.name] for axis in self.free], self.domain.dtype)

    def sample(self, rng: np.random.Generator, n_rows: int) -> Rows:
        """(n_rows, n_variables) rows, uniform in each column (by ratio where it is searched so)."""
        free = self.free
        rows: Rows = np.empty((n_rows, len(free)), self.domain.dtype)
        for column, axis in enumerate(free):
            rows[:, column] = _sample(axis, rng, n_rows)
        return rows


def _sample(axis: Axis, rng: np.random.Generator, n_rows: int) -> Rows:
    match axis:
        case IntAxis() | ListAxis():
            return rng.integers(axis.lower, axis.upper + 1, n_rows)
        case ChoiceAxis():
            return rng.integers(0, len(axis.labels), n_rows)
        case RealAxis():
            if axis.log:
                return np.clip(
                    np.exp(rng.uniform(np.log(axis.lower), np.log(axis.upper), n_rows)),
                    axis.lower,
                    axis.upper,
                )
            return rng.uniform(axis.lower, axis.upper, n_rows)
