"""estimate design.v: someone's own circuit in the cells of any library."""

import json
from pathlib import Path

import pytest

from codegen.cells import load_cells
from nas.commands.estimates import estimate_circuit

NAND = "module top(input a, input b, output y); assign y = ~(a & b); endmodule"


@pytest.fixture
def design(tmp_path: Path) -> Path:
    path = tmp_path / "top.v"
    path.write_text(NAND)
    return path


def estimated(
    design: Path, cells: str, capsys: pytest.CaptureFixture[str], supply_v: float | None
) -> list[str]:
    estimate_circuit(design, cells=cells, supply_v=supply_v, top=None, json=False)
    return [line.strip() for line in capsys.readouterr().out.splitlines()]


def test_a_circuit_is_told_its_area_power_delay_and_batteries(
    design: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = estimated(design, "egfet", capsys, 0.8)
    assert lines[1:5] == [
        "area   0.2479 mm²",
        "power  2.965 µW static at 0.8 V, mean over 4096 uniformly random samples",
        "delay  1.656 ms at 0.8 V, longest path",
        "cells  1 NAND2X1",
    ]
    assert lines[6:9] == [
        "by supply: static power, with switching at 5 inferences a second, batteries",
        "0.6 V  1.475 µW, 1.550 µW, molex_30mw, blue_spark_3mw, harvester_0p1mw",
        "0.8 V  2.965 µW, 3.116 µW, molex_30mw, blue_spark_3mw, harvester_0p1mw",
    ]


def test_the_supply_is_the_librarys_where_none_is_given(
    design: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = estimated(design, "sky130_hd", capsys, None)
    assert lines[1] == "area   3.754 µm²"
    assert lines[2].startswith("power  2.0")
    assert " pW static at 1.8 V" in lines[2]
    assert lines[3:5] == ["delay  0.1355 ns at 1.8 V, longest path", "cells  1 sky130_fd_sc_hd__nand2_1"]


def test_the_document_has_every_figure(design: Path, capsys: pytest.CaptureFixture[str]) -> None:
    estimate_circuit(design, cells="egfet", supply_v=None, top=None, json=True)
    found = json.loads(capsys.readouterr().out)
    assert found["supply_v"] == 1.0
    assert found["latency_s"] == pytest.approx(1785920e-9)
    assert [float(supply) for supply in found["power_by_supply"]] == list(load_cells("egfet").supplies)
    assert found["batteries_by_supply"]["0.6"] == ["molex_30mw", "blue_spark_3mw", "harvester_0p1mw"]


def test_a_library_file_of_ones_own_prices_it(
    design: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    timing = "timing () { intrinsic_rise : 2; intrinsic_fall : 3; }"
    pins = "pin (A) { direction : input; }", "pin (B) { direction : input; }"
    (tmp_path / "mine.lib").write_text(f"""library (mine) {{
      nom_voltage : 3; default_cell_leakage_power : 4;
      cell (N) {{ area : 1e6; {pins[0]} pin (Y) {{ direction : output; function : "!A"; {timing} }} }}
      cell (ND) {{ area : 2e6; {" ".join(pins)}
        pin (Y) {{ direction : output; function : "!A + !B"; {timing} }} }}
    }}""")
    lines = estimated(design, str(tmp_path / "mine.lib"), capsys, None)
    assert lines[1:5] == [
        "area   2 mm²",
        "power  4 nW static at 3 V, mean over 4096 uniformly random samples",
        "delay  3 ns at 3 V, longest path",
        "cells  1 ND",
    ]
