"""Kill -9 at any instant loses nothing that was acknowledged."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from nas.archive import Archive
from nas.records import Block

WRITER = """
import sys
from pathlib import Path
sys.path[:0] = [sys.argv[2]]
import numpy as np
from nas.archive import Archive
from tests.nas.archive.records import HEADER, block, evaluation
folder = Path(sys.argv[1])
new = not (folder / "records.log").exists()
with (Archive.create(folder, HEADER) if new else Archive.open(folder, writable=True)) as archive:
    number = archive.n_records
    while True:
        archive.append(block(number, n_rows=200) if number % 3 == 0 else evaluation(number))
        if number % 10 == 0:
            archive.save_snapshot(number, {"number": np.array([number]), "bulk": np.zeros(5000)})
        sys.stdout.write(f"{number}\\n")
        sys.stdout.flush()
        number += 1
"""
ROOT = Path(__file__).parents[3]


def test_everything_acknowledged_survives_kills_at_random_instants(tmp_path: Path) -> None:
    folder, rng = tmp_path / "run", random.Random(1)
    total = 0
    for _ in range(6):
        acknowledged = write_and_kill(folder, rng.uniform(0.001, 0.12))
        if not acknowledged:
            continue
        with Archive.open(folder, writable=True) as archive:
            numbers = [
                record.generation if isinstance(record, Block) else record.number
                for record in archive.records(1)
            ]
            assert numbers == list(range(1, archive.n_records))
            assert acknowledged[-1] < archive.n_records <= acknowledged[-1] + 2
            assert acknowledged == list(range(total, acknowledged[-1] + 1))
            total = archive.n_records
            position, arrays = archive.load_snapshot() or (0, {})
            assert arrays["number"].tolist() == [position]
            # One that the kill before cut short is not made up for until the next.
            assert acknowledged[-1] - 20 <= position <= acknowledged[-1] + 1
    assert total > 0


def write_and_kill(folder: Path, seconds: float) -> list[int]:
    """Numbers that a writer acknowledged before it was killed, `seconds` after the first of them."""
    command = [sys.executable, "-c", WRITER, str(folder), str(ROOT)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(seconds)
        os.kill(writer.pid, signal.SIGKILL)
        rest = writer.stdout.read()
    # The last line may be cut short by the kill.
    return [int(line) for line in (first + rest).rpartition(b"\n")[0].split()]
