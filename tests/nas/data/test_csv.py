"""CSV files, and one clear error for each way in which they can't serve."""

from pathlib import Path

import numpy as np
import pytest

from nas.data import DataError, Table
from nas.data.csv import load_csv
from nas.data.dataset import Task
from nas.spec import DataSpec

TEXT = """\
age,dose,color,outcome
31,0.5,1,yes
42,1e-1,2,no
53,-3,2,yes
64,4,1,no
"""


def load(folder: Path, text: str, task: Task = "classification", **options: str | tuple[str, ...]) -> Table:
    path = folder / "trial.csv"
    path.write_text(text, encoding="utf-8")
    data = DataSpec.model_validate({"csv": "trial.csv", "target": "outcome", **options})
    return load_csv(path, data, task)


def error_of(folder: Path, text: str, task: Task = "classification", **options: str | tuple[str, ...]) -> str:
    with pytest.raises(DataError) as caught:
        load(folder, text, task, **options)
    return str(caught.value)


def test_columns_become_features_and_the_target_classes(tmp_path: Path) -> None:
    table = load(tmp_path, TEXT)
    assert table.features == ("age", "dose", "color")
    assert table.labels == ("no", "yes")
    np.testing.assert_array_equal(table.y, [1, 0, 1, 0])
    np.testing.assert_array_equal(table.x[1], [42, 0.1, 2])
    assert table.origin == "trial.csv"
    assert table.given_test is None


def test_a_regression_takes_the_target_as_numbers(tmp_path: Path) -> None:
    table = load(tmp_path, TEXT, "regression", target="dose", drop=("outcome",))
    np.testing.assert_array_equal(table.y, [0.5, 0.1, -3, 4])
    assert table.labels == ()
    assert table.features == ("age", "color")


def test_labels_that_are_numbers_are_in_their_order(tmp_path: Path) -> None:
    table = load(tmp_path, "a,outcome\n1,10\n2,9\n3,2\n4,10\n")
    assert table.labels == ("2", "9", "10")


def test_dropped_columns_are_left_out_and_may_be_text(tmp_path: Path) -> None:
    table = load(tmp_path, TEXT.replace(",1,", ",red,"), drop=("color",))
    assert table.features == ("age", "dose")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_guessed(tmp_path: Path, separator: str) -> None:
    np.testing.assert_array_equal(load(tmp_path, TEXT.replace(",", separator)).x, load(tmp_path, TEXT).x)


def test_the_separator_may_be_given(tmp_path: Path) -> None:
    assert load(tmp_path, TEXT.replace(",", ":"), separator=":").features == ("age", "dose", "color")


def test_quotes_a_byte_order_mark_and_empty_lines_are_understood(tmp_path: Path) -> None:
    text = '\ufeff"age","dose, mg",outcome\n\n1,2,"a ""b"""\n3,4,c\n\n'
    table = load(tmp_path, text)
    assert table.features == ("age", "dose, mg")
    assert table.labels == ('a "b"', "c")


def test_rows_with_gaps_can_be_left_out(tmp_path: Path) -> None:
    text = TEXT.replace("53", "?").replace("0.5", "")
    assert len(load(tmp_path, text, missing="drop_rows").y) == 2


def test_gaps_in_dropped_columns_do_not_count(tmp_path: Path) -> None:
    assert len(load(tmp_path, TEXT.replace("53", "NA"), drop=("age",)).y) == 4


@pytest.mark.parametrize("gap", ["", "?", "NA", "nan", "NULL"])
def test_a_missing_value_names_line_and_column(tmp_path: Path, gap: str) -> None:
    assert error_of(tmp_path, TEXT.replace("53", gap).replace("1e-1", gap)) == (
        "trial.csv:3: column 'dose' has no value (2 missing in 2 of 4 rows); fill them in, drop the column "
        "(data.drop), or leave such rows out (data.missing: drop_rows)"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            TEXT.replace("53", "old").replace("4,1", "4,red"),
            "trial.csv: columns must be numeric, but these are not: 'age' ('old' at line 4), 'color' ('red' "
            "at line 5); write them as numbers, or drop them (data.drop)",
        ),
        (
            TEXT.replace("outcome", "outcom"),
            "trial.csv: there is no target column 'outcome'; did you mean 'outcom'?",
        ),
        (
            TEXT.replace("outcome", "z"),
            "trial.csv: there is no target column 'outcome'; the columns are age, dose, color, z",
        ),
        (TEXT.replace("dose", "age"), "trial.csv: column names must differ, but 'age' comes twice"),
        (TEXT.replace("dose", ""), "trial.csv: column 2 has no name; name every column"),
        (
            TEXT.replace("42,1e-1", "42"),
            "trial.csv:3: 4 columns are named, but this row has 3",
        ),
        ("", "trial.csv: must hold a line of column names and rows, but is empty"),
        ("age,outcome\n", "trial.csv: must hold a line of column names and rows, but is empty"),
        ("age outcome\n1 2\n", "trial.csv: only one column, 'age outcome'; is data.separator right?"),
        ("1,2\n3,4\n", "trial.csv:1: the first line must name the columns, but holds numbers only"),
        ("outcome,\n1,2\n", "trial.csv: column 2 has no name; name every column"),
        ('a,outcome\n1,"2\n', "trial.csv:2: not CSV: unexpected end of data"),
    ],
)
def test_a_damaged_file_says_where_and_what_to_do(tmp_path: Path, text: str, problem: str) -> None:
    assert error_of(tmp_path, text) == problem


@pytest.mark.parametrize(
    ("drop", "problem"),
    [
        (("colour",), "trial.csv: there is no column 'colour' to drop; did you mean 'color'?"),
        (("outcome",), "trial.csv: the target column 'outcome' can't be dropped"),
        (("age", "dose", "color"), "trial.csv: no column is left to predict 'outcome' from"),
    ],
)
def test_an_impossible_drop_is_refused(tmp_path: Path, drop: tuple[str, ...], problem: str) -> None:
    assert error_of(tmp_path, TEXT, drop=drop) == problem


def test_leaving_every_row_out_is_refused(tmp_path: Path) -> None:
    text = "a,outcome\n?,1\n?,2\n"
    assert error_of(tmp_path, text, missing="drop_rows") == "trial.csv: no rows are left"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none.csv"
    with pytest.raises(DataError) as caught:
        load_csv(path, DataSpec(csv="none.csv", target="y"), "classification")
    assert str(caught.value) == f"{path}: can't be read: No such file or directory"


def test_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "trial.csv"
    path.write_bytes("a,outcome\n1,größe\n".encode("latin-1"))
    with pytest.raises(DataError) as caught:
        load_csv(path, DataSpec(csv="trial.csv", target="outcome"), "classification")
    assert str(caught.value) == "trial.csv:2: not UTF-8 text; save the file as UTF-8"
