"""A cell library as JSON or YAML; the layout is the same."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from codegen.cells.library import NO_SWITCHING, Cell, CellLibrary, CellLibraryError, Switching
from codegen.ir.network import GATE_KINDS, GateKind

FORMAT = "silkscreen-cells-1"
MAX_NUMBER = 1e30
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_GATE_BY_NAME: dict[str, GateKind] = {kind: kind for kind in GATE_KINDS}


def from_json(text: str, source: str) -> CellLibrary:
    """The library in a JSON text. source: what errors call it."""
    try:
        document: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CellLibraryError(f"{source}: must be a readable JSON file ({error})") from None
    return _library(_Entry(source, document))


def from_yaml(text: str, source: str) -> CellLibrary:
    """The library in a YAML text of the same layout. source: what errors call it."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        document: object = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError) as error:
        raise CellLibraryError(f"{source}: must be readable YAML ({' '.join(str(error).split())})") from None
    return _library(_Entry(source, document))


def _library(entry: "_Entry") -> CellLibrary:
    if entry.text("format") != FORMAT:
        raise CellLibraryError(f"{entry.where}: format must be {FORMAT!r}, not {entry.text('format')!r}")
    return CellLibrary(
        entry.identifier("name"),
        entry.text("source"),
        tuple(_cell(cell) for cell in entry.entries("cells")),
        _switching(entry.entry("switching")) if entry.has("switching") else NO_SWITCHING,
        entry.positive("nominal_supply_v") if entry.has("nominal_supply_v") else None,
    )


def _switching(entry: "_Entry") -> Switching:
    return Switching(entry.positive("share"), entry.positive("inferences_per_s"), entry.text("source"))


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
        area_um2=entry.positive("area_um2"),
        leakage_nw=_by_supply(entry, "leakage_nw", 1 << len(inputs)),
        delay_ns={supply: row[0] for supply, row in _by_supply(entry, "delay_ns", 1).items()},
    )


def _by_supply(entry: "_Entry", key: str, n_numbers: int) -> dict[float, tuple[float, ...]]:
    where, table = f"{entry.where}.{key}", entry.value(key)
    if not isinstance(table, dict) or not table:
        raise CellLibraryError(f"{where}: must map at least one supply to numbers")
    rows: dict[float, tuple[float, ...]] = {}
    for supply, row in table.items():
        numbers: list[object] = row if isinstance(row, list) else [row]
        if len(numbers) != n_numbers:
            raise CellLibraryError(f"{where}.{supply}: must hold {n_numbers} numbers, not {len(numbers)}")
        rows[_supply(where, supply)] = tuple(_positive(f"{where}.{supply}", number) for number in numbers)
    return rows


def _supply(where: str, key: object) -> float:
    """A supply, which is a text as a key of JSON and may be a number as one of YAML."""
    try:
        return _positive(where, float(key) if isinstance(key, str) else key)
    except ValueError:
        raise CellLibraryError(f"{where}: a supply in V is needed, not {key!r}") from None


def _positive(where: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CellLibraryError(f"{where}: must be a number, not {value!r}")
    if not 0 < value <= MAX_NUMBER:
        raise CellLibraryError(f"{where}: must be a finite number above 0, not {value}")
    return float(value)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A mapping of the document and where it stands, for errors."""

    where: str
    content: object

    def has(self, key: str) -> bool:
        return isinstance(self.content, Mapping) and key in self.content

    def value(self, key: str) -> object:
        if not isinstance(self.content, Mapping) or key not in self.content:
            raise CellLibraryError(f"{self.where}: the key {key!r} is missing")
        found: object = self.content[key]
        return found

    def text(self, key: str) -> str:
        value = self.value(key)
        if not isinstance(value, str):
            raise CellLibraryError(f"{self.where}.{key}: must be a text, not {value!r}")
        return value

    def positive(self, key: str) -> float:
        return _positive(f"{self.where}.{key}", self.value(key))

    def entry(self, key: str) -> "_Entry":
        return _Entry(f"{self.where}: {key}", self.value(key))

    def entries(self, key: str) -> list["_Entry"]:
        value = self.value(key)
        if not isinstance(value, list) or not value:
            raise CellLibraryError(f"{self.where}.{key}: must be a list that is not empty")
        return [_Entry(f"{self.where}: {key}[{index}]", item) for index, item in enumerate(value)]

    def identifier(self, key: str) -> str:
        return check_identifier(f"{self.where}.{key}", self.value(key))

    def identifiers(self, key: str) -> tuple[str, ...]:
        return tuple(check_identifier(entry.where, entry.content) for entry in self.entries(key))


def check_identifier(where: str, value: object) -> str:
    """A name that may go into Verilog. Raises CellLibraryError for any other."""
    if not isinstance(value, str) or not _IDENTIFIER.fullmatch(value):
        raise CellLibraryError(f"{where}: must be letters, digits and underscores, not {value!r}")
    return value
