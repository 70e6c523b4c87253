"""How text, problems and random generators travel in a snapshot."""

import hashlib
import json
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nas.search.protocol import SearchError, SearchProblem, Snapshot

TextArray: TypeAlias = npt.NDArray[np.uint8]


def pack_text(text: str) -> TextArray:
    """Text as the uint8 array of its UTF-8 bytes."""
    return np.frombuffer(text.encode(), dtype=np.uint8).copy()


def unpack_text(array: npt.NDArray[np.generic]) -> str:
    """The inverse of pack_text."""
    return array.tobytes().decode()


def pack_generator(rng: np.random.Generator) -> TextArray:
    """The exact state of a generator."""
    return pack_text(json.dumps(rng.bit_generator.state))


def unpack_generator(array: npt.NDArray[np.generic]) -> np.random.Generator:
    """A generator that continues where the packed one was."""
    generator = np.random.Generator(np.random.PCG64())
    generator.bit_generator.state = json.loads(unpack_text(array))
    return generator


def pack_identity(algorithm: str, problem: SearchProblem, options: str) -> TextArray:
    """Who took a snapshot: the algorithm, and a digest of the problem and its options."""
    digest = hashlib.sha256(f"{problem!r} {options}".encode()).hexdigest()[:16]
    return pack_text(f"{algorithm} {digest}")


def check_identity(snapshot: Snapshot, expected: TextArray) -> None:
    """Raises SearchError unless the snapshot's "searcher" entry is what pack_identity gives here."""
    found = unpack_text(snapshot["searcher"]) if "searcher" in snapshot else "unnamed"
    wanted = unpack_text(expected)
    if found.split()[0] != wanted.split()[0]:
        raise SearchError(
            f"restore: the snapshot must be one of {wanted.split()[0]!r}, but is one of {found.split()[0]!r}"
        )
    if found != wanted:
        raise SearchError(
            f"restore: the snapshot must belong to an equal problem with equal options, but its digest is "
            f"{found.split()[1]}, not {wanted.split()[1]}"
        )
