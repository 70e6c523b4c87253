"""From a spec's data section to a dataset."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nas.data import DataError, Dataset, Table, load_dataset
from nas.data.check import check_table
from nas.data.dataset import Task
from nas.spec import DataSpec, SplitSpec


def bundled(name: str, task: Task = "classification", *, seed: int = 1, **split: object) -> Dataset:
    data = DataSpec.model_validate({"bundled": name})
    return load_dataset(data, SplitSpec.model_validate(split), task, seed, Path())


def table_of(**changes: Any) -> Table:
    rng = np.random.default_rng(0)
    given: dict[str, Any] = {
        "x": rng.normal(size=(20, 2)),
        "y": np.arange(20) % 2,
        "features": ("a", "b"),
        "labels": ("no", "yes"),
        "origin": "here",
    }
    return Table(**{**given, **changes})


def error_of(table: Table, task: Task = "classification") -> str:
    with pytest.raises(DataError) as caught:
        check_table(table, task)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "n_rows", "n_features", "n_classes"),
    [("wdbc", 569, 30, 2), ("digits", 1797, 64, 10), ("wine", 178, 13, 3), ("iris", 150, 4, 3)],
)
def test_bundled_sets_have_their_published_sizes(
    name: str, n_rows: int, n_features: int, n_classes: int
) -> None:
    table = bundled(name).table
    assert table.x.shape == (n_rows, n_features)
    assert len(table.labels) == n_classes
    assert table.origin == f"bundled {name}"


def test_diabetes_is_a_regression() -> None:
    dataset = bundled("diabetes", "regression")
    assert dataset.table.x.shape == (442, 10)
    assert dataset.table.labels == ()


def test_the_same_arguments_give_the_same_fingerprint() -> None:
    assert bundled("iris").fingerprint == bundled("iris").fingerprint
    prints = {
        bundled("iris").fingerprint,
        bundled("iris", seed=2).fingerprint,
        bundled("iris", test=0.2).fingerprint,
        bundled("iris", validation={"folds": 4}).fingerprint,
        bundled("wine").fingerprint,
    }
    assert len(prints) == 5


def test_a_constant_feature_is_a_warning_with_its_effect() -> None:
    assert bundled("iris").warnings == ()
    assert bundled("digits").warnings[0] == (
        "feature 'pixel_0_0' is 0 in every training row: it can't help, and its code is always the lowest; "
        "drop the column"
    )


@pytest.mark.parametrize(
    ("name", "n_rows", "n_features", "n_classes"),
    [
        ("breast_cancer", 683, 9, 2),
        ("cardio", 2126, 21, 3),
        ("pendigits", 10992, 16, 10),
        ("red_wine", 1599, 11, 6),
        ("white_wine", 4898, 11, 7),
    ],
)
def test_the_files_of_the_uci_repository_load(
    shared_data: Path, name: str, n_rows: int, n_features: int, n_classes: int
) -> None:
    data = DataSpec(csv=f"{name}.csv", target="class")
    dataset = load_dataset(data, SplitSpec(), "classification", 0, shared_data / "uci")
    assert dataset.table.x.shape == (n_rows, n_features)
    assert len(dataset.table.labels) == n_classes
    assert dataset.warnings == ()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"x": np.zeros(20)},
            "here: x must be (n_samples, n_features) and y (n_samples,), not (20,) and (20,)",
        ),
        (
            {"x": np.zeros((3, 2)), "y": np.zeros(3, int)},
            "here: at least 4 rows and 1 feature are needed, not 3 and 2",
        ),
        ({"features": ("a",)}, "here: 2 feature names are needed, not 1"),
        ({"features": ("a", "a")}, "here: feature names must differ, but 'a' comes twice"),
        ({"y": np.zeros(20, int)}, "here: at least two classes are needed, but every row is 'no'"),
        ({"y": np.zeros(20)}, "here: classes must be integers, not float64"),
        (
            {"y": np.arange(20)},
            "here: 2 different labels go with classes 0..1, but the classes are 0..19 and the labels no, yes",
        ),
        (
            {"y": np.arange(20) - 1},
            "here: 2 different labels go with classes 0..1, but the classes are -1..18 "
            "and the labels no, yes",
        ),
    ],
)
def test_an_impossible_table_is_refused(changes: dict[str, Any], problem: str) -> None:
    assert error_of(table_of(**changes)) == problem


@pytest.mark.parametrize(("value", "shown"), [(np.nan, "nan"), (np.inf, "inf"), (-1e31, "-1e+31")])
def test_values_must_be_finite_and_not_huge(value: float, shown: str) -> None:
    x = np.zeros((20, 2))
    x[3, 1] = value
    assert error_of(table_of(x=x)) == (
        f"here: feature 'b': values must be finite and at most 1e+30 in size, but row 3 has {shown}"
    )


def test_too_many_classes_look_like_a_regression() -> None:
    n = 600
    table = table_of(
        x=np.zeros((n, 2)), y=np.arange(n) // 2, labels=tuple(str(index) for index in range(n // 2))
    )
    assert error_of(table) == (
        "here: the target has 300 classes, at most 256 are possible; is this a regression?"
    )


def test_a_regression_needs_targets_that_vary() -> None:
    assert error_of(table_of(), "regression") == (
        "here: a regression needs numbers as its target, not the classes no, yes; use task: classification"
    )
    assert error_of(table_of(labels=(), y=np.full(20, 2.5)), "regression") == (
        "here: every target is 2.5; there is nothing to learn"
    )
    assert error_of(table_of(labels=(), y=np.full(20, np.nan)), "regression") == (
        "here: targets must be finite and at most 1e+30 in size"
    )


CODE = """\
import numpy as np
from nas.data import Table


def table():
    x = np.arange(40.0).reshape(20, 2)
    return Table(x, np.arange(20) % 2, ("a", "b"), ("no", "yes"), "made here", np.arange(4))


def broken():
    raise RuntimeError("no sensor")


def lists():
    return Table([[1, 2]] * 20, [0, 1] * 10, ["a", "b"], ["no", "yes"], "lists", [0, 1])


def words():
    return Table([["x", "y"]] * 8, [0, 1] * 4, ["a", "b"], ["no", "yes"], "words")


def number():
    return 3
"""


def call(folder: Path, name: str, *, allow_code: bool = True, test: float | str = "given") -> Dataset:
    (folder / "made.py").write_text(CODE, encoding="utf-8")
    data = DataSpec(call=f"made.py:{name}")
    split = SplitSpec.model_validate({"test": test})
    return load_dataset(data, split, "classification", 1, folder, allow_code=allow_code)


def test_a_function_of_the_user_makes_a_table_with_its_own_test_part(tmp_path: Path) -> None:
    dataset = call(tmp_path, "table")
    np.testing.assert_array_equal(dataset.test, [0, 1, 2, 3])
    assert dataset.table.origin == "made here"


def test_lists_serve_as_arrays(tmp_path: Path) -> None:
    dataset = call(tmp_path, "lists", test=0.5)
    assert dataset.table.x.dtype == np.float64
    assert dataset.table.features == ("a", "b")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("broken", "data.call: made.py:broken failed: RuntimeError: no sensor"),
        ("number", "data.call: made.py:number must return a nas.data.Table, but returned int"),
        ("words", "data.call: the Table of made.py:words holds no plain arrays: could not convert string"),
        ("tabel", "data.call: plug-in 'made.py:tabel': silkscreen_plugin_made"),
    ],
)
def test_a_function_that_fails_is_one_data_error(tmp_path: Path, name: str, problem: str) -> None:
    with pytest.raises(DataError) as caught:
        call(tmp_path, name)
    assert str(caught.value).startswith(problem)


def test_a_function_of_the_user_needs_permission(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        call(tmp_path, "table", allow_code=False)
    assert str(caught.value) == (
        "data.call: plug-in 'made.py:table' is code of your own; pass --allow-code to let it run"
    )
