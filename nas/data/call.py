"""Data made by the user's own function."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from nas.data.dataset import DataError, Table
from nas.plugins import PluginError, resolve

GROUP = "silkscreen.data"


def load_call(reference: str, base: Path, *, allow_code: bool) -> Table:
    """The Table that `module:function` or `file.py:function` returns, called without arguments.

    Raises DataError where code is not allowed, the function fails, or it returns something else.
    """
    try:
        function = resolve(reference, GROUP, base=base, allow_code=allow_code, where="data.call")
    except PluginError as error:
        raise DataError(str(error)) from error
    try:
        table = function()
    except Exception as error:
        raise DataError(f"data.call: {reference} failed: {type(error).__name__}: {error}") from error
    if not isinstance(table, Table):
        raise DataError(
            f"data.call: {reference} must return a nas.data.Table, but returned {type(table).__name__}"
        )
    return _as_arrays(table, reference)


def _as_arrays(table: Table, reference: str) -> Table:
    """The same table with the types that `Table` promises."""
    try:
        y = np.asarray(table.y)
        return replace(
            table,
            x=np.asarray(table.x, dtype=np.float64),
            y=y.astype(np.int64 if np.issubdtype(y.dtype, np.integer) else np.float64),
            features=tuple(str(name) for name in table.features),
            labels=tuple(str(label) for label in table.labels),
            given_test=None if table.given_test is None else np.asarray(table.given_test, dtype=np.int64),
        )
    except (TypeError, ValueError) as error:
        raise DataError(f"data.call: the Table of {reference} holds no plain arrays: {error}") from None
