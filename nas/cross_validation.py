"""Networks validated on rows that they were not fitted on, then one fitted on all training rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from codegen.ir import Network
from nas.data.dataset import Dataset, IndexArray
from nas.evaluate import score_network
from nas.front import FIT_PREFIX
from nas.parts import fit_rows, make_part

Fold: TypeAlias = int | None
"""A validation fold that a network is not to see, or None for one fitted on all training rows."""


@dataclass(frozen=True, slots=True, eq=False)
class Validated:
    """A network fitted on all training rows, and what is known of how well its like generalizes.

    folds: the networks that were validated; the one at index k was fitted without validation fold k.
    scores: task metrics, the mean over those networks, each on its fold; with `FIT_PREFIX` those of
    `network` on all training rows.
    """

    network: Network
    folds: tuple[Network, ...]
    scores: dict[str, float]


def rows_for(dataset: Dataset, fold: Fold) -> IndexArray:
    """The training rows that a network may see, in ascending order."""
    return dataset.train if fold is None else fit_rows(dataset, fold)


def cross_validate(dataset: Dataset, folds: Sequence[int], fit: Callable[[Fold], Network]) -> Validated:
    """Calls `fit` for each fold in turn, and last for all training rows; what it raises goes through.

    folds: 0, 1, ... up to the last that can validate.
    """
    return validated(dataset, [fit(fold) for fold in folds], fit(None))


def validated(dataset: Dataset, of_folds: Sequence[Network], network: Network) -> Validated:
    """What the networks of the folds say of the one fitted on all training rows.

    of_folds: the one at index k was fitted without fold k. A fold is shown to its network's interface and to
    nothing before.
    """
    scores = [
        score_network(each, make_part(dataset, dataset.folds[fold], each.interface))
        for fold, each in enumerate(of_folds)
    ]
    by_fit = score_network(network, make_part(dataset, dataset.train, network.interface))
    means = {name: float(np.mean([each[name] for each in scores])) for name in by_fit}
    means |= {FIT_PREFIX + name: value for name, value in by_fit.items()}
    return Validated(network, tuple(of_folds), means)
