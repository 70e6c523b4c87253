"""What a Liberty file says of its cells with one output and one or two inputs; all others are left out.

A file is a corner: one process, one temperature, one supply. Areas are taken in um2, since Liberty has no
unit for them. The delay of a cell is its slowest arc at the middle entry of the tables, the operating point
of the library that ships; where there are no tables, the intrinsic delay.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from codegen.cells.document import check_identifier
from codegen.cells.functions import GATE_TABLES, evaluate, truth_table
from codegen.cells.liberty import Group, parse_liberty
from codegen.cells.library import Cell, CellLibrary, CellLibraryError
from codegen.ir.network import GateKind

_SECONDS: Mapping[str, float] = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "ps": 1e-12, "fs": 1e-15}
_WATTS: Mapping[str, float] = {
    "W": 1.0, "mW": 1e-3, "uW": 1e-6, "nW": 1e-9, "pW": 1e-12, "fW": 1e-15
}  # fmt: skip
_VOLTS: Mapping[str, float] = {"V": 1.0, "mV": 1e-3}
_UNIT = re.compile(r"\s*([0-9.eE+-]+)\s*([A-Za-z]+)\s*")
_STATEFUL = ("ff", "latch", "statetable", "ff_bank", "latch_bank", "memory")
_TABLES = ("cell_rise", "cell_fall")
_INTRINSIC = ("intrinsic_rise", "intrinsic_fall")


@dataclass(frozen=True, slots=True)
class _Corner:
    """A library as far as its cells need it. file: for errors. delay_ns, leakage_nw: a unit of the file.

    templates: the sizes of the axes by name. default_leakage: of cells that tell none, in the file's unit.
    """

    file: str
    supply_v: float
    delay_ns: float
    leakage_nw: float
    default_leakage: str | None
    templates: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class _Gate:
    """A cell that computes a gate."""

    group: Group
    kind: GateKind
    inputs: tuple[str, ...]
    output: Group


def from_liberty(text: str, source: str) -> CellLibrary:
    """The library in a Liberty text. source: what errors call it.

    Raises CellLibraryError with the line of what is wrong, or what is missing for a complete library.
    """
    library = parse_liberty(text, source)
    if library.kind != "library":
        raise CellLibraryError(f"{source}:{library.line}: must be a group 'library', not {library.kind!r}")
    corner = _corner(library, source)
    gates = [gate for cell in library.of_kind("cell") if (gate := _gate(cell, source)) is not None]
    if not gates:
        raise CellLibraryError(f"{source}: no cell computes a gate of one or two inputs")
    words = re.sub(r"\W", "_", library.name, flags=re.ASCII)
    name = words if words[:1].isalpha() else f"cells_{words}"
    described = f"Liberty library {library.name!r} at {corner.supply_v:g} V"
    return CellLibrary(name[:64], described, tuple(_cell(gate, corner) for gate in gates))


def _corner(library: Group, file: str) -> _Corner:
    return _Corner(
        file=file,
        supply_v=_supply(library, file),
        delay_ns=_unit(library, "time_unit", "1ns", _SECONDS, file) / 1e-9,
        leakage_nw=_unit(library, "leakage_power_unit", "1nW", _WATTS, file) / 1e-9,
        default_leakage=library.values.get("default_cell_leakage_power"),
        templates={
            template.name: _sizes(template, file) for template in library.of_kind("lu_table_template")
        },
    )


def _sizes(template: Group, file: str) -> tuple[int, ...]:
    """How many entries each axis of a template has."""
    axes = [template.lists[axis][0] for axis in ("index_1", "index_2") if axis in template.lists]
    try:
        return tuple(len(_numbers(axis)) for axis in axes)
    except CellLibraryError as error:
        raise CellLibraryError(
            f"{file}:{template.line}: {template.kind} {template.name!r}: {error}"
        ) from None


def _supply(library: Group, file: str) -> float:
    """The voltage of the default operating conditions, else of the only ones, else the nominal one."""
    conditions = {group.name: group for group in library.of_kind("operating_conditions")}
    chosen = conditions.get(library.values.get("default_operating_conditions", ""))
    if chosen is None and len(conditions) == 1:
        chosen = next(iter(conditions.values()))
    where, text = library, library.values.get("nom_voltage")
    if chosen is not None and "voltage" in chosen.values:
        where, text = chosen, chosen.values["voltage"]
    if text is None:
        raise CellLibraryError(
            f"{file}:{library.line}: nom_voltage or operating_conditions must give the supply"
        )
    volt = _unit(library, "voltage_unit", "1V", _VOLTS, file)
    return _positive(text, f"{file}:{where.line}: the supply") * volt


def _unit(library: Group, attribute: str, default: str, units: Mapping[str, float], file: str) -> float:
    text = library.values.get(attribute, default)
    found = _UNIT.fullmatch(text)
    if found is None or found[2] not in units:
        raise CellLibraryError(
            f"{file}:{library.line}: {attribute} must be a number and one of {', '.join(units)}, not {text!r}"
        )
    return _positive(found[1], f"{file}:{library.line}: {attribute}") * units[found[2]]


def _gate(cell: Group, file: str) -> _Gate | None:
    """A cell as a gate; None for one that is none, has state, or is not to be used."""
    if cell.values.get("dont_use") == "true" or next(cell.of_kind(*_STATEFUL), None) is not None:
        return None
    pins = list(cell.of_kind("pin"))
    inputs = tuple(pin.name for pin in pins if pin.values.get("direction") == "input")
    outputs = [pin for pin in pins if pin.values.get("direction") == "output"]
    if len(inputs) not in (1, 2) or len(outputs) != 1 or len(pins) != len(inputs) + 1:
        return None
    function = outputs[0].values.get("function")
    if function is None or "three_state" in outputs[0].values:
        return None
    where = f"{file}:{outputs[0].line}: cell {cell.name!r}"
    try:
        kind = GATE_TABLES.get(truth_table(function, inputs))
    except CellLibraryError as error:
        raise CellLibraryError(f"{where}: {error}") from None
    if kind is None:
        return None
    for name in (cell.name, *inputs, outputs[0].name):
        check_identifier(where, name)
    return _Gate(cell, kind, inputs, outputs[0])


def _cell(gate: _Gate, corner: _Corner) -> Cell:
    where = f"{corner.file}:{gate.group.line}: cell {gate.group.name!r}"
    if "area" not in gate.group.values:
        raise CellLibraryError(f"{where}: the attribute 'area' is missing")
    try:
        leakage = tuple(_leakage(gate, corner, state) for state in range(1 << len(gate.inputs)))
        delays = list(_delays(gate.output, corner))
        area = _positive(gate.group.values["area"], "area")
    except CellLibraryError as error:
        raise CellLibraryError(f"{where}: {error}") from None
    if not delays or max(delays) <= 0:
        raise CellLibraryError(f"{where}: a timing group with a delay above 0 is missing")
    return Cell(
        name=gate.group.name,
        inputs=gate.inputs,
        output=gate.output.name,
        kind=gate.kind,
        area_um2=area,
        leakage_nw={corner.supply_v: leakage},
        delay_ns={corner.supply_v: max(delays) * corner.delay_ns},
    )


def _leakage(gate: _Gate, corner: _Corner, state: int) -> float:
    """In nW in an input state: the sum over the power pins, each by its condition that holds."""
    values = {pin: state >> bit & 1 for bit, pin in enumerate(gate.inputs)}
    values[gate.output.name] = evaluate(gate.output.values["function"], values)
    found: dict[str, str] = {}
    plain: dict[str, str] = {}
    for group in gate.group.of_kind("leakage_power"):
        pin, when = group.values.get("related_pg_pin", ""), group.values.get("when")
        if "value" not in group.values:
            continue
        if when is None:
            plain.setdefault(pin, group.values["value"])
        elif evaluate(when, values):
            found.setdefault(pin, group.values["value"])
    told = list({**plain, **found}.values())
    if not told:
        whole = gate.group.values.get("cell_leakage_power", corner.default_leakage)
        if whole is None:
            raise CellLibraryError(f"a leakage in the state {values} or cell_leakage_power is missing")
        told = [whole]
    total = sum(_number(text, "leakage") for text in told) * corner.leakage_nw
    if total < 0:
        raise CellLibraryError(f"leakage must not be negative, but is {total:g} nW in the state {values}")
    return total


def _delays(output: Group, corner: _Corner) -> Iterator[float]:
    """Of all combinational arcs, in the file's unit."""
    for timing in output.of_kind("timing"):
        if not timing.values.get("timing_type", "combinational").startswith("combinational"):
            continue
        tables = list(timing.of_kind(*_TABLES))
        yield from (_middle(table, corner) for table in tables)
        if not tables:
            yield from (_number(timing.values[name], name) for name in _INTRINSIC if name in timing.values)


def _middle(table: Group, corner: _Corner) -> float:
    """The entry in the middle of each axis of a table; of an even number of entries the upper one."""
    if "values" not in table.lists:
        raise CellLibraryError(f"{table.kind}: the attribute 'values' is missing")
    rows = [_numbers((row,)) for row in table.lists["values"][0]]
    sizes = corner.templates.get(table.name, ())
    if len(rows) == 1 and len(sizes) == 2 and len(rows[0]) == math.prod(sizes):
        rows = [rows[0][start : start + sizes[1]] for start in range(0, len(rows[0]), sizes[1])]
    if len({len(row) for row in rows}) != 1 or not rows[0]:
        raise CellLibraryError(f"{table.kind}: the rows of 'values' must be equally long and not empty")
    return rows[len(rows) // 2][len(rows[0]) // 2]


def _numbers(texts: tuple[str, ...]) -> list[float]:
    return [_number(word, "values") for text in texts for word in text.replace(",", " ").split()]


def _number(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise CellLibraryError(f"{name} must be a finite number, not {text!r}")
    return value


def _positive(text: str, name: str) -> float:
    value = _number(text, name)
    if value <= 0:
        raise CellLibraryError(f"{name} must be above 0, not {text}")
    return value
