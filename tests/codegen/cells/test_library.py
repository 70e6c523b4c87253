"""Cell libraries: the shipped one has the published numbers; bad files are refused with their place."""

import json
from importlib import resources

import pytest
from ruamel.yaml import YAML

from codegen.cells import CellLibraryError, load_cells


@pytest.fixture
def document():
    return json.loads((resources.files("codegen") / "data" / "cells" / "egfet.json").read_text())


@pytest.fixture
def load(tmp_path):
    def load(document):
        path = tmp_path / "lib.json"
        path.write_text(json.dumps(document))
        return load_cells(path)

    return load


@pytest.mark.parametrize(
    ("kind", "cell", "area_um2"),
    [
        ("inv", "INVX1", 228420),
        ("nand", "NAND2X1", 247860),
        ("nor", "NOR2X1", 399500),
        ("and", "AND2X1", 433500),
        ("or", "OR2X1", 563530),
        ("xor", "XOR2X1", 1042800),
        ("xnor", "XNOR2X1", 1347557),
    ],
)
def test_egfet_has_the_published_areas(kind, cell, area_um2):
    egfet = load_cells("egfet")
    assert egfet.gate(kind).name == cell
    assert egfet.area_cm2(kind) == pytest.approx(area_um2 * 1e-8)


def test_leakage_depends_on_the_input_state():
    egfet = load_cells("egfet")
    assert [egfet.leakage_mw("nand", state, 1.0) * 1e6 for state in range(4)] == pytest.approx(
        [248.054, 391.073, 490.604, 18569.1]
    )
    assert [egfet.leakage_mw("inv", state, 0.6) * 1e6 for state in range(2)] == pytest.approx(
        [177.065, 6407.6]
    )


def test_leakage_is_linear_between_supplies():
    egfet = load_cells("egfet")
    low, high = egfet.leakage_mw("nor", 1, 0.6), egfet.leakage_mw("nor", 1, 0.8)
    assert egfet.leakage_mw("nor", 1, 0.65) == pytest.approx(0.75 * low + 0.25 * high)
    assert egfet.leakage_mw("nor", 1, 2.0) > egfet.leakage_mw("nor", 1, 1.9)


def test_delay_is_the_slowest_arc():
    assert load_cells("egfet").delay_ns("nand", 1.0) == 1785920.0


def test_supply_outside_the_table_is_an_error():
    with pytest.raises(CellLibraryError, match=r"egfet: supply_v must be in 0\.6\.\.2\.0 V, not 0\.5"):
        load_cells("egfet").leakage_mw("inv", 0, 0.5)


def test_state_that_a_cell_does_not_have_is_an_error():
    with pytest.raises(CellLibraryError, match=r"egfet: INVX1 has states 0\.\.1, not 2"):
        load_cells("egfet").leakage_mw("inv", 2, 1.0)


def test_a_yaml_file_of_the_same_layout_is_the_same_library(document, tmp_path):
    path = tmp_path / "lib.yaml"
    YAML(typ="safe").dump(_supplies_as_numbers(document), path)
    assert load_cells(path) == load_cells("egfet")


def _supplies_as_numbers(document):
    for cell in document["cells"]:
        for table in ("leakage_nw", "delay_ns"):
            cell[table] = {float(supply): row for supply, row in cell[table].items()}
    return document


def test_yaml_that_can_not_be_read_is_refused(tmp_path):
    path = tmp_path / "lib.yml"
    path.write_text("format: [")
    with pytest.raises(CellLibraryError, match=r"lib\.yml: must be readable YAML \(while parsing"):
        load_cells(path)


def test_egfet_tells_its_nominal_supply_and_its_switching():
    egfet = load_cells("egfet")
    assert egfet.nominal_supply_v == 1.0
    assert egfet.switching.share_at(5) == pytest.approx(0.051)
    assert egfet.switching.share_at(10) == pytest.approx(0.102)


def test_a_library_that_does_not_tell_means_its_highest_supply_and_leakage_only(document, load):
    del document["nominal_supply_v"], document["switching"]
    library = load(document)
    assert library.nominal_supply_v == 2.0
    assert library.switching.share_at(5) == 0


def test_a_nominal_supply_outside_the_table_is_refused(document, load):
    document["nominal_supply_v"] = 3
    with pytest.raises(CellLibraryError, match=r"egfet: supply_v must be in 0\.6\.\.2\.0 V, not 3\.0"):
        load(document)


def test_sky130_has_the_figures_of_its_public_files():
    library = load_cells("sky130_hd")
    assert library.supplies == (1.8,)
    assert {kind: library.gate(kind).area_um2 for kind in library.kinds} == {
        "inv": 3.7536, "nand": 3.7536, "nor": 3.7536, "and": 6.256, "or": 6.256, "xor": 8.7584, "xnor": 8.7584
    }  # fmt: skip
    means = {"inv": 0.005326682, "nand": 0.00211796, "nor": 0.0019697, "and": 0.002665008, "or": 0.001849109,
             "xor": 0.004277774, "xnor": 0.002065353}  # fmt: skip
    for kind, mean in means.items():  # the files tell the mean over the states too
        states = library.gate(kind).leakage_nw[1.8]
        assert sum(states) / len(states) == pytest.approx(mean, rel=1e-4)


def test_unknown_library_names_the_known_ones():
    with pytest.raises(
        CellLibraryError, match="cells 'egfett' are not known: give one of egfet, sky130_hd, or a path"
    ):
        load_cells("egfett")


def test_smallest_cell_of_a_kind_is_taken(document, load):
    document["cells"].append({**document["cells"][0], "name": "INVX0", "area_um2": 1.0})
    assert load(document).gate("inv").name == "INVX0"


def test_library_without_inverter_is_refused(document, load):
    document["cells"] = document["cells"][1:]
    with pytest.raises(CellLibraryError, match=r"egfet: an inverter .* is missing"):
        load(document)


def test_library_without_a_complete_set_is_refused(document, load):
    document["cells"] = [cell for cell in document["cells"] if cell["function"] in ("inv", "xor")]
    with pytest.raises(CellLibraryError, match="a gate 'nand', 'nor', 'and' or 'or' is missing"):
        load(document)


def test_missing_kind_names_those_there_are(document, load):
    document["cells"] = document["cells"][:2]
    with pytest.raises(CellLibraryError, match="no cell of kind 'xor'; it has inv, nand"):
        load(document).gate("xor")


def _drop_supply(document):
    del document["cells"][1]["delay_ns"]["0.8"]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda d: d.update(format="v9"), "format must be 'silkscreen-cells-1', not 'v9'"),
        (lambda d: d.pop("source"), "the key 'source' is missing"),
        (lambda d: d.update(cells={}), r"cells: must be a list that is not empty"),
        (
            lambda d: d["cells"][2].update(area_um2=-1),
            r"cells\[2\]\.area_um2: must be a finite number above 0",
        ),
        (lambda d: d["cells"][2].update(area_um2="1"), r"cells\[2\]\.area_um2: must be a number, not '1'"),
        (lambda d: d["cells"][1].update(name="a b"), r"cells\[1\]\.name: must be letters, digits"),
        (
            lambda d: d["cells"][1].update(function="maj"),
            r"cells\[1\]\.function: must be null or one of inv, ",
        ),
        (lambda d: d["cells"][1].update(inputs=["A", "A"]), r"cells\[1\]\.inputs: must be 2 different pins"),
        (
            lambda d: d["cells"][0]["leakage_nw"].update({"0.6": [1]}),
            r"leakage_nw\.0\.6: must hold 2 numbers",
        ),
        (lambda d: d["cells"][0]["leakage_nw"].update({"low": [1, 2]}), "a supply in V is needed, not 'low'"),
        (
            lambda d: d["cells"][0].update(leakage_nw=[]),
            "leakage_nw: must map at least one supply to numbers",
        ),
        (lambda d: d["cells"].append(d["cells"][0]), "cell names must be unique, but 'INVX1' is there twice"),
        (_drop_supply, "cell 'NAND2X1' must be tabulated at the supplies 0.6, 0.8"),
    ],
)
def test_damaged_library_is_refused_with_its_place(document, load, damage, message):
    damage(document)
    with pytest.raises(CellLibraryError, match=message):
        load(document)


def test_unreadable_file_is_an_error(tmp_path):
    (tmp_path / "lib.json").write_text("{")
    with pytest.raises(CellLibraryError, match=r"lib\.json: must be a readable JSON file"):
        load_cells(tmp_path / "lib.json")
