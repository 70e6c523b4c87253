"""The tree-structured Parzen estimator of Optuna, for up to a few thousand costly evaluations.

Source: S. Watanabe, "Tree-structured Parzen estimator: understanding its algorithm components and their
roles for better empirical performance", 2023, arXiv:2304.11127; several objectives: Y. Ozaki et al.,
"Multiobjective tree-structured Parzen estimator", JAIR 73, 2022.
"""

from optuna.samplers import TPESampler

from nas.search.optuna_adapter import OptunaSearch
from nas.search.protocol import SearchProblem
from searchspaces.space import Rows

N_MOST = 150
"""Candidates that the estimator sees: its cost grows faster than their number."""


def tpe_search(
    problem: SearchProblem, *, seed: int, initial: Rows | None = None, population: int | None = None
) -> OptunaSearch:
    """Multivariate: it models variables jointly. All variables are there in every row, so they form one
    group. `population` is the batch size, 1 by default; the first ten candidates are random. From 225
    finished candidates on it sees the best and the newest 150.
    """
    return OptunaSearch(
        problem, "tpe", _sampler, seed=seed, initial=initial, population=population, n_most=N_MOST
    )


def _sampler(seed: int) -> TPESampler:
    return TPESampler(seed=seed, multivariate=True, constant_liar=True)
