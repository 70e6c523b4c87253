"""What to evaluate next: an evolution whose fitness is the expected improvement that models foretell."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from nas.pareto import pareto_mask
from nas.search.columns import BoolArray, Columns, FloatArray, draw_rows
from nas.search.operators import MutationRates, mutate
from nas.search.protocol import FreeFigures
from nas.search.surrogate.improvement import log_improvement, log_kept
from nas.search.surrogate.models import Models, Predicted
from searchspaces.space import Rows


@dataclass(frozen=True, slots=True)
class Infill:
    """pool: rows of a generation. generations: of an ask. parents: best candidates that they start from.
    survivors: rows that have children. patience: tries for a row that keeps the free limits.

    near_share: of asks that look only a few changes away from the best near_parents, in near_generations:
    models are to be trusted there first.

    references: how far behind the ideal point the reference lies, in spans of the front; one is drawn for
    each proposal. Near ones fill the middle of the front, where designs are chosen, far ones reach for its
    ends. doubts: factors of the models' deviations, one drawn for each ask, while nothing keeps the limits:
    small ones go where excess is foretold to be least, large ones where least is known.
    """

    pool: int = 160
    generations: int = 7
    parents: int = 40
    survivors: int = 30
    patience: int = 20
    near_share: float = 0.35
    near_parents: int = 6
    near_generations: int = 1
    references: tuple[float, ...] = (0.75, 1.0, 1.2)
    doubts: tuple[float, ...] = (0.25, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Pool:
    """Candidates with what is foretold of them, and their fitness at the reference of the evolution."""

    rows: Rows
    features: FloatArray
    predicted: Predicted
    fitness: FloatArray

    def take(self, index: np.ndarray[tuple[int], np.dtype[np.int64]]) -> "_Pool":
        p = self.predicted
        predicted = replace(
            p,
            mean=p.mean[index],
            deviation=p.deviation[index],
            margin_mean=p.margin_mean[index],
            margin_deviation=p.margin_deviation[index],
        )
        return _Pool(self.rows[index], self.features[index], predicted, self.fitness[index])

    def join(self, other: "_Pool") -> "_Pool":
        a, b = self.predicted, other.predicted
        predicted = replace(
            a,
            mean=np.concatenate((a.mean, b.mean)),
            deviation=np.concatenate((a.deviation, b.deviation)),
            margin_mean=np.concatenate((a.margin_mean, b.margin_mean)),
            margin_deviation=np.concatenate((a.margin_deviation, b.margin_deviation)),
        )
        return _Pool(
            np.concatenate((self.rows, other.rows)),
            np.concatenate((self.features, other.features)),
            predicted,
            np.concatenate((self.fitness, other.fitness)),
        )


def propose(
    models: Models,
    parents: Rows,
    pending: Rows,
    n: int,
    screen: Callable[[Rows], FreeFigures | None],
    is_new: Callable[[Rows], BoolArray],
    columns: Columns,
    rng: np.random.Generator,
    infill: Infill,
    most_screened: int | None,
) -> Rows:
    """Up to n rows that are new and keep the free limits; none where no such row was found.

    parents: (n_parents, n_variables), best first. pending: (n_pending, n_variables) rows under evaluation.
    most_screened: rows of a generation that are screened, those that the models alone find best; None for
    all.
    """

    def judged(rows: Rows) -> _Pool:
        rows = rows[is_new(rows)]
        if most_screened is not None and len(rows) > most_screened:
            foretold = models.predict(models.features.of(rows), None)
            rows = rows[_best(_fitness(models, foretold, reference, doubt, rng), most_screened)]
        free = screen(rows)
        if free is not None:
            kept = np.flatnonzero(free.is_kept)
            rows, free = rows[kept], FreeFigures(free.margins[kept], free.objectives[kept])
        features = models.features.of(rows)
        predicted = models.predict(features, free)
        return _Pool(rows, features, predicted, _fitness(models, predicted, reference, doubt, rng))

    reference, doubt = float(rng.choice(infill.references)), float(rng.choice(infill.doubts))
    is_near = rng.random() < infill.near_share
    nearest = parents[: infill.near_parents] if is_near else parents
    first = _children(nearest, infill.pool, columns, rng)
    pool = judged(first if is_near else np.concatenate((draw_rows(columns, rng, infill.pool), first)))
    for _ in range(infill.near_generations if is_near else infill.generations):
        if not len(pool.rows):
            break
        best = pool.take(_best(pool.fitness, infill.survivors))
        children = judged(_children(best.rows, infill.pool, columns, rng))
        fresh = children.take(np.flatnonzero(~_is_among(children.rows, pool.rows)))
        pool = best.join(fresh)
    return _pick(models, pool, pending, n, rng, infill)


def _is_among(rows: Rows, others: Rows) -> BoolArray:
    known = {row.tobytes() for row in others}
    return np.array([row.tobytes() in known for row in rows], np.bool_)


def _best(fitness: FloatArray, n: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    order: np.ndarray[tuple[int], np.dtype[np.int64]] = np.argsort(-fitness, kind="stable")[:n]
    return order


def _children(parents: Rows, n: int, columns: Columns, rng: np.random.Generator) -> Rows:
    """n rows: two parents crossed value by value, half of the time, then changed in one or two places."""
    if not len(parents) or not len(columns.free):
        return parents[:0]
    # Squared, so that the best have most children.
    first = (rng.random(n) ** 2 * len(parents)).astype(np.int64)
    second = (rng.random(n) ** 2 * len(parents)).astype(np.int64)
    second = np.where(rng.random(n) < 0.5, second, first)
    rows: Rows = np.where(rng.random((n, columns.n_variables)) < 0.5, parents[second], parents[first])
    rows = np.ascontiguousarray(rows)
    mutate(columns, rows, MutationRates(mean=min(1.7, max(1.0, len(columns.free) / 2)), reset=0.3), rng)
    return rows


def _fitness(
    models: Models, p: Predicted, reference: float, doubt: float, rng: np.random.Generator
) -> FloatArray:
    """(m,) log of expected improvement times the probability of keeping the limits."""
    if not len(models.front):
        return log_kept(p.margin_mean, doubt * p.margin_deviation, p.thresholds)
    kept = log_kept(p.margin_mean, p.margin_deviation, p.thresholds)
    low, high = models.front.min(axis=0), _nadir(models.front)
    corner = low + reference * np.maximum(high - low, 0.1)
    return kept + log_improvement(p.mean, p.deviation, models.front, corner, rng)


def _nadir(points: FloatArray) -> FloatArray:
    worst: FloatArray = points[pareto_mask(points)].max(axis=0)
    return worst


def _pick(
    models: Models, pool: _Pool, pending: Rows, n: int, rng: np.random.Generator, infill: Infill
) -> Rows:
    """The fittest, each at a reference of its own, and unlike those before it and under evaluation."""
    chosen: list[int] = []
    likeness = np.zeros(len(pool.rows))
    taken = models.features.of(pending)
    for features in taken:
        likeness = np.maximum(likeness, _likeness(models, pool.features, features))
    while len(chosen) < min(n, len(pool.rows)):
        fitness = pool.fitness
        if chosen:
            fitness = _fitness(models, pool.predicted, float(rng.choice(infill.references)), 1.0, rng)
        fitness = fitness + np.log(np.maximum(1 - likeness, 1e-9))
        fitness[chosen] = -np.inf
        place = int(np.argmax(fitness))
        chosen.append(place)
        likeness = np.maximum(likeness, _likeness(models, pool.features, pool.features[place]))
    return pool.rows[chosen]


def _likeness(models: Models, features: FloatArray, other: FloatArray) -> FloatArray:
    """(m,) the smallest correlation of any objective between candidates and another, 0 to 1."""
    every = np.stack([model.correlation(features, other) for model in models.objectives])
    smallest: FloatArray = every.min(axis=0)
    return smallest
