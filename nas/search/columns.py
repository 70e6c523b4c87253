"""A domain as arrays, one entry a variable, and draws from it."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from nas.search.protocol import SearchError
from searchspaces.space import Domain, Rows, Variable

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
HashArray: TypeAlias = npt.NDArray[np.uint64]


class Columns(NamedTuple):
    """All arrays are (n_variables,) but `free`.

    lower, upper: inclusive bounds. low, high: the interval to draw from, in logarithms where is_log, and
    half a step beyond the bounds where values are whole, so that rounding is uniform. free: (n_free,)
    indices of variables that can take more than one value.
    """

    lower: FloatArray
    upper: FloatArray
    low: FloatArray
    high: FloatArray
    is_real: BoolArray
    is_choice: BoolArray
    is_log: BoolArray
    free: IntArray

    @property
    def n_variables(self) -> int:
        return len(self.lower)

    @property
    def dtype(self) -> type[np.int32] | type[np.float64]:
        """Of the rows."""
        return np.float64 if self.is_real.any() else np.int32


def columns_of(domain: Domain) -> Columns:
    """The arrays of a domain; raises SearchError for no variables, or a log variable not above 0."""
    variables = domain.variables
    if not variables:
        raise SearchError("domain: at least one variable must be there, but got none")
    for variable in variables:
        if variable.log and variable.lower <= 0:
            raise SearchError(
                f"variable {variable.name!r}: lower must be above 0 to search by ratio, but got "
                f"{variable.lower}; raise it or leave log off"
            )
    lower = np.array([variable.lower for variable in variables], dtype=np.float64)
    upper = np.array([variable.upper for variable in variables], dtype=np.float64)
    is_real = _flags(variables, lambda variable: variable.kind == "real")
    is_log = _flags(variables, lambda variable: variable.log)
    half_step = np.where(is_real, 0.0, 0.5)
    low, high = lower - half_step, upper + half_step
    return Columns(
        lower=lower,
        upper=upper,
        low=np.where(is_log, np.log(np.where(is_log, low, 1.0)), low),
        high=np.where(is_log, np.log(np.where(is_log, high, 1.0)), high),
        is_real=is_real,
        is_choice=_flags(variables, lambda variable: variable.kind == "choice"),
        is_log=is_log,
        free=np.flatnonzero(lower < upper),
    )


def draw_values(columns: Columns, rng: np.random.Generator, index: IntArray) -> FloatArray:
    """(n,) values for the variables at index (n,), uniform over each; by ratio where is_log."""
    low, high = columns.low[index], columns.high[index]
    return from_scale(columns, low + rng.random(len(index)) * (high - low), index)


def draw_rows(columns: Columns, rng: np.random.Generator, n_rows: int) -> Rows:
    """(n_rows, n_variables) uniform rows of the domain's dtype."""
    index = np.tile(np.arange(columns.n_variables), n_rows)
    rows: Rows = draw_values(columns, rng, index).astype(columns.dtype)
    return rows.reshape(n_rows, columns.n_variables)


def to_scale(columns: Columns, values: FloatArray, index: IntArray) -> FloatArray:
    """Values of the variables at index on the scale of low and high."""
    result = values.copy()
    np.log(values, out=result, where=columns.is_log[index])
    return result


def from_scale(columns: Columns, scaled: FloatArray, index: IntArray) -> FloatArray:
    """The inverse of to_scale; rounded where values are whole, then cut to the bounds."""
    values = scaled.copy()
    np.exp(scaled, out=values, where=columns.is_log[index])
    np.rint(values, out=values, where=~columns.is_real[index])
    return np.clip(values, columns.lower[index], columns.upper[index])


def checked_rows(columns: Columns, rows: Rows | None) -> Rows:
    """Rows to start from, of the domain's dtype, repeated ones dropped; none for None.

    Raises SearchError for a wrong shape, and for a value outside its variable, naming row and column.
    """
    if rows is None:
        return np.empty((0, columns.n_variables), dtype=columns.dtype)
    if rows.ndim != 2 or rows.shape[1] != columns.n_variables:
        raise SearchError(f"initial rows must have shape (n, {columns.n_variables}), but got {rows.shape}")
    inside = (rows >= columns.lower) & (rows <= columns.upper)
    inside &= columns.is_real | (np.rint(rows) == rows)
    if not inside.all():
        row, column = np.argwhere(~inside)[0]
        kind = "a number" if columns.is_real[column] else "a whole number"
        raise SearchError(
            f"initial rows: row {row}, column {column} must be {kind} from {columns.lower[column]:g} to "
            f"{columns.upper[column]:g}, but is {rows[row, column]}"
        )
    first = np.sort(np.unique(rows, axis=0, return_index=True)[1])
    return np.ascontiguousarray(rows[first], dtype=columns.dtype)


def _flags(variables: tuple[Variable, ...], holds: Callable[[Variable], bool]) -> BoolArray:
    return np.array([holds(variable) for variable in variables], dtype=np.bool_)
