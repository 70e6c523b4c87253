"""Moves of an annealing search: single changes that know which variables others depend on."""

from typing import NamedTuple

import numpy as np

from nas.search.columns import BoolArray, Columns, IntArray
from nas.search.protocol import SearchError
from searchspaces.space import Domain, Rows


class Moves(NamedTuple):
    """What depends on what.

    gate: (n_variables,) the variable without which each has no effect, -1 for none. is_gate, is_bits:
    (n_variables,). behind: the variables behind each gate, those of gate g from behind_ends[g] to before
    behind_ends[g + 1]. grouped, group_ends: the same for what is switched off together.
    """

    gate: IntArray
    is_gate: BoolArray
    is_bits: BoolArray
    behind: IntArray
    behind_ends: IntArray
    grouped: IntArray
    group_ends: IntArray


def moves_of(domain: Domain) -> Moves:
    """The moves of a domain. Raises SearchError for a gate or group outside it, or of values without 0."""
    variables, n = domain.variables, domain.n_variables
    gate = np.array([-1 if variable.gate is None else variable.gate for variable in variables], np.int64)
    for index in (*gate[gate >= 0].tolist(), *(one for group in domain.groups for one in group)):
        if not 0 <= index < n or variables[index].lower > 0 or variables[index].kind == "real":
            raise SearchError(
                f"domain: gates and groups must be of whole variables 0 to {n - 1} that can be 0, "
                f"but {index} is not one"
            )
    order = np.argsort(gate, kind="stable")
    ends = np.searchsorted(gate[order], np.arange(n + 1))
    sizes = [len(group) for group in domain.groups]
    return Moves(
        gate=gate,
        is_gate=np.isin(np.arange(n), gate),
        is_bits=np.array([variable.is_bits for variable in variables], np.bool_),
        behind=order,
        behind_ends=ends,
        grouped=np.array([one for group in domain.groups for one in group], np.int64),
        group_ends=np.cumsum([0, *sizes]),
    )


def mutants_of(
    rows: Rows, columns: Columns, moves: Moves, mean_moves: float, rng: np.random.Generator
) -> Rows:
    """Rows (n, n_variables), each after a geometrically distributed number of moves, at least 1.

    A move draws a variable that has an effect, opens a closed gate with the variables behind it drawn
    anew, or switches a group off. Bits flip one by one, whole numbers go by powers of two up to a quarter
    of their range, all equally likely; some draws are of a new value, and of a gate often 0.
    """
    from nas.search.move_kernels import N_UNIFORM, move_rows  # numba is loaded when a search needs it

    mutants: Rows = rows.copy()
    places = np.repeat(np.arange(len(rows)), rng.geometric(1 / mean_moves, size=len(rows)))
    if len(columns.free):
        uniform, normal = rng.random((len(places), N_UNIFORM)), rng.standard_normal(len(places))
        move_rows(mutants, places, uniform, normal, columns, moves)
    return mutants
