"""What is wrong with a spec: problems with their places, reported all at once."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to mend.

    file: the spec, or `--set key=value` for an override. line, column: counted from 1; 0 where the
    problem belongs to the file as a whole or to an override. path: dotted, such as "search.workers".
    text: what must hold, what came, what to do.
    """

    file: str
    line: int
    column: int
    path: str
    text: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        path = f"{self.path}: " if self.path and self.line else ""
        return f"{place}: {path}{self.text}"


class SpecError(ValueError):
    """A spec can't be used. problems: every one that was found, sorted by place; at least one."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))
