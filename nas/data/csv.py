"""CSV files with a line of column names."""

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

from nas.data.dataset import DataError, Table, Task
from nas.data.text import TextRows, number_of, table_of

if TYPE_CHECKING:
    from nas.spec.model import DataSpec

SEPARATORS = (",", ";", "\t", "|")
"""Guessed from, in this order: the one that divides the first line into most names."""


def load_csv(path: Path, data: "DataSpec", task: Task) -> Table:
    """The table of a UTF-8 file. Empty lines are skipped. Raises DataError with the line."""
    if data.target is None:
        raise DataError(f"{path.name}: data.target must name the column to predict")
    return table_of(read_rows(path, data.separator), data, task, target=data.target)


def read_rows(path: Path, separator: str | None) -> TextRows:
    """Names and rows of a file; separator None is guessed. Raises DataError."""
    text = _read_text(path)
    delimiter = separator or _guess(text)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    rows: list[list[str]] = []
    numbers: list[int] = []
    try:
        for entries in lines:
            if entries:
                rows.append(entries)
                numbers.append(lines.line_num)
    except csv.Error as error:
        raise DataError(f"{path.name}:{lines.line_num}: not CSV: {error}") from None
    if len(rows) < 2:
        raise DataError(f"{path.name}: must hold a line of column names and rows, but is empty")
    return _with_names(path.name, rows, numbers)


def _with_names(origin: str, rows: list[list[str]], lines: list[int]) -> TextRows:
    names = tuple(name.strip() for name in rows[0])
    if len(names) == 1:
        raise DataError(f"{origin}: only one column, {names[0]!r}; is data.separator right?")
    if all(number_of(name) is not None for name in names):
        raise DataError(f"{origin}:{lines[0]}: the first line must name the columns, but holds numbers only")
    for entries, line in zip(rows, lines, strict=True):
        if len(entries) != len(names):
            raise DataError(
                f"{origin}:{line}: {len(names)} columns are named, but this row has {len(entries)}"
            )
    return TextRows(origin, names, rows[1:], lines[1:])


def _read_text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DataError(f"{path}: can't be read: {reason}") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path.name}:{line}: not UTF-8 text; save the file as UTF-8") from None


def _guess(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(SEPARATORS, key=lambda separator: len(next(csv.reader([first], delimiter=separator), [])))
