"""What may vary: the variables of a space, and what a row of values stands for.

A searcher sees only a `Domain` and rows `x` over it. A space says what a row means: a gene space
decodes rows into networks; an axis space names decisions, from which a network is then trained.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from codegen.ir import Design, Interface, MlpBatch, Network

VariableKind: TypeAlias = Literal["real", "int", "choice"]
Rows: TypeAlias = npt.NDArray[np.number[Any]]
AxisValue: TypeAlias = int | float | str | bool


class SpaceError(ValueError):
    """A space was described impossibly, or a row lies outside it. The text says where and what to do."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One column of a domain. lower, upper: inclusive; a choice counts 0 to n - 1. log: search it by ratio.

    block: columns of one block (a neuron, say) cross over together. labels: names of the choices.
    is_bits: a whole number whose bits are choices of their own; its lower end is 0. gate: index of the
    variable without which this one has no effect: it matters only in rows where that one is not 0.
    """

    name: str
    kind: VariableKind
    lower: float
    upper: float
    log: bool = False
    block: int = 0
    labels: tuple[str, ...] = ()
    is_bits: bool = False
    gate: int | None = None

    def __post_init__(self) -> None:
        if not self.lower <= self.upper:
            raise SpaceError(
                f"variable {self.name!r}: lower <= upper must hold, but got {self.lower} and {self.upper}"
            )
        if self.is_bits and (self.kind != "int" or self.lower != 0):
            raise SpaceError(
                f"variable {self.name!r}: bits need a whole number from 0, "
                f"but got {self.kind} from {self.lower}"
            )


@dataclass(frozen=True, slots=True)
class Domain:
    """The columns of a space. Rows are int32 where no variable is real, else float64.

    groups: sets of variables that switch a part off when all of them are 0 (the terms of a neuron, say).
    """

    variables: tuple[Variable, ...]
    groups: tuple[tuple[int, ...], ...] = ()

    @property
    def n_variables(self) -> int:
        return len(self.variables)

    @property
    def dtype(self) -> type[np.int32] | type[np.float64]:
        return np.float64 if any(variable.kind == "real" for variable in self.variables) else np.int32

    @property
    def lower(self) -> Rows:
        """(n_variables,) of the domain's dtype."""
        return np.array([variable.lower for variable in self.variables], dtype=self.dtype)

    @property
    def upper(self) -> Rows:
        """(n_variables,) of the domain's dtype, inclusive."""
        return np.array([variable.upper for variable in self.variables], dtype=self.dtype)

    @property
    def blocks(self) -> npt.NDArray[np.int32]:
        """(n_variables,) block numbers."""
        return np.array([variable.block for variable in self.variables], dtype=np.int32)


@runtime_checkable
class GeneSpace(Protocol):
    """Every row is a network already."""

    @property
    def family(self) -> str: ...

    @property
    def domain(self) -> Domain: ...

    @property
    def interface(self) -> Interface: ...

    def sample(self, rng: np.random.Generator, n_rows: int) -> Rows:
        """(n_rows, n_variables) rows, spread so that a search starts well."""
        ...

    def decode_batch(self, rows: Rows) -> MlpBatch:
        """The networks of (n_rows, n_variables) rows, for fast evaluation and pricing."""
        ...

    def decode(self, row: Rows) -> Network:
        """The network of one row (n_variables,), in canonical form; equals `decode_batch` row by row."""
        ...

    def encode(self, network: Network) -> Rows:
        """The row (n_variables,) of a network of this family; raises SpaceError where none has it."""
        ...


@runtime_checkable
class AxisSpace(Protocol):
    """A row is a handful of decisions; training makes the network."""

    @property
    def family(self) -> str: ...

    @property
    def domain(self) -> Domain: ...

    def sample(self, rng: np.random.Generator, n_rows: int) -> Rows: ...

    def values(self, row: Rows) -> Mapping[str, AxisValue]:
        """Name of each decision -> its value, canonical: decisions without effect take a fixed value."""
        ...

    def row(self, values: Mapping[str, AxisValue]) -> Rows:
        """The inverse of `values`."""
        ...

    def structure(self, row: Rows) -> Design:
        """What is known before training."""
        ...


Space: TypeAlias = GeneSpace | AxisSpace
