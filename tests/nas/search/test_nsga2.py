"""NSGA-II finds known fronts, in any domain, and goes on exactly from a snapshot."""

import numpy as np
import pytest

from nas.pareto import hypervolume, pareto_mask
from nas.search.nsga2 import Nsga2, Nsga2Options
from nas.search.protocol import SearchError, SearchProblem, Told
from nas.search.random import RandomSearch
from nas.search.registry import searcher_factory
from searchspaces.space import Domain, Variable
from tests.nas.search.problems import (
    Evaluate,
    dtlz2,
    integers,
    knapsack_like,
    run,
    sphere,
    told_of,
    zdt1,
    zdt5_like,
)


@pytest.mark.parametrize(
    ("evaluate", "domain", "reference", "share"),
    [
        (zdt1, integers(20), [1.1, 7.0], 0.98),
        (zdt5_like, integers(60, upper=1, block_size=5), [12.0, 40.0], 0.95),
        (dtlz2, integers(12), [1.5, 1.5, 1.5], 0.94),
    ],
)
def test_it_comes_near_the_best_hypervolume_and_beats_random_search(
    evaluate: Evaluate, domain: Domain, reference: list[float], share: float
) -> None:
    problem = SearchProblem(domain, len(reference))
    best = {zdt1: zdt1_best(), zdt5_like: zdt5_best(), dtlz2: 1.5**3 - np.pi / 6}[evaluate]
    for seed in (1, 2):
        _, found, _ = run(Nsga2(problem, seed=seed, population=100), evaluate, 12_000)
        _, random, _ = run(RandomSearch(problem, seed=seed), evaluate, 12_000)
        volume = hypervolume(found, reference)
        assert volume > hypervolume(random, reference)
        assert share * best < volume <= best * 1.0001


def zdt1_best() -> float:
    first = np.arange(32) / 31
    return hypervolume(np.column_stack((first, 1 - np.sqrt(first))), [1.1, 7.0])


def zdt5_best() -> float:
    ones = np.arange(1.0, 12.0)
    return hypervolume(np.column_stack((ones, 10 / ones)), [12.0, 40.0])


def test_a_limit_is_met_exactly_along_its_front() -> None:
    problem = SearchProblem(integers(10, upper=15), 2, 1)
    _, objectives, violations = run(Nsga2(problem, seed=1, population=100), knapsack_like, 10_000)
    kept = objectives[violations[:, 0] == 0]
    front = np.unique(kept[pareto_mask(kept)], axis=0)
    assert (front.sum(axis=1) == 40).mean() > 0.9
    assert len(front) > 35  # of 41


def test_one_objective_is_minimized() -> None:
    _, objectives, _ = run(Nsga2(SearchProblem(integers(12), 1), seed=1, population=40), sphere, 8000)
    assert objectives.min() <= 2


def test_candidates_without_figures_lead_toward_the_limit() -> None:
    """Rejected candidates have violations only; almost all random rows are rejected."""

    def evaluate(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        total = rows.sum(axis=1, keepdims=True).astype(float)
        violations = np.maximum(0.0, total / 30.0 - 1.0)
        return np.where(violations > 0, np.inf, np.hstack((total, -rows[:, :1]))), violations

    searcher = Nsga2(SearchProblem(integers(20), 2, 1), seed=1, population=50)
    _, objectives, violations = run(searcher, evaluate, 5000)
    assert (violations[:50] > 0).all()
    assert (violations[-1000:] == 0).mean() > 0.1
    assert objectives[:, 0].min() <= 15


def test_ten_generations_equal_five_a_snapshot_and_five_more() -> None:
    problem = SearchProblem(
        Domain((*integers(12).variables, Variable("r", "real", 0.1, 2.0), Variable("c", "choice", 0, 3))), 2
    )
    whole = Nsga2(problem, seed=7, population=30)
    expected = run(whole, zdt1, 300)[0]
    first = Nsga2(problem, seed=7, population=30)
    begun = run(first, zdt1, 150)[0]
    second = Nsga2(problem, seed=8, population=30)
    second.restore(first.snapshot())
    ended = run(second, zdt1, 150)[0]
    assert (np.concatenate((begun, ended)) == expected).all()


def test_the_order_and_portions_of_results_do_not_matter() -> None:
    problem = SearchProblem(integers(20), 2)
    whole, pieces = (Nsga2(problem, seed=3, population=20) for _ in range(2))
    rng = np.random.default_rng(0)
    for _ in range(8):
        asked = whole.ask(20)
        told = told_of(asked, zdt1)
        assert (pieces.ask(20).rows == asked.rows).all()
        whole.tell(told)
        for part in np.split(rng.permutation(20), [3, 4, 15]):
            pieces.tell(
                Told(told.numbers[part], told.objectives[part], told.violations[part], told.failed[part])
            )
    assert (pieces.ask(20).rows == whole.ask(20).rows).all()


def test_steady_use_with_candidates_pending_asks_nothing_twice() -> None:
    searcher = Nsga2(SearchProblem(integers(6, upper=9), 2), seed=1, population=20)
    waiting = [searcher.ask(1) for _ in range(8)]
    rows = [asked.rows.tobytes() for asked in waiting]
    for _ in range(400):
        searcher.tell(told_of(waiting.pop(0), zdt1))
        waiting.append(searcher.ask(1))
        rows.append(waiting[-1].rows.tobytes())
    assert len(set(rows)) == len(rows)


def test_a_domain_smaller_than_the_population_is_walked_to_its_end() -> None:
    problem = SearchProblem(integers(2, upper=3), 2)
    rows, _, _ = run(Nsga2(problem, seed=1, population=50), zdt1, 1000)
    assert len(rows) == len(np.unique(rows, axis=0)) == 16


def test_a_domain_a_little_larger_than_the_population_is_walked_to_its_end() -> None:
    problem = SearchProblem(integers(3, upper=3), 2)
    rows, _, _ = run(Nsga2(problem, seed=1, population=50), zdt1, 1000)
    assert len(rows) == len(np.unique(rows, axis=0)) == 64


def test_a_domain_of_one_row_ends_after_it() -> None:
    searcher = Nsga2(SearchProblem(Domain((Variable("x", "int", 4, 4),)), 1), seed=1)
    assert searcher.ask(10).rows.tolist() == [[4]]
    assert len(searcher.ask(10).rows) == 0


def test_more_initial_rows_than_the_population_are_all_asked_first() -> None:
    initial = np.random.default_rng(0).integers(0, 32, size=(70, 20), dtype=np.int32)
    searcher = Nsga2(SearchProblem(integers(20), 2), seed=1, initial=initial, population=30)
    rows, _, _ = run(searcher, zdt1, 100)
    assert (rows[:70] == initial).all()


def test_few_initial_rows_are_filled_up_at_random() -> None:
    initial = np.zeros((1, 20), dtype=np.int32)
    searcher = Nsga2(SearchProblem(integers(20), 2), seed=1, initial=initial, population=30)
    asked = searcher.ask(30)
    assert len(asked.rows) == 30
    assert (asked.rows[0] == 0).all()
    assert len(np.unique(asked.rows, axis=0)) == 30


def test_all_failed_starts_over_at_random() -> None:
    searcher = Nsga2(SearchProblem(integers(5), 1), seed=1, population=10)
    for _ in range(3):
        asked = searcher.ask(10)
        nothing = np.full((10, 1), np.nan)
        searcher.tell(Told(asked.numbers, nothing, np.zeros((10, 0)), np.ones(10, dtype=np.bool_)))
    assert len(searcher.ask(10).rows) == 10


def test_options_say_what_must_hold() -> None:
    with pytest.raises(SearchError, match="population must be at least 2, but is 1"):
        Nsga2Options(population=1)
    with pytest.raises(SearchError, match="mutations must be at least 1, but is 0"):
        Nsga2Options(mutations=0)
    with pytest.raises(SearchError, match=r"crossover_rate must be from 0 to 1, but is 1\.5"):
        Nsga2Options(crossover_rate=1.5)
    with pytest.raises(SearchError, match="population must be at least 2, but is 0"):
        Nsga2(SearchProblem(integers(2), 1), seed=1, population=0)


def test_a_snapshot_waits_for_pending_results() -> None:
    searcher = Nsga2(SearchProblem(integers(4), 2), seed=1, population=10)
    searcher.ask(3)
    with pytest.raises(SearchError, match="snapshot: all that was asked must be told first, but 3 are not"):
        searcher.snapshot()


def test_a_snapshot_of_something_else_is_refused() -> None:
    problem = SearchProblem(integers(4), 2)
    searcher = Nsga2(problem, seed=1)
    with pytest.raises(SearchError, match="must be one of 'nsga2', but is one of 'random'"):
        searcher.restore(RandomSearch(problem, seed=1).snapshot())
    with pytest.raises(SearchError, match="must belong to an equal problem with equal options"):
        searcher.restore(Nsga2(problem, seed=1, population=50).snapshot())
    with pytest.raises(SearchError, match="must be one of 'nsga2', but is one of 'unnamed'"):
        searcher.restore({})


def test_the_registry_knows_it_and_names_the_nearest() -> None:
    assert searcher_factory("nsga2") is Nsga2
    with pytest.raises(SearchError, match="but got 'nsga'; did you mean 'nsga2'"):
        searcher_factory("nsga")
