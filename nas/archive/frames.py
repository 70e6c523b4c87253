"""Frames of the log: how bytes are cut into records, and how damage is told from an unfinished write.

A frame is a head of 17 bytes, little-endian, then the payload:

    magic "SLK1" | kind, 1 byte | payload length, uint32 | head crc, uint32 | payload crc, uint32

The head crc covers the 9 bytes before it and starts from the frame's byte position, so a frame that was
moved is noticed; the payload crc starts from the head crc. Since the length has its own checksum, a
frame that ends beyond the file is an unfinished write, and nothing else is.
"""

import struct
from array import array
from dataclasses import dataclass, replace
from typing import BinaryIO
from zlib import crc32

from nas.archive.errors import ArchiveError

MAGIC = b"SLK1"
HEAD = struct.Struct("<4scI")
CHECKS = struct.Struct("<II")
HEAD_BYTES = HEAD.size + CHECKS.size
_WHOLE_HEAD = struct.Struct("<4sBIII")
SCAN_BYTES = 1 << 22
MAX_PAYLOAD_BYTES = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class Frame:
    """kind: one byte. end: the position after the frame."""

    kind: bytes
    payload: bytes
    end: int


def encode_frame(kind: bytes, payload: bytes, position: int) -> bytes:
    """The bytes of a frame that will begin at byte `position` of the file."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise ArchiveError(f"a record must be at most {MAX_PAYLOAD_BYTES} bytes, not {len(payload)}")
    head = HEAD.pack(MAGIC, kind, len(payload))
    head_crc = crc32(head, position & 0xFFFFFFFF)
    return head + CHECKS.pack(head_crc, crc32(payload, head_crc)) + payload


def read_frame(file: BinaryIO, position: int, where: str) -> Frame | None:
    """The frame at the file's current position, which must be `position`.

    None at the end of the file and at an unfinished write: a frame cut short, or nothing but zeros to
    the end, which is what a power failure leaves. Raises ArchiveError for any other damage.
    """
    head = file.read(HEAD_BYTES)
    if len(head) < HEAD_BYTES:
        if head[: len(MAGIC)] == MAGIC[: len(head)] or _is_zero_tail(head, file):
            return None
        raise _damage(where, position)
    magic, kind, length = HEAD.unpack_from(head)
    head_crc, payload_crc = CHECKS.unpack_from(head, HEAD.size)
    if magic != MAGIC or crc32(head[: HEAD.size], position & 0xFFFFFFFF) != head_crc:
        if _is_zero_tail(head, file):
            return None
        raise _damage(where, position)
    payload = file.read(length)
    if len(payload) < length:
        return None
    if crc32(payload, head_crc) != payload_crc:
        raise _damage(where, position)
    return Frame(kind, payload, position + HEAD_BYTES + length)


@dataclass(frozen=True, slots=True)
class FrameTable:
    """positions: of all sound frames. kinds: one byte each. end: the position after the last of them."""

    positions: "array[int]"
    kinds: bytearray
    end: int


def scan_frames(file: BinaryIO, position: int, where: str) -> FrameTable:
    """Every frame from `position` to the end of the file, or to an unfinished write.

    The file is read in large pieces and checked in place, since a run may hold a million frames; what is not
    sound in a piece is left to `read_frame`, which knows why. Raises ArchiveError as that does.
    """
    table = FrameTable(array("Q"), bytearray(), position)
    while True:
        file.seek(table.end)
        before = table
        table = _scan_piece(file.read(SCAN_BYTES), before)
        if table.end == before.end:
            file.seek(table.end)
            frame = read_frame(file, table.end, where)
            if frame is None:
                return table
            table.positions.append(table.end)
            table.kinds.extend(frame.kind)
            table = replace(table, end=frame.end)


def _scan_piece(data: bytes, table: FrameTable) -> FrameTable:
    """Adds the sound frames at the beginning of `data`, which begins at the end of the table."""
    base, view, start, n_bytes = table.end, memoryview(data), 0, len(data)
    while start + HEAD_BYTES <= n_bytes:
        magic, kind, length, head_crc, payload_crc = _WHOLE_HEAD.unpack_from(data, start)
        payload = start + HEAD_BYTES
        end = payload + length
        if (
            end > n_bytes
            or magic != MAGIC
            or crc32(view[start : start + HEAD.size], (base + start) & 0xFFFFFFFF) != head_crc
            or crc32(view[payload:end], head_crc) != payload_crc
        ):
            break
        table.positions.append(base + start)
        table.kinds.append(kind)
        start = end
    return replace(table, end=base + start)


def _is_zero_tail(start: bytes, file: BinaryIO) -> bool:
    chunk = start
    while chunk:
        if chunk.strip(b"\0"):
            return False
        chunk = file.read(1 << 20)
    return True


def _damage(where: str, position: int) -> ArchiveError:
    return ArchiveError(
        f"{where}: damaged at byte {position}: the checksum of the record there is wrong; restore the "
        f"file from a copy, or cut it to its first {position} bytes to keep what comes before"
    )
