"""Recipes for tests of workers: what their evaluations do to the process they run in."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Squares:
    """Gives the square of a number, after some seconds. started: a file that gets a line an attempt."""

    started: Path | None = None
    seconds: float = 0.0

    def prepare(self) -> Callable[[int], int]:
        def evaluate(number: int) -> int:
            if self.started is not None:
                with self.started.open("a") as file:
                    file.write(f"{number} {os.getpid()}\n")
            time.sleep(self.seconds)
            return number * number

        return evaluate


@dataclass(frozen=True)
class Trouble:
    """Task 3 does what `kind` says, always or `once` only (then a file is left); others give their number."""

    kind: str
    mark: Path
    once: bool = False

    def prepare(self) -> Callable[[int], int]:
        def evaluate(number: int) -> int:
            if number == 3 and not (self.once and self.mark.exists()):
                self.mark.touch()
                _do(self.kind)
            return number

        return evaluate


def _do(kind: str) -> None:
    match kind:
        case "crash":
            os.kill(os.getpid(), signal.SIGABRT)
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "exit":
            os._exit(7)
        case "hang":
            time.sleep(3600)
        case "memory":
            np.ones(1 << 30)  # 8 GiB
        case "raise":
            raise KeyError("no such thing")


@dataclass(frozen=True)
class Unprepared:
    """Can't even be prepared."""

    def prepare(self) -> Callable[[int], int]:
        raise ValueError("the data is not here")
