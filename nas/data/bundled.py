"""Data sets that come with scikit-learn: nothing to download."""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import numpy as np

from nas.data.dataset import Table

Bundled: TypeAlias = Literal["wdbc", "digits", "wine", "iris", "diabetes"]

_LOADERS: Mapping[Bundled, str] = {
    "wdbc": "load_breast_cancer",
    "digits": "load_digits",
    "wine": "load_wine",
    "iris": "load_iris",
    "diabetes": "load_diabetes",
}


def load_bundled(name: Bundled) -> Table:
    """wdbc: 569 rows, 30 features, 2 classes. digits: 1797, 64, 10. wine: 178, 13, 3. iris: 150, 4, 3.
    diabetes: 442, 10, a regression.

    Source: the UCI repository and Efron et al., Least Angle Regression (2004), as packed by scikit-learn.
    """
    from sklearn import datasets

    bunch: Any = getattr(datasets, _LOADERS[name])()
    is_regression = name == "diabetes"
    return Table(
        x=np.asarray(bunch.data, dtype=np.float64),
        y=np.asarray(bunch.target, dtype=np.float64 if is_regression else np.int64),
        features=tuple(str(feature) for feature in bunch.feature_names),
        labels=() if is_regression else tuple(str(label) for label in bunch.target_names),
        origin=f"bundled {name}",
    )
