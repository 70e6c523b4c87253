"""Given designs are annealed further, each at its own weights, and never get worse."""

import numpy as np
import pytest

from nas.search.polish import Polish
from nas.search.protocol import SearchError, SearchProblem, Told
from searchspaces.space import Rows
from tests.nas.search.problems import FloatArray, integers, knapsack_like, run, sphere, told_of, zdt1

PROBLEM = SearchProblem(integers(20), 2)


def starts(n: int = 6) -> Rows:
    return np.random.default_rng(5).integers(0, 32, (n, 20)).astype(np.int32)


def weights(n: int = 6) -> FloatArray:
    return np.column_stack((np.ones(n), np.geomspace(0.1, 10, n)))


def polish(n_candidates: int = 6_000, seed: int = 1) -> Polish:
    return Polish(PROBLEM, starts(), weights(), seed=seed, n_candidates=n_candidates)


def test_starts_are_asked_first_and_all_candidates_lie_in_the_domain() -> None:
    rows, _, _ = run(polish(), zdt1, 10**6)
    assert (rows[:6] == starts()).all()
    assert ((rows >= 0) & (rows <= 31)).all()


def test_it_ends_after_the_candidates_that_it_was_given_in_whole_rounds() -> None:
    searcher = polish(6_000)
    rows, _, _ = run(searcher, zdt1, 10**6)
    assert 6_000 <= len(rows) < 6_000 + searcher.batch_size
    assert not len(searcher.ask(5).rows)


def test_each_design_improves_by_its_own_weights() -> None:
    searcher = polish(20_000)
    run(searcher, zdt1, 10**6)
    before = (zdt1(starts())[0] * weights()).sum(axis=1)
    after = (searcher.best.objectives * weights()).sum(axis=1)
    assert (after < 0.6 * before).all()
    assert searcher.best.objectives == pytest.approx(zdt1(searcher.best.rows)[0])


def test_what_is_kept_is_the_best_of_all_that_a_start_came_to() -> None:
    problem = SearchProblem(integers(12), 1)
    searcher = Polish(problem, starts()[:1, :12], np.ones((1, 1)), seed=1, n_candidates=900)
    _, objectives, _ = run(searcher, sphere, 10**6)
    assert searcher.best.objectives[0, 0] == objectives.min()


def test_a_start_that_keeps_the_limits_ends_in_a_design_that_does() -> None:
    problem = SearchProblem(integers(10, upper=15), 2, 1)
    begin = 15 - np.eye(3, 10, dtype=np.int32)
    searcher = Polish(problem, begin, np.ones((3, 2)), seed=1, n_candidates=9_000)
    run(searcher, knapsack_like, 10**6)
    assert (searcher.best.violations == 0).all()
    assert searcher.best.objectives.sum(axis=1).tolist() == [40.0] * 3


def test_a_start_that_breaks_a_limit_is_brought_to_keep_it() -> None:
    problem = SearchProblem(integers(10, upper=15), 2, 1)
    searcher = Polish(problem, np.zeros((1, 10), np.int32), np.ones((1, 2)), seed=1, n_candidates=9_000)
    run(searcher, knapsack_like, 10**6)
    assert searcher.best.violations.tolist() == [0.0]


@pytest.mark.parametrize("n_asks", [1, 2, 40])
def test_a_snapshot_goes_on_exactly(n_asks: int) -> None:
    whole, first, second = polish(), polish(), polish()
    ask_and_tell(whole, n_asks)
    ask_and_tell(first, n_asks)
    second.restore(first.snapshot())
    assert (ask_and_tell(second, 30) == ask_and_tell(whole, 30)).all()
    assert (second.best.rows == whole.best.rows).all()


def ask_and_tell(searcher: Polish, n_asks: int) -> Rows:
    rows = []
    for _ in range(n_asks):
        asked = searcher.ask(4)
        searcher.tell(told_of(asked, zdt1))
        rows.append(asked.rows)
    return np.concatenate(rows)


def test_a_snapshot_of_another_polish_is_refused() -> None:
    with pytest.raises(SearchError, match="snapshot"):
        polish(6_000).restore(polish(7_000).snapshot())


def test_the_order_and_portions_of_results_do_not_matter() -> None:
    whole, pieces = polish(), polish()
    rng = np.random.default_rng(0)
    for _ in range(20):
        asked = whole.ask(50)
        assert (pieces.ask(50).rows == asked.rows).all()
        told = told_of(asked, zdt1)
        whole.tell(told)
        for part in np.split(rng.permutation(len(asked.numbers)), [2, 5]):
            pieces.tell(
                Told(told.numbers[part], told.objectives[part], told.violations[part], told.failed[part])
            )
    assert (pieces.best.rows == whole.best.rows).all()


def test_without_starts_or_with_other_weights_there_is_nothing_to_polish() -> None:
    message = r"their weights \(n, 2\) must be there, but got 0 starts and weights \(6, 2\)"
    with pytest.raises(SearchError, match=message):
        Polish(PROBLEM, starts()[:0], weights(), seed=1, n_candidates=10)
    with pytest.raises(SearchError, match="but got 6 starts and weights"):
        Polish(PROBLEM, starts(), weights(5), seed=1, n_candidates=10)
