"""From the data section of a spec to a Dataset: a source is read, checked, split and fingerprinted."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nas.data.check import check_table, constant_features
from nas.data.dataset import DataError, Dataset, Table, Task
from nas.data.split import Parts, split_rows

if TYPE_CHECKING:
    from nas.spec.model import DataSpec, SplitSpec


def load_dataset(
    data: "DataSpec",
    split: "SplitSpec",
    task: Task,
    seed: int,
    base: Path,
    *,
    allow_code: bool = False,
) -> Dataset:
    """The table that `data` names, divided as `split` says; the same arguments give the same dataset.

    base: the folder that files are relative to. allow_code: whether `call` may run. Raises DataError.
    """
    table = read_table(data, task, base, allow_code=allow_code)
    check_table(table, task)
    parts = split_rows(table, split, task, seed)
    warnings = () if table.shape else _constant_warnings(table, parts)
    fingerprint = _fingerprint(table, task, parts)
    return Dataset(table, task, parts.train, parts.test, parts.folds, fingerprint, warnings)


def _constant_warnings(table: Table, parts: Parts) -> tuple[str, ...]:
    """Pixels at the border of images are often constant, so those are not looked at."""
    return tuple(
        f"feature {table.features[column]!r} is {table.x[parts.train[0], column]:g} in every training row: "
        "it can't help, and its code is always the lowest; drop the column"
        for column in constant_features(table.x[parts.train])
    )


def read_table(data: "DataSpec", task: Task, base: Path, *, allow_code: bool = False) -> Table:
    """The table as its source gives it, unchecked. Raises DataError."""
    if data.bundled is not None:
        from nas.data.bundled import load_bundled

        return load_bundled(data.bundled)
    if data.csv is not None:
        from nas.data.csv import load_csv

        return load_csv(base / data.csv, data, task)
    if data.npz is not None:
        from nas.data.npz import load_npz

        return load_npz(base / data.npz, task)
    if data.images is not None:
        from nas.data.image_folder import load_image_folder

        return load_image_folder(base / data.images, data.image_size, color=data.color)
    if data.openml is not None:
        from nas.data.openml import load_openml

        return load_openml(data.openml, data, task)
    if data.call is not None:
        from nas.data.call import load_call

        return load_call(data.call, base, allow_code=allow_code)
    raise DataError("data: no source is given")


def _fingerprint(table: Table, task: Task, parts: Parts) -> str:
    """sha256 over arrays (little-endian), names and parts, each with its length."""
    digest = hashlib.sha256()
    names = "\n".join((task, *(repr(name) for name in (*table.features, "", *table.labels))))
    names += "" if table.shape is None else f"\n{table.shape}"
    y_type = "<i8" if task == "classification" else "<f8"
    x = table.x if table.x.dtype == np.uint8 else table.x.astype("<f8")
    arrays = [x, table.y.astype(y_type)]
    arrays += [part.astype("<i8") for part in (parts.train, parts.test, *parts.folds)]
    for data in (names.encode(), *(np.ascontiguousarray(array).tobytes() for array in arrays)):
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()
