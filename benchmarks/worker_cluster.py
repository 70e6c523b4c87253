"""A Dask cluster on this machine, by the commands that a user types; for benchmarks/workers.py."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_ENVIRONMENT = {
    "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'benchmarks'}",
    # It looks at the stack of every thread a hundred times a second; a machine has not fifty.
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
}


@contextmanager
def dask_process(*arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """`dask ARGUMENTS` until the context ends, then killed with all that it started."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", *arguments],
        env={**os.environ, **_ENVIRONMENT},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE if arguments[0] == "scheduler" else subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def cluster(n_processes: int, threads_each: int, *, nanny: bool) -> Iterator[str]:
    """The address of a scheduler with so many workers. nanny: they come back when they are killed."""
    with ExitStack() as stack:
        scheduler = stack.enter_context(
            dask_process("scheduler", "--port", "0", "--no-dashboard", "--no-show")
        )
        address = _address(scheduler)
        options = ["--nthreads", str(threads_each), "--no-dashboard", "--nanny" if nanny else "--no-nanny"]
        for _ in range(n_processes):
            stack.enter_context(dask_process("worker", address, *options))
        yield address


def _address(scheduler: "subprocess.Popen[bytes]") -> str:
    assert scheduler.stderr is not None
    for line in scheduler.stderr:
        if found := re.search(rb"Scheduler at:\s+(tcp://\S+)", line):
            return found[1].decode()
    raise SystemExit("the Dask scheduler did not start")
