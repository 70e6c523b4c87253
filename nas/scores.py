"""The task metrics, from counts that a population is reduced to.

Classification figures come from confusion matrices, rows the true class; regression figures from sums of
squared errors. All take a leading population axis.
"""

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nas.data.dataset import Task

Scores: TypeAlias = Mapping[str, npt.NDArray[np.float64]]

TASK_METRICS: Mapping[Task, tuple[str, ...]] = {
    "classification": ("accuracy", "balanced_accuracy", "macro_f1"),
    "regression": ("r2",),
}
"""All are better when larger."""


def classification_scores(
    confusion: npt.NDArray[np.int64], unanswered: npt.NDArray[np.int64] | None = None
) -> Scores:
    """Confusion matrices (n, n_classes, n_classes) to accuracy, balanced_accuracy and macro_f1, each (n,).

    unanswered: (n, n_classes) rows of each class whose answer is no class; they count as wrong.
    Balanced accuracy is the mean recall over the classes that occur; a class that neither occurs nor is
    predicted is left out of the mean F1.
    """
    right = np.diagonal(confusion, axis1=1, axis2=2).astype(np.float64)
    occur = confusion.sum(axis=2).astype(np.float64)
    if unanswered is not None:
        occur = occur + unanswered
    predicted = confusion.sum(axis=1).astype(np.float64)
    recall = np.divide(right, occur, out=np.zeros_like(right), where=occur > 0)
    seen = np.maximum((occur > 0).sum(axis=1), 1)
    total = occur + predicted
    f1 = np.divide(2 * right, total, out=np.zeros_like(right), where=total > 0)
    named = np.maximum((total > 0).sum(axis=1), 1)
    return {
        "accuracy": right.sum(axis=1) / np.maximum(occur.sum(axis=1), 1),
        "balanced_accuracy": recall.sum(axis=1) / seen,
        "macro_f1": f1.sum(axis=1) / named,
    }


def regression_scores(squared_errors: npt.NDArray[np.float64], targets: npt.NDArray[np.float64]) -> Scores:
    """Sums of squared errors (n,) over rows with these targets (n_rows,) to r2 (n,).

    r2 = 1 - error / variance; where the targets are all equal it is 1 for no error and else 0.
    """
    spread = float(((targets - targets.mean()) ** 2).sum())
    if spread == 0:
        return {"r2": (squared_errors == 0).astype(np.float64)}
    return {"r2": 1 - squared_errors / spread}
