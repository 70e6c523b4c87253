"""The process of a worker: takes tasks from a socket and answers, until the process that made it is gone.

It is a fresh interpreter rather than a fork or a spawned copy of the main module: numba and torch don't
survive a fork, and a script that calls `nas.run` needs no `if __name__ == "__main__"`.
"""

import os
import resource
import signal
import subprocess
import sys
import time
import traceback
from contextlib import suppress
from multiprocessing.connection import Connection
from socket import socketpair
from threading import Thread
from typing import Any, Literal, NamedTuple

Kind = Literal["ready", "done", "memory", "raised"]

_COMMAND = (
    "import sys; sys.path[:] = sys.argv[2:]; from nas.workers.child import serve; serve(int(sys.argv[1]))"
)
_ONE_THREAD = {
    f"{library}_NUM_THREADS": "1"
    for library in ("OMP", "OPENBLAS", "MKL", "NUMBA", "VECLIB_MAXIMUM", "NUMEXPR")
}


class Message(NamedTuple):
    """What a child says. "ready" to evaluate; "done" with a result; out of "memory" or "raised", with why."""

    kind: Kind
    content: Any
    seconds: float


def start_child(recipe: object, memory_bytes: int | None) -> tuple["subprocess.Popen[bytes]", Connection]:
    """A process that prepares a recipe and then serves; what it prints goes to the error stream."""
    ours, theirs = socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-c", _COMMAND, str(theirs.fileno()), *sys.path],
            stdin=subprocess.DEVNULL,
            stdout=2,
            pass_fds=(theirs.fileno(),),
            env={**os.environ, **_ONE_THREAD},
        )
    connection = Connection(ours.detach())
    with suppress(OSError):  # where it died at once, the caller meets that when it reads
        connection.send((recipe, memory_bytes))
    return process, connection


def serve(socket: int) -> None:
    """The whole life of a child."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the process that made it
    _end_with_parent(os.getppid())
    connection = Connection(socket)
    recipe, memory_bytes = connection.recv()
    try:
        evaluate = recipe.prepare()
    except Exception:
        connection.send(Message("raised", traceback.format_exc(), 0.0))
        return
    connection.send(Message("ready", None, 0.0))
    if memory_bytes is not None:
        # Allocations fail at once; what the tools take besides is watched from outside.
        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    while True:
        try:
            task = connection.recv()
        except EOFError:
            return
        connection.send(_evaluate(evaluate, task))


def _evaluate(evaluate: Any, task: object) -> Message:
    start = time.monotonic()
    kind: Kind = "done"
    try:
        content = evaluate(task)
    except Exception as error:
        out_of_memory = isinstance(error, MemoryError) or "allocate memory" in str(error)
        kind = "memory" if out_of_memory else "raised"
        content = str(error) if out_of_memory else traceback.format_exc()
    return Message(kind, content, time.monotonic() - start)


def _end_with_parent(parent: int) -> None:
    """A thread that ends this process once the one that made it was killed, also amid an evaluation."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    Thread(target=watch, daemon=True).start()
