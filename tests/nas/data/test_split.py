"""Train, test and validation parts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import StratifiedKFold, train_test_split

from nas.data import DataError, Table
from nas.data.dataset import Task
from nas.data.split import Parts, split_rows
from nas.spec import SplitSpec


def table_of(counts: tuple[int, ...], given_test: list[int] | None = None) -> Table:
    y = np.repeat(np.arange(len(counts)), counts)
    labels = tuple("abcdefghij"[: len(counts)])
    test = None if given_test is None else np.array(given_test)
    return Table(np.zeros((len(y), 1)), y, ("x",), labels, "here", test)


def parts_of(table: Table, task: Task = "classification", seed: int = 1, **split: object) -> Parts:
    return split_rows(table, SplitSpec.model_validate(split), task, seed)


def error_of(table: Table, **split: object) -> str:
    with pytest.raises(DataError) as caught:
        parts_of(table, **split)
    return str(caught.value)


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_parts_are_those_of_scikit_learn(seed: int) -> None:
    x, y = load_breast_cancer(return_X_y=True)
    table = Table(x, y, tuple(f"x{i}" for i in range(30)), ("m", "b"), "wdbc")
    parts = parts_of(table, seed=seed, test=0.3, validation={"folds": 3})
    train, test = train_test_split(np.arange(len(y)), test_size=0.3, random_state=seed, stratify=y)
    np.testing.assert_array_equal(parts.train, np.sort(train))
    np.testing.assert_array_equal(parts.test, np.sort(test))
    folds = StratifiedKFold(3, shuffle=True, random_state=seed).split(parts.train, y[parts.train])
    for fold, (_, rows) in zip(parts.folds, folds, strict=True):
        np.testing.assert_array_equal(fold, parts.train[rows])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(12, 40), min_size=2, max_size=5),
    st.integers(0, 2**32 - 1),
    st.floats(0.2, 0.5),
    st.integers(2, 4) | st.floats(0.25, 0.5),
)
def test_parts_are_disjoint_cover_the_rows_and_hold_every_class(
    counts: list[int], seed: int, share: float, validation: float
) -> None:
    table = table_of(tuple(counts))
    way = {"folds": validation} if isinstance(validation, int) else validation
    parts = parts_of(table, seed=seed, test=share, validation=way)
    np.testing.assert_array_equal(np.sort(np.concatenate([parts.train, parts.test])), np.arange(len(table.y)))
    inside = np.concatenate(parts.folds)
    assert len(np.unique(inside)) == len(inside)
    assert set(inside) <= set(parts.train)
    assert isinstance(validation, float) or len(inside) == len(parts.train)
    for part in (parts.train, parts.test, *parts.folds):
        assert set(table.y[part]) == set(range(len(counts)))


def test_a_validation_share_is_one_part() -> None:
    parts = parts_of(table_of((50, 50)), test=0.2, validation=0.25)
    assert [len(fold) for fold in parts.folds] == [20]


def test_a_regression_is_shuffled_without_strata() -> None:
    rng = np.random.default_rng(0)
    table = Table(np.zeros((30, 1)), rng.normal(size=30), ("x",), (), "here")
    parts = parts_of(table, "regression", test=0.2, validation={"folds": 4})
    assert (len(parts.train), len(parts.test), len(parts.folds)) == (24, 6, 4)


def test_classes_may_go_unstratified_where_every_part_still_holds_them() -> None:
    parts = parts_of(table_of((50, 50)), test=0.3, stratified=False)
    assert len(parts.test) == 30


def test_a_given_test_part_is_kept() -> None:
    parts = parts_of(table_of((20, 20), [0, 1, 20, 21]), test="given")
    np.testing.assert_array_equal(parts.test, [0, 1, 20, 21])
    assert len(parts.train) == 36


def test_a_class_absent_from_a_part_is_named() -> None:
    assert error_of(table_of((20, 20), [0, 1]), test="given") == (
        "split: class 'b' is absent from the test part; more rows of it, a larger share or fewer folds are "
        "needed"
    )
    assert error_of(table_of((20, 20, 1)), test=0.3, stratified=False).startswith(
        "split: class 'c' is absent from "
    )


def test_an_impossible_given_part_is_refused() -> None:
    assert error_of(table_of((5, 5)), test="given") == (
        "split.test: here brings no test part; give a share such as 0.3"
    )
    for rows in ([], list(range(10)), [-1], [10]):
        assert error_of(table_of((5, 5), rows), test="given") == (
            "split.test: the test part of here must be some of its rows, not all or none"
        )


def test_a_class_too_small_to_be_divided_is_named() -> None:
    assert error_of(table_of((20, 20, 1)), test=0.3) == (
        "split.test: to be in both parts, a class needs 2 rows, but 'c' has only 1"
    )
    assert error_of(table_of((20, 20, 4)), test=0.3, validation={"folds": 5}) == (
        "split.validation.folds: to be in each of 5 folds, a class needs 5 rows, but 'c' has only 3"
    )


def test_fewer_rows_than_folds_are_refused() -> None:
    assert error_of(table_of((6, 6)), test=0.5, validation={"folds": 20}, stratified=False) == (
        "split.validation.folds: at least as many training rows as folds are needed, not 6 for 20"
    )


def test_parts_too_small_for_the_classes_are_refused() -> None:
    assert error_of(table_of((2, 2, 2, 2)), test=0.1) == (
        "split.test: both parts of 8 rows must hold at least 4, but a share of 0.1 makes them 7 and 1"
    )
