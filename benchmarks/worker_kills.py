"""Runs whose main process is killed at random instants and resumed, for benchmarks/workers.py."""

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

ROOT = Path(__file__).resolve().parent.parent
N_ATTEMPTS = 8
"""Kills that are tried in a round; some instants come after its end."""

_HEAD = """\
version: 1
name: killed
seed: 3
task: classification
data: {bundled: iris}
hardware: {egfet: {model: printed}}
objectives: {accuracy: max, egfet.area_cm2: min}
emit: {c: {layout: plain}, winners: [best_accuracy]}
"""

CASES = {
    "genes": """
split: {test: 0.3, validation: {folds: 3}}
space: [approximate_mlp: {hidden: 2, input_bits: 3, detail: genes}]
search: {algorithm: nsga2_anneal, evaluations: 60000, population: 100, seed_with_gradients: false}
""",
    "axes": """
split: {test: 0.3, validation: 0.3}
space: [approximate_mlp: {hidden: 2, input_bits: 2..4, detail: axes}]
search: {algorithm: nsga2, evaluations: 6, population: 4, workers: 2}
""",
    "jobs": """
split: {test: 0.3, validation: {folds: 3}}
space:
  - decision_tree: {leaves: 2..8, prices: [2, 0.5], moves: 2000, distill: false}
  - gate_netlist: {start: front, prices: [0.5, 2], moves: 5000, rounds: 1}
search: {evaluations: 100, workers: 2}
""",
}


@dataclass(frozen=True, slots=True)
class Killed:
    """A round. kills: that hit a living process. same: its front and evaluations are the unbroken ones."""

    kills: int
    same: bool
    instants_s: list[float]


def unbroken_front(case: str) -> tuple[list[object], float]:
    """Front and evaluations of a run that nobody disturbs, and its seconds once its circuits are cached."""
    results = []
    for _ in range(2):
        with tempfile.TemporaryDirectory() as name:
            folder, spec = Path(name) / "run", _write(Path(name), case)
            start = time.monotonic()
            _start("run", str(spec), "--out", str(folder)).wait()
            results.append((_result(folder), time.monotonic() - start))
    if results[0][0] != results[1][0]:
        raise SystemExit(f"{case}: two undisturbed runs differ")
    return results[1]


def kill_and_resume(case: str, seed: int, expected: list[object], seconds: float) -> Killed:
    """Kills a run at random instants and lets it end. seconds: of an unbroken one. seed: of the instants."""
    rng = np.random.default_rng(seed)
    kills, instants = 0, []
    with tempfile.TemporaryDirectory() as name:
        folder, spec = Path(name) / "run", _write(Path(name), case)
        for _ in range(N_ATTEMPTS):
            process = _go_on(folder, spec)
            instant = float(rng.uniform(0, seconds / 2))
            try:
                process.wait(instant)
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                kills += 1
                instants.append(round(instant, 3))
        if _go_on(folder, spec).wait():
            raise SystemExit(f"{case}, round {seed}: the run could not be resumed")
        return Killed(kills, _result(folder) == expected, instants)


def peak_memory(case: str) -> tuple[float, float]:
    """Megabytes at most of the main process of a run, and of the largest of its workers."""
    with tempfile.TemporaryDirectory() as name:
        folder, spec = Path(name) / "run", _write(Path(name), case)
        process = psutil.Process(_start("run", str(spec), "--out", str(folder)).pid)
        parent = worker = 0
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            with suppress(psutil.NoSuchProcess):
                parent = max(parent, process.memory_info().rss)
                workers = [
                    child for child in process.children() if "nas.workers" in " ".join(child.cmdline())
                ]
                worker = max([worker, *(child.memory_info().rss for child in workers)])
            time.sleep(0.2)
        return parent / 1e6, worker / 1e6


def _go_on(folder: Path, spec: Path) -> "subprocess.Popen[bytes]":
    if (folder / "records.log").exists():
        return _start("resume", str(folder))
    return _start("run", str(spec), "--out", str(folder))


def _start(*arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "nas.cli", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _write(folder: Path, case: str) -> Path:
    path = folder / "spec.yaml"
    path.write_text(_HEAD + CASES[case], encoding="utf-8")
    return path


def _result(folder: Path) -> list[object]:
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    front = [[point["id"], point["metrics"]] for point in report["front"]]
    return [front, report["search"]["evaluations"]]
