"""The rows of a dataset as codes: what a search fits on, is judged by, and never sees."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from codegen.ir import Interface
from codegen.ir.interface import CodeArray
from nas.data.dataset import Dataset, IndexArray
from nas.data.images import seen_rows


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Some rows. codes: (n_rows, n_features). targets: (n_rows,) class index or value."""

    codes: CodeArray
    targets: npt.NDArray[np.number[Any]]

    @property
    def n_rows(self) -> int:
        return len(self.targets)


def make_part(dataset: Dataset, rows: IndexArray, interface: Interface) -> Part:
    """The given rows through the interface; images are resized where it has other sizes."""
    raw = seen_rows(dataset, rows, interface.n_features)
    return Part(interface.quantize(raw), dataset.table.y[rows])


def fit_rows(dataset: Dataset, fold: int) -> IndexArray:
    """Training rows outside a validation fold, in ascending order."""
    return np.setdiff1d(dataset.train, dataset.folds[fold])
