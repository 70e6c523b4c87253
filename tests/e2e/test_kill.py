"""A run that is killed at any instant goes on from its folder and ends in the same front."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import nas
from tests.e2e.specs import AXES, GENES, JOBS, write_spec

RUN = """
import sys, pathlib, nas, nas.gene_stage
nas.gene_stage.SNAPSHOT_SECONDS = 0.1
spec, folder = sys.argv[1:]
if (pathlib.Path(folder) / "records.log").exists():
    nas.resume(folder)
else:
    nas.run(spec, pathlib.Path(folder))
"""
N_KILLS = 5


def kill_when_written(spec: Path, folder: Path, n_bytes: int) -> bool:
    """Starts or resumes the run, killed once its log holds so many bytes; False where it ended before."""
    process = subprocess.Popen([sys.executable, "-c", RUN, str(spec), str(folder)])
    log = folder / "records.log"
    while process.poll() is None:
        if log.exists() and log.stat().st_size >= n_bytes:
            process.kill()
            process.wait()
            return True
        time.sleep(0.001)
    assert process.returncode == 0
    return False


@pytest.mark.parametrize("text", [GENES, AXES, JOBS], ids=["genes", "axes", "jobs"])
def test_a_killed_run_ends_in_the_front_of_an_unbroken_one(tmp_path: Path, text: str) -> None:
    spec, folder = write_spec(tmp_path, text), tmp_path / "killed"
    unbroken = nas.run(spec, tmp_path / "unbroken")
    n_bytes = (unbroken.folder / "records.log").stat().st_size
    shares = np.sort(np.random.default_rng().uniform(0, 0.98, N_KILLS))
    kills = [kill_when_written(spec, folder, int(share * n_bytes)) for share in shares]
    assert any(kills)
    subprocess.run([sys.executable, "-c", RUN, str(spec), str(folder)], check=True)
    killed = nas.load_run(folder)
    assert killed.finished
    assert killed.report.front == unbroken.report.front, shares
    assert killed.report.search.evaluations == unbroken.report.search.evaluations


def test_a_run_can_be_read_while_it_goes_on(tmp_path: Path) -> None:
    spec = write_spec(tmp_path, GENES.replace("20000", "100000000"))
    folder = tmp_path / "run"
    process = subprocess.Popen([sys.executable, "-c", RUN, str(spec), str(folder)])
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if (folder / "records.log").exists() and nas.load_run(folder).report.front:
                break
            time.sleep(0.2)
        live = nas.load_run(folder)
        assert not live.finished
        assert live.report.front
        assert live.report.search.evaluations > 0
    finally:
        process.kill()
        process.wait()
