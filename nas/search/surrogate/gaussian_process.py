"""Gaussian processes over mixed variables, with a length of likeness for every variable.

The kernel is Matern 5/2 of a weighted distance. Source: C. E. Rasmussen, C. K. I. Williams, "Gaussian
Processes for Machine Learning", MIT Press 2006, eq. 4.17 and 5.9.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize

from nas.search.columns import FloatArray, IntArray

SQRT5 = np.sqrt(5.0)
JITTER = 1e-8
WEIGHTS = (np.log(1e-3), np.log(1e3))
"""Ends of the logarithm of a variable's weight, an inverse squared length."""
NOISE = (np.log(1e-6), np.log(1.0))
PRIOR_SPREAD = 2.0
"""Standard deviation of the logarithm of a weight before anything is seen."""


@dataclass(frozen=True, slots=True, eq=False)
class Hyper:
    """log_weights: (n_owners,) of each variable. log_noise: of the variance that no row explains."""

    log_weights: FloatArray
    log_noise: float

    @property
    def vector(self) -> FloatArray:
        return np.append(self.log_weights, self.log_noise)


def first_hyper(n_owners: int) -> Hyper:
    """Before anything is learned: a length of half the range of a variable, times the root of their
    number."""
    return Hyper(np.full(n_owners, _prior_mean(n_owners)), np.log(1e-3))


def _prior_mean(n_owners: int) -> float:
    return float(np.log(4.0 / np.sqrt(max(1, n_owners))))


@dataclass(frozen=True, slots=True, eq=False)
class GaussianProcess:
    """A model of one figure, of mean 0 and unit variance over the points that it was made of.

    points: (n, n_features) times the roots of the weights. factor: lower triangle. solution: (n,).
    """

    hyper: Hyper
    roots: FloatArray
    points: FloatArray
    factor: FloatArray
    solution: FloatArray
    scale: float

    def predict(self, features: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation, both (m,), at features (m, n_features)."""
        cross = _matern(_distances(features * self.roots, self.points))
        mean = cross @ self.solution
        half = solve_triangular(self.factor, cross.T, lower=True, check_finite=False)
        variance = self.scale * np.maximum(1.0 - (half**2).sum(axis=0), 1e-10)
        return mean, np.sqrt(variance)

    def correlation(self, features: FloatArray, other: FloatArray) -> FloatArray:
        """(m,) of the figures at features (m, n_features) with that at other (n_features,), 0 to 1."""
        return _matern(_distances(features * self.roots, other[None] * self.roots))[:, 0]


def fit(
    features: FloatArray, owner: IntArray, values: FloatArray, start: Hyper, *, max_steps: int
) -> GaussianProcess:
    """features: (n, n_features). values: (n,). max_steps: of the search for the likeliest hyperparameters;
    0 takes those of `start`.
    """
    hyper = start
    if max_steps:
        result = minimize(
            _loss,
            start.vector,
            args=(features, owner, values),
            jac=True,
            method="L-BFGS-B",
            bounds=[WEIGHTS] * len(start.log_weights) + [NOISE],
            options={"maxiter": max_steps, "maxfun": 2 * max_steps},
        )
        if np.isfinite(result.fun):
            hyper = Hyper(result.x[:-1], float(result.x[-1]))
    return _condition(features, owner, values, hyper)


def _condition(features: FloatArray, owner: IntArray, values: FloatArray, hyper: Hyper) -> GaussianProcess:
    roots = np.exp(hyper.log_weights / 2)[owner]
    points = features * roots
    kernel = _matern(_distances(points, points))
    kernel.flat[:: len(kernel) + 1] += np.exp(hyper.log_noise) + JITTER
    factor = cholesky(kernel, lower=True, check_finite=False)
    solution = cho_solve((factor, True), values, check_finite=False)
    scale = max(float(values @ solution) / len(values), 1e-12)
    return GaussianProcess(hyper, roots, points, factor, solution, scale)


def _loss(
    vector: FloatArray, features: FloatArray, owner: IntArray, values: FloatArray
) -> tuple[float, FloatArray]:
    """Negative log posterior of hyperparameters, the signal's variance at its best value, and its
    gradient."""
    n = len(values)
    log_weights, log_noise = vector[:-1], vector[-1]
    weights, noise = np.exp(log_weights), np.exp(log_noise)
    points = features * np.sqrt(weights)[owner]
    distances = _distances(points, points)
    decay = np.exp(-SQRT5 * distances)
    kernel = (1 + SQRT5 * distances + (5 / 3) * distances**2) * decay
    kernel.flat[:: n + 1] += noise + JITTER
    try:
        factor = cholesky(kernel, lower=True, check_finite=False)
    except np.linalg.LinAlgError:
        return 1e12, np.zeros_like(vector)
    inverse = cho_solve((factor, True), np.eye(n), check_finite=False)
    solution = inverse @ values
    scale = max(float(values @ solution) / n, 1e-12)
    deviation = (log_weights - _prior_mean(len(log_weights))) / PRIOR_SPREAD
    loss = 0.5 * n * np.log(scale) + np.log(np.diag(factor)).sum() + 0.5 * float(deviation @ deviation)
    loss += 0.5 * ((log_noise - np.log(1e-3)) / 3.0) ** 2
    # d loss = 0.5 sum(slope * d kernel); d kernel / d (distance squared) = -5/6 (1 + sqrt(5) distance) decay
    slope = inverse - np.outer(solution, solution) / scale
    by_square = slope * (-5 / 6) * (1 + SQRT5 * distances) * decay
    sums = by_square.sum(axis=1)
    moved = 2 * ((points**2 * sums[:, None]).sum(axis=0) - (points * (by_square @ points)).sum(axis=0))
    gradient = np.zeros_like(vector)
    np.add.at(gradient, owner, 0.5 * moved)
    gradient[:-1] += deviation / PRIOR_SPREAD
    gradient[-1] = 0.5 * noise * np.trace(slope) + (log_noise - np.log(1e-3)) / 9.0
    return float(loss), gradient


def _distances(first: FloatArray, second: FloatArray) -> FloatArray:
    """(n, m) Euclidean."""
    squares = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1) - 2 * first @ second.T
    distances: FloatArray = np.sqrt(np.maximum(squares, 0.0))
    return distances


def _matern(distances: FloatArray) -> FloatArray:
    kernel: FloatArray = (1 + SQRT5 * distances + (5 / 3) * distances**2) * np.exp(-SQRT5 * distances)
    return kernel
