"""Dense ARFF files, the format of OpenML.

Source: Attribute-Relation File Format, Weka; https://waikato.github.io/weka-wiki/formats_and_processing/arff_stable
"""

import csv
import re

from nas.data.dataset import DataError
from nas.data.text import TextRows

_ATTRIBUTE = re.compile(
    r"@attribute\s+('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\s{]+)\s*(\S.*)", re.IGNORECASE
)


def read_arff(text: str, origin: str) -> TextRows:
    """Names and rows of ARFF text, entries without their quotes. Raises DataError with the line."""
    names: list[str] = []
    lines = enumerate(text.splitlines(), start=1)
    for number, line in lines:
        stripped = line.strip()
        if stripped.lower() == "@data":
            break
        if stripped.lower().startswith("@attribute"):
            names.append(_attribute_name(stripped, f"{origin}:{number}"))
    else:
        raise DataError(f"{origin}: not an ARFF file: there is no line @data")
    rows, numbers = [], []
    for number, line in lines:
        if line.strip() and not line.lstrip().startswith("%"):
            rows.append(_entries(line, len(names), f"{origin}:{number}"))
            numbers.append(number)
    return TextRows(origin, tuple(names), rows, numbers)


def _attribute_name(line: str, where: str) -> str:
    found = _ATTRIBUTE.fullmatch(line)
    if found is None:
        raise DataError(f"{where}: not an ARFF attribute: {line[:60]!r}")
    name = found[1]
    return re.sub(r"\\(.)", r"\1", name[1:-1]) if name[0] in "'\"" else name


def _entries(line: str, n_names: int, where: str) -> list[str]:
    if line.lstrip().startswith("{"):
        raise DataError(f"{where}: sparse ARFF rows are not read")
    quote = '"' if '"' in line and "'" not in line else "'"
    try:
        [entries] = csv.reader([line], quotechar=quote, escapechar="\\", skipinitialspace=True)
    except (csv.Error, ValueError) as error:
        raise DataError(f"{where}: not an ARFF row: {error}") from None
    if len(entries) != n_names:
        raise DataError(f"{where}: {n_names} attributes are declared, but this row has {len(entries)}")
    return [entry.strip() for entry in entries]
