"""Rows as points of a space in which likeness is distance."""

from dataclasses import dataclass

import numpy as np

from nas.search.columns import Columns, FloatArray, IntArray, to_scale
from searchspaces.space import Rows

HALF = np.sqrt(0.5)


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """owner: (n_features,) index among the free variables that each feature belongs to; a variable has one
    feature where it is a number, one a label where it is a choice. n_owners: variables with a feature.
    """

    columns: Columns
    owner: IntArray
    n_owners: int

    def of(self, rows: Rows) -> FloatArray:
        """(n, n_features): numbers from 0 to 1 on their scale; two different labels are 1 apart."""
        parts = [self._feature(rows, int(column)) for column in self.columns.free]
        return np.concatenate(parts, axis=1) if parts else np.zeros((len(rows), 0))

    def _feature(self, rows: Rows, column: int) -> FloatArray:
        values = rows[:, column].astype(np.float64)
        if self.columns.is_choice[column]:
            labels = np.arange(self.columns.lower[column], self.columns.upper[column] + 1)
            return np.where(values[:, None] == labels, HALF, 0.0)
        index = np.full(len(rows), column)
        low, high = self.columns.low[column], self.columns.high[column]
        shares: FloatArray = (to_scale(self.columns, values, index) - low) / (high - low)
        return shares[:, None]


def features_of(columns: Columns) -> Features:
    """The features of all variables that can take more than one value."""
    sizes = [
        int(columns.upper[column] - columns.lower[column]) + 1 if columns.is_choice[column] else 1
        for column in columns.free
    ]
    return Features(columns, np.repeat(np.arange(len(sizes)), sizes), len(sizes))
