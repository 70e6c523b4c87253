"""Liberty files: what the grammar allows, what becomes a cell, and errors with their line."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.cells import CellLibrary, CellLibraryError, load_cells
from codegen.cells.functions import truth_table
from codegen.cells.liberty import parse_liberty
from codegen.cells.liberty_cells import from_liberty

FUNCTIONS = {
    "inv": "!{0}",
    "nand": "({0}*{1})'",
    "nor": "!{0} & {1}'",
    "and": "{0} {1}",
    "or": "{0}|{1}",
    "xor": "{0}^{1}",
    "xnor": "({0}*{1}) + (!{0}*!{1})",
}


def liberty_of(library: CellLibrary, supply_v: float) -> str:
    """A library at one supply as Liberty; delays in us and leakage in uW, to use the units."""
    cells = []
    for cell in library.cells:
        assert cell.kind is not None
        pins = "".join(f"pin ({pin}) {{ direction : input; }}\n" for pin in cell.inputs)
        leakage = ""
        for state, amount in enumerate(cell.leakage_nw[supply_v]):
            when = "&".join(f"{pin}" if state >> i & 1 else f"!{pin}" for i, pin in enumerate(cell.inputs))
            leakage += f'leakage_power () {{ value : {amount / 1e3!r}; when : "{when}"; }}\n'
        delay = cell.delay_ns[supply_v] / 1e3
        cells.append(f"""
          cell ("{cell.name}") {{
            area : {cell.area_um2!r};
            {leakage} {pins}
            pin ({cell.output}) {{
              direction : output; function : "{FUNCTIONS[cell.kind].format(*cell.inputs)}";
              timing () {{
                related_pin : "{cell.inputs[0]}";
                cell_rise (t3) {{ values ("0, 0, 9", \\
                  "0, {delay!r}, 9", "9, 9, 9"); }}
                cell_fall (scalar) {{ values ("{delay / 2!r}"); }}
              }}
            }}
          }}""")
    return f"""library ({library.name}) {{
      time_unit : "1us"; leakage_power_unit : "1uW"; nom_voltage : {supply_v};
      lu_table_template (t3) {{ index_1 ("1, 2, 3"); index_2 ("1, 2, 3"); }}
      {"".join(cells)}
    }}"""


SMALL = """\
/* two cells */ library (small) { // of a kind
  nom_voltage : 1.2 ;
  default_cell_leakage_power : 5
  cell (INV) {
    area : 1.5;
    pin (A) { direction : input; }
    pin (Y) { direction : output; function : "A'"; timing () { intrinsic_rise : 3; intrinsic_fall : 4; } }
  }
  cell (NOR) {
    area : 2.5; cell_leakage_power : 7;
    pin (A) { direction : input; } pin (B) { direction : input; }
    pin (Y) { direction : output; function : "!(A+B)"; timing () { cell_rise (s) { values ("6"); } } }
  }
}
"""


@pytest.mark.parametrize("supply_v", [0.6, 1.0])
def test_egfet_written_as_liberty_has_the_same_figures(tmp_path: Path, supply_v: float) -> None:
    egfet, path = load_cells("egfet"), tmp_path / "egfet.lib"
    path.write_text(liberty_of(egfet, supply_v))
    found = load_cells(path)
    assert (found.supplies, found.nominal_supply_v, found.name) == ((supply_v,), supply_v, "egfet")
    for read, cell in zip(found.cells, egfet.cells, strict=True):
        assert (read.name, read.inputs, read.output, read.kind, read.area_um2) == (
            cell.name, cell.inputs, cell.output, cell.kind, cell.area_um2
        )  # fmt: skip
        assert read.leakage_nw[supply_v] == pytest.approx(cell.leakage_nw[supply_v])
        assert read.delay_ns[supply_v] == pytest.approx(cell.delay_ns[supply_v])


def test_a_small_library_is_read_with_its_defaults() -> None:
    inverter, nor = from_liberty(SMALL, "small.lib").cells
    assert (inverter.kind, inverter.area_um2, inverter.leakage_nw, inverter.delay_ns) == (
        "inv", 1.5, {1.2: (5.0, 5.0)}, {1.2: 4.0}
    )  # fmt: skip
    assert (nor.kind, nor.leakage_nw, nor.delay_ns) == ("nor", {1.2: (7.0,) * 4}, {1.2: 6.0})


def test_the_grammar_keeps_values_lists_and_groups() -> None:
    outer = parse_liberty(
        'library (a, "b c") { x : 1 + y; z (1, "2,\\\n3"); g () { } /* } */ g (h) {} }', "f"
    )
    assert (outer.kind, outer.names, outer.values) == ("library", ("a", "b c"), {"x": "1 + y"})
    assert outer.lists == {"z": [("1", "2, 3")]}
    assert [group.name for group in outer.of_kind("g")] == ["", "h"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"!(A+B)"', '"!A * B"'),  # no gate
        ('"!(A+B)"', '"A"'),
        ("pin (B) { direction : input; }", "pin (B) { direction : input; } pin (C) { direction : input; }"),
        ("area : 2.5;", "area : 2.5; dont_use : true;"),
        ("area : 2.5;", 'area : 2.5; ff (IQ, IQN) { next_state : "A"; }'),
        ("direction : output; function", 'direction : output; three_state : "B"; function'),
    ],
)
def test_what_is_no_gate_is_left_out_and_what_is_then_missing_is_named(old: str, new: str) -> None:
    head, tail = SMALL.split("cell (NOR)")
    with pytest.raises(CellLibraryError, match="a gate 'nand', 'nor', 'and' or 'or' is missing"):
        from_liberty(f"{head}cell (NOR){tail.replace(old, new)}", "small.lib")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f: must hold one group, not 0"),
        ("library (a) {\n cell (b) {\n}", "f:1: a group that begins here does not end"),
        ("library (a) {\n/* never", "f:2: a text or comment that begins here does not end"),
        ('library (a) {\n x : "never', "f:2: a text or comment that begins here does not end"),
        ("library (a) { } }", "f:1: a '}' closes nothing"),
        ("library (a) {\n x y; }", "f:2: ':' or '(' is needed after 'x', not 'y'"),
        ("library (a {", "f:1: ')' is needed, not '{'"),
        ("a (" * 60 + ")", "f:1: ')' is needed, not '('"),
        ("a () { " * 60, "f:1: must have at most 50 groups inside each other"),
        ("cell (a) { }", "f:1: must be a group 'library', not 'cell'"),
        ("library (a) { }", "f:1: nom_voltage or operating_conditions must give the supply"),
        ("library (a) { nom_voltage : high; }", "f:1: the supply must be a finite number, not 'high'"),
        ("library (a) { nom_voltage : 0; }", "f:1: the supply must be above 0, not 0"),
        (
            'library (a) { nom_voltage : 1;\n lu_table_template (t) { index_1 ("1, x"); } }',
            "f:2: lu_table_template 't': values must be a finite number, not 'x'",
        ),
        ("library (a) { nom_voltage : 1; }", "f: no cell computes a gate of one or two inputs"),
        (
            'library (a) { nom_voltage : 1; time_unit : "1 h"; }',
            "f:1: time_unit must be a number and one of s, ms, us, ns, ps, fs, not '1 h'",
        ),
    ],
)
def test_a_damaged_file_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(CellLibraryError) as error:
        from_liberty(text, "f")
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("area : 1.5;", "", "f:4: cell 'INV': the attribute 'area' is missing"),
        ("area : 1.5;", "area : -1;", "f:4: cell 'INV': area must be above 0, not -1"),
        (
            "  default_cell_leakage_power : 5\n",
            "",
            "f:3: cell 'INV': a leakage in the state {'A': 0, 'Y': 1} or",
        ),
        ("cell (INV)", 'cell ("a b")', "f:7: cell 'a b': must be letters, digits and underscores, not 'a b'"),
        ('"6"', '"6", "7, 8"', "f:9: cell 'NOR': cell_rise: the rows of 'values' must be equally long"),
        ('"6"', '"six"', "f:9: cell 'NOR': values must be a finite number, not 'six'"),
        ('timing () { cell_rise (s) { values ("6"); } }', "", "f:9: cell 'NOR': a timing group with a delay"),
        (
            '"A\'"',
            '"A & Q"',
            "f:7: cell 'INV': function 'A & Q': an operand must be 0, 1 or one of A, not 'Q'",
        ),
    ],
)
def test_a_cell_that_lacks_something_is_named(old: str, new: str, message: str) -> None:
    assert old in SMALL
    with pytest.raises(CellLibraryError) as error:
        from_liberty(SMALL.replace(old, new), "f")
    assert str(error.value).startswith(message)


def test_a_table_on_one_line_is_cut_by_its_template() -> None:
    table = 'cell_rise (t) { values ("1, 2, 3, 4, 5, 6"); }'
    template = 'lu_table_template (t) { index_1 ("1, 2"); index_2 ("1, 2, 3"); } cell (NOR)'
    text = SMALL.replace('cell_rise (s) { values ("6"); }', table).replace("cell (NOR)", template)
    assert from_liberty(text, "f").gate("nor").delay_ns == {1.2: 5.0}


def test_leakage_adds_up_over_the_power_pins_and_falls_back_to_the_unconditional() -> None:
    groups = """area : 1.5;
      leakage_power () { value : 1; when : "A & !Y"; related_pg_pin : VDD; }
      leakage_power () { value : 2; related_pg_pin : VDD; }
      leakage_power () { value : 10; related_pg_pin : VNW; }"""
    inverter = from_liberty(SMALL.replace("area : 1.5;", groups), "f").gate("inv")
    assert inverter.leakage_nw == {1.2: (12.0, 11.0)}


def test_the_supply_is_that_of_the_default_operating_conditions() -> None:
    conditions = """voltage_unit : "1mV"; default_operating_conditions : slow;
      operating_conditions (fast) { voltage : 2000; } operating_conditions (slow) { voltage : 900; }"""
    assert from_liberty(SMALL.replace("nom_voltage : 1.2 ;", conditions), "f").supplies == (0.9,)


@pytest.mark.parametrize(
    ("expression", "table"),
    [
        ("!A", (1, 0, 1, 0)),
        ("A''", (0, 1, 0, 1)),
        ("A B", (0, 0, 0, 1)),
        ("A*B+A&B|0", (0, 0, 0, 1)),
        ("A^B*1", (0, 1, 1, 0)),
        ("1 + A ^ B", (1, 1, 1, 1)),
        ("A + B ^ B", (0, 1, 0, 1)),
        ("!(A|B)'", (0, 1, 1, 1)),
        ("(A)(B)", (0, 0, 0, 1)),
    ],
)
def test_expressions_follow_the_strength_of_their_operators(expression: str, table: tuple[int, ...]) -> None:
    assert truth_table(expression, ("A", "B")) == table


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("A @ B", "function 'A @ B': '@' is not expected"),
        ("(A", "function '(A': a closing bracket is missing"),
        ("A)", "function 'A)': ')' is not expected"),
        ("A +", "function 'A +': an operand must be 0, 1 or one of A, B, not 'the end'"),
        ("(" * 60 + "A", "must have at most 50 brackets inside each other"),
        ("A" * 1001, "function: must have at most 1000 characters, not 1001"),
    ],
)
def test_a_bad_expression_is_refused(expression: str, message: str) -> None:
    with pytest.raises(CellLibraryError) as error:
        truth_table(expression, ("A", "B"))
    assert message in str(error.value)


@given(st.text(alphabet="lib(){}:;,\"\\ \n/*ab'!&"))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(CellLibraryError):
        from_liberty(f"library (a) {{ {text} }}", "f")
    with suppress(CellLibraryError):
        assert set(truth_table(text, ("a", "b"))) <= {0, 1}
