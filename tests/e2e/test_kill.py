"""A run that is killed at any instant goes on from its folder and ends in the same front."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import nas
from tests.e2e.specs import AXES, GENES, write_spec

RUN = """
import sys, pathlib, nas, nas.gene_stage
nas.gene_stage.SNAPSHOT_SECONDS = 0.1
spec, folder = sys.argv[1:]
if (pathlib.Path(folder) / "records.log").exists():
    nas.resume(folder)
else:
    nas.run(spec, pathlib.Path(folder))
"""
MAX_KILLS = 5


def run_with_kills(spec: Path, folder: Path, delays: list[float]) -> int:
    """Runs to the end, killed after each delay; gives the number of kills that hit."""
    for kills, delay in enumerate(delays):
        process = subprocess.Popen([sys.executable, "-c", RUN, str(spec), str(folder)])
        try:
            if process.wait(timeout=delay) == 0:
                return kills
            pytest.fail("the run failed by itself")
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    subprocess.run([sys.executable, "-c", RUN, str(spec), str(folder)], check=True)
    return len(delays)


@pytest.mark.parametrize("text", [GENES.replace("20000", "60000"), AXES], ids=["genes", "axes"])
def test_a_killed_run_ends_in_the_front_of_an_unbroken_one(tmp_path: Path, text: str) -> None:
    spec = write_spec(tmp_path, text)
    start = time.monotonic()
    subprocess.run([sys.executable, "-c", RUN, str(spec), str(tmp_path / "unbroken")], check=True)
    seconds = time.monotonic() - start
    rng = np.random.default_rng(0)
    delays = (rng.uniform(0.3, 1.0, MAX_KILLS) * seconds).tolist()
    kills = run_with_kills(spec, tmp_path / "killed", delays)
    assert kills > 0
    unbroken, killed = nas.load_run(tmp_path / "unbroken"), nas.load_run(tmp_path / "killed")
    assert killed.finished
    assert killed.report.front == unbroken.report.front
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
