"""Data sets from OpenML, kept in the user's cache after the first download.

A data set is its description (JSON) and its ARFF file; the file must have the MD5 sum that the
description states, whenever it is read. Source: https://www.openml.org/apis
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from nas.data.arff import read_arff
from nas.data.dataset import DataError, Table, Task
from nas.data.text import table_of

if TYPE_CHECKING:
    from nas.spec.model import DataSpec

SERVER = "https://www.openml.org"
SERVER_VARIABLE = "SILKSCREEN_OPENML"
"""Environment variable with the address of a mirror."""
TIMEOUT_S = 60
MAX_BYTES = 500_000_000


def load_openml(number: int, data: "DataSpec", task: Task) -> Table:
    """Data set `number`, predicting `data.target` or else OpenML's own default target.

    Columns that OpenML calls row numbers or to be ignored are left out. Raises DataError, also where the
    network is needed and there is none.
    """
    origin = f"openml {number}"
    description, arff = _cached(number, origin) or _downloaded(number, origin)
    target = data.target or description.get("default_target_attribute")
    if not isinstance(target, str) or "," in target:
        raise DataError(f"{origin}: OpenML names no single default target; give data.target")
    text = read_arff(arff.decode("utf-8", errors="replace"), origin)
    return table_of(text, _without_ignored(data, description, text.names), task, target=target)


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/silkscreen/openml`, by default below `~/.cache`."""
    root = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(root) if root else Path.home() / ".cache") / "silkscreen" / "openml"


def _without_ignored(
    data: "DataSpec", description: Mapping[str, object], names: tuple[str, ...]
) -> "DataSpec":
    ignored: list[str] = []
    for key in ("row_id_attribute", "ignore_attribute"):
        value = description.get(key) or []
        ignored += value.split(",") if isinstance(value, str) else [str(name) for name in _items(value)]
    extra = tuple(name for name in ignored if name in names and name not in data.drop)
    return data.model_copy(update={"drop": (*data.drop, *extra)})


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _cached(number: int, origin: str) -> tuple[Mapping[str, object], bytes] | None:
    folder = cache_folder()
    paths = folder / f"{number}.json", folder / f"{number}.arff"
    try:
        answer, arff = (path.read_bytes() for path in paths)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"{origin}: the cache {folder} can't be read: {error.strerror or error}") from None
    try:
        description = _description(answer, origin)
        _check_sum(description, arff, origin)
    except DataError as error:
        raise DataError(f"{error}; the cached copy is damaged: delete {paths[0]} and {paths[1]}") from None
    return description, arff


def _downloaded(number: int, origin: str) -> tuple[Mapping[str, object], bytes]:
    server = os.environ.get(SERVER_VARIABLE, SERVER).rstrip("/")
    answer = _get(f"{server}/api/v1/json/data/{number}", origin)
    description = _description(answer, origin)
    path = urlsplit(str(description.get("url", ""))).path
    if not path.startswith("/") or str(description.get("format", "")).lower() != "arff":
        raise DataError(f"{origin}: OpenML offers it as {description.get('format')!r}, only ARFF is read")
    arff = _get(f"{server}{path}", origin)
    _check_sum(description, arff, origin)
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / f"{number}.arff", arff)
        _write(folder / f"{number}.json", answer)
    except OSError as error:
        raise DataError(f"{origin}: the cache {folder} can't be written: {error.strerror or error}") from None
    return description, arff


def _get(url: str, origin: str) -> bytes:
    if urlsplit(url).scheme not in ("http", "https"):
        raise DataError(f"{origin}: the address must be http or https, not {url}")
    try:
        with urlopen(url, timeout=TIMEOUT_S) as answer:
            data: bytes = answer.read(MAX_BYTES + 1)
    except HTTPError as error:
        with error:
            known = (
                "OpenML has no such data set" if error.code in (404, 412) else f"OpenML answered {error.code}"
            )
        raise DataError(f"{origin}: {known} ({url})") from None
    except (URLError, HTTPException, OSError, ValueError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise DataError(
            f"{origin}: not in the cache ({cache_folder()}), and {url} can't be reached ({reason}); "
            "connect once, or give a file of your own: --set 'data={csv: FILE, target: COLUMN}'"
        ) from None
    if len(data) > MAX_BYTES:
        raise DataError(f"{origin}: larger than {MAX_BYTES // 10**6} MB; give a smaller file of your own")
    return data


def _description(answer: bytes, origin: str) -> Mapping[str, object]:
    try:
        description = json.loads(answer)["data_set_description"]
        if not isinstance(description, dict):
            raise TypeError
    except (ValueError, TypeError, KeyError, RecursionError):
        raise DataError(f"{origin}: the description is not what OpenML gives") from None
    return description


def _check_sum(description: Mapping[str, object], arff: bytes, origin: str) -> None:
    found = hashlib.md5(arff, usedforsecurity=False).hexdigest()
    if found != description.get("md5_checksum"):
        raise DataError(
            f"{origin}: the file's MD5 sum must be {description.get('md5_checksum')}, but is {found}"
        )


def _write(path: Path, data: bytes) -> None:
    """Writes a file whole or not at all."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False) as file:
        file.write(data)
    Path(file.name).replace(path)
