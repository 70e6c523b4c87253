"""Networks by content hash: `networks/<hash>.json` in the run folder."""

import re
from pathlib import Path

from codegen.ir.errors import IrError
from codegen.ir.network import Network
from codegen.ir.serialize import content_hash, from_json, to_json
from nas.archive.errors import ArchiveError
from nas.archive.files import write_atomically

_ID = re.compile(r"[0-9a-f]{1,64}")


def put_network(folder: Path, network: Network) -> str:
    """Stores the network unless it is there already; gives its content hash, 64 hex digits."""
    digest = content_hash(network)
    path = folder / f"{digest}.json"
    if not path.exists():
        folder.mkdir(exist_ok=True)
        write_atomically(path, to_json(network).encode())
    return digest


def get_network(folder: Path, id: str) -> Network:
    """The network of a hash or of a unique beginning of one. Raises ArchiveError."""
    path = folder / f"{find_network(folder, id)}.json"
    try:
        network = from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, IrError) as error:
        raise ArchiveError(f"{path}: the network can't be read: {error}") from None
    if content_hash(network) != path.stem:
        raise ArchiveError(f"{path}: damaged: the content is not that of its name; restore it from a copy")
    return network


def find_network(folder: Path, id: str) -> str:
    """The full hash for a hash or a unique beginning of one. Raises ArchiveError."""
    if not _ID.fullmatch(id):
        raise ArchiveError(f"a network id must be up to 64 digits of 0-9 and a-f, not {id!r}")
    if (folder / f"{id}.json").exists():
        return id
    found = sorted(path.stem for path in folder.glob(f"{id}*.json"))
    if not found:
        raise ArchiveError(f"{folder}: no network begins with {id!r}")
    if len(found) > 1:
        several = ", ".join(digest[: len(id) + 6] for digest in found[:4])
        raise ArchiveError(f"{folder}: {len(found)} networks begin with {id!r}: {several}; give more digits")
    return found[0]
