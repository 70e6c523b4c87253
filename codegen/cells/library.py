"""The cells of a technology, and what they cost at any supply inside their tables."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from codegen.errors import CodegenError
from codegen.ir.network import GATE_KINDS, GateKind

UM2_PER_CM2 = 1e8
NW_PER_MW = 1e6


class CellLibraryError(CodegenError):
    """A cell library file is damaged or incomplete, or was asked for what it does not hold."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One logic cell.

    inputs, output: pin names. kind: the gate it computes, or None for a function that is no `GateKind`.
    leakage_nw: supply in V to the leakage by input state; the state of inputs a, b is index a + 2*b, so
    a cell of n inputs has 2**n entries. delay_ns: supply in V to the slowest arc.
    """

    name: str
    inputs: tuple[str, ...]
    output: str
    kind: GateKind | None
    area_um2: float
    leakage_nw: Mapping[float, tuple[float, ...]] = field(hash=False)
    delay_ns: Mapping[float, float] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Switching:
    """Power of switching by leakage: `share` at `inferences_per_s`, in proportion to the rate."""

    share: float
    inferences_per_s: float
    source: str

    def share_at(self, inferences_per_s: float) -> float:
        """Switching power by leakage at a rate."""
        return self.share * inferences_per_s / self.inferences_per_s


NO_SWITCHING = Switching(0.0, 1.0, "the library does not tell; power is leakage only")


@dataclass(frozen=True)
class CellLibrary:
    """The cells of a technology. source: where the numbers come from.

    switching: what comes on top of leakage. nominal_v: the supply that is meant where none is given; the
    highest tabulated one where it is None. Raises CellLibraryError unless there is an inverter and a
    two-input gate that with it can build every function, and unless all cells are tabulated at the same
    supplies, between which nominal_v lies.
    """

    name: str
    source: str
    cells: tuple[Cell, ...]
    switching: Switching = NO_SWITCHING
    nominal_v: float | None = None

    def __post_init__(self) -> None:
        names = [cell.name for cell in self.cells]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise CellLibraryError(f"{self.name}: cell names must be unique, but {twice[0]!r} is there twice")
        _check_complete(self.name, {cell.kind for cell in self.cells})
        for cell in self.cells:
            if set(cell.leakage_nw) != set(self.supplies) or set(cell.delay_ns) != set(self.supplies):
                raise CellLibraryError(
                    f"{self.name}: cell {cell.name!r} must be tabulated at the supplies "
                    f"{', '.join(map(str, self.supplies))} V, like {self.cells[0].name!r}"
                )
        self._between(self.nominal_supply_v)

    @property
    def supplies(self) -> tuple[float, ...]:
        """The tabulated supplies in V, rising."""
        return tuple(sorted(self.cells[0].leakage_nw))

    @property
    def nominal_supply_v(self) -> float:
        """The supply that is meant where none is given."""
        return self.supplies[-1] if self.nominal_v is None else self.nominal_v

    @property
    def kinds(self) -> tuple[GateKind, ...]:
        """The gates that the library has, in the order of `GATE_KINDS`."""
        return tuple(kind for kind in GATE_KINDS if kind in self._smallest)

    def gate(self, kind: GateKind) -> Cell:
        """The smallest cell of a kind. Raises CellLibraryError where there is none."""
        if kind not in self._smallest:
            raise CellLibraryError(f"{self.name}: no cell of kind {kind!r}; it has {', '.join(self.kinds)}")
        return self._smallest[kind]

    def area_cm2(self, kind: GateKind) -> float:
        return self.gate(kind).area_um2 / UM2_PER_CM2

    def leakage_mw(self, kind: GateKind, state: int, supply_v: float) -> float:
        """Leakage of a gate in an input state, linear between the tabulated supplies.

        state: a + 2*b; of an inverter a alone. Raises CellLibraryError outside the supplies.
        """
        cell = self.gate(kind)
        n_states = 1 << len(cell.inputs)
        if not 0 <= state < n_states:
            raise CellLibraryError(f"{self.name}: {cell.name} has states 0..{n_states - 1}, not {state}")
        low, high, share = self._between(supply_v)
        table = cell.leakage_nw
        return ((1 - share) * table[low][state] + share * table[high][state]) / NW_PER_MW

    def delay_ns(self, kind: GateKind, supply_v: float) -> float:
        """The slowest arc of a gate, linear between the tabulated supplies."""
        low, high, share = self._between(supply_v)
        table = self.gate(kind).delay_ns
        return (1 - share) * table[low] + share * table[high]

    def _between(self, supply_v: float) -> tuple[float, float, float]:
        supplies = self.supplies
        if not supplies[0] <= supply_v <= supplies[-1]:
            raise CellLibraryError(
                f"{self.name}: supply_v must be in {supplies[0]}..{supplies[-1]} V, not {supply_v}"
            )
        if supply_v == supplies[-1]:
            return supplies[-1], supplies[-1], 0.0
        index = bisect_right(supplies, supply_v) - 1
        low, high = supplies[index], supplies[index + 1]
        return low, high, (supply_v - low) / (high - low)

    @cached_property
    def _smallest(self) -> dict[GateKind, Cell]:
        smallest: dict[GateKind, Cell] = {}
        for cell in self.cells:
            if cell.kind and (cell.kind not in smallest or cell.area_um2 < smallest[cell.kind].area_um2):
                smallest[cell.kind] = cell
        return smallest


def _check_complete(name: str, kinds: set[GateKind | None]) -> None:
    if "inv" not in kinds:
        raise CellLibraryError(f"{name}: an inverter (function 'inv') is missing")
    if not kinds & {"nand", "nor", "and", "or"}:
        raise CellLibraryError(
            f"{name}: a gate 'nand', 'nor', 'and' or 'or' is missing; no set is complete without"
        )
