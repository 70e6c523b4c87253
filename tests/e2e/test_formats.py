"""Run folders of older formats: read, not gone on with."""

from pathlib import Path

import pytest

import nas
from nas.archive import Archive, RunHeader
from nas.errors import RunError
from tests.e2e.specs import JOBS


def test_a_run_of_an_older_format_is_read_but_not_gone_on_with(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    header = RunHeader(1, JOBS, "0" * 64, 3, {"silkscreen": "0.0.9"}, "2025-01-01T00:00:00+00:00")
    Archive.create(folder, header).close()
    assert not nas.load_run(folder).finished
    with pytest.raises(RunError) as refused:
        nas.resume(folder)
    assert str(refused.value) == (
        f"{folder}: the run is in format 1, but this silkscreen goes on with format 2 only; resume it with "
        "silkscreen 0.0.9, which wrote it, or start a new run"
    )
