"""Run folder: a million evaluations appended, opened, and read by the report of a run that goes on.

python benchmarks/archive.py [--check] [--quick]     --quick: a hundred thousand, judged by the same rates
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import Arguments, Bar, arguments, report_bars

from nas.archive import FORMAT_VERSION, Archive, RunHeader
from nas.objectives import Goals, Objective
from nas.records import Evaluation, Event
from nas.run_report import live_report
from nas.specfile import parse_spec

N_EVALUATIONS = 1_000_000
SPEC = """\
version: 1
name: million
task: classification
data: {bundled: iris}
space: [approximate_mlp: {detail: axes}]
hardware: {egfet: {model: printed}}
objectives: {accuracy: max, egfet.area_cm2: min}
"""
GOALS = Goals((Objective("accuracy", "max"), Objective("egfet.area_cm2", "min")), ())


def main() -> int:
    given: Arguments = arguments(__doc__ or "")
    n = N_EVALUATIONS // 10 if given.quick else N_EVALUATIONS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        seconds = append(folder, n)
        n_bytes = (folder / "records.log").stat().st_size / n
        print(f"append       {n / seconds:10,.0f} evaluations/s, {n_bytes:.0f} bytes each")
        # A process of its own, whose memory is that of reading alone.
        command = "import sys, archive; archive.read(sys.argv[1])"
        text = subprocess.run(
            [sys.executable, "-c", command, str(folder)],
            cwd=Path(__file__).parent,
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
    open_s, open_mb, report_s, report_mb = map(float, text.split())
    scale = N_EVALUATIONS / n
    return report_bars(
        [
            Bar("open a million, every checksum read", open_s * scale, 2, "CPU s", "min"),
            Bar("  memory", open_mb * scale, 250, "MB", "min"),
            Bar("report of the run as it goes on", report_s * scale, 60, "CPU s", "min"),
            Bar("  memory", report_mb, 250, "MB", "min"),
        ],
        given,
    )


def append(folder: Path, n: int) -> float:
    """A run of n evaluations; gives the CPU seconds it took."""
    header = RunHeader(
        FORMAT_VERSION, SPEC, "0" * 64, 1, {"silkscreen": "benchmark"}, "2025-01-01T00:00:00+00:00"
    )
    values = {"depth": 2, "width": 7, "input_bits": 4, "weights": "power_of_two"}
    start = time.process_time()
    with Archive.create(folder, header) as archive:
        archive.append(Event("algorithm", "", 0.0, {"stage": "approximate_mlp", "algorithm": "tpe"}))
        for number in range(n):
            area = round(10 + (number * 7919 % 10007) / 1000, 4)
            metrics = {"accuracy": round(area / 25, 4), "egfet.area_cm2": area, "egfet.power_mw": 0.3456}
            archive.append(
                Evaluation(number, "approximate_mlp", values, 1.0, "ok", metrics, f"{number:064x}", 0.0125)
            )
    return time.process_time() - start


def read(folder: str) -> None:
    """Prints CPU seconds and megabytes to open the run, and to make its report."""
    before = _peak_mb()
    start = time.process_time()
    with Archive.open(Path(folder), writable=False) as archive:
        opened, open_mb = time.process_time() - start, _peak_mb() - before
        start = time.process_time()
        report = live_report(parse_spec(SPEC), GOALS, archive)
        assert report.search.evaluations == archive.n_records - 1
        print(opened, open_mb, time.process_time() - start, _peak_mb() - before)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


if __name__ == "__main__":
    raise SystemExit(main())
