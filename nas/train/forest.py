"""Rows made up between neighbors, labelled by a random forest, from which a small tree learns more.

Source: born-again trees, Breiman and Shang 1996; rows are mixed feature by feature, as in "MUNGE",
Bucila, Caruana and Niculescu-Mizil, KDD 2006.
"""

from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Codes: TypeAlias = npt.NDArray[np.int32]
Labels: TypeAlias = npt.NDArray[np.int64]

N_TREES = 300
N_NEIGHBORS = 5
ROWS_PER_ROW, MOST_ROWS = 4, 10_000
"""Made-up rows for each true one; fewer, but one, where there would be more rows in all."""
ENOUGH_ROWS = 5_000
"""True rows above which none are made up without being asked for."""
LEAF_ROWS = (1, 5)
"""Fewest rows of a leaf, of which the forest that is better on its out-of-bag rows is taken."""


def rows_to_learn(
    codes: Codes, labels: Labels, distill: Literal["auto", "forest"] | None, *, seed: int
) -> tuple[Codes, Labels]:
    """The rows as they are, or those of `distill_rows`; auto: up to 5,000 true rows, and at least two."""
    few = 2 <= len(codes) <= ENOUGH_ROWS
    if distill == "forest" or (distill == "auto" and few):
        return distill_rows(codes, labels, seed=seed)
    return codes, labels


def distill_rows(codes: Codes, labels: Labels, *, seed: int) -> tuple[Codes, Labels]:
    """The true rows as they are, then mixed ones with the answers of a forest.

    codes: (n_rows, n_features), at least two rows. labels: (n_rows,) class indices. There are four mixed
    rows for each true one, fewer above 2,000, but at least one. Equal arguments give equal rows.
    """
    times = min(ROWS_PER_ROW, max(1, MOST_ROWS // len(codes) - 1))
    mixed = mix_neighbors(codes, times * len(codes), np.random.default_rng(seed))
    forest = _forest(codes, labels, seed)
    answers = forest.predict(mixed).astype(np.int64)
    return np.concatenate([codes, mixed]), np.concatenate([labels, answers])


def mix_neighbors(codes: Codes, n_rows: int, rng: np.random.Generator) -> Codes:
    """(n_rows, n_features): each a row and one of its nearest neighbors, each feature from either."""
    from sklearn.neighbors import NearestNeighbors  # slow to import

    n_neighbors = min(N_NEIGHBORS, len(codes) - 1)
    near = NearestNeighbors(n_neighbors=n_neighbors).fit(codes).kneighbors(return_distance=False)
    first = rng.integers(0, len(codes), n_rows)
    second = near[first, rng.integers(0, n_neighbors, n_rows)]
    from_first = rng.random((n_rows, codes.shape[1])) < 0.5
    return np.where(from_first, codes[first], codes[second])


def _forest(codes: Codes, labels: Labels, seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    forests = [
        RandomForestClassifier(
            N_TREES, min_samples_leaf=leaf_rows, oob_score=True, random_state=seed % 2**32, n_jobs=1
        ).fit(codes, labels)
        for leaf_rows in LEAF_ROWS
    ]
    return max(forests, key=lambda forest: float(forest.oob_score_))
