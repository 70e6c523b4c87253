"""Whether comparators between two features are worth their area to the trees of a data set."""

import numpy as np
import numpy.typing as npt

N_FOLDS, LEAVES = 3, (12, 24, 48)
LEAST_GAIN = 0.01
"""As a share of the rows: such a comparator is as large as four to eight with a threshold."""


def comparing_pays(codes: npt.NDArray[np.int32], labels: npt.NDArray[np.int64], *, seed: int) -> bool:
    """Whether CART trees that may compare features answer at least 1 % more of the rows they have not seen.

    codes: (n_rows, n_features), all features of equal width. labels: (n_rows,) class indices. Judged by
    three stratified folds of the rows of classes that have three; without two such classes it does not pay.
    """
    from sklearn.model_selection import StratifiedKFold  # slow to import

    common = np.bincount(labels)[labels] >= N_FOLDS
    codes, labels = codes[common], labels[common]
    if len(np.unique(labels)) < 2 or codes.shape[1] < 2:
        return False
    left, right = np.triu_indices(codes.shape[1], 1)
    compared = np.hstack([codes, codes[:, left] <= codes[:, right]])
    folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=seed % 2**32)
    gain = sum(
        _n_right(compared, labels, fit, held) - _n_right(codes, labels, fit, held)
        for fit, held in folds.split(codes, labels)
    )
    return gain >= LEAST_GAIN * len(LEAVES) * len(codes)


def _n_right(
    codes: npt.NDArray[np.int32],
    labels: npt.NDArray[np.int64],
    fit: npt.NDArray[np.int64],
    held: npt.NDArray[np.int64],
) -> int:
    """Held rows that CART trees of several sizes answer rightly, all together."""
    from sklearn.tree import DecisionTreeClassifier

    carts = [
        DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=0).fit(codes[fit], labels[fit])
        for leaves in LEAVES
    ]
    return sum(int((cart.predict(codes[held]) == labels[held]).sum()) for cart in carts)
