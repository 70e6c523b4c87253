"""Damage of the log: never anything but a clean read of a beginning, or an ArchiveError."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.archive import Archive, ArchiveError
from nas.archive.store import LOG
from tests.nas.archive.records import HEADER, block, evaluation, event, same

WRITTEN = [
    evaluation(0),
    event("a"),
    block(1),
    evaluation(1),
    event("a"),
    event("b"),
    block(2),
    evaluation(2),
]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("sound") / "run"
    with Archive.create(folder, HEADER) as archive:
        for record in WRITTEN:
            archive.append(record)
    return (folder / LOG).read_bytes()


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged")


def check(folder: Path, data: bytes) -> None:
    """Reads a log of these bytes; what is read must be a beginning of what was written."""
    (folder / LOG).write_bytes(data)
    try:
        with Archive.open(folder, writable=False) as archive:
            found = list(archive.records())
    except ArchiveError:
        return
    assert archive.header == HEADER
    assert all(same(left, right) for left, right in zip(found, WRITTEN, strict=False))
    assert len(found) <= len(WRITTEN)


@given(data=st.data())
def test_truncation(sound: bytes, damaged: Path, data: st.DataObject) -> None:
    check(damaged, sound[: data.draw(st.integers(0, len(sound) - 1))])


@given(data=st.data())
def test_flipped_bits(sound: bytes, damaged: Path, data: st.DataObject) -> None:
    changed = bytearray(sound)
    for bit in data.draw(st.sets(st.integers(0, 8 * len(sound) - 1), min_size=1, max_size=9)):
        changed[bit // 8] ^= 1 << bit % 8
    check(damaged, bytes(changed))


@given(data=st.data())
def test_inserted_bytes(sound: bytes, damaged: Path, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(sound)))
    copied = data.draw(st.integers(0, len(sound)))
    extra = data.draw(st.one_of(st.binary(min_size=1), st.just(sound[copied : copied + 80])))
    check(damaged, sound[:place] + extra + sound[place:])


@given(data=st.data())
def test_deleted_bytes(sound: bytes, damaged: Path, data: st.DataObject) -> None:
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(sound))] * 2)))
    check(damaged, sound[:start] + sound[end:])


@given(junk=st.binary(max_size=400))
def test_anything_else(damaged: Path, junk: bytes) -> None:
    check(damaged, junk)


def frames(sound: bytes) -> list[int]:
    return [place for place in range(len(sound)) if sound[place : place + 4] == b"SLK1"]


def test_a_record_that_was_cut_out_is_noticed(sound: bytes, tmp_path: Path) -> None:
    starts = frames(sound)
    (tmp_path / LOG).write_bytes(sound[: starts[2]] + sound[starts[3] :])
    with pytest.raises(ArchiveError, match=f"damaged at byte {starts[2]}"):
        Archive.open(tmp_path, writable=False)


def test_a_record_that_was_doubled_is_noticed(sound: bytes, tmp_path: Path) -> None:
    starts = frames(sound)
    doubled = sound[: starts[3]] + sound[starts[2] : starts[3]] + sound[starts[3] :]
    (tmp_path / LOG).write_bytes(doubled)
    with pytest.raises(ArchiveError, match=f"damaged at byte {starts[3]}"):
        Archive.open(tmp_path, writable=False)


def test_damage_names_the_byte_and_what_to_do(sound: bytes, tmp_path: Path) -> None:
    start = frames(sound)[4]
    path = tmp_path / LOG
    path.write_bytes(sound[: start + 20] + b"\xff" + sound[start + 21 :])
    with pytest.raises(ArchiveError) as caught:
        Archive.open(tmp_path, writable=True)
    assert str(caught.value) == (
        f"{path}: damaged at byte {start}: the checksum of the record there is wrong; restore the file "
        f"from a copy, or cut it to its first {start} bytes to keep what comes before"
    )
    path.write_bytes(sound[:start])
    Archive.open(tmp_path, writable=True).close()


@pytest.mark.parametrize("tail", ["half a frame", "zeros"])
def test_an_unfinished_record_is_dropped_and_reported(sound: bytes, tmp_path: Path, tail: str) -> None:
    start = frames(sound)[-1]
    rest = sound[start : start + 30] if tail == "half a frame" else bytes(30)
    path = tmp_path / LOG
    path.write_bytes(sound[:start] + rest)
    note = f"{path}: 30 bytes of an unfinished record after byte {start} were left out"
    with Archive.open(tmp_path, writable=False) as reader:
        assert reader.notes == (note,)
    assert path.stat().st_size == start + 30
    with Archive.open(tmp_path, writable=True) as writer:
        assert writer.notes == (note,)
        writer.append(evaluation(9))
    with Archive.open(tmp_path, writable=False) as reader:
        assert reader.notes == ()
        assert [record.number for record in reader.evaluations()] == [0, 1, 9]
