"""Run folder: bytes of an evaluation, records appended a second, and the CPU time to open a million of them.

python benchmarks/archive.py
"""

import resource
import tempfile
import time
from pathlib import Path

from nas.archive import FORMAT_VERSION, Archive, RunHeader
from nas.records import Evaluation

N_EVALUATIONS = 1_000_000


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        seconds = _append(folder)
        n_bytes = (folder / "records.log").stat().st_size / N_EVALUATIONS
        print(f"append       {N_EVALUATIONS / seconds:10,.0f} evaluations/s, {n_bytes:.0f} bytes each")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.process_time()
        with Archive.open(folder, writable=False) as archive:
            opened = time.process_time() - start
            print(f"open         {opened:10.1f} CPU seconds for {archive.n_records:,}, every checksum read")
            start = time.process_time()
            n_ok = sum(1 for evaluation in archive.evaluations() if evaluation.status == "ok")
            print(f"decode       {n_ok / (time.process_time() - start):10,.0f} evaluations/s")
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        print(f"memory       {grown / 1024:10.1f} MiB more at its peak")


def _append(folder: Path) -> float:
    header = RunHeader(
        FORMAT_VERSION, "", "0" * 64, 1, {"silkscreen": "benchmark"}, "2025-01-01T00:00:00+00:00"
    )
    values = {"depth": 2, "width": 7, "input_bits": 4, "weights": "power_of_two"}
    metrics = {"accuracy": 0.9312, "egfet.area_cm2": 12.2345, "egfet.power_mw": 0.3456}
    start = time.process_time()
    with Archive.create(folder, header) as archive:
        for number in range(N_EVALUATIONS):
            archive.append(
                Evaluation(number, "approximate_mlp", values, 1.0, "ok", metrics, f"{number:064x}", 0.0125)
            )
    return time.process_time() - start


if __name__ == "__main__":
    main()
