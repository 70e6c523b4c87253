"""A model of every figure that only an evaluation tells, made of all that was evaluated."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nas.search.columns import BoolArray, FloatArray, IntArray
from nas.search.ledger import Results, total_violation
from nas.search.population import survival_order
from nas.search.protocol import FreeFigures
from nas.search.surrogate.features import Features
from nas.search.surrogate.gaussian_process import GaussianProcess, Hyper, first_hyper, fit
from nas.search.surrogate.scales import MarginScale, ObjectiveScale, margin_scale, objective_scale

LARGEST_MODEL = 400
"""Candidates that a model is made of; its cost grows with their cube."""
KEPT_BEST = 0.7
"""Share of them that are the best ones; the others are the newest."""
FIRST_STEPS, LATER_STEPS = 40, 12


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """Of m candidates, on the scales of the models. mean, deviation: (m, n_objectives). log_kept needs
    margin_mean, margin_deviation (m, n_modelled) and thresholds (n_modelled,).
    """

    mean: FloatArray
    deviation: FloatArray
    margin_mean: FloatArray
    margin_deviation: FloatArray
    thresholds: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Models:
    """objectives: one for each. limits: index of each limit that is modelled: those that some candidate broke
    and that are not free. front: (k, n_objectives) on the scales of the models, of the candidates that keep
    all limits; empty where none does.
    """

    features: Features
    scales: tuple[ObjectiveScale, ...]
    objectives: tuple[GaussianProcess, ...]
    limits: tuple[int, ...]
    margin_scales: tuple[MarginScale, ...]
    margins: tuple[GaussianProcess, ...]
    front: FloatArray

    @property
    def hypers(self) -> dict[int, Hyper]:
        """Of each model: objectives from 0 on, limits from -1 down."""
        found = {index: model.hyper for index, model in enumerate(self.objectives)}
        return found | {
            -1 - limit: model.hyper for limit, model in zip(self.limits, self.margins, strict=True)
        }

    def predict(self, features: FloatArray, free: FreeFigures | None) -> Predicted:
        """features: (m, n_features). What is free is known exactly."""
        mean, deviation = _predict_all(self.objectives, features)
        for index, scale in enumerate(self.scales if free is not None else ()):
            assert free is not None
            known = free.objectives[:, index]
            is_known = np.isfinite(known)
            mean[is_known, index] = scale.apply(known[is_known])
            deviation[is_known, index] = 0.0
        margin_mean, margin_deviation = _predict_all(self.margins, features)
        thresholds = np.array([scale.threshold for scale in self.margin_scales])
        return Predicted(mean, deviation, margin_mean, margin_deviation, thresholds)


def _predict_all(models: Sequence[GaussianProcess], features: FloatArray) -> tuple[FloatArray, FloatArray]:
    found = [model.predict(features) for model in models]
    shape = (len(features), 0)
    if not found:
        return np.zeros(shape), np.ones(shape)
    return np.stack([each[0] for each in found], axis=1), np.stack([each[1] for each in found], axis=1)


def make_models(
    features: Features, history: Results, free_limits: Sequence[bool], known: dict[int, Hyper], *, learn: bool
) -> Models:
    """From a history with at least one row whose objectives are finite.

    free_limits: of each limit, whether it is known before an evaluation. known: hyperparameters from before.
    learn: search for better ones.
    """
    chosen = history.take(_worth_modelling(history))
    points = features.of(chosen.rows)

    def model(key: int, values: FloatArray, rows: FloatArray) -> GaussianProcess:
        start = known.get(key, first_hyper(features.n_owners))
        steps = (LATER_STEPS if key in known else FIRST_STEPS) if learn or key not in known else 0
        return fit(rows, features.owner, values, start, max_steps=steps)

    has_figures = np.isfinite(chosen.objectives).all(axis=1)
    figures = chosen.objectives[has_figures]
    scales = tuple(objective_scale(column) for column in figures.T)
    scaled = np.stack([scale.apply(column) for scale, column in zip(scales, figures.T, strict=True)], axis=1)
    objectives = tuple(model(k, column, points[has_figures]) for k, column in enumerate(scaled.T))
    broken: BoolArray = np.any(history.margins > 0, axis=0)
    limits = tuple(k for k, free in enumerate(free_limits) if broken[k] and not free)
    finite = np.nan_to_num(chosen.margins, posinf=1e9, neginf=-1e9)
    margin_scales = tuple(margin_scale(finite[:, k]) for k in limits)
    margins = tuple(
        model(-1 - k, scale.apply(finite[:, k]), points)
        for k, scale in zip(limits, margin_scales, strict=True)
    )
    keeps = total_violation(chosen)[has_figures] == 0
    return Models(features, scales, objectives, limits, margin_scales, margins, scaled[keeps])


def _worth_modelling(history: Results) -> IntArray:
    """Indices of all, or of the best and the newest where they are too many."""
    n = len(history.numbers)
    if n <= LARGEST_MODEL:
        return np.arange(n)
    finite = np.nan_to_num(history.objectives, posinf=1e300)
    best = survival_order(finite, total_violation(history), int(KEPT_BEST * LARGEST_MODEL))
    others = np.setdiff1d(np.arange(n), best)[-(LARGEST_MODEL - len(best)) :]
    return np.sort(np.concatenate((best, others)))
