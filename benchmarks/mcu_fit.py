"""Fits of costs that are linear in quantities, by relative errors, with no quantity below zero."""

import numpy as np
from scipy.optimize import nnls

from hwmodels.mcu.tensor.terms import Terms

RIDGE = 1e-3
"""Weight of the penalty on coefficients, in units of their quantity's largest share of a figure."""


EXACT = "assembler"


def fit_code(terms: list[Terms], code_bytes: list[int], floor: float) -> dict[str, float]:
    """Coefficients of code, where the bytes of the assembler are known to count as they are."""
    known = [float(one.get(EXACT, 0.0)) for one in terms]
    rest = [{name: value for name, value in one.items() if name != EXACT} for one in terms]
    left = [n_bytes - exact for n_bytes, exact in zip(code_bytes, known, strict=True)]
    found = fit_terms(rest, left, floor, relative=False)
    return found | {EXACT: 1.0} if any(known) else found


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
        name: float(f"{value:.5g}") for name, value in zip(names, solution / size, strict=True) if value > 0
    }
