"""Fits of costs that are linear in quantities, by relative errors, with no quantity below zero."""

import numpy as np
from scipy.optimize import nnls

from hwmodels.mcu.tensor.terms import Terms

RIDGE = 1e-3
"""Weight of the penalty on coefficients, in units of their quantity's largest share of a figure."""


def fit_terms(
    terms: list[Terms], wanted: list[float], floor: float, relative: bool = True
) -> dict[str, float]:
    """Coefficients by name. floor: added to a figure before errors are relative to it."""
    names = sorted({name for one in terms for name, value in one.items() if value})
    matrix = np.array([[float(one.get(name, 0.0)) for name in names] for one in terms])
    target = np.array(wanted, dtype=float)
    weight = 1 / (target + floor) if relative else np.full(len(target), 1 / floor)
    scaled = matrix * weight[:, None]
    size = np.abs(scaled).max(axis=0)
    system = np.vstack([scaled / size, RIDGE * np.eye(len(names))])
    solution, _ = nnls(system, np.concatenate([target * weight, np.zeros(len(names))]))
    return {
        name: float(f"{value:.5g}")
        for name, value in zip(names, solution / size, strict=True)
        if value > 0
    }
