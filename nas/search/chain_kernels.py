# mypy: disable-error-code="untyped-decorator"
"""Compiled loop in which the chains of an annealing search accept candidates."""

import numpy as np
from numba import njit

from nas.search.columns import FloatArray, IntArray

UNIT_SHARE = 0.2
"""Share of the worsenings that cost less than the unit of temperature."""
UNIT_RATE = 0.05
"""How fast the unit follows, on a logarithmic scale, with each worsening."""


@njit(cache=True)
def accept(
    chains: IntArray,
    thresholds: FloatArray,
    objectives: FloatArray,
    violations: FloatArray,
    state_objectives: FloatArray,
    state_violations: FloatArray,
    weights: FloatArray,
    units: FloatArray,
) -> IntArray:
    """Lets each candidate in turn compete with where its chain stands by then; updates states and units.

    chains: (n,) of the candidates. thresholds: (n,) rises that are accepted, in units. objectives (n,
    n_objectives) and violations (n,) are the candidates', with `state_` before them those of the chains.
    Gives (n_chains,) which candidate each chain went to last, -1 where it stayed.
    """
    last = np.full(len(units), -1, np.int64)
    for i in range(len(chains)):
        chain = chains[i]
        is_accepted = violations[i] <= state_violations[chain]
        if violations[i] == 0 and state_violations[chain] == 0:
            rise = 0.0
            for column in range(objectives.shape[1]):
                rise += (objectives[i, column] - state_objectives[chain, column]) * weights[chain, column]
            is_accepted = rise <= thresholds[i] * units[chain]
            if rise > 0:
                units[chain] *= np.exp(UNIT_RATE * (UNIT_SHARE - (rise < units[chain])))
        if is_accepted:
            last[chain] = i
            state_objectives[chain] = objectives[i]
            state_violations[chain] = violations[i]
    return last
