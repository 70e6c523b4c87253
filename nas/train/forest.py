"""Rows made up between neighbors, labelled by a random forest, from which a small tree learns more.

Source: born-again trees, Breiman and Shang 1996; rows are mixed feature by feature, as in "MUNGE",
Bucila, Caruana and Niculescu-Mizil, KDD 2006.
"""

from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Codes: TypeAlias = npt.NDArray[np.int32]
Labels: TypeAlias = npt.NDArray[np.int64]
Teacher: TypeAlias = Literal["data", "forest"]
"""Who says what a row's class is: the data, or for made-up rows beside the true ones a forest."""

N_TREES = 200
N_NEIGHBORS = 5
ROWS_PER_ROW, MOST_ROWS = 4, 10_000
"""Made-up rows for each true one; fewer, but one, where there would be more rows in all."""
ENOUGH_ROWS = 5_000
"""True rows above which none are made up without being asked for."""
LEAF_ROWS = (1, 5, 15)
"""Fewest rows of a leaf of the forest. The most accurate one need not be the best teacher of small trees."""
STUDENT_LEAVES, N_FOLDS, FOLD_TREES = (16, 32), 3, 60
"""How a teacher is chosen: leaves of the CART trees that learn from it, folds of the rows, trees a forest."""


def teachers_of(distill: Literal["auto", "forest"] | None, n_rows: int) -> tuple[Teacher, ...]:
    """Whose answers a family learns, one chain of designs each.

    n_rows: true training rows. auto: the data's alone, and a forest's beside them where rows are few.
    """
    if distill == "auto":
        return ("data", "forest") if 2 <= n_rows <= ENOUGH_ROWS else ("data",)
    return ("forest",) if distill == "forest" else ("data",)


def rows_to_learn(codes: Codes, labels: Labels, teacher: Teacher, *, seed: int) -> tuple[Codes, Labels]:
    """The rows as they are, or for a forest those of `distill_rows`."""
    return distill_rows(codes, labels, seed=seed) if teacher == "forest" else (codes, labels)


def distill_rows(codes: Codes, labels: Labels, *, seed: int) -> tuple[Codes, Labels]:
    """The true rows as they are, then mixed ones with the answers of a forest.

    codes: (n_rows, n_features), at least two rows. labels: (n_rows,) class indices. There are four mixed
    rows for each true one, fewer above 2,000, but at least one. Equal arguments give equal rows.
    """
    leaf_rows = best_leaf_rows(codes, labels, seed=seed)
    mixed = _mixed_rows(codes, seed)
    answers = _answers(codes, labels, mixed, leaf_rows, N_TREES, seed)
    return np.concatenate([codes, mixed]), np.concatenate([labels, answers])


def best_leaf_rows(codes: Codes, labels: Labels, *, seed: int) -> int:
    """The fewest rows of a forest's leaf from whose answers CART trees learn the most.

    Judged by the rows of three stratified folds that they have not seen; classes of fewer than three rows
    do not count. The smallest where there are not two classes.
    """
    from sklearn.model_selection import StratifiedKFold  # slow to import

    common = np.bincount(labels)[labels] >= N_FOLDS
    codes, labels = codes[common], labels[common]
    if len(np.unique(labels)) < 2:
        return LEAF_ROWS[0]
    n_right = np.zeros(len(LEAF_ROWS), dtype=np.int64)
    folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=seed % 2**32)
    for fit, held in folds.split(codes, labels):
        mixed = _mixed_rows(codes[fit], seed)
        for index, leaf_rows in enumerate(LEAF_ROWS):
            answers = _answers(codes[fit], labels[fit], mixed, leaf_rows, FOLD_TREES, seed)
            rows, known = np.concatenate([codes[fit], mixed]), np.concatenate([labels[fit], answers])
            n_right[index] += _n_right(rows, known, codes[held], labels[held])
    return LEAF_ROWS[int(n_right.argmax())]


def _mixed_rows(codes: Codes, seed: int) -> Codes:
    times = min(ROWS_PER_ROW, max(1, MOST_ROWS // len(codes) - 1))
    return mix_neighbors(codes, times * len(codes), np.random.default_rng(seed))


def mix_neighbors(codes: Codes, n_rows: int, rng: np.random.Generator) -> Codes:
    """(n_rows, n_features): each a row and one of its nearest neighbors, each feature from either."""
    from sklearn.neighbors import NearestNeighbors  # slow to import

    n_neighbors = min(N_NEIGHBORS, len(codes) - 1)
    near = NearestNeighbors(n_neighbors=n_neighbors).fit(codes).kneighbors(return_distance=False)
    first = rng.integers(0, len(codes), n_rows)
    second = near[first, rng.integers(0, n_neighbors, n_rows)]
    from_first = rng.random((n_rows, codes.shape[1])) < 0.5
    return np.where(from_first, codes[first], codes[second])


def _answers(codes: Codes, labels: Labels, asked: Codes, leaf_rows: int, n_trees: int, seed: int) -> Labels:
    """What a forest of the rows answers to the ones asked."""
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(
        n_trees, min_samples_leaf=leaf_rows, random_state=seed % 2**32, n_jobs=1
    ).fit(codes, labels)
    return np.asarray(forest.predict(asked), dtype=np.int64)


def _n_right(codes: Codes, labels: Labels, unseen: Codes, truth: Labels) -> int:
    """Unseen rows that CART trees of several sizes answer rightly, all together."""
    from sklearn.tree import DecisionTreeClassifier

    students = [
        DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=0).fit(codes, labels)
        for leaves in STUDENT_LEAVES
    ]
    return sum(int((student.predict(unseen) == truth).sum()) for student in students)
