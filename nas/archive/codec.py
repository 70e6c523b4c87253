"""Records to payloads and back: short JSON, and raw little-endian arrays for blocks."""

import json
import struct
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nas.archive.errors import ArchiveError
from nas.records import Block, Evaluation, Event

Record: TypeAlias = Evaluation | Block | Event

EVALUATION, BLOCK, EVENT = b"E", b"B", b"V"
_TEXT_BYTES = struct.Struct("<I")
_ARRAY_KINDS = "biuf"


def encode(record: Record) -> tuple[bytes, bytes]:
    """The kind and the payload of a record."""
    match record:
        case Evaluation():
            return EVALUATION, _encode_evaluation(record)
        case Block():
            return BLOCK, _encode_block(record)
        case Event():
            fields = [record.kind, record.text, record.seconds, dict(record.facts)]
            return EVENT, _to_json(fields)


def decode(kind: bytes, payload: bytes, where: str) -> Record:
    """The inverse of `encode`. Raises ArchiveError where the payload is not one of ours."""
    decoder = _DECODERS.get(kind)
    if decoder is None:
        raise ArchiveError(f"{where}: a record of unknown kind {kind!r}; install a newer silkscreen")
    try:
        return decoder(payload)
    except (ValueError, TypeError, KeyError, IndexError, struct.error) as error:
        raise ArchiveError(f"{where}: the record can't be decoded ({error})") from None


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a record holds numbers and text only, not {type(value).__name__}")


def _to_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain).encode()


def _encode_evaluation(record: Evaluation) -> bytes:
    fields = [
        record.number,
        record.family,
        dict(record.values),
        record.fidelity,
        record.status,
        dict(record.metrics),
        record.network,
        record.seconds,
    ]
    if record.folds:
        return _to_json([*fields, record.error, record.folds])
    return _to_json([*fields, record.error] if record.error else fields)


def _decode_evaluation(payload: bytes) -> Evaluation:
    number, family, values, fidelity, status, metrics, network, seconds, *rest = json.loads(payload.decode())
    return Evaluation(
        number=number,
        family=family,
        values=values,
        fidelity=fidelity,
        status=status,
        metrics=metrics,
        network=network,
        seconds=seconds,
        error=rest[0] if rest else "",
        folds=tuple(rest[1]) if rest[1:] else (),
    )


def _decode_event(payload: bytes) -> Event:
    kind, text, seconds, facts = json.loads(payload.decode())
    return Event(kind=kind, text=text, seconds=seconds, facts=facts)


def _encode_block(block: Block) -> bytes:
    arrays = [_little_endian("rows", block.rows)]
    arrays += [_little_endian(name, block.metrics[name]) for name in block.metrics]
    head = [
        block.family,
        block.generation,
        block.asked,
        block.evaluations,
        block.rejected,
        block.seconds,
        list(block.metrics),
        [[array.dtype.str, array.shape] for array in arrays],
    ]
    text = _to_json(head)
    return b"".join([_TEXT_BYTES.pack(len(text)), text, *(array.tobytes() for array in arrays)])


def _little_endian(name: str, array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    if array.dtype.kind not in _ARRAY_KINDS:
        raise ArchiveError(f"block: {name} must be an array of numbers, not of {array.dtype}")
    return array.astype(array.dtype.newbyteorder("<"), copy=False)


def _decode_block(payload: bytes) -> Block:
    (n_text,) = _TEXT_BYTES.unpack_from(payload)
    start = _TEXT_BYTES.size + n_text
    head = json.loads(payload[_TEXT_BYTES.size : start])
    family, generation, asked, evaluations, rejected, seconds, names, layouts = head
    arrays = []
    for code, shape in layouts:
        array = _read_array(payload, start, code, shape)
        arrays.append(array)
        start += array.nbytes
    return Block(
        family=family,
        generation=generation,
        asked=asked,
        evaluations=evaluations,
        rejected=rejected,
        seconds=seconds,
        rows=arrays[0],
        metrics=dict(zip(names, arrays[1:], strict=True)),
    )


def _read_array(payload: bytes, start: int, code: str, shape: list[int]) -> npt.NDArray[np.number]:
    dtype = np.dtype(code)
    if dtype.kind not in _ARRAY_KINDS:
        raise ValueError(f"an array of type {code!r}")
    count = int(np.prod(shape, dtype=np.int64))
    array = np.frombuffer(payload, dtype=dtype, count=count, offset=start).reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False)


_DECODERS: dict[bytes, Callable[[bytes], Record]] = {
    EVALUATION: _decode_evaluation,
    BLOCK: _decode_block,
    EVENT: _decode_event,
}
