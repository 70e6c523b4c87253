"""Whatever a data file holds, loading it gives a dataset or a DataError."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.data import DataError, load_dataset
from nas.spec import DataSpec, SplitSpec

CELLS = st.sampled_from(["0", "1", "2.5", "-1e3", "", "?", "a", "nan", "inf", "1e99", '"', '"x', "é", "\x00"])
ROWS = st.lists(st.lists(CELLS, min_size=2, max_size=4), max_size=12)


def load_or_refuse(data: DataSpec, name: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(content)
        for task in ("classification", "regression"):
            try:
                dataset = load_dataset(data, SplitSpec(), task, 1, Path(folder))
            except DataError as error:
                message = str(error)
            else:
                message = dataset.fingerprint
            assert message


@settings(max_examples=150, deadline=None)
@given(ROWS, st.sampled_from(["a,y\n", "a,b,y\n", "y;a\n", ""]), st.sampled_from([",", ";", "\n"]))
def test_any_table_of_text_is_a_dataset_or_an_error(rows: list[list[str]], head: str, separator: str) -> None:
    text = head + "\n".join(separator.join(row) for row in rows)
    load_or_refuse(DataSpec(csv="data.csv", target="y"), "data.csv", text.encode())


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_as_csv_are_a_dataset_or_an_error(content: bytes) -> None:
    load_or_refuse(DataSpec(csv="data.csv", target="y"), "data.csv", b"a,y\n" + content)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4))
def test_any_damage_to_an_archive_is_a_dataset_or_an_error(changes: list[tuple[int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.npz"
        np.savez(path, x=np.arange(48.0).reshape(24, 2), y=np.arange(24) % 2)
        content = bytearray(path.read_bytes())
    for position, value in changes:
        content[position % len(content)] = value
    load_or_refuse(DataSpec(npz="data.npz"), "data.npz", bytes(content))
