"""pymoo and Optuna behind the protocol: they search, keep limits, and are restored."""

import numpy as np
import pytest
from optuna.samplers import GPSampler, TPESampler

from nas.pareto import hypervolume, pareto_mask
from nas.search.optuna_adapter import OptunaSearch
from nas.search.protocol import SearchError, SearchProblem, Told
from nas.search.pymoo_adapter import PymooNsga2, PymooOperators
from nas.search.random import RandomSearch
from nas.search.registry import searcher_factory
from searchspaces.space import Domain, Variable
from tests.nas.search.problems import integers, knapsack_like, run, sphere, told_of, zdt1

REALS = Domain((Variable("x", "real", -5.0, 5.0), Variable("y", "real", -5.0, 5.0)))


def test_pymoo_beats_random_search_on_zdt1() -> None:
    problem = SearchProblem(integers(10), 2)
    _, found, _ = run(PymooNsga2(problem, seed=1, population=40), zdt1, 1600)
    _, random, _ = run(RandomSearch(problem, seed=1), zdt1, 1600)
    assert hypervolume(found, [1.1, 7.0]) > hypervolume(random, [1.1, 7.0])


def test_pymoo_keeps_limits() -> None:
    problem = SearchProblem(integers(6, upper=15), 2, 1)
    _, objectives, violations = run(PymooNsga2(problem, seed=1, population=40), knapsack_like, 1600)
    kept = objectives[violations[:, 0] == 0]
    assert (kept[pareto_mask(kept)].sum(axis=1) <= 42).all()


def test_pymoo_needs_two_individuals() -> None:
    with pytest.raises(SearchError, match="population must be at least 2, but is 1"):
        PymooNsga2(SearchProblem(integers(2), 1), seed=1, population=1)


def test_pymoo_starts_from_initial_rows_beyond_the_population() -> None:
    initial = np.random.default_rng(0).integers(0, 32, size=(25, 4), dtype=np.int32)
    searcher = PymooNsga2(SearchProblem(integers(4), 2), seed=1, initial=initial, population=10)
    assert (run(searcher, zdt1, 40)[0][:25] == initial).all()


def test_pymoo_goes_on_with_random_rows_where_its_operators_make_no_child() -> None:
    still = PymooOperators(crossover_probability=0.0, mutation_probability=0.0)
    searcher = PymooNsga2(SearchProblem(integers(4), 2), seed=1, population=10, operators=still)
    assert len(np.unique(run(searcher, zdt1, 60)[0], axis=0)) == 60


def test_the_operators_of_pymoo_change_what_it_asks() -> None:
    problem, gentle = (
        SearchProblem(integers(4), 2),
        PymooOperators(mutation_probability=0.2, mutation_eta=5.0),
    )
    searcher = PymooNsga2(problem, seed=1, population=10, operators=gentle)
    rows, other = run(searcher, zdt1, 40)[0], run(PymooNsga2(problem, seed=1, population=10), zdt1, 40)[0]
    assert np.array_equal(rows[:10], other[:10])
    assert not np.array_equal(rows, other)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("crossover_probability", 1.2, "crossover_probability must be from 0 to 1, but is 1.2"),
        ("mutation_probability", -0.1, "mutation_probability must be from 0 to 1, but is -0.1"),
        ("mutation_eta", 0.0, "mutation_eta must be above 0, but is 0.0"),
    ],
)
def test_pymoo_refuses_impossible_operators(name: str, value: float, message: str) -> None:
    with pytest.raises(SearchError, match=message):
        PymooOperators(**{name: value})


def test_a_snapshot_of_pymoo_belongs_to_its_operators() -> None:
    problem = SearchProblem(integers(4), 2)
    snapshot = PymooNsga2(problem, seed=1, population=10).snapshot()
    other = PymooNsga2(problem, seed=1, population=10, operators=PymooOperators(mutation_eta=5.0))
    with pytest.raises(SearchError, match="restore: the snapshot must belong to an equal problem with equal"):
        other.restore(snapshot)


def test_tpe_beats_random_search() -> None:
    problem = SearchProblem(integers(6), 1)
    best = [run(searcher_factory("tpe")(problem, seed=seed), sphere, 60)[1].min() for seed in (1, 2)]
    random = [run(RandomSearch(problem, seed=seed), sphere, 60)[1].min() for seed in (1, 2)]
    assert max(best) < min(random)


def test_tpe_learns_from_broken_limits_without_figures() -> None:
    def evaluate(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        violations = np.maximum(0.0, rows.sum(axis=1, keepdims=True) / 30.0 - 1.0)
        return np.where(violations > 0, np.inf, rows.sum(axis=1, keepdims=True)), violations

    problem = SearchProblem(integers(4), 1, 1)
    _, _, violations = run(searcher_factory("tpe")(problem, seed=1), evaluate, 60)
    assert (violations[30:] == 0).mean() > 3 * (violations[:10] == 0).mean()


def test_gp_finds_a_minimum_in_a_few_steps_and_is_restored_exactly() -> None:
    def bowl(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return ((rows - 1.0) ** 2).sum(axis=1, keepdims=True), np.zeros((len(rows), 0))

    problem = SearchProblem(REALS, 1)
    first = searcher_factory("gp")(problem, seed=1)
    _, before, _ = run(first, bowl, 12)
    second = searcher_factory("gp")(problem, seed=2)
    second.restore(first.snapshot())
    rows, after, _ = run(first, bowl, 2)
    again, _, _ = run(second, bowl, 2)
    assert (rows == again).all()
    assert min(before.min(), after.min()) < 1.0


@pytest.mark.parametrize("sampler", [TPESampler, GPSampler])
def test_suggestions_of_one_ask_and_of_pending_candidates_differ(
    sampler: type[TPESampler] | type[GPSampler],
) -> None:
    problem = SearchProblem(integers(2, upper=4), 1)
    searcher = OptunaSearch(problem, "any", lambda seed: sampler(seed=seed, n_startup_trials=30), seed=1)
    asked = [searcher.ask(5) for _ in range(5)]
    rows = np.concatenate([one.rows for one in asked])
    assert len(np.unique(rows, axis=0)) == 25
    assert len(searcher.ask(1).rows) == 0
    for one in reversed(asked):
        searcher.tell(told_of(one, sphere))


def test_restoring_replays_failures_and_missing_figures() -> None:
    problem = SearchProblem(integers(3), 2, 1)
    first, second = (searcher_factory("tpe")(problem, seed=4) for _ in range(2))
    asked = first.ask(14)
    told = told_of(asked, knapsack_like)
    told.objectives[3], told.violations[3] = np.inf, 0.5
    told.objectives[4], told.violations[4] = np.inf, 0.0
    failed = np.arange(14) == 5
    told.objectives[5] = np.nan
    first.tell(Told(told.numbers, told.objectives, told.violations, failed))
    second.restore(first.snapshot())
    assert (second.ask(3).rows == first.ask(3).rows).all()
