"""Whether a table can serve, whatever source it came from."""

import numpy as np

from nas.data.dataset import DataError, IndexArray, RawArray, Table, Task

LARGEST = 1e30
"""Bound on the size of raw values, so that ranges and their scales fit float32 with room to spare."""
MAX_CLASSES = 256


def check_table(table: Table, task: Task) -> None:
    """Raises DataError where shapes, names, values or classes are impossible."""
    if table.x.ndim != 2 or table.y.ndim != 1 or len(table.x) != len(table.y):
        raise DataError(
            f"{table.origin}: x must be (n_samples, n_features) and y (n_samples,), "
            f"not {table.x.shape} and {table.y.shape}"
        )
    if table.x.shape[0] < 4 or table.x.shape[1] < 1:
        raise DataError(
            f"{table.origin}: at least 4 rows and 1 feature are needed, "
            f"not {len(table.x)} and {table.x.shape[1]}"
        )
    _check_names(table)
    _check_values(table)
    if task == "classification":
        _check_classes(table)
    else:
        _check_targets(table)


def constant_features(x: RawArray) -> IndexArray:
    """Columns of (n_samples, n_features) whose values are all the same in float32, which a network sees."""
    seen = x.astype(np.float32)
    return np.flatnonzero(seen.min(axis=0) == seen.max(axis=0))


def _check_names(table: Table) -> None:
    n_features = table.x.shape[1]
    if len(table.features) != n_features:
        raise DataError(f"{table.origin}: {n_features} feature names are needed, not {len(table.features)}")
    repeated = sorted({name for name in table.features if table.features.count(name) > 1})
    if repeated:
        raise DataError(f"{table.origin}: feature names must differ, but {repeated[0]!r} comes twice")


def _check_values(table: Table) -> None:
    with np.errstate(invalid="ignore"):
        bad = ~(np.abs(table.x) <= LARGEST)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise DataError(
            f"{table.origin}: feature {table.features[column]!r}: values must be finite and at most "
            f"{LARGEST:g} in size, but row {row} has {table.x[row, column]:g}"
        )


def _check_classes(table: Table) -> None:
    n_classes = len(table.labels)
    if not np.issubdtype(table.y.dtype, np.integer):
        raise DataError(f"{table.origin}: classes must be integers, not {table.y.dtype}")
    counts = np.bincount(table.y, minlength=n_classes) if table.y.min() >= 0 else np.zeros(0)
    if len(counts) != n_classes or len(set(table.labels)) != n_classes:
        raise DataError(
            f"{table.origin}: {n_classes} different labels go with classes 0..{n_classes - 1}, but the "
            f"classes are {table.y.min()}..{table.y.max()} and the labels {', '.join(table.labels[:10])}"
        )
    if n_classes > MAX_CLASSES:
        raise DataError(
            f"{table.origin}: the target has {n_classes} classes, at most {MAX_CLASSES} are possible; "
            "is this a regression?"
        )
    present = np.flatnonzero(counts)
    if len(present) < 2:
        only = table.labels[present[0]]
        raise DataError(f"{table.origin}: at least two classes are needed, but every row is {only!r}")


def _check_targets(table: Table) -> None:
    if table.labels:
        raise DataError(
            f"{table.origin}: a regression needs numbers as its target, not the classes "
            f"{', '.join(table.labels[:5])}; use task: classification"
        )
    target = table.y.astype(np.float64)
    if not np.isfinite(target).all() or np.abs(target).max() > LARGEST:
        raise DataError(f"{table.origin}: targets must be finite and at most {LARGEST:g} in size")
    if target.min() == target.max():
        raise DataError(f"{table.origin}: every target is {target[0]:g}; there is nothing to learn")
