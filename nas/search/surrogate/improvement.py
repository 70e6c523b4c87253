"""How much better a candidate is likely to make what was found.

Source of the expected hypervolume improvement: M. Emmerich, K. Yang, A. Deutz, H. Wang, C. Fonseca, "A
multicriteria generalization of Bayesian global optimization", 2016; with more than two objectives random
scalarizations stand in: J. Knowles, "ParEGO", IEEE Transactions on Evolutionary Computation 10(1), 2006.
"""

import numpy as np
from scipy.special import log_ndtr, ndtr

from nas.pareto import pareto_mask
from nas.search.columns import FloatArray

ROOT_2PI = np.sqrt(2 * np.pi)
N_SAMPLES = 64
SMALLEST = 1e-300


def expected_shortfall(bounds: FloatArray, mean: FloatArray, deviation: FloatArray) -> FloatArray:
    """Of a normal variable below a bound; all three broadcast."""
    z = (bounds - mean) / deviation
    shortfall: FloatArray = deviation * (z * ndtr(z) + np.exp(-(z**2) / 2) / ROOT_2PI)
    return np.maximum(shortfall, 0.0)


def log_improvement(
    mean: FloatArray,
    deviation: FloatArray,
    front: FloatArray,
    reference: FloatArray,
    rng: np.random.Generator,
) -> FloatArray:
    """(m,) logarithm of what m candidates are expected to add.

    mean, deviation: (m, n_objectives) of independent normal figures. front: (k, n_objectives) found so far, k
    at least 1. reference: (n_objectives,) bounds what counts.
    """
    deviation = np.maximum(deviation, 1e-9)
    match mean.shape[1]:
        case 1:
            expected = expected_shortfall(front.min(), mean[:, 0], deviation[:, 0])
        case 2:
            expected = _of_two(mean, deviation, front, reference)
        case _:
            expected = _of_many(mean, deviation, front, reference, rng)
    return np.log(np.maximum(expected, SMALLEST))


def _of_two(mean: FloatArray, deviation: FloatArray, front: FloatArray, reference: FloatArray) -> FloatArray:
    """Exact: the undominated part of the box in strips along the first objective."""
    inside = front[(front < reference).all(axis=1)]
    inside = inside[pareto_mask(inside)] if len(inside) else inside
    inside = inside[np.argsort(inside[:, 0])]
    ends = np.append(inside[:, 0], reference[0])
    heights = np.append(reference[1], inside[:, 1])
    below = expected_shortfall(ends, mean[:, :1], deviation[:, :1])
    widths = np.diff(below, axis=1, prepend=0.0)
    tall = expected_shortfall(heights, mean[:, 1:], deviation[:, 1:])
    total: FloatArray = (widths * tall).sum(axis=1)
    return total


def _of_many(
    mean: FloatArray,
    deviation: FloatArray,
    front: FloatArray,
    reference: FloatArray,
    rng: np.random.Generator,
) -> FloatArray:
    """Improvement of one random augmented Chebyshev distance, over samples."""
    weights = rng.dirichlet(np.ones(mean.shape[1]))
    low = front.min(axis=0)
    span = np.maximum(reference - low, 1e-9)
    draws = rng.standard_normal((N_SAMPLES, 1, mean.shape[1]))
    samples = _chebyshev((mean + draws * deviation - low) / span, weights)
    best = _chebyshev((front - low) / span, weights).min()
    gain: FloatArray = np.maximum(best - samples, 0.0).mean(axis=0)
    return gain


def _chebyshev(points: FloatArray, weights: FloatArray) -> FloatArray:
    weighted = points * weights
    distance: FloatArray = weighted.max(axis=-1) + 0.05 * weighted.sum(axis=-1)
    return distance


def log_kept(mean: FloatArray, deviation: FloatArray, thresholds: FloatArray) -> FloatArray:
    """(m,) logarithm of the probability that m candidates keep all limits, as if these were independent.

    mean, deviation: (m, n_limits). thresholds: (n_limits,).
    """
    total: FloatArray = log_ndtr((thresholds - mean) / np.maximum(deviation, 1e-9)).sum(axis=1)
    return total
