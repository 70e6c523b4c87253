"""Tables of a flatbuffer, read without trust: every offset and length is checked before it is used.

The files are foreign, and the `flatbuffers` package checks nothing. Two things can't happen here: a read
outside the file, and more work than a few times the file's size (offsets may all point at one vector).
Source: flatbuffers, "FlatBuffer Internals" (docs/source/internals.md).
"""

import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from codegen.tflite.errors import TfliteError

SCALARS = {
    "bool": "<?",
    "int8": "<b",
    "uint8": "<B",
    "int32": "<i",
    "uint32": "<I",
    "uint64": "<Q",
    "float32": "<f",
}
READ_LIMIT = 4
"""Vectors are read up to so many times the size of the file; a file that shares nothing needs once."""


@dataclass
class Buffer:
    """The bytes of a file, and how many bytes of vectors may still be read."""

    data: bytes
    budget: int

    def at(self, position: int, size: int, path: str) -> memoryview:
        """`size` bytes. Raises TfliteError where they are not all in the file."""
        if position < 0 or position + size > len(self.data):
            raise TfliteError(
                f"{path}: must lie within the {len(self.data)} bytes of the file, "
                f"but needs bytes {position}..{position + size - 1}"
            )
        return memoryview(self.data)[position : position + size]

    def unsigned(self, position: int, path: str) -> int:
        return int.from_bytes(self.at(position, 4, path), "little")

    def vector(self, position: int, item_bytes: int, path: str) -> memoryview:
        """The items of the vector whose length stands at a position."""
        size = self.unsigned(position, path) * item_bytes
        items = self.at(position + 4, size, path)
        self.budget -= size
        if self.budget < 0:
            raise TfliteError(f"{path}: the file must not use the same bytes over and over")
        return items


def root_table(data: bytes, identifier: bytes) -> "Table":
    """The root of a file. Raises TfliteError where the file does not carry the identifier."""
    if len(data) < 8 or data[4:8] != identifier:
        raise TfliteError(f"bytes 4..7 must be {identifier!r}, not {data[4:8]!r}; this is no such file")
    buffer = Buffer(data, READ_LIMIT * len(data))
    return Table(buffer, buffer.unsigned(0, "model"), "model")


class Table:
    """One table. Fields are asked for by their number in the schema; `name` is for error texts."""

    def __init__(self, buffer: Buffer, position: int, path: str) -> None:
        self.path = path
        self._buffer, self._position = buffer, position
        to_fields = int.from_bytes(buffer.at(position, 4, path), "little", signed=True)
        head = buffer.at(position - to_fields, 4, f"{path}: its list of fields")
        size, self._size = struct.unpack("<HH", head)
        if size < 4:
            raise TfliteError(f"{path}: its list of fields must have at least 4 bytes, not {size}")
        self._fields = buffer.at(position - to_fields, size, f"{path}: its list of fields")
        buffer.at(position, self._size, path)

    def scalar(self, field: int, name: str, kind: str, default: float) -> float:
        """A number of a kind of SCALARS."""
        form = SCALARS[kind]
        position = self._field(field, name, struct.calcsize(form))
        if position is None:
            return default
        value: float = struct.unpack(form, self._buffer.at(position, struct.calcsize(form), self.path))[0]
        return value

    def integer(self, field: int, name: str, kind: str, default: int) -> int:
        """An integer of a kind of SCALARS."""
        return int(self.scalar(field, name, kind, default))

    def table(self, field: int, name: str) -> "Table | None":
        position = self._target(field, name)
        return None if position is None else Table(self._buffer, position, f"{self.path}.{name}")

    def tables(self, field: int, name: str) -> "list[Table]":
        """A vector of tables; an absent one is empty."""
        path, start = f"{self.path}.{name}", self._target(field, name)
        if start is None:
            return []
        offsets = np.frombuffer(self._buffer.vector(start, 4, path), dtype="<u4")
        return [
            Table(self._buffer, start + 4 + 4 * index + int(offset), f"{path}[{index}]")
            for index, offset in enumerate(offsets)
        ]

    def numbers(self, field: int, name: str, dtype: str) -> npt.NDArray[np.generic]:
        """A vector of numbers of a little-endian numpy type; an absent one is empty."""
        start = self._target(field, name)
        if start is None:
            return np.empty(0, dtype=dtype)
        items = self._buffer.vector(start, np.dtype(dtype).itemsize, f"{self.path}.{name}")
        return np.frombuffer(items, dtype=dtype)

    def text(self, field: int, name: str) -> str:
        """A string; bytes that are no UTF-8 are replaced."""
        start = self._target(field, name)
        if start is None:
            return ""
        return bytes(self._buffer.vector(start, 1, f"{self.path}.{name}")).decode("utf-8", "replace")

    def _field(self, field: int, name: str, size: int) -> int | None:
        """Where a field stands; None where it is left out."""
        entry = 4 + 2 * field
        if entry + 2 > len(self._fields):
            return None
        offset = int.from_bytes(self._fields[entry : entry + 2], "little")
        if offset == 0:
            return None
        if offset + size > self._size:
            raise TfliteError(
                f"{self.path}.{name}: must lie within the {self._size} bytes of its table, "
                f"but needs bytes {offset}..{offset + size - 1}"
            )
        return self._position + offset

    def _target(self, field: int, name: str) -> int | None:
        """Where the offset in a field points."""
        position = self._field(field, name, 4)
        return None if position is None else position + self._buffer.unsigned(position, f"{self.path}.{name}")
