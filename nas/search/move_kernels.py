# mypy: disable-error-code="untyped-decorator"
"""Compiled loops that change rows gene by gene, with regard to what a gene depends on."""

import numpy as np
from numba import njit

from nas.search.columns import Columns, FloatArray, IntArray
from nas.search.kernels import other_value, scaled_step
from nas.search.moves import Moves
from searchspaces.space import Rows

TRIES = 4
N_UNIFORM = TRIES + 5
OFF_SHARE = 0.06
"""Moves that switch a whole group off."""
KEEP_CLOSED = 0.3
"""Chance that a gate drawn while it is closed is opened; else another variable is drawn."""
RESET_SHARE = 0.3
"""Changes that draw a new value instead of a step."""
CLOSE_SHARE = 0.2
"""Changes of a gate that close it."""


@njit(cache=True)
def move_rows(
    rows: Rows, places: IntArray, uniform: FloatArray, normal: FloatArray, columns: Columns, moves: Moves
) -> None:
    """One move of rows[places[i]] for each i, in place.

    places: (n,). uniform: (n, N_UNIFORM) in [0, 1). normal: (n,) standard deviates.
    """
    n_groups = len(moves.group_ends) - 1
    for i in range(len(places)):
        row = rows[places[i]]
        if n_groups and uniform[i, TRIES] < OFF_SHARE:
            _switch_off(row, uniform[i], n_groups, moves)
            continue
        column = _live_column(row, uniform[i], columns, moves)
        if moves.is_gate[column] and row[column] == 0:
            _open(row, column, uniform[i], columns, moves)
        else:
            _change(row, column, uniform[i, TRIES + 1 :], normal[i], columns, moves)


@njit(cache=True)
def _switch_off(row: Rows, uniform: FloatArray, n_groups: int, moves: Moves) -> None:
    for attempt in range(TRIES):
        group = int(uniform[attempt] * n_groups)
        was_on = False
        for place in range(moves.group_ends[group], moves.group_ends[group + 1]):
            was_on |= row[moves.grouped[place]] != 0
            row[moves.grouped[place]] = 0
        if was_on:
            return


@njit(cache=True)
def _live_column(row: Rows, uniform: FloatArray, columns: Columns, moves: Moves) -> int:
    """A variable whose change has an effect, or a closed gate; the last one drawn where none is found."""
    column = 0
    for attempt in range(TRIES):
        scaled = uniform[attempt] * len(columns.free)
        column = int(columns.free[int(scaled)])
        gate = moves.gate[column]
        if gate >= 0 and row[gate] == 0:
            continue
        if moves.is_gate[column] and row[column] == 0 and scaled - int(scaled) > KEEP_CLOSED:
            continue
        return column
    return column


@njit(cache=True)
def _open(row: Rows, column: int, uniform: FloatArray, columns: Columns, moves: Moves) -> None:
    """Opens a gate, and draws the variables behind it anew."""
    span = columns.upper[column]
    row[column] = 1 + int(uniform[TRIES + 1] * span)
    for place in range(moves.behind_ends[column], moves.behind_ends[column + 1]):
        behind = moves.behind[place]
        value = uniform[TRIES + 2 + (place - moves.behind_ends[column]) % 3]
        lower, upper = columns.lower[behind], columns.upper[behind]
        row[behind] = min(upper, np.floor(lower + value * (upper - lower + 1)))


@njit(cache=True)
def _change(
    row: Rows, column: int, uniform: FloatArray, normal: float, columns: Columns, moves: Moves
) -> None:
    old = float(row[column])
    new = old
    if moves.is_gate[column] and columns.lower[column] == 0 and uniform[0] < CLOSE_SHARE:
        new = 0.0
    elif columns.is_choice[column] or uniform[1] < RESET_SHARE:
        new = other_value(columns, column, old, uniform[2])
    elif moves.is_bits[column]:
        n_bits = int(np.floor(np.log2(columns.upper[column]))) + 1
        new = float(int(old) ^ (1 << int(uniform[2] * n_bits)))
        new = min(new, columns.upper[column])
    else:
        if columns.is_real[column] or columns.is_log[column]:
            new = scaled_step(columns, column, old, uniform[2], normal)
        if new == old and not columns.is_real[column]:
            new = _wide_step(columns, column, old, uniform[2], uniform[3] < 0.5)
    row[column] = new


@njit(cache=True)
def _wide_step(columns: Columns, column: int, old: float, uniform: float, is_down: bool) -> float:
    """A power of two, each up to a quarter of the range equally likely."""
    lower, upper = columns.lower[column], columns.upper[column]
    largest = np.floor(np.log2(max(1.0, (upper - lower) / 4)))
    step = 2.0 ** np.floor(uniform * (largest + 1))
    if is_down:
        step = -step
    new = old + step if lower <= old + step <= upper else old - step
    return float(min(max(new, lower), upper))
