"""The state of a searcher in the run folder: the newest snapshot, and the one before in case of damage.

`snapshot.npz` is an NPZ file, which numpy reads, followed by 32 bytes: the sha256 of all before them.
"""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nas.archive.errors import ArchiveError
from nas.archive.files import write_atomically

_NEWEST, _PREVIOUS = "snapshot.npz", "snapshot.previous.npz"
_DIGEST_BYTES = 32
_POSITION, _ARRAYS = "position", "arrays/"

Arrays = Mapping[str, npt.NDArray[np.generic]]


def save_snapshot(folder: Path, position: int, arrays: Arrays) -> None:
    """Writes a new snapshot and keeps the last one; a crash in between leaves at least one."""
    data = _encode(position, arrays)
    newest = folder / _NEWEST
    if newest.exists():
        newest.replace(folder / _PREVIOUS)
    write_atomically(newest, data)


def load_snapshot(folder: Path) -> tuple[tuple[int, Arrays] | None, tuple[str, ...]]:
    """The newest sound snapshot, None where none was saved, and a note for each damaged one.

    Raises ArchiveError where all are damaged.
    """
    notes: list[str] = []
    for name in (_NEWEST, _PREVIOUS):
        path = folder / name
        if not path.exists():
            continue
        data = path.read_bytes()
        if hashlib.sha256(data[:-_DIGEST_BYTES]).digest() == data[-_DIGEST_BYTES:]:
            return _decode(data[:-_DIGEST_BYTES]), tuple(notes)
        notes.append(f"{path}: damaged, so the snapshot before it is used")
    if notes:
        raise ArchiveError(
            f"{folder}: every searcher snapshot is damaged; remove {_NEWEST} and {_PREVIOUS} there to "
            f"resume without one"
        )
    return None, ()


def _encode(position: int, arrays: Arrays) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        _write_array(archive, _POSITION, np.array(position, dtype=np.int64))
        for name, array in arrays.items():
            if array.dtype.hasobject:
                raise ArchiveError(f"snapshot: {name!r} must be an array of numbers, not of objects")
            _write_array(archive, _ARRAYS + name, array)
    data = buffer.getvalue()
    return data + hashlib.sha256(data).digest()


def _write_array(archive: zipfile.ZipFile, name: str, array: npt.NDArray[np.generic]) -> None:
    # A fixed date, so that equal states are equal bytes.
    with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
        np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)


def _decode(data: bytes) -> tuple[int, Arrays]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name.removesuffix(".npy"): _read_array(archive, name) for name in archive.namelist()}
    position = int(members.pop(_POSITION))
    return position, {name.removeprefix(_ARRAYS): array for name, array in members.items()}


def _read_array(archive: zipfile.ZipFile, name: str) -> npt.NDArray[np.generic]:
    with archive.open(name) as member:
        array: npt.NDArray[np.generic] = np.lib.format.read_array(member, allow_pickle=False)
    return array
