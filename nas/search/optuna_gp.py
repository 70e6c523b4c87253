"""Gaussian-process search of Optuna, for up to a few hundred costly evaluations and a dozen variables.

Source: S. Ament et al., "Unexpected improvements to expected improvement for Bayesian optimization",
NeurIPS 2023; several objectives: S. Daulton, M. Balandat, E. Bakshy, "Differentiable expected hypervolume
improvement for parallel multi-objective Bayesian optimization", NeurIPS 2020.
"""

from optuna.samplers import GPSampler

from nas.search.optuna_adapter import OptunaSearch
from nas.search.protocol import SearchProblem
from searchspaces.space import Rows


def gp_search(
    problem: SearchProblem, *, seed: int, initial: Rows | None = None, population: int | None = None
) -> OptunaSearch:
    """Log expected (hypervolume) improvement, weighted by the probability that the limits are kept.

    `population` is the batch size, 1 by default; the first ten candidates are random.
    """
    return OptunaSearch(problem, "gp", _sampler, seed=seed, initial=initial, population=population)


def _sampler(seed: int) -> GPSampler:
    return GPSampler(seed=seed, warn_independent_sampling=False)
