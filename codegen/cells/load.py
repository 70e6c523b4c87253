"""From a name or a file to a cell library."""

from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path

from codegen.cells.document import from_json, from_yaml
from codegen.cells.liberty_cells import from_liberty
from codegen.cells.library import CellLibrary, CellLibraryError

MAX_FILE_BYTES = 64 << 20

_READERS: Mapping[str, Callable[[str, str], CellLibrary]] = {
    ".json": from_json,
    ".yaml": from_yaml,
    ".yml": from_yaml,
    ".lib": from_liberty,
}
"""By the ending of the file; each takes its text and what errors call it."""


def shipped_libraries() -> tuple[str, ...]:
    """Names of the libraries that come with the package."""
    folder = resources.files("codegen") / "data" / "cells"
    return tuple(sorted(item.name.removesuffix(".json") for item in folder.iterdir()))


def load_cells(name_or_path: str | Path) -> CellLibrary:
    """A shipped library by its name, or a library file by its path (ending in .json, .yaml, .yml or .lib).

    Raises CellLibraryError: unknown name, unreadable file, or the place in the file that is wrong.
    """
    if Path(name_or_path).suffix in _READERS:
        return _read(Path(name_or_path))
    return _shipped(str(name_or_path))


@cache
def _shipped(name: str) -> CellLibrary:
    if name not in shipped_libraries():
        known = ", ".join(shipped_libraries())
        raise CellLibraryError(
            f"cells {name!r} are not known: give one of {known}, or a path to a .json, .yaml or .lib file"
        )
    with resources.as_file(resources.files("codegen") / "data" / "cells" / f"{name}.json") as path:
        return _read(path)


def _read(path: Path) -> CellLibrary:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise CellLibraryError(f"{path}: must be at most {MAX_FILE_BYTES >> 20} MiB")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CellLibraryError(f"{path}: can't be read ({error})") from None
    return _READERS[path.suffix](text, str(path))
