"""Searcher snapshots: the newest sound one counts."""

from pathlib import Path

import numpy as np
import pytest

from nas.archive import Archive, ArchiveError
from tests.nas.archive.records import HEADER

ARRAYS = {
    "rows": np.arange(12, dtype=np.int32).reshape(3, 4),
    "a name/with ä slash": np.array([0.5, np.nan]),
    "text": np.frombuffer(b"nsga2", dtype=np.uint8),
    "scalar": np.array(3),
}


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    with Archive.create(tmp_path, HEADER) as archive:
        yield archive


def test_a_new_run_has_no_snapshot(archive: Archive) -> None:
    assert archive.load_snapshot() is None


def test_a_snapshot_comes_back_as_it_was(archive: Archive) -> None:
    archive.save_snapshot(42, ARRAYS)
    position, found = archive.load_snapshot()
    assert position == 42
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_the_newest_counts_and_numpy_reads_it_without_pickle(archive: Archive) -> None:
    for position in (1, 2, 3):
        archive.save_snapshot(position, ARRAYS)
    assert archive.load_snapshot()[0] == 3
    with np.load(archive.folder / "snapshot.npz", allow_pickle=False) as arrays:
        assert int(arrays["position"]) == 3


def test_equal_states_are_equal_bytes(archive: Archive) -> None:
    archive.save_snapshot(1, ARRAYS)
    archive.save_snapshot(1, ARRAYS)
    first, second = (archive.folder / name for name in ("snapshot.npz", "snapshot.previous.npz"))
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("damage", [b"", b"junk", b"\0" * 3000])
def test_a_damaged_snapshot_is_passed_over_for_the_one_before(archive: Archive, damage: bytes) -> None:
    archive.save_snapshot(1, ARRAYS)
    archive.save_snapshot(2, ARRAYS)
    path = archive.folder / "snapshot.npz"
    path.write_bytes(damage)
    assert archive.load_snapshot()[0] == 1
    assert archive.notes == (f"{path}: damaged, so the snapshot before it is used",)


def test_one_flipped_bit_is_damage(archive: Archive) -> None:
    archive.save_snapshot(1, ARRAYS)
    path = archive.folder / "snapshot.npz"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ArchiveError) as caught:
        archive.load_snapshot()
    assert str(caught.value) == (
        f"{archive.folder}: every searcher snapshot is damaged; remove snapshot.npz and "
        "snapshot.previous.npz there to resume without one"
    )


def test_a_kill_between_the_two_renames_leaves_the_one_before(archive: Archive) -> None:
    archive.save_snapshot(1, ARRAYS)
    (archive.folder / "snapshot.npz").rename(archive.folder / "snapshot.previous.npz")
    assert archive.load_snapshot()[0] == 1
    assert archive.notes == ()


def test_objects_are_refused_by_name(archive: Archive) -> None:
    with pytest.raises(ArchiveError, match="snapshot: 'odd' must be an array of numbers, not of objects"):
        archive.save_snapshot(1, {"odd": np.array([None])})
