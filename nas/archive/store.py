"""The archive of one run: appends records, reads them back, keeps networks and snapshots beside them."""

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from codegen.ir.network import Network
from nas.archive.codec import BLOCK, EVALUATION, EVENT, Record, decode, encode
from nas.archive.errors import ArchiveError
from nas.archive.files import write_atomically
from nas.archive.frames import encode_frame, read_frame, scan_frames
from nas.archive.header import RunHeader, decode_header, encode_header
from nas.archive.lock import FolderLock
from nas.archive.networks import find_network, get_network, put_network
from nas.archive.snapshot import Arrays, load_snapshot, save_snapshot
from nas.records import Block, Evaluation, Event

LOG = "records.log"
_HEADER = b"H"
_READ_BYTES = 1 << 20


class Archive:
    """A run folder, opened with `Archive.create` or `Archive.open`; a context manager.

    header: what the run was made from. notes: what was odd when it was opened, sentences for the user.
    A writer holds the folder alone; readers need no lock and see the records that were there when they
    opened it. A record is safe from a kill of the process once `append` has returned.
    """

    def __init__(self, folder: Path, lock: FolderLock | None) -> None:
        self.folder = folder
        self._path = folder / LOG
        self._lock = lock
        self._notes: list[str] = []
        self._end = self._scan()
        self._log: int | None = None
        if lock is not None:
            self._log = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
            os.ftruncate(self._log, self._end)

    @classmethod
    def create(cls, folder: Path, header: RunHeader) -> Self:
        """A new run in a folder that holds none; the folder is made. Raises ArchiveError."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArchiveError(f"{folder}: the run folder can't be made: {error.strerror}") from None
        lock = FolderLock(folder)
        try:
            if (folder / LOG).exists():
                raise ArchiveError(
                    f"{folder}: there is a run in this folder already; go on with it by "
                    f"`silkscreen resume {folder}`, or choose another folder"
                )
            write_atomically(folder / LOG, encode_frame(_HEADER, encode_header(header), 0))
            return cls(folder, lock)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def open(cls, folder: Path, *, writable: bool) -> Self:
        """An existing run. Raises ArchiveError: no run, in use by another writer, damaged, too new."""
        if not (folder / LOG).is_file():
            raise ArchiveError(f"{folder}: no run here: {LOG} is missing")
        lock = FolderLock(folder) if writable else None
        try:
            return cls(folder, lock)
        except BaseException:
            if lock is not None:
                lock.release()
            raise

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(self._notes)

    @property
    def n_records(self) -> int:
        """How many records are stored; a position for `records` and for snapshots."""
        return len(self._positions)

    def append(self, record: Record) -> None:
        """Stores a record in one write. On an error, a full disk say, nothing of it stays."""
        if self._log is None:
            raise ArchiveError(f"{self.folder}: the run is open for reading only")
        kind, payload = encode(record)
        start = self._end
        frame = encode_frame(kind, payload, start)
        try:
            _write_all(self._log, frame)
            self._end = start + len(frame)
            self._positions.append(start)
            self._kinds += kind
        except BaseException as error:
            self._forget(start)
            if isinstance(error, OSError):
                raise ArchiveError(f"{self._path}: can't be written: {error.strerror}") from None
            raise

    def evaluations(self) -> Iterator[Evaluation]:
        """In the order they were appended, decoded one at a time."""
        return (record for record in self._read(0, EVALUATION) if isinstance(record, Evaluation))

    def blocks(self) -> Iterator[Block]:
        """In the order they were appended, decoded one at a time."""
        return (record for record in self._read(0, BLOCK) if isinstance(record, Block))

    def events(self) -> Iterator[Event]:
        """In the order they were appended, decoded one at a time."""
        return (record for record in self._read(0, EVENT) if isinstance(record, Event))

    def records(self, start: int = 0) -> Iterator[Record]:
        """All kinds in the order they were appended, from record number `start`."""
        return self._read(start, EVALUATION + BLOCK + EVENT)

    def put_network(self, network: Network) -> str:
        """Stores a network under its content hash, which it gives; storing it again changes nothing."""
        if self._log is None:
            raise ArchiveError(f"{self.folder}: the run is open for reading only")
        return put_network(self.folder / "networks", network)

    def network(self, id: str) -> Network:
        """The network of a content hash, or of a unique beginning of one. Raises ArchiveError."""
        return get_network(self.folder / "networks", id)

    def network_id(self, id: str) -> str:
        """The full content hash for a unique beginning of one. Raises ArchiveError."""
        return find_network(self.folder / "networks", id)

    def save_snapshot(self, position: int, arrays: Arrays) -> None:
        """Replaces the searcher snapshot, keeping the one before; records are forced to disk first.

        position: a number for the caller, such as the `n_records` that the state includes.
        """
        if self._log is None:
            raise ArchiveError(f"{self.folder}: the run is open for reading only")
        os.fsync(self._log)
        save_snapshot(self.folder, position, arrays)

    def load_snapshot(self) -> tuple[int, Arrays] | None:
        """The newest sound snapshot, or None; a damaged one is passed over with a note."""
        snapshot, notes = load_snapshot(self.folder)
        self._notes += notes
        return snapshot

    def close(self) -> None:
        """Forces the log to disk and gives the folder back; safe to call twice."""
        if self._log is not None:
            os.fsync(self._log)
            os.close(self._log)
            self._log = None
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _scan(self) -> int:
        """Reads the header, checks every frame, notes its place; gives the end of the sound part."""
        with self._path.open("rb", buffering=_READ_BYTES) as file:
            first = read_frame(file, 0, str(self._path))
            if first is None or first.kind != _HEADER:
                raise ArchiveError(f"{self._path}: damaged at byte 0: the header of the run is missing")
            self.header = decode_header(first.payload, str(self._path))
            table = scan_frames(file, first.end, str(self._path))
            dropped = file.seek(0, os.SEEK_END) - table.end
        self._positions, self._kinds = table.positions, table.kinds
        if dropped:
            self._notes.append(
                f"{self._path}: {dropped} bytes of an unfinished record after byte {table.end} were left out"
            )
        return table.end

    def _read(self, start: int, kinds: bytes) -> Iterator[Record]:
        where = str(self._path)
        with self._path.open("rb", buffering=_READ_BYTES) as file:
            reached = 0
            for number in range(start, self.n_records):
                if self._kinds[number] not in kinds:
                    continue
                position = self._positions[number]
                if position != reached:
                    file.seek(position)
                frame = read_frame(file, position, where)
                if frame is None:
                    raise ArchiveError(f"{self._path}: the record at byte {position} went away meanwhile")
                reached = frame.end
                yield decode(frame.kind, frame.payload, where)

    def _forget(self, end: int) -> None:
        if self._log is not None:
            os.ftruncate(self._log, end)
        self._end = end
        while self._positions and self._positions[-1] >= end:
            self._positions.pop()
        del self._kinds[len(self._positions) :]


def _write_all(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]
