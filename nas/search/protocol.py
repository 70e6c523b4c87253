"""Ask and tell: the one protocol of all search algorithms.

A searcher sees rows over a `Domain` and figures to minimize. It knows nothing of networks or hardware,
and is deterministic from its seed and the history of calls.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from searchspaces.space import Domain, Rows

Snapshot: TypeAlias = Mapping[str, npt.NDArray[np.generic]]
"""Named arrays without objects; text travels as a uint8 array of its UTF-8 bytes."""


class SearchError(ValueError):
    """A searcher was asked for something it can't do. The text says what must hold and what came."""


@dataclass(frozen=True, slots=True, eq=False)
class FreeFigures:
    """What is known of n rows before any of them is evaluated.

    margins: (n, n_limits) float64, relative excess over each limit, at most 0 where it is kept and NaN where
    only an evaluation tells. objectives: (n, n_objectives) float64, NaN where only an evaluation tells.
    """

    margins: npt.NDArray[np.float64]
    objectives: npt.NDArray[np.float64]

    @property
    def is_kept(self) -> npt.NDArray[np.bool_]:
        """(n,) bool: no limit is known to be broken."""
        broken: npt.NDArray[np.bool_] = np.any(self.margins > 0, axis=1)
        return ~broken


Screen: TypeAlias = Callable[[Rows], FreeFigures]
"""Free figures of rows (n, n_variables): a pure function, cheap beside an evaluation."""


@dataclass(frozen=True, slots=True)
class SearchProblem:
    """What a searcher may know: the domain, how many figures to minimize, how many limits there are.

    screen: what is known of a row for free, None for nothing. A searcher may use it to choose among rows, and
    need not: `nas.search.screening` keeps what breaks a free limit from being evaluated in any case.
    screen_rows: how many rows a searcher should screen at once, None for any number; for a screen that takes
    milliseconds a row. n_evaluations: the budget, seconds: what one evaluation takes; None where unknown.
    """

    domain: Domain
    n_objectives: int
    n_limits: int = 0
    screen: Screen | None = field(default=None, repr=False, compare=False)
    screen_rows: int | None = field(default=None, repr=False, compare=False)
    n_evaluations: int | None = field(default=None, repr=False, compare=False)
    seconds: float | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Candidates to evaluate. numbers: (n,) int64, counting up from 0. rows: (n, n_variables)."""

    numbers: npt.NDArray[np.int64]
    rows: Rows


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """Results, in any order and in any number, each candidate once.

    numbers: (n,) int64 of candidates asked before. objectives: (n, n_objectives) float64, smaller is
    better, inf where not evaluated. violations: (n, n_limits) float64, relative excess over each limit, at
    most 0 where it is kept: below 0 by how much, where that is known, for searchers that model limits.
    failed: (n,) bool, the evaluation crashed; its figures mean nothing.
    """

    numbers: npt.NDArray[np.int64]
    objectives: npt.NDArray[np.float64]
    violations: npt.NDArray[np.float64]
    failed: npt.NDArray[np.bool_]


@runtime_checkable
class Searcher(Protocol):
    """An algorithm with its state."""

    @property
    def batch_size(self) -> int:
        """How many candidates it likes to be asked for at once; generational ones a whole generation."""
        ...

    def ask(self, n: int) -> Asked:
        """At least one and at most n new candidates, inside the domain; none only where it is exhausted.

        An `Asked` without rows means that every row of the domain was asked already: the search is over.
        Fewer than n rows mean nothing. Raises SearchError for n below 1.
        """
        ...

    def tell(self, told: Told) -> None:
        """Takes results. Raises SearchError for a number never asked or told before."""
        ...

    def snapshot(self) -> Snapshot:
        """Everything needed to go on from here; taken only when all that was asked is told."""
        ...

    def restore(self, snapshot: Snapshot) -> None:
        """Takes over the state of an equal searcher (same problem, same options)."""
        ...


@dataclass(frozen=True, slots=True)
class Decision:
    """What a searcher that chooses among algorithms did. number: of the first candidate that it concerns."""

    number: int
    text: str


@runtime_checkable
class DecidingSearcher(Protocol):
    """A searcher that says what it chose and why."""

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """All so far, in order."""
        ...


class SearcherFactory(Protocol):
    """How a searcher is made: `initial` rows, where given, are the first to be asked."""

    def __call__(
        self, problem: SearchProblem, *, seed: int, initial: Rows | None = None, population: int | None = None
    ) -> Searcher: ...
