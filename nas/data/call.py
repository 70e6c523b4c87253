"""Data made by the user's own function."""

from pathlib import Path

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
    return table
