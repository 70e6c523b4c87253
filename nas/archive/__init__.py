"""The run folder: an append-only log of records, networks by content hash, and searcher snapshots.

docs/runs.md describes the files. Nothing here is pickled, and nothing that was acknowledged is lost when
the process is killed.
"""

from nas.archive.codec import Record
from nas.archive.errors import ArchiveError
from nas.archive.header import FORMAT_VERSION, RunHeader
from nas.archive.lock import lock_holder
from nas.archive.store import Archive

__all__ = ["FORMAT_VERSION", "Archive", "ArchiveError", "Record", "RunHeader", "lock_holder"]
