"""The filter of free limits: what breaks one is never evaluated, nor anything twice."""

import numpy as np
import pytest

from nas.search.kept_rows import find_kept
from nas.search.protocol import FreeFigures, Screen, Searcher, SearchProblem, Told
from nas.search.registry import searcher_factory
from nas.search.screening import ScreenedSearch, screened_search
from nas.search.testing import check_searcher
from searchspaces.space import Domain, Rows, Variable
from tests.nas.search.problems import integers, run, sphere


def at_most(limit: float) -> Screen:
    """The sum of a row may not exceed a limit."""

    def screen(rows: Rows) -> FreeFigures:
        margins = rows.sum(axis=1, keepdims=True).astype(float) / limit - 1
        return FreeFigures(margins, np.full((len(rows), 1), np.nan))

    return screen


def problem_of(limit: float, n: int = 4, upper: int = 31) -> SearchProblem:
    return SearchProblem(integers(n, upper=upper), 1, 1, screen=at_most(limit))


def with_margins(rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    return sphere(rows)[0], np.zeros((len(rows), 1))


@pytest.mark.parametrize(
    "name", ["random", "quasi_random", "nsga2", "regularized_evolution", "local_search", "tpe", "auto"]
)
def test_what_breaks_a_free_limit_is_never_handed_on(name: str) -> None:
    searcher = screened_search(searcher_factory(name), problem_of(30), seed=1, patience=2000)
    rows, _, _ = run(searcher, with_margins, 40)
    assert (rows.sum(axis=1) <= 30).all()


@pytest.mark.parametrize("name", ["nsga2", "regularized_evolution", "pymoo_nsga2"])
def test_no_row_is_handed_on_twice(name: str) -> None:
    problem = SearchProblem(integers(25, upper=1), 1, 1, screen=at_most(4))
    searcher = screened_search(searcher_factory(name), problem, seed=1, population=10, patience=2000)
    rows, _, _ = run(searcher, with_margins, 150)
    assert len(np.unique(rows, axis=0)) == len(rows)


def test_rows_that_stand_for_the_same_design_are_evaluated_once() -> None:
    def canonical(rows: Rows) -> Rows:
        made = rows.copy()
        made[:, 1:] = 0
        return made

    problem = SearchProblem(integers(3, upper=7), 1)
    searcher = screened_search(searcher_factory("random"), problem, seed=1, canonical=canonical, patience=600)
    rows, _, _ = run(searcher, sphere, 100)
    assert sorted(rows[:, 0].tolist()) == list(range(8))


def test_a_copy_under_evaluation_gets_the_figures_of_the_first() -> None:
    class Twice:
        """Asks the same row forever."""

        batch_size = 2

        def __init__(self) -> None:
            self.n, self.told = 0, {}

        def ask(self, n: int) -> object:
            from nas.search.protocol import Asked

            numbers = np.arange(self.n, self.n + n)
            self.n += n
            return Asked(numbers, np.tile(np.array([[3, 4]], np.int32), (n, 1)))

        def tell(self, told: Told) -> None:
            self.told |= dict(zip(told.numbers.tolist(), told.objectives[:, 0].tolist(), strict=True))

        def snapshot(self) -> dict[str, np.ndarray]:
            return {}

        def restore(self, snapshot: object) -> None:
            pass

    inner = Twice()

    def factory(problem: SearchProblem, **options: object) -> Searcher:
        return inner

    problem = SearchProblem(integers(2), 1)
    searcher = screened_search(factory, problem, seed=1, canonical=lambda rows: rows, patience=4)
    asked = searcher.ask(2)
    assert asked.rows.tolist() == [[3, 4]]
    searcher.tell(Told(asked.numbers, np.array([[7.0]]), np.zeros((1, 0)), np.array([False])))
    assert set(inner.told.values()) == {7.0}
    assert len(inner.told) == inner.n


def test_a_small_space_without_a_kept_row_is_proven_infeasible() -> None:
    problem = SearchProblem(Domain((Variable("a", "int", 10, 40), Variable("b", "int", 10, 20))), 1, 1)
    _, verdict, share = find_kept(problem, at_most(16), seed=1, n_wanted=5)
    assert share == 0
    assert verdict is not None
    assert verdict.is_proven
    assert verdict.text(["flash_bytes"]) == (
        "all 341 designs of the space were priced before any evaluation, and none keeps the limit on "
        "flash_bytes: the nearest misses it by 25.0%"
    )


def test_a_large_space_without_a_kept_row_is_given_up_early_with_the_nearest_miss() -> None:
    domain = Domain(tuple(Variable(f"x{i}", "int", 1, 1000) for i in range(6)))
    _, verdict, _ = find_kept(SearchProblem(domain, 1, 1), at_most(5), seed=1, n_wanted=5)
    assert verdict is not None
    assert not verdict.is_proven
    assert 0.19 < verdict.excess[0] < 2.0
    assert "designs were priced" in verdict.text(["ram"])


def test_limits_that_only_bite_together_are_named_together() -> None:
    def screen(rows: Rows) -> FreeFigures:
        x = rows[:, :1].astype(float)
        return FreeFigures(np.hstack((x / 10 - 1, 1 - x / 20)), np.full((len(rows), 1), np.nan))

    _, verdict, _ = find_kept(SearchProblem(integers(2), 1, 2), screen, seed=1, n_wanted=5)
    assert verdict is not None
    assert "none keeps all limits at once (ram, accuracy): the nearest misses" in verdict.text(
        ["ram", "accuracy"]
    )


def test_an_infeasible_space_ends_the_search_before_the_first_evaluation() -> None:
    domain = Domain(tuple(Variable(f"x{i}", "int", 1, 31) for i in range(4)))
    problem = SearchProblem(domain, 1, 1, screen=at_most(3))
    searcher = screened_search(searcher_factory("nsga2"), problem, seed=1, patience=500)
    assert isinstance(searcher, ScreenedSearch)
    assert searcher.verdict is not None
    assert len(searcher.ask(5).rows) == 0


def test_rare_rows_that_keep_the_limits_are_found() -> None:
    kept, verdict, share = find_kept(problem_of(3, n=8), at_most(3), seed=1, n_wanted=5)
    assert verdict is None
    assert share < 1e-3
    assert len(kept) == 5
    assert (kept.sum(axis=1) <= 3).all()


def test_a_searcher_that_only_proposes_what_breaks_limits_is_helped_out() -> None:
    def upper_end(given: SearchProblem, **options: object) -> Searcher:
        narrow = Domain(tuple(Variable(f"x{i}", "int", 28, 31) for i in range(4)))
        return searcher_factory("random")(SearchProblem(narrow, 1, 1), seed=1)

    searcher = screened_search(upper_end, problem_of(40), seed=1, patience=100)
    asked = searcher.ask(3)
    assert len(asked.rows) == 1
    assert asked.rows.sum() <= 40
    searcher.tell(Told(asked.numbers, np.ones((1, 1)), np.zeros((1, 1)), np.array([False])))


@pytest.mark.parametrize("name", ["random", "nsga2", "local_search"])
def test_the_filter_around_a_searcher_keeps_the_promises_of_one(name: str) -> None:
    def factory(
        problem: SearchProblem, *, seed: int, initial: Rows | None = None, population: int | None = None
    ) -> Searcher:
        return screened_search(
            searcher_factory(name),
            problem,
            seed=seed,
            initial=initial,
            population=population,
            canonical=lambda rows: rows,
            patience=500,
        )

    assert [result for result in check_searcher(factory, 3) if not result.passed] == []


def test_without_anything_known_the_filter_is_the_searcher_itself() -> None:
    searcher = screened_search(searcher_factory("random"), SearchProblem(integers(2), 1), seed=1)
    assert not isinstance(searcher, ScreenedSearch)
