"""One process holds a run folder: an operating-system lock that ends with the process."""

import fcntl
import os
from pathlib import Path

from nas.archive.errors import ArchiveError


class FolderLock:
    """Holds `folder/lock` from construction to `release`. Raises ArchiveError with the pid of the holder."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = _pid_in(self._file)
            os.close(self._file)
            raise ArchiveError(
                f"{folder}: process {holder} is writing to this run; wait for it, or stop it with "
                f"`kill -INT {holder}`, which loses nothing"
            ) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Gives the folder back; safe to call twice. The file stays: removing it would race."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def lock_holder(folder: Path) -> int | None:
    """The pid of the process that writes to this run folder, or None where there is none.

    0 where a process has just taken the lock and not yet said who it is.
    """
    try:
        file = os.open(folder / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _pid_in(file)
    finally:
        os.close(file)
    return None


def _pid_in(file: int) -> int:
    text = os.pread(file, 32, 0).decode("ascii", "replace").strip()
    return int(text) if text.isdecimal() else 0
