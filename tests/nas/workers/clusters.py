"""Schedulers and workers of Dask as processes, as a user starts them."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


@contextmanager
def process(*arguments: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Dask command that runs until the context ends; it is a session leader, so that its nannies go too."""
    started = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]],
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert started.stderr is not None
    with started.stderr:
        try:
            yield started
        finally:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()


@contextmanager
def scheduler(folder: Path) -> Iterator[str]:
    with process("dask_scheduler", "--port", "0", "--no-dashboard", "--no-show", folder=folder) as started:
        assert started.stderr is not None
        for line in started.stderr:
            if found := re.search(rb"Scheduler at:\s+(tcp://\S+)", line):
                yield found[1].decode()
                return
        raise AssertionError("the scheduler did not start")


@contextmanager
def worker(address: str, folder: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", *options)
    with process("dask_worker", address, *options, folder=folder) as started:
        yield started
