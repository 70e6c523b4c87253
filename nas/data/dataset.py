"""The data of a run: arrays, parts, and a fingerprint that ties results to them."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Task: TypeAlias = Literal["classification", "regression"]
IndexArray: TypeAlias = npt.NDArray[np.int64]
RawArray: TypeAlias = npt.NDArray[np.float64] | npt.NDArray[np.uint8]


class DataError(ValueError):
    """The data can't serve. The text says which file, row or column, what must hold, and what to do."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """What a source gives, before any split.

    x: (n_samples, n_features) finite float64, or uint8 where the source holds bytes.
    y: (n_samples,) int64 class index, or float64 value.
    labels: of the classes, in the order of their indices; empty for a regression. given_test: indices
    of the rows that the source itself keeps for the test, or None. origin: where it came from, in words.
    shape: (height, width, channels) of a row whose values are an image or a signal, in C order; a signal in
    one dimension has height 1. None where values have no place.
    """

    x: RawArray
    y: npt.NDArray[np.number[Any]]
    features: tuple[str, ...]
    labels: tuple[str, ...]
    origin: str
    given_test: IndexArray | None = None
    shape: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """A table with its parts.

    train, test: row indices, disjoint. folds: disjoint validation parts of train, at least one; a
    space that trains fits on train without the fold and measures on the fold, for each fold in turn; a
    gene space fits on train without the first fold, which is its validation part. fingerprint: sha256
    hex of arrays, names and parts. warnings: sentences for the user (a constant column, say).
    """

    table: Table
    task: Task
    train: IndexArray
    test: IndexArray
    folds: tuple[IndexArray, ...]
    fingerprint: str
    warnings: tuple[str, ...] = ()
