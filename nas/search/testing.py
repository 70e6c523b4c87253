"""Conformance kit of search algorithms: run `check_searcher` on your own before you use it in a spec."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from nas.search.protocol import Asked, Searcher, SearcherFactory, SearchError, SearchProblem, Told
from searchspaces.space import Domain, Rows, Variable

POPULATION = 8
MIXED = Domain(
    (
        Variable("width", "int", -3, 40),
        Variable("kind", "choice", 0, 2, labels=("a", "b", "c")),
        Variable("rate", "real", 1e-4, 1.0, log=True, block=1),
        Variable("count", "int", 1, 500, log=True, block=1),
        Variable("fixed", "int", 7, 7, block=2),
    )
)
TINY = Domain((Variable("a", "int", 0, 2), Variable("b", "choice", 0, 3)))


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One promise of the protocol. detail: what was wrong, empty where it is kept."""

    name: str
    detail: str

    @property
    def passed(self) -> bool:
        return not self.detail


@dataclass(frozen=True, slots=True)
class _Case:
    """What each check gets. n_evaluations: how long its searches are."""

    factory: SearcherFactory
    seed: int
    n_evaluations: int

    def searcher(self, problem: SearchProblem, initial: Rows | None = None) -> Searcher:
        return self.factory(problem, seed=self.seed, initial=initial, population=POPULATION)


Check: TypeAlias = Callable[[_Case], str]
PROBLEM = SearchProblem(MIXED, n_objectives=2, n_limits=1)


def check_searcher(
    factory: SearcherFactory, seed: int = 0, *, n_evaluations: int = 48
) -> tuple[CheckResult, ...]:
    """Whether a search algorithm keeps the promises of `nas.search.protocol`, one result a promise.

    n_evaluations: length of each search, at least 4; raise it beyond the point from which the algorithm
    stops asking at random. An exception fails the check in which it happens.
    """
    case = _Case(factory, seed, n_evaluations)
    return tuple(CheckResult(name, _detail(check, case)) for name, check in CHECKS.items())


def _detail(check: Check, case: _Case) -> str:
    try:
        return check(case)
    except Exception as error:
        return f"raised {type(error).__name__}: {error}"


def _check_rows(case: _Case) -> str:
    rows = np.concatenate([asked.rows for asked in _search(case.searcher(PROBLEM), case.n_evaluations)])
    if rows.dtype != MIXED.dtype or rows.shape[1:] != (MIXED.n_variables,):
        return (
            f"rows must be (n, {MIXED.n_variables}) {MIXED.dtype.__name__}, but are {rows.shape} {rows.dtype}"
        )
    whole = [variable.kind != "real" for variable in MIXED.variables]
    inside = (rows >= MIXED.lower) & (rows <= MIXED.upper)
    inside[:, whole] &= rows[:, whole] == np.rint(rows[:, whole])
    if inside.all():
        return ""
    return f"rows must lie in the domain, but one is {rows[~inside.all(axis=1)][0].tolist()}"


def _check_numbers(case: _Case) -> str:
    asked = _search(case.searcher(PROBLEM), case.n_evaluations)
    numbers = np.concatenate([one.numbers for one in asked]).tolist()
    if numbers == list(range(len(numbers))):
        return ""
    return f"numbers must count up from 0, but are {numbers[:20]}"


def _check_at_most_n(case: _Case) -> str:
    searcher = case.searcher(PROBLEM)
    if searcher.batch_size < 1:
        return f"batch_size must be at least 1, but is {searcher.batch_size}"
    for n in (1, 3, 2 * POPULATION, 1):
        asked = searcher.ask(n)
        if not 1 <= len(asked.numbers) == len(asked.rows) <= n:
            return f"ask({n}) must give 1 to {n} rows, each with its number, but gave {len(asked.rows)}"
        searcher.tell(_evaluate(asked))
    return "" if _refuses(lambda: searcher.ask(0)) else "ask(0) must raise SearchError"


def _check_initial(case: _Case) -> str:
    initial = np.array([[5, 1, 0.5, 3, 7], [-3, 0, 1e-4, 1, 7], [40, 2, 1.0, 500, 7]])
    searcher = case.searcher(PROBLEM, initial)
    rows = np.concatenate([asked.rows for asked in _search(searcher, len(initial))])[: len(initial)]
    if np.array_equal(rows, initial):
        return ""
    return f"the initial rows must be asked first, but the first are {rows.tolist()}"


def _check_deterministic(case: _Case) -> str:
    first, second = (_search(case.searcher(PROBLEM), case.n_evaluations) for _ in range(2))
    return "" if _equal(first, second) else "two searches with the same seed and results must ask the same"


def _check_any_order(case: _Case) -> str:
    searcher = case.searcher(PROBLEM)
    waiting: list[Told] = []
    for _ in range(case.n_evaluations):
        told = _evaluate(searcher.ask(2))
        waiting.extend(_take(told, np.array([place])) for place in range(len(told.numbers)))
        searcher.tell(waiting.pop())
        if len(waiting) > 4:
            searcher.tell(waiting.pop(0))
    for told in reversed(waiting):
        searcher.tell(told)
    return "" if len(searcher.ask(1).rows) else "results told out of order must not end the search"


def _check_failures(case: _Case) -> str:
    searcher = case.searcher(PROBLEM)
    for share in (1.0, 0.3):
        rng = np.random.default_rng(case.seed)
        for _ in range(max(1, case.n_evaluations // POPULATION)):
            told = _evaluate(searcher.ask(POPULATION))
            failed = rng.random(len(told.numbers)) < share
            told.objectives[failed], told.violations[failed] = np.nan, np.nan
            searcher.tell(Told(told.numbers, told.objectives, told.violations, failed))
    return "" if len(searcher.ask(1).rows) else "failed evaluations must not end the search"


def _check_limits(case: _Case) -> str:
    """A quarter of the widths keep the limit; what breaks it has no objectives."""
    searcher = case.searcher(PROBLEM)
    n_kept = 0
    for asked in _search(searcher, max(case.n_evaluations, 3 * POPULATION), with_rejections=True):
        n_kept += int((_evaluate(asked).violations == 0).all(axis=1).sum())
    return "" if n_kept else "some candidates must keep a limit that a quarter of the domain keeps"


def _check_snapshot(case: _Case) -> str:
    searcher = case.searcher(PROBLEM)
    _search(searcher, case.n_evaluations)
    snapshot = searcher.snapshot()
    objects = [name for name, array in snapshot.items() if array.dtype.hasobject]
    if objects:
        return f"snapshots must hold arrays without objects, but {objects[0]!r} has some"
    before = {name: array.copy() for name, array in snapshot.items()}
    original = _search(searcher, 2 * POPULATION)
    changed = [name for name in before if not np.array_equal(before[name], snapshot[name])]
    if changed:
        return f"a snapshot must not change when the search goes on, but {changed[0]!r} did"
    restored = case.searcher(PROBLEM)
    restored.restore(snapshot)
    again = _search(restored, 2 * POPULATION)
    return "" if _equal(original, again) else "a restored searcher must ask what the original asks"


def _check_unknown_numbers(case: _Case) -> str:
    searcher = case.searcher(PROBLEM)
    told = _evaluate(searcher.ask(1))
    stranger = Told(told.numbers + 1000, told.objectives, told.violations, told.failed)
    if not _refuses(lambda: searcher.tell(stranger)):
        return "telling a number that was never asked must raise SearchError"
    searcher.tell(told)
    return "" if _refuses(lambda: searcher.tell(told)) else "telling a number twice must raise SearchError"


def _check_exhaustion(case: _Case) -> str:
    searcher = case.searcher(SearchProblem(TINY, n_objectives=1))
    seen: set[bytes] = set()
    n_rows = 12
    for _ in range(10 * n_rows):
        asked = searcher.ask(5)
        if not len(asked.rows):
            break
        seen.update(row.tobytes() for row in asked.rows)
        objectives = asked.rows.sum(axis=1, keepdims=True).astype(np.float64)
        n = len(asked.rows)
        searcher.tell(Told(asked.numbers, objectives, np.zeros((n, 0)), np.zeros(n, dtype=np.bool_)))
    else:
        return f"a domain of {n_rows} rows must be exhausted at some time, but {10 * n_rows} asks gave rows"
    if len(seen) == n_rows:
        return ""
    return f"an ask without rows must mean that all {n_rows} were asked, but {len(seen)} were"


CHECKS: dict[str, Check] = {
    "rows lie in the domain": _check_rows,
    "numbers count up": _check_numbers,
    "ask gives at most n": _check_at_most_n,
    "initial rows come first": _check_initial,
    "deterministic": _check_deterministic,
    "results in any order": _check_any_order,
    "failures survive": _check_failures,
    "limits are respected": _check_limits,
    "snapshot continues equally": _check_snapshot,
    "unknown numbers are refused": _check_unknown_numbers,
    "an exhausted domain ends": _check_exhaustion,
}


def _search(searcher: Searcher, n_evaluations: int, *, with_rejections: bool = False) -> list[Asked]:
    """What is asked in at least n_evaluations; stops early where nothing is asked."""
    asked: list[Asked] = []
    n_left = n_evaluations
    while n_left > 0:
        asked.append(searcher.ask(min(POPULATION, n_left)))
        if not len(asked[-1].rows):
            break
        n_left -= len(asked[-1].rows)
        told = _evaluate(asked[-1])
        if with_rejections:
            told.objectives[(told.violations > 0).any(axis=1)] = np.inf
        searcher.tell(told)
    return asked


def _evaluate(asked: Asked) -> Told:
    """Two smooth objectives in conflict, and a limit: width at most 7."""
    width, kind, rate, count = asked.rows[:, :4].astype(np.float64).T
    quality = (width - 20.0) ** 2 / 100.0 + kind + np.abs(np.log10(np.maximum(rate, 1e-9)) + 2.0)
    cost = np.abs(width) / 10.0 + np.log(np.maximum(count, 1e-9)) + rate
    violations = np.maximum(0.0, (width - 7.0) / 7.0)[:, None]
    return Told(asked.numbers, np.column_stack((quality, cost)), violations, np.zeros(len(width), np.bool_))


def _take(told: Told, places: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Told:
    return Told(told.numbers[places], told.objectives[places], told.violations[places], told.failed[places])


def _equal(first: list[Asked], second: list[Asked]) -> bool:
    return len(first) == len(second) and all(
        np.array_equal(one.numbers, other.numbers) and np.array_equal(one.rows, other.rows)
        for one, other in zip(first, second, strict=True)
    )


def _refuses(action: Callable[[], object]) -> bool:
    try:
        action()
    except SearchError:
        return True
    return False
