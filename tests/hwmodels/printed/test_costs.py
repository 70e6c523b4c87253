"""Building blocks: each form computes what the block says, and the library decides which is built."""

import json
import re
from itertools import product
from pathlib import Path

import pytest

from codegen.cells import Cell, CellLibrary, load_cells
from codegen.ir.network import GateKind
from hwmodels.printed import units
from hwmodels.printed.converters import find_converters
from hwmodels.printed.costs import TRUTH, UnitGate, _parse, unit_costs
from hwmodels.printed.units import CELL_UNITS, EXPANSIONS, UNITS, Unit

MEANING = {
    "inverter": lambda a: (1 - a,),
    "nand": lambda a, b: (1 - a * b,),
    "nor": lambda a, b: (int(a + b == 0),),
    "and": lambda a, b: (a * b,),
    "or": lambda a, b: (int(a + b > 0),),
    "and_not": lambda a, b: (int(a > b),),
    "or_not": lambda a, b: (int(a >= b),),
    "xor": lambda a, b: ((a + b) % 2,),
    "xnor": lambda a, b: ((a + b + 1) % 2,),
    "half_adder": lambda a, b: ((a + b) % 2, (a + b) // 2),
    "half_adder_one": lambda a, b: ((a + b + 1) % 2, (a + b + 1) // 2),
    "full_adder": lambda a, b, c: ((a + b + c) % 2, (a + b + c) // 2),
    "full_adder_sum": lambda a, b, c: ((a + b + c) % 2,),
    "full_adder_carry": lambda a, b, c: ((a + b + c) // 2,),
    "compare": lambda a, b, c: (int(2 * a + c > 2 * b),),
    "mux": lambda a, b, s, t: (b if s else a,),
}


def library(*kinds: GateKind) -> CellLibrary:
    """Cells of 1 um2 a gate, except for an inverter of half that."""
    cells = tuple(
        Cell(
            kind,
            ("a",) if kind == "inv" else ("a", "b"),
            "y",
            kind,
            0.5 if kind == "inv" else 1.0,
            {1.0: (1.0, 3.0) if kind == "inv" else (1.0, 2.0, 3.0, 6.0)},
            {1.0: 1.0},
        )
        for kind in kinds
    )
    return CellLibrary("plain", "made up", cells)


def run(gates: tuple[UnitGate, ...], unit: Unit, pins: tuple[int, ...]) -> tuple[int, ...]:
    signals = dict(zip(unit.inputs, pins, strict=True))
    for gate in gates:
        signals[gate.name] = TRUTH[gate.kind](signals[gate.a], signals[gate.b])
    return tuple(signals[name] for name in unit.outputs)


def pins_of(unit: Unit) -> list[tuple[int, ...]]:
    """All states of the pins that can be; t is the complement of s."""
    states = product((0, 1), repeat=len(unit.inputs))
    return [pins for pins in states if "t" not in unit.inputs or pins[3] == 1 - pins[2]]


@pytest.mark.parametrize("unit", UNITS[: len(MEANING)], ids=lambda unit: unit.name)
def test_every_form_of_a_unit_computes_its_meaning(unit: Unit) -> None:
    for form in unit.forms:
        for pins in pins_of(unit):
            assert run(_parse(form), unit, pins) == MEANING[unit.name](*pins)


@pytest.mark.parametrize("kind", EXPANSIONS)
def test_what_stands_for_a_missing_gate_computes_it(kind: GateKind) -> None:
    unit = Unit(kind, "", ("a", "b"), ("y",), EXPANSIONS[kind])
    for form in unit.forms:
        for a, b in product((0, 1), repeat=2):
            assert run(_parse(form), unit, (a, b)) == (TRUTH[kind](a, b),)


@pytest.mark.parametrize("kind", ["nand", "nor", "and", "or"])
def test_an_inverter_and_any_gate_build_every_unit(kind: GateKind) -> None:
    costs = unit_costs(library("inv", kind), 1.0)
    for unit, gates in zip(UNITS, costs.gates, strict=True):
        assert {gate.kind for gate in gates} <= {"inv", kind}
        if unit.name in MEANING:
            for pins in pins_of(unit):
                assert run(gates, unit, pins) == MEANING[unit.name](*pins)


def test_full_adders_are_nine_nand_where_xor_is_dear_and_xor_where_it_is_cheap() -> None:
    egfet = unit_costs(load_cells("egfet"), 1.0)
    assert [gate.kind for gate in egfet.gates[units.FULL_ADDER]] == ["nand"] * 9
    assert egfet.area_cm2[units.FULL_ADDER] == pytest.approx(0.0223, abs=5e-5)
    cheap = unit_costs(library("inv", "nand", "xor"), 1.0)
    assert sorted(gate.kind for gate in cheap.gates[units.FULL_ADDER]) == ["nand"] * 3 + ["xor"] * 2


def test_leakage_is_the_mean_over_the_states_of_the_pins() -> None:
    costs = unit_costs(library("inv", "nand"), 1.0)
    assert costs.leakage_mw[units.NAND] == pytest.approx(3.0e-6)
    # and = nand, inv: the inverter sees 1, 1, 1, 0 and leaks 3, 3, 3, 1
    assert costs.leakage_mw[units.AND] == pytest.approx((3.0 + 2.5) * 1e-6)


def test_delay_is_the_longest_path_from_each_pin_to_each_output() -> None:
    costs = unit_costs(library("inv", "nand"), 1.0)
    adder = costs.delay_s[units.FULL_ADDER]
    assert adder[:3, 0] == pytest.approx([6e-9, 6e-9, 3e-9])
    assert adder[:3, 1] == pytest.approx([5e-9, 5e-9, 2e-9])
    assert adder[3] == pytest.approx([0, 0])


def test_a_netlist_cell_is_itself_whatever_would_be_smaller() -> None:
    costs = unit_costs(load_cells("egfet"), 1.0)
    assert [gate.kind for gate in costs.gates[CELL_UNITS["xor"]]] == ["xor"]
    assert costs.area_cm2[CELL_UNITS["xor"]] > costs.area_cm2[units.XOR]


def test_every_unit_has_a_source_that_says_what_it_is_made_of() -> None:
    egfet = load_cells("egfet")
    sources = {source.constant: source for source in unit_costs(egfet, 1.0).sources(egfet)}
    assert len(sources) == 2 * len(UNITS)
    source = sources["area of half_adder"]
    assert source.source.startswith("4 nand + 1 inv of egfet: ")
    assert source.value == pytest.approx((4 * 247860 + 228420) / 1e8)


def test_a_library_file_of_ones_own_is_used(tmp_path: Path) -> None:
    from hwmodels.printed import PrintedModel

    cells = [
        {"name": "I", "inputs": ["a"], "output": "y", "function": "inv", "area_um2": 1e6,
         "leakage_nw": {"1.0": [1, 1]}, "delay_ns": {"1.0": 1}},
        {"name": "N", "inputs": ["a", "b"], "output": "y", "function": "nor", "area_um2": 1e6,
         "leakage_nw": {"1.0": [1, 1, 1, 1]}, "delay_ns": {"1.0": 1}},
    ]  # fmt: skip
    document = {"format": "silkscreen-cells-1", "name": "own", "source": "a test", "cells": cells}
    path = tmp_path / "own.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert PrintedModel(str(path)).metrics


PAGE = (Path(__file__).parents[3] / "docs" / "printed.md").read_text(encoding="utf-8")


def test_the_documented_areas_are_those_of_the_blocks() -> None:
    areas = dict(
        zip((unit.name for unit in UNITS), unit_costs(load_cells("egfet"), 1.0).area_cm2, strict=True)
    )
    rows = re.findall(r"^\| ([a-z_, ]+) \|[^|]*\|[^|]*\| ([\d.; ]+) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 10
    for names, values in rows:
        for name, value in zip(names.split(", "), values.split("; "), strict=True):
            assert f"{areas[name] * 1e4:.1f}" == value


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
def test_a_documented_example_prints_what_it_says(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(code, "docs/printed.md", "exec"), {})  # noqa: S102
    assert capsys.readouterr().out == f"{code.rsplit('# ', 1)[1]}"


def test_the_documented_converter_is_the_one_that_ships() -> None:
    flash = find_converters("egfet_flash")
    assert f"| area | {flash.area_cm2.per_level} cm2 |" in PAGE
    assert f"| power | {flash.power_mw.per_level} mW, at any" in PAGE
