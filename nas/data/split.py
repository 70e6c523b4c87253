"""Train, test and validation parts: stratified shuffles that depend on the seed alone."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nas.data.dataset import DataError, IndexArray, Table, Task

if TYPE_CHECKING:
    from nas.spec.model import SplitSpec, ValidationSpec


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Row indices, ascending; see `Dataset`."""

    train: IndexArray
    test: IndexArray
    folds: tuple[IndexArray, ...]


def split_rows(table: Table, split: "SplitSpec", task: Task, seed: int) -> Parts:
    """The parts of a checked table.

    For a share, train and test hold the rows of scikit-learn's `train_test_split(x, y,
    test_size=share, random_state=seed, stratify=y)`; folds are those of `StratifiedKFold(k, shuffle=True,
    random_state=seed)` over train. Raises DataError where a part would miss a class.
    """
    strata = _strata(table, split, task)
    train, test = _test_part(table, split, strata, seed)
    folds = _validation_parts(table, train, split.validation, strata, seed)
    parts = Parts(train, test, folds)
    if task == "classification":
        _check_classes_in(table, parts)
    return parts


def _strata(table: Table, split: "SplitSpec", task: Task) -> IndexArray | None:
    stratified = task == "classification" if split.stratified is None else split.stratified
    return table.y.astype(np.int64) if stratified and task == "classification" else None


def _test_part(
    table: Table, split: "SplitSpec", strata: IndexArray | None, seed: int
) -> tuple[IndexArray, IndexArray]:
    rows = np.arange(len(table.y))
    if not isinstance(split.test, str):
        return _divide(table, rows, split.test, strata, seed, "split.test")
    if table.given_test is None:
        raise DataError(f"split.test: {table.origin} brings no test part; give a share such as 0.3")
    test = np.unique(table.given_test)
    if not len(test) or len(test) == len(rows) or test[0] < 0 or test[-1] >= len(rows):
        raise DataError(
            f"split.test: the test part of {table.origin} must be some of its rows, not all or none"
        )
    return np.setdiff1d(rows, test), test


def _validation_parts(
    table: Table, train: IndexArray, validation: "ValidationSpec", strata: IndexArray | None, seed: int
) -> tuple[IndexArray, ...]:
    if validation.share is not None:
        return (_divide(table, train, validation.share, strata, seed, "split.validation.share")[1],)
    folds = validation.folds or 1
    _check_fold_sizes(table, train, folds, strata)
    from sklearn.model_selection import KFold, StratifiedKFold

    kind = KFold if strata is None else StratifiedKFold
    splitter = kind(folds, shuffle=True, random_state=seed)
    y = None if strata is None else strata[train]
    return tuple(np.sort(train[part]) for _, part in splitter.split(train, y))


def _divide(
    table: Table, rows: IndexArray, share: float, strata: IndexArray | None, seed: int, key: str
) -> tuple[IndexArray, IndexArray]:
    """(the rest, the share), each ascending."""
    n_share = int(np.ceil(share * len(rows)))
    least = 1 if strata is None else len(np.unique(strata[rows]))
    if not least <= n_share <= len(rows) - least:
        raise DataError(
            f"{key}: both parts of {len(rows)} rows must hold at least {least}, "
            f"but a share of {share:g} makes them {len(rows) - n_share} and {n_share}"
        )
    if strata is not None:
        _check_class_sizes(table, rows, 2, f"{key}: to be in both parts")
    from sklearn.model_selection import train_test_split

    y = None if strata is None else strata[rows]
    rest, part = train_test_split(rows, test_size=share, random_state=seed, stratify=y)
    return np.sort(rest), np.sort(part)


def _check_fold_sizes(table: Table, train: IndexArray, folds: int, strata: IndexArray | None) -> None:
    key = "split.validation.folds"
    if len(train) < folds:
        raise DataError(
            f"{key}: at least as many training rows as folds are needed, not {len(train)} for {folds}"
        )
    if strata is not None:
        _check_class_sizes(table, train, folds, f"{key}: to be in each of {folds} folds")


def _check_class_sizes(table: Table, rows: IndexArray, least: int, why: str) -> None:
    counts = np.bincount(table.y[rows], minlength=len(table.labels))
    for label, count in zip(table.labels, counts, strict=True):
        if 0 < count < least:
            raise DataError(f"{why}, a class needs {least} rows, but {label!r} has only {count}")


def _check_classes_in(table: Table, parts: Parts) -> None:
    named = [("the training part", parts.train), ("the test part", parts.test)]
    for index, fold in enumerate(parts.folds):
        named.append((f"validation part {index}", fold))
        named.append((f"the training part without validation part {index}", np.setdiff1d(parts.train, fold)))
    for name, rows in named:
        counts = np.bincount(table.y[rows], minlength=len(table.labels))
        if not counts.all():
            label = table.labels[int(np.argmin(counts))]
            raise DataError(
                f"split: class {label!r} is absent from {name}; more rows of it, a larger share "
                "or fewer folds are needed"
            )
