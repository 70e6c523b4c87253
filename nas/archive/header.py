"""What a run was made from: the first frame of every log."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from nas.archive.errors import ArchiveError

FORMAT_VERSION = 2
"""2: an evaluation keeps the networks that validated it."""


@dataclass(frozen=True, slots=True)
class RunHeader:
    """Everything that is fixed before the first candidate.

    format_version: of the log, `FORMAT_VERSION` when written. spec_text: the spec as the run used it,
    overrides included. data_fingerprint: sha256 hex of the data set. versions: package -> version, with
    "silkscreen" among them. created: UTC time, ISO 8601.
    """

    format_version: int
    spec_text: str
    data_fingerprint: str
    seed: int
    versions: Mapping[str, str]
    created: str


def encode_header(header: RunHeader) -> bytes:
    """UTF-8 JSON with the fields by name, so that a later version can still tell what it meets."""
    fields = {
        "format_version": header.format_version,
        "spec_text": header.spec_text,
        "data_fingerprint": header.data_fingerprint,
        "seed": header.seed,
        "versions": dict(header.versions),
        "created": header.created,
    }
    return json.dumps(fields, ensure_ascii=False).encode()


def decode_header(payload: bytes, where: str) -> RunHeader:
    """Raises ArchiveError for a newer format, by its number, and for a header that is none."""
    try:
        fields = json.loads(payload)
        version = int(fields["format_version"])
        if version <= FORMAT_VERSION:
            return RunHeader(
                format_version=version,
                spec_text=str(fields["spec_text"]),
                data_fingerprint=str(fields["data_fingerprint"]),
                seed=int(fields["seed"]),
                versions={str(name): str(text) for name, text in fields["versions"].items()},
                created=str(fields["created"]),
            )
        writer = str(fields.get("versions", {}).get("silkscreen", "unknown"))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ArchiveError(f"{where}: the header of the run can't be read ({error})") from None
    raise ArchiveError(
        f"{where}: the run is in format {version}, written by silkscreen {writer}, but this silkscreen "
        f"reads formats up to {FORMAT_VERSION}; install a newer silkscreen to read it"
    )
