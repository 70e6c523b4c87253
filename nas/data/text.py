"""Columns of text to a table of numbers; what CSV and ARFF files have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nas.data.dataset import DataError, Table, Task
from nas.spec.names import did_you_mean

if TYPE_CHECKING:
    from nas.spec.model import DataSpec

MISSING = frozenset({"", "?", "na", "n/a", "nan", "null"})
"""What stands for no value, in any case."""
_SHOWN_COLUMNS = 5


@dataclass(frozen=True, slots=True)
class TextRows:
    """names: of the columns. rows: their text, an entry for each name. lines: of the rows in the file."""

    origin: str
    names: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    lines: Sequence[int]


def table_of(text: TextRows, data: "DataSpec", task: Task, *, target: str) -> Table:
    """The table with `target` predicted from every column that is not dropped. Raises DataError."""
    _check_names(text, data, target)
    kept = [name for name in text.names if name not in data.drop and name != target]
    if not kept:
        raise DataError(f"{text.origin}: no column is left to predict {target!r} from")
    text = _without_missing(text, data, {*kept, target})
    if not text.rows:
        raise DataError(f"{text.origin}: no rows are left")
    columns = dict(zip(text.names, zip(*text.rows, strict=True), strict=True))
    x = _numbers(text, {name: columns[name] for name in kept})
    if task == "regression":
        return Table(x, _numbers(text, {target: columns[target]})[:, 0], tuple(kept), (), text.origin)
    y, labels = class_indices(columns[target])
    return Table(x, y, tuple(kept), labels, text.origin)


def class_indices(values: Sequence[str]) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """(n_samples,) class indices and their labels, in order of number where all are numbers, else of text."""
    names = sorted({value.strip() for value in values})
    if all(number_of(name) is not None for name in names):
        names.sort(key=lambda name: (float(name), name))
    index = {name: position for position, name in enumerate(names)}
    return np.array([index[value.strip()] for value in values], dtype=np.int64), tuple(names)


def number_of(text: str) -> float | None:
    """The number that a text stands for, or None."""
    try:
        return float(text)
    except ValueError:
        return None


def _check_names(text: TextRows, data: "DataSpec", target: str) -> None:
    for position, name in enumerate(text.names):
        if not name:
            raise DataError(f"{text.origin}: column {position + 1} has no name; name every column")
        if name in text.names[:position]:
            raise DataError(f"{text.origin}: column names must differ, but {name!r} comes twice")
    if target not in text.names:
        raise DataError(f"{text.origin}: there is no target column {target!r}{_hint(target, text.names)}")
    for name in data.drop:
        if name not in text.names:
            raise DataError(f"{text.origin}: there is no column {name!r} to drop{_hint(name, text.names)}")
    if target in data.drop:
        raise DataError(f"{text.origin}: the target column {target!r} can't be dropped")


def _hint(name: str, names: Sequence[str]) -> str:
    listed = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return did_you_mean(name, names) or f"; the columns are {listed}"


def _without_missing(text: TextRows, data: "DataSpec", used: set[str]) -> TextRows:
    columns = [position for position, name in enumerate(text.names) if name in used]
    gaps = [
        (row, column)
        for row, entries in enumerate(text.rows)
        for column in columns
        if entries[column].strip().lower() in MISSING
    ]
    if not gaps:
        return text
    incomplete = {row for row, _ in gaps}
    if data.missing == "error":
        row, column = gaps[0]
        raise DataError(
            f"{text.origin}:{text.lines[row]}: column {text.names[column]!r} has no value "
            f"({len(gaps)} missing in {len(incomplete)} of {len(text.rows)} rows); fill them in, "
            "drop the column (data.drop), or leave such rows out (data.missing: drop_rows)"
        )
    rest = [row for row in range(len(text.rows)) if row not in incomplete]
    return TextRows(
        text.origin, text.names, [text.rows[row] for row in rest], [text.lines[row] for row in rest]
    )


def _numbers(text: TextRows, columns: dict[str, Sequence[str]]) -> npt.NDArray[np.float64]:
    """(n_samples, n_columns)."""
    bad = []
    numbers = []
    for name, values in columns.items():
        converted = [number_of(value) for value in values]
        if None in converted:
            row = converted.index(None)
            bad.append(f"{name!r} ({values[row][:40]!r} at line {text.lines[row]})")
        numbers.append(converted)
    if bad:
        more = f" and {len(bad) - _SHOWN_COLUMNS} more" if len(bad) > _SHOWN_COLUMNS else ""
        raise DataError(
            f"{text.origin}: columns must be numeric, but these are not: "
            f"{', '.join(bad[:_SHOWN_COLUMNS])}{more}; write them as numbers, or drop them (data.drop)"
        )
    return np.array(numbers, dtype=np.float64).T.copy()
