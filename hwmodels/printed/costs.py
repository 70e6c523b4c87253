"""Area, leakage and delay of every building block in a cell library."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.cells import CellLibrary
from codegen.ir.network import GateKind
from hwmodels.model import Source
from hwmodels.printed.units import EXPANSIONS, UNITS, Form, Unit

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
MAX_PINS = 4
SECONDS_PER_NS = 1e-9

TRUTH: Mapping[GateKind, Callable[[int, int], int]] = {
    "inv": lambda a, b: 1 - a,
    "nand": lambda a, b: 1 - (a & b),
    "nor": lambda a, b: 1 - (a | b),
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "xnor": lambda a, b: 1 - (a ^ b),
}


@dataclass(frozen=True, slots=True)
class UnitGate:
    """One gate of a form with names resolved. a, b: names of pins or of earlier gates."""

    name: str
    kind: GateKind
    a: str
    b: str


@dataclass(frozen=True, slots=True, eq=False)
class UnitCosts:
    """What each unit of `UNITS` costs, row by row.

    area_cm2, leakage_mw: (n_units,) float64. delay_s: (n_units, MAX_PINS, 2) float64, the longest path
    from a pin to the first and the second output, 0 where there is none. gates: the form that is built.
    state_leakage_mw: of each unit, by the state of its pins, the first being the lowest bit of the state.
    """

    area_cm2: FloatArray
    leakage_mw: FloatArray
    delay_s: FloatArray
    gates: tuple[tuple[UnitGate, ...], ...]
    state_leakage_mw: tuple[FloatArray, ...]

    def sources(self, library: CellLibrary) -> tuple[Source, ...]:
        """One source a unit and figure: the gates it is made of and the library they come from."""
        found = []
        for row, unit in enumerate(UNITS):
            made_of = f"{_describe(self.gates[row])} of {library.name}: {library.source}"
            found.append(Source(f"area of {unit.name}", float(self.area_cm2[row]), "cm2", made_of))
            found.append(Source(f"leakage of {unit.name}", float(self.leakage_mw[row]), "mW", made_of))
        return tuple(found)


def unit_costs(library: CellLibrary, supply_v: float) -> UnitCosts:
    """Builds every unit in its smallest form; of two forms of one area the first is taken.

    Leakage is the mean over all input states of a unit, taken as equally likely. Raises CellLibraryError
    for a supply outside the library's range.
    """
    built = tuple(_smallest(unit, library) for unit in UNITS)
    delay = np.zeros((len(UNITS), MAX_PINS, 2))
    for row, (unit, gates) in enumerate(zip(UNITS, built, strict=True)):
        for pin, start in enumerate(unit.inputs):
            for output, end in enumerate(unit.outputs):
                delay[row, pin, output] = _path_s(gates, start, end, library, supply_v)
    states = tuple(_leakages_mw(u, gates, library, supply_v) for u, gates in zip(UNITS, built, strict=True))
    leakage = np.array([by_state.mean() for by_state in states])
    area = [_area_cm2(gates, library) for gates in built]
    return UnitCosts(np.array(area), leakage, delay, built, states)


def _parse(form: Form) -> tuple[UnitGate, ...]:
    gates = []
    for statement in form.split(";"):
        name, _, kind, a, *b = statement.split()
        gates.append(UnitGate(name, kind, a, b[0] if b else a))  # type: ignore[arg-type]
    return tuple(gates)


def _smallest(unit: Unit, library: CellLibrary) -> tuple[UnitGate, ...]:
    kinds = frozenset(library.kinds)
    forms = [_lower(_parse(form), kinds, frozenset()) for form in unit.forms]
    return min((gates for gates in forms if gates is not None), key=lambda gates: _area_cm2(gates, library))


def _lower(
    gates: tuple[UnitGate, ...], kinds: frozenset[GateKind], refused: frozenset[GateKind]
) -> tuple[UnitGate, ...] | None:
    """The gates with those that have no cell replaced, or None where that can't be done."""
    lowered: list[UnitGate] = []
    for gate in gates:
        if gate.kind in kinds:
            lowered.append(gate)
            continue
        if gate.kind in refused or gate.kind not in EXPANSIONS:
            return None
        options = [_lower(_parse(f), kinds, refused | {gate.kind}) for f in EXPANSIONS[gate.kind]]
        found = next((option for option in options if option is not None), None)
        if found is None:
            return None
        lowered.extend(_rename(found, gate))
    return tuple(lowered)


def _rename(gates: tuple[UnitGate, ...], outer: UnitGate) -> list[UnitGate]:
    """The gates that stand for `outer`, with names that can't meet others."""
    names = {"a": outer.a, "b": outer.b, "y": outer.name}

    def full(name: str) -> str:
        return names.get(name, f"{outer.name}.{name}")

    return [UnitGate(full(g.name), g.kind, full(g.a), full(g.b)) for g in gates]


def _area_cm2(gates: tuple[UnitGate, ...], library: CellLibrary) -> float:
    return sum(library.area_cm2(gate.kind) for gate in gates)


def _leakages_mw(
    unit: Unit, gates: tuple[UnitGate, ...], library: CellLibrary, supply_v: float
) -> FloatArray:
    """By the state of the inputs, the first being the lowest bit."""
    leakages = np.zeros(1 << len(unit.inputs))
    for state in range(len(leakages)):
        signals = {pin: state >> bit & 1 for bit, pin in enumerate(unit.inputs)}
        for gate in gates:
            a, b = signals[gate.a], signals[gate.b]
            leakages[state] += library.leakage_mw(gate.kind, a if gate.kind == "inv" else a + 2 * b, supply_v)
            signals[gate.name] = TRUTH[gate.kind](a, b)
    return leakages


def _path_s(
    gates: tuple[UnitGate, ...], start: str, end: str, library: CellLibrary, supply_v: float
) -> float:
    """The longest path from one signal to another, in seconds; 0 where there is none."""
    arrival: dict[str, float] = {start: 0.0}
    for gate in gates:
        reached = [arrival[source] for source in (gate.a, gate.b) if source in arrival]
        if reached:
            arrival[gate.name] = max(reached) + library.delay_ns(gate.kind, supply_v) * SECONDS_PER_NS
    return arrival.get(end, 0.0)


def _describe(gates: tuple[UnitGate, ...]) -> str:
    counts: dict[str, int] = {}
    for gate in gates:
        counts[gate.kind] = counts.get(gate.kind, 0) + 1
    return " + ".join(f"{n} {kind}" for kind, n in counts.items())
