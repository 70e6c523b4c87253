"""NumPy archives."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from nas.data import DataError, Table
from nas.data.dataset import Task
from nas.data.npz import load_npz

X = np.arange(12.0).reshape(6, 2)
Y = np.array([0, 1, 0, 1, 2, 2])


def load(folder: Path, task: Task = "classification", **arrays: npt.NDArray[Any]) -> Table:
    np.savez(folder / "data.npz", **arrays)  # type: ignore[arg-type]
    return load_npz(folder / "data.npz", task)


def error_of(folder: Path, task: Task = "classification", **arrays: npt.NDArray[Any]) -> str:
    with pytest.raises(DataError) as caught:
        load(folder, task, **arrays)
    return str(caught.value)


def test_x_and_y_are_enough(tmp_path: Path) -> None:
    table = load(tmp_path, x=X.astype(np.uint8), y=Y)
    assert table.x.dtype == np.float64
    assert table.features == ("x1", "x2")
    assert table.labels == ("0", "1", "2")
    assert table.given_test is None


def test_the_rows_for_the_test_come_last(tmp_path: Path) -> None:
    table = load(tmp_path, x=X, y=Y, x_test=X[:2], y_test=Y[:2])
    assert len(table.x) == 8
    np.testing.assert_array_equal(table.given_test, [6, 7])


def test_names_are_taken_where_given(tmp_path: Path) -> None:
    table = load(tmp_path, x=X, y=Y, features=np.array(["a", "b"]), labels=np.array(["l", "m", "n"]))
    assert (table.features, table.labels) == (("a", "b"), ("l", "m", "n"))


def test_classes_may_be_text(tmp_path: Path) -> None:
    table = load(tmp_path, x=X, y=np.array(["b", "a", "b", "a", "b", "a"]))
    assert table.labels == ("a", "b")
    np.testing.assert_array_equal(table.y, [1, 0, 1, 0, 1, 0])


def test_a_regression_takes_values(tmp_path: Path) -> None:
    table = load(tmp_path, "regression", x=X, y=Y / 2)
    np.testing.assert_array_equal(table.y, Y / 2)
    assert table.labels == ()


def test_a_missing_array_is_named(tmp_path: Path) -> None:
    known = "; the arrays are x, y, x_test, y_test, features, labels, the first two needed"
    assert error_of(tmp_path, x=X) == "data.npz: array 'y' is missing" + known
    assert error_of(tmp_path, x=X, y=Y, y_test=Y) == "data.npz: array 'x_test' is missing" + known


def test_an_unknown_array_names_the_nearest(tmp_path: Path) -> None:
    assert error_of(tmp_path, x=X, y=Y, feature=Y) == (
        "data.npz: unknown array 'feature'; did you mean 'features'?"
    )


def test_shapes_must_fit(tmp_path: Path) -> None:
    assert error_of(tmp_path, x=X[:, 0], y=Y) == "data.npz: x must be (n_samples, n_features), not (6,)"
    assert error_of(tmp_path, x=X, y=Y, x_test=X[:, :1], y_test=Y) == (
        "data.npz: x must be (n_samples, n_features), not (6, 1)"
    )


def test_kinds_must_fit(tmp_path: Path) -> None:
    assert error_of(tmp_path, x=np.array([["a"]]), y=Y) == "data.npz: x must hold numbers, not <U1"
    assert error_of(tmp_path, "regression", x=X, y=np.array(["a"] * 6)) == (
        "data.npz: y must hold numbers for a regression, not <U1"
    )
    assert error_of(tmp_path, x=X, y=Y / 2, labels=np.array(["a"])) == (
        "data.npz: with labels, y must hold their indices, not float64"
    )


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    assert error_of(tmp_path, x=np.array([[object()]], dtype=object), y=Y).startswith(
        "data.npz: not an .npz archive of plain arrays: Object arrays cannot be loaded"
    )


@pytest.mark.parametrize("data", [b"", b"junk", b"PK\x03\x04junk", b"\x93NUMPY\x01\x00junk"])
def test_junk_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "data.npz").write_bytes(data)
    with pytest.raises(DataError, match=r"data\.npz"):
        load_npz(tmp_path / "data.npz", "classification")


def test_a_single_array_is_no_archive(tmp_path: Path) -> None:
    np.save(tmp_path / "data.npy", X)
    with pytest.raises(DataError) as caught:
        load_npz(tmp_path / "data.npy", "classification")
    assert str(caught.value) == "data.npy: must be an .npz archive with arrays x and y"


def test_images_of_bytes_stay_bytes_and_keep_their_shape(tmp_path: Path) -> None:
    gray = np.arange(6 * 4 * 3, dtype=np.uint8).reshape(6, 4, 3)
    table = load(tmp_path, X_train=gray, y_train=Y, X_test=gray[:1], y_test=Y[:1])
    assert (table.shape, table.x.dtype, table.x.shape) == ((4, 3, 1), np.uint8, (7, 12))
    assert load(tmp_path, x=gray.reshape(6, 2, 2, 3), y=Y).shape == (2, 2, 3)
    np.testing.assert_array_equal(table.given_test, [6])


def test_windows_of_signals_have_height_one(tmp_path: Path) -> None:
    table = load(tmp_path, x=np.zeros((6, 5, 2), np.int16), y=Y)
    assert (table.shape, table.x.dtype, table.x.shape) == ((1, 5, 2), np.float64, (6, 10))


def test_an_array_under_two_names_is_refused(tmp_path: Path) -> None:
    assert error_of(tmp_path, x=X, y=Y, x_train=X) == "data.npz: array 'x' comes twice, once as 'x_train'"
