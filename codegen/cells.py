"""Cell libraries: the logic cells of a printed technology, their area, leakage and delay, as data.

A library is a JSON file. `egfet` ships with the package (codegen/data/cells/egfet.json); its layout is
described in docs/verilog.md.
"""

import json
import math
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from pathlib import Path

from codegen.errors import CodegenError
from codegen.ir.network import GATE_KINDS, GateKind

FORMAT = "silkscreen-cells-1"
UM2_PER_CM2 = 1e8
NW_PER_MW = 1e6
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_GATE_BY_NAME: dict[str, GateKind] = {kind: kind for kind in GATE_KINDS}


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


@dataclass(frozen=True)
class CellLibrary:
    """The cells of a technology. source: where the numbers come from.

    Raises CellLibraryError unless there is an inverter and a two-input gate that with it can build
    every function, and unless all cells are tabulated at the same supplies.
    """

    name: str
    source: str
    cells: tuple[Cell, ...]

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

    @property
    def supplies(self) -> tuple[float, ...]:
        """The tabulated supplies in V, rising."""
        return tuple(sorted(self.cells[0].leakage_nw))

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


def shipped_libraries() -> tuple[str, ...]:
    """Names of the libraries that come with the package."""
    folder = resources.files("codegen") / "data" / "cells"
    return tuple(sorted(item.name.removesuffix(".json") for item in folder.iterdir()))


def load_cells(name_or_path: str | Path) -> CellLibrary:
    """A shipped library by its name, or a library file by its path (ending in .json).

    Raises CellLibraryError: unknown name, unreadable file, or the place in the file that is wrong.
    """
    if str(name_or_path).endswith(".json"):
        return _read(Path(name_or_path))
    return _shipped(str(name_or_path))


@cache
def _shipped(name: str) -> CellLibrary:
    if name not in shipped_libraries():
        known = ", ".join(shipped_libraries())
        raise CellLibraryError(
            f"cells {name!r} are not known: give one of {known}, or a path to a .json file"
        )
    with resources.as_file(resources.files("codegen") / "data" / "cells" / f"{name}.json") as path:
        return _read(path)


def _read(path: Path) -> CellLibrary:
    try:
        document: object = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CellLibraryError(f"{path}: must be a readable JSON file ({error})") from None
    entry = _Entry(str(path), document)
    if entry.text("format") != FORMAT:
        raise CellLibraryError(f"{path}: format must be {FORMAT!r}, not {entry.text('format')!r}")
    cells = tuple(_cell(cell) for cell in entry.entries("cells"))
    return CellLibrary(entry.identifier("name"), entry.text("source"), cells)


def _cell(entry: "_Entry") -> Cell:
    kind = None if entry.value("function") is None else _GATE_BY_NAME.get(entry.text("function"))
    if kind is None and entry.value("function") is not None:
        raise CellLibraryError(f"{entry.where}.function: must be null or one of {', '.join(GATE_KINDS)}")
    inputs = entry.identifiers("inputs")
    wanted = len(inputs) if kind is None else 1 if kind == "inv" else 2
    if len(set(inputs)) != wanted or len(inputs) != wanted:
        raise CellLibraryError(f"{entry.where}.inputs: must be {wanted} different pins, not {list(inputs)}")
    return Cell(
        name=entry.identifier("name"),
        inputs=inputs,
        output=entry.identifier("output"),
        kind=kind,
        area_um2=_positive(f"{entry.where}.area_um2", entry.value("area_um2")),
        leakage_nw=_by_supply(entry, "leakage_nw", 1 << len(inputs)),
        delay_ns={supply: row[0] for supply, row in _by_supply(entry, "delay_ns", 1).items()},
    )


def _by_supply(entry: "_Entry", key: str, n_numbers: int) -> dict[float, tuple[float, ...]]:
    where, table = f"{entry.where}.{key}", entry.value(key)
    if not isinstance(table, dict) or not table:
        raise CellLibraryError(f"{where}: must map at least one supply to numbers")
    rows: dict[float, tuple[float, ...]] = {}
    for supply, row in table.items():
        numbers: Sequence[object] = row if isinstance(row, list) else [row]
        if len(numbers) != n_numbers:
            raise CellLibraryError(f"{where}.{supply}: must hold {n_numbers} numbers, not {len(numbers)}")
        values = tuple(_positive(f"{where}.{supply}", number) for number in numbers)
        rows[_supply(where, supply)] = values
    return rows


def _supply(where: str, text: str) -> float:
    try:
        return _positive(where, float(text))
    except ValueError:
        raise CellLibraryError(f"{where}: a supply in V is needed, not {text!r}") from None


def _positive(where: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CellLibraryError(f"{where}: must be a number, not {value!r}")
    if not math.isfinite(value) or value <= 0:
        raise CellLibraryError(f"{where}: must be a finite number above 0, not {value}")
    return float(value)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A JSON object and where it stands, for errors."""

    where: str
    content: object

    def value(self, key: str) -> object:
        if not isinstance(self.content, dict) or key not in self.content:
            raise CellLibraryError(f"{self.where}: the key {key!r} is missing")
        found: object = self.content[key]
        return found

    def text(self, key: str) -> str:
        value = self.value(key)
        if not isinstance(value, str):
            raise CellLibraryError(f"{self.where}.{key}: must be a text, not {value!r}")
        return value

    def entries(self, key: str) -> list["_Entry"]:
        value = self.value(key)
        if not isinstance(value, list) or not value:
            raise CellLibraryError(f"{self.where}.{key}: must be a list that is not empty")
        return [_Entry(f"{self.where}: {key}[{index}]", item) for index, item in enumerate(value)]

    def identifier(self, key: str) -> str:
        return _identifier(f"{self.where}.{key}", self.value(key))

    def identifiers(self, key: str) -> tuple[str, ...]:
        return tuple(_identifier(entry.where, entry.content) for entry in self.entries(key))


def _identifier(where: str, value: object) -> str:
    if not isinstance(value, str) or not _IDENTIFIER.fullmatch(value):
        raise CellLibraryError(f"{where}: must be letters, digits and underscores, not {value!r}")
    return value


def _check_complete(name: str, kinds: set[GateKind | None]) -> None:
    if "inv" not in kinds:
        raise CellLibraryError(f"{name}: an inverter (function 'inv') is missing")
    if not kinds & {"nand", "nor", "and", "or"}:
        raise CellLibraryError(
            f"{name}: a gate 'nand', 'nor', 'and' or 'or' is missing; no set is complete without"
        )
