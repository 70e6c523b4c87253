"""The archive as a whole: what is appended comes back."""

import os
import resource
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nas.archive import FORMAT_VERSION, Archive, ArchiveError, lock_holder
from nas.archive.store import LOG
from tests.nas.archive.records import HEADER, block, evaluation, event, same


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "run"


def test_what_is_appended_comes_back_in_order_after_reopening(folder: Path) -> None:
    written = [
        evaluation(0),
        block(1),
        event("größer ✓"),
        evaluation(1, error="diverged"),
        block(2, n_rows=0),
        evaluation(2, folds=("ab" * 32, "cd" * 32)),
        evaluation(3, error="no price", folds=("ab" * 32,)),
    ]
    with Archive.create(folder, HEADER) as archive:
        for record in written:
            archive.append(record)
    with Archive.open(folder, writable=False) as archive:
        assert archive.header == HEADER
        assert archive.notes == ()
        assert archive.n_records == 7
        found = list(archive.records())
        assert all(same(left, right) for left, right in zip(found, written, strict=True))
        assert [record.number for record in archive.evaluations()] == [0, 1, 2, 3]
        assert [record.generation for record in archive.blocks()] == [1, 2]
        assert [record.text for record in archive.events()] == ["größer ✓"]
        assert [type(record) for record in archive.records(start=3)] == [type(each) for each in written[3:]]


def test_a_writer_reads_what_it_has_just_appended(folder: Path) -> None:
    with Archive.create(folder, HEADER) as archive:
        archive.append(evaluation(0))
        assert [record.number for record in archive.evaluations()] == [0]


def test_a_reopened_run_goes_on_where_it_ended(folder: Path) -> None:
    with Archive.create(folder, HEADER) as archive:
        archive.append(evaluation(0))
    with Archive.open(folder, writable=True) as archive:
        archive.append(evaluation(1))
    with Archive.open(folder, writable=False) as archive:
        assert [record.number for record in archive.evaluations()] == [0, 1]


def test_numpy_numbers_in_a_record_become_plain_ones(folder: Path) -> None:
    given = replace(evaluation(0), metrics={"accuracy": np.float64(0.5), "macs": np.int64(7)})
    with Archive.create(folder, HEADER) as archive:
        archive.append(given)
        (found,) = archive.evaluations()
    assert found.metrics == {"accuracy": 0.5, "macs": 7}


def test_figures_that_are_not_finite_come_back(folder: Path) -> None:
    with Archive.create(folder, HEADER) as archive:
        archive.append(replace(evaluation(0), metrics={"accuracy": float("inf")}))
        (found,) = archive.evaluations()
    assert found.metrics == {"accuracy": float("inf")}


def test_a_folder_that_holds_a_run_is_not_begun_again(folder: Path) -> None:
    Archive.create(folder, HEADER).close()
    with pytest.raises(ArchiveError) as caught:
        Archive.create(folder, HEADER)
    assert str(caught.value) == (
        f"{folder}: there is a run in this folder already; go on with it by `silkscreen resume {folder}`, "
        "or choose another folder"
    )


def test_a_run_folder_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArchiveError, match="the run folder can't be made: Not a directory"):
        Archive.create(tmp_path / "file" / "run", HEADER)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError) as caught:
        Archive.open(tmp_path, writable=False)
    assert str(caught.value) == f"{tmp_path}: no run here: records.log is missing"


def test_a_second_writer_is_refused_with_the_pid_of_the_first(folder: Path) -> None:
    with Archive.create(folder, HEADER):
        assert lock_holder(folder) == os.getpid()
        with pytest.raises(ArchiveError) as caught:
            Archive.open(folder, writable=True)
        pid = os.getpid()
        assert str(caught.value) == (
            f"{folder}: process {pid} is writing to this run; wait for it, or stop it with `kill -INT {pid}`"
            ", which loses nothing"
        )
    assert lock_holder(folder) is None
    Archive.open(folder, writable=True).close()


def test_a_reader_sees_a_run_that_goes_on_as_it_was_when_opened(folder: Path) -> None:
    with Archive.create(folder, HEADER) as writer:
        writer.append(evaluation(0))
        with Archive.open(folder, writable=False) as reader:
            writer.append(evaluation(1))
            assert [record.number for record in reader.evaluations()] == [0]
        with Archive.open(folder, writable=False) as reader:
            assert [record.number for record in reader.evaluations()] == [0, 1]


@pytest.mark.parametrize(
    "write",
    [
        lambda archive: archive.append(event()),
        lambda archive: archive.save_snapshot(0, {}),
    ],
)
def test_a_reader_writes_nothing(folder: Path, write: Callable[[Archive], None]) -> None:
    Archive.create(folder, HEADER).close()
    with (
        Archive.open(folder, writable=False) as archive,
        pytest.raises(ArchiveError, match="the run is open for reading only"),
    ):
        write(archive)


def test_a_newer_format_is_refused_by_its_number(folder: Path) -> None:
    header = replace(HEADER, format_version=FORMAT_VERSION + 1, versions={"silkscreen": "9.9"})
    with pytest.raises(ArchiveError) as caught:
        Archive.create(folder, header)
    assert str(caught.value) == (
        f"{folder / LOG}: the run is in format {FORMAT_VERSION + 1}, written by silkscreen 9.9, but this "
        f"silkscreen reads formats up to {FORMAT_VERSION}; install a newer silkscreen to read it"
    )


def test_a_full_disk_is_one_error_and_leaves_no_half_record(folder: Path) -> None:
    with Archive.create(folder, HEADER) as archive:
        archive.append(evaluation(0))
        limit = (folder / LOG).stat().st_size + 100
        before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.getsignal(signal.SIGXFSZ)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
        try:
            with pytest.raises(ArchiveError, match=r"records\.log: can't be written: File too large"):
                archive.append(evaluation(1))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            signal.signal(signal.SIGXFSZ, handler)
        archive.append(evaluation(2))
    with Archive.open(folder, writable=False) as archive:
        assert archive.notes == ()
        assert [record.number for record in archive.evaluations()] == [0, 2]


def test_an_array_of_objects_is_refused(folder: Path) -> None:
    strange = replace(block(1), rows=np.array([[object()]]))
    with (
        Archive.create(folder, HEADER) as archive,
        pytest.raises(ArchiveError, match="block: rows must be an array of numbers, not of object"),
    ):
        archive.append(strange)


def test_an_open_archive_holds_nine_bytes_a_record(folder: Path) -> None:
    with Archive.create(folder, HEADER) as archive:
        for number in range(20_000):
            archive.append(evaluation(number))
    log = folder / LOG
    assert log.stat().st_size / 20_000 < 300
    with Archive.open(folder, writable=False) as archive:
        assert archive._positions.itemsize * archive.n_records + len(archive._kinds) == 9 * 20_000
        assert sum(1 for _ in archive.evaluations()) == 20_000
