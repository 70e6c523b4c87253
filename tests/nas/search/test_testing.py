"""The conformance kit: our searchers pass it, and each broken one fails exactly its check."""

from itertools import count

import numpy as np
import pytest
from optuna.samplers import GPSampler

from nas.search.optuna_adapter import OptunaSearch
from nas.search.protocol import Asked, Searcher, SearcherFactory, SearchError, SearchProblem, Snapshot, Told
from nas.search.random import RandomSearch
from nas.search.registry import searcher_factory
from nas.search.testing import CHECKS, check_searcher
from searchspaces.space import Rows


def failures(factory: SearcherFactory, n_evaluations: int = 48) -> dict[str, str]:
    results = check_searcher(factory, 3, n_evaluations=n_evaluations)
    assert [result.name for result in results] == list(CHECKS)
    return {result.name: result.detail for result in results if not result.passed}


@pytest.mark.parametrize("name", ["random", "nsga2", "pymoo_nsga2"])
def test_generational_searchers_pass(name: str) -> None:
    assert failures(searcher_factory(name)) == {}


def test_tpe_passes_while_it_models() -> None:
    assert failures(searcher_factory("tpe"), n_evaluations=16) == {}


def test_the_gp_adapter_passes_while_it_starts_at_random() -> None:
    def late_gp(
        problem: SearchProblem, *, seed: int, initial: Rows | None = None, population: int | None = None
    ) -> Searcher:
        def sampler(seed: int) -> GPSampler:
            return GPSampler(seed=seed, n_startup_trials=1000)

        return OptunaSearch(problem, "gp", sampler, seed=seed, initial=initial, population=population)

    assert failures(late_gp, n_evaluations=16) == {}


class Broken:
    """Passes everything on to random search; each subclass breaks one promise."""

    def __init__(
        self, problem: SearchProblem, *, seed: int, initial: Rows | None = None, population: int | None = None
    ) -> None:
        self.problem = problem
        self.initial = initial
        self.inner = RandomSearch(problem, seed=seed, initial=initial, population=population)

    @property
    def batch_size(self) -> int:
        return self.inner.batch_size

    def ask(self, n: int) -> Asked:
        return self.inner.ask(n)

    def tell(self, told: Told) -> None:
        self.inner.tell(told)

    def snapshot(self) -> Snapshot:
        return self.inner.snapshot()

    def restore(self, snapshot: Snapshot) -> None:
        self.inner.restore(snapshot)


class LeavesTheDomain(Broken):
    def ask(self, n: int) -> Asked:
        asked = self.inner.ask(n)
        asked.rows[asked.numbers % 5 == 4, 0] += 100
        return asked


class CountsByTwo(Broken):
    def ask(self, n: int) -> Asked:
        asked = self.inner.ask(n)
        return Asked(asked.numbers * 2, asked.rows)

    def tell(self, told: Told) -> None:
        self.inner.tell(Told(told.numbers // 2, told.objectives, told.violations, told.failed))


class GivesOneMore(Broken):
    def ask(self, n: int) -> Asked:
        return self.inner.ask(n + 1) if n else self.inner.ask(n)


class ForgetsInitialRows(Broken):
    def __init__(
        self, problem: SearchProblem, *, seed: int, initial: Rows | None = None, population: int | None = None
    ) -> None:
        super().__init__(problem, seed=seed, population=population)


class SeedsItself(Broken):
    seeds = count()

    def __init__(
        self, problem: SearchProblem, *, seed: int, initial: Rows | None = None, population: int | None = None
    ) -> None:
        super().__init__(problem, seed=next(self.seeds), initial=initial, population=population)


class WantsOrder(Broken):
    n_told = 0

    def tell(self, told: Told) -> None:
        if told.numbers[0] < 1000 and told.numbers[0] > self.n_told:
            raise ValueError("out of order")
        self.inner.tell(told)
        self.n_told = int(told.numbers[-1]) + 1

    def restore(self, snapshot: Snapshot) -> None:
        super().restore(snapshot)
        self.n_told = int(snapshot["n_asked"])


class DiesOfFailures(Broken):
    def tell(self, told: Told) -> None:
        if told.failed.any():
            raise RuntimeError("no figures")
        self.inner.tell(told)


class LovesBrokenLimits(Broken):
    def ask(self, n: int) -> Asked:
        asked = self.inner.ask(n)
        if self.initial is None and self.problem.n_limits:
            asked.rows[:, 0] = np.maximum(asked.rows[:, 0], 8)
        return asked


class RestoresTheCounterOnly(Broken):
    def restore(self, snapshot: Snapshot) -> None:
        n_asked = int(snapshot["n_asked"])
        asked = self.inner.ask(n_asked)
        figures = np.zeros((len(asked.rows), 2)), np.zeros((len(asked.rows), 1))
        self.inner.tell(Told(asked.numbers, *figures, np.zeros(len(asked.rows), np.bool_)))
        self.inner.ask(1)
        self.inner.tell(Told(np.array([n_asked]), figures[0][:1], figures[1][:1], np.zeros(1, np.bool_)))


class TakesAnyNumber(Broken):
    def tell(self, told: Told) -> None:
        try:
            self.inner.tell(told)
        except SearchError:
            return


class StopsHalfway(Broken):
    def ask(self, n: int) -> Asked:
        asked = self.inner.ask(n)
        if self.problem.n_limits == 0 and asked.numbers[-1] > 6:
            return Asked(asked.numbers[:0], asked.rows[:0])
        return asked


@pytest.mark.parametrize(
    ("factory", "check", "detail"),
    [
        (LeavesTheDomain, "rows lie in the domain", "rows must lie in the domain, but one is ["),
        (CountsByTwo, "numbers count up", "numbers must count up from 0, but are [0, 2, 4"),
        (
            GivesOneMore,
            "ask gives at most n",
            "ask(1) must give 1 to 1 rows, each with its number, but gave 2",
        ),
        (ForgetsInitialRows, "initial rows come first", "the initial rows must be asked first, but"),
        (SeedsItself, "deterministic", "two searches with the same seed and results must ask the same"),
        (WantsOrder, "results in any order", "raised ValueError: out of order"),
        (DiesOfFailures, "failures survive", "raised RuntimeError: no figures"),
        (LovesBrokenLimits, "limits are respected", "some candidates must keep a limit that a quarter"),
        (RestoresTheCounterOnly, "snapshot continues equally", "a restored searcher must ask what the"),
        (TakesAnyNumber, "unknown numbers are refused", "telling a number that was never asked must raise"),
        (StopsHalfway, "an exhausted domain ends", "an ask without rows must mean that all 12 were asked"),
    ],
)
def test_a_broken_searcher_fails_exactly_its_check(factory: SearcherFactory, check: str, detail: str) -> None:
    found = failures(factory)
    assert list(found) == [check]
    assert found[check].startswith(detail)
