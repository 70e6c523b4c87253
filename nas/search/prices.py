"""What one objective is worth in units of another, from the slopes of a front."""

import numpy as np

from nas.search.columns import FloatArray


def spread_weights(points: FloatArray, n_weights: int, rng: np.random.Generator) -> FloatArray:
    """(n_weights, n_objectives) positive weights whose best points spread over the front.

    points: (n, n_objectives) finite, minimized, n at least 1. The weight of the first objective is 1;
    those of each other one are spread evenly, on a logarithmic scale, over the slopes of the front of the
    first and that objective (`hull_slopes`), each a random distance into its interval. With more than two
    objectives the weights are paired at random, like a Latin hypercube. Rows rise in the second weight.
    """
    weights = np.ones((n_weights, points.shape[1]))
    for column in range(1, points.shape[1]):
        low, high = np.log(_slope_range(points[:, 0], points[:, column]))
        shares = (np.arange(n_weights) + rng.random(n_weights)) / n_weights
        weights[:, column] = np.exp(low + (high - low) * shares)
        if column > 1:
            rng.shuffle(weights[:, column])
    return weights


def _slope_range(first: FloatArray, second: FloatArray) -> tuple[float, float]:
    """The flattest and the steepest slope of the hull; where it has none, the ratio of the spans."""
    slopes = hull_slopes(first, second)
    if len(slopes):
        return float(slopes.min()), float(slopes.max())
    ratio = float(np.ptp(first)) / (float(np.ptp(second)) or 1.0)
    return (ratio or 1.0,) * 2


def hull_slopes(first: FloatArray, second: FloatArray) -> FloatArray:
    """(n_edges,) fall of `first` for each unit of `second` along the lower hull, falling slopes.

    Edges count that end in the better half of what `first` takes along the hull: the cheapest designs
    are worth little, however steeply they improve.
    """
    corners = _hull(first, second)
    is_good = corners[1:, 1] < (corners[0, 1] + corners[-1, 1]) / 2
    slopes: FloatArray = _slopes(corners)[is_good]
    return slopes


def prices_at(points: FloatArray) -> FloatArray:
    """(n, n_objectives) positive weights at which each point of a front is about the best of it.

    points: (n, n_objectives) finite, minimized, n at least 1. The weight of the first objective is 1; that
    of each other one is the slope of the hull of the first and that objective at the point: of the edge
    above or below it, at a corner the geometric mean of both edges; 1 where the hull is a single point.
    """
    weights = np.ones(points.shape)
    for column in range(1, points.shape[1]):
        corners = _hull(points[:, 0], points[:, column])
        if len(corners) > 1:
            slopes = np.log(_slopes(corners))
            left = np.searchsorted(corners[1:-1, 0], points[:, column], side="left")
            right = np.searchsorted(corners[1:-1, 0], points[:, column], side="right")
            weights[:, column] = np.exp((slopes[left] + slopes[right]) / 2)
    return weights


def _hull(first: FloatArray, second: FloatArray) -> FloatArray:
    """(n_corners, 2) of the lower hull, `second` and falling `first`."""
    order = np.lexsort((first, second))
    hull: list[tuple[float, float]] = []
    for x, y in zip(second[order].tolist(), first[order].tolist(), strict=True):
        if hull and y >= hull[-1][1]:
            continue
        while len(hull) > 1 and _is_above(hull[-2], hull[-1], (x, y)):
            hull.pop()
        hull.append((x, y))
    return np.array(hull)


def _slopes(corners: FloatArray) -> FloatArray:
    steps = np.diff(corners, axis=0)
    slopes: FloatArray = -steps[:, 1] / steps[:, 0]
    return slopes


def _is_above(before: tuple[float, float], middle: tuple[float, float], after: tuple[float, float]) -> bool:
    """Whether the middle corner lies on or above the line from the one before to the one after."""
    (x0, y0), (x1, y1), (x2, y2) = before, middle, after
    return (y1 - y0) * (x2 - x0) >= (y2 - y0) * (x1 - x0)
