"""Quasi-random, local, regularized and many-objective searches, and the bounded history of TPE."""

import numpy as np
import pytest

from nas.pareto import hypervolume
from nas.search.columns import columns_of
from nas.search.local_search import LocalSearchOptions, ParetoLocalSearch, neighbors
from nas.search.optuna_adapter import OptunaSearch
from nas.search.protocol import SearchError, SearchProblem
from nas.search.pymoo_many import MANY, ManyOptions, PymooMany, directions
from nas.search.quasi_random import QuasiRandomSearch, sobol_rows
from nas.search.random import RandomSearch
from nas.search.registry import searcher_factory
from nas.search.regularized_evolution import RegularizedEvolution, RegularizedEvolutionOptions
from nas.search.testing import check_searcher
from searchspaces.space import Domain, Variable
from tests.nas.search.problems import dtlz2, integers, knapsack_like, run, zdt1


@pytest.mark.parametrize(
    "name",
    ["quasi_random", "regularized_evolution", "local_search", "anneal", "nsga2_anneal"]
    + [name for name in MANY if name != "pymoo_rnsga2"],
)
def test_it_keeps_the_promises_of_a_searcher(name: str) -> None:
    assert [result for result in check_searcher(searcher_factory(name), 3) if not result.passed] == []


def test_the_sequence_covers_every_value_evenly() -> None:
    columns = columns_of(Domain((Variable("a", "int", 0, 7), Variable("b", "choice", 0, 3))))
    rows = sobol_rows(columns, 1, 0, 64)
    assert np.bincount(rows[:, 0]).tolist() == [8] * 8
    assert np.bincount(rows[:, 1]).tolist() == [16] * 4


def test_the_sequence_goes_on_where_it_stopped() -> None:
    columns = columns_of(integers(3))
    whole = sobol_rows(columns, 1, 0, 20)
    assert np.array_equal(
        np.concatenate((sobol_rows(columns, 1, 0, 7), sobol_rows(columns, 1, 7, 13))), whole
    )


def test_another_seed_scrambles_the_sequence_otherwise() -> None:
    problem = SearchProblem(integers(3), 1)
    first, second = (QuasiRandomSearch(problem, seed=seed).ask(10).rows for seed in (1, 2))
    assert not np.array_equal(first, second)


def test_neighbors_differ_in_one_value_by_a_step_of_its_kind() -> None:
    domain = Domain(
        (
            Variable("count", "int", 0, 40),
            Variable("kind", "choice", 0, 2),
            Variable("share", "real", 0.0, 1.0),
            Variable("fixed", "int", 3, 3),
        )
    )
    found = neighbors(columns_of(domain), np.array([1.0, 2.0, 0.5, 3.0]))
    assert sorted(found[found[:, 0] != 1][:, 0].tolist()) == [0.0, 2.0, 5.0]
    assert sorted(found[found[:, 1] != 2][:, 1].tolist()) == [0.0, 1.0]
    assert sorted(found[found[:, 2] != 0.5][:, 2]) == pytest.approx([0.3, 0.45, 0.49, 0.51, 0.55, 0.7])


@pytest.mark.parametrize("factory", [ParetoLocalSearch, RegularizedEvolution])
def test_it_beats_random_search_on_zdt1(factory: type[ParetoLocalSearch | RegularizedEvolution]) -> None:
    problem = SearchProblem(integers(10), 2)
    _, found, _ = run(factory(problem, seed=1), zdt1, 1500)
    _, random, _ = run(RandomSearch(problem, seed=1), zdt1, 1500)
    assert hypervolume(found, [1.1, 7.0]) > hypervolume(random, [1.1, 7.0])


@pytest.mark.parametrize("factory", [ParetoLocalSearch, RegularizedEvolution])
def test_it_keeps_limits(factory: type[ParetoLocalSearch | RegularizedEvolution]) -> None:
    problem = SearchProblem(integers(6, upper=15), 2, 1)
    _, objectives, violations = run(factory(problem, seed=1), knapsack_like, 1500)
    assert objectives[violations[:, 0] == 0].sum(axis=1).min() == 40


def test_local_search_never_asks_a_row_twice_and_finds_a_local_optimum_of_all_neighbors() -> None:
    searcher = ParetoLocalSearch(SearchProblem(integers(25, upper=1), 1), seed=1)

    def ones(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return rows.sum(axis=1, keepdims=True).astype(float), np.zeros((len(rows), 0))

    rows, objectives, _ = run(searcher, ones, 500)
    assert len(np.unique(rows, axis=0)) == 500
    assert objectives.min() == 0


def test_impossible_options_are_refused() -> None:
    with pytest.raises(SearchError, match="first, archive and kick must be at least 1, but are 0, 100 and 3"):
        LocalSearchOptions(first=0)
    with pytest.raises(SearchError, match="population must be at least 2, but is 1"):
        RegularizedEvolutionOptions(population=1)
    with pytest.raises(SearchError, match=r"sample and mutations must be at least 1, but are 0 and 1\.3"):
        RegularizedEvolutionOptions(sample=0)
    with pytest.raises(SearchError, match="partitions must be at least 1, but is 0"):
        ManyOptions(partitions=0)


def test_there_are_no_more_directions_than_members_unless_partitions_are_named() -> None:
    assert len(directions(3, 100, ManyOptions())) == 91
    assert len(directions(3, 100, ManyOptions(partitions=4))) == 15
    assert directions(1, 100, ManyOptions()).tolist() == [[1.0]]


@pytest.mark.parametrize("name", ["pymoo_nsga3", "pymoo_age_moea", "pymoo_sms_emoa"])
def test_many_objective_searchers_come_nearer_to_the_sphere_than_random_search(name: str) -> None:
    problem = SearchProblem(integers(7), 3)
    _, found, _ = run(searcher_factory(name)(problem, seed=1, population=30), dtlz2, 900)
    _, random, _ = run(RandomSearch(problem, seed=1), dtlz2, 900)
    assert hypervolume(found, [1.2] * 3) > hypervolume(random, [1.2] * 3)


def test_reference_points_draw_the_search_to_them() -> None:
    problem = SearchProblem(integers(10), 2)
    options = ManyOptions(reference_points=((0.9, 0.1),))
    searcher = PymooMany(problem, "pymoo_rnsga2", seed=1, population=30, options=options)
    _, objectives, _ = run(searcher, zdt1, 1500)
    assert np.median(objectives[-150:, 0]) > 0.6


def test_reference_points_must_have_a_figure_for_each_objective() -> None:
    problem = SearchProblem(integers(3), 2)
    with pytest.raises(SearchError, match=r"needs at least one point of 2 figures, but got \[\[1.0\]\]"):
        PymooMany(problem, "pymoo_rnsga2", seed=1, options=ManyOptions(reference_points=((1.0,),)))


def test_a_bounded_history_is_restored_exactly() -> None:
    from nas.search.optuna_tpe import _sampler

    def bounded(seed: int) -> OptunaSearch:
        problem = SearchProblem(integers(4), 2, 1)
        return OptunaSearch(problem, "tpe", _sampler, seed=seed, n_most=12)

    first, second = bounded(1), bounded(2)
    run(first, knapsack_like, 45)
    snapshot = first.snapshot()
    assert 12 <= len(snapshot["seen"]) <= 18
    second.restore(snapshot)
    rows, again = (run(each, knapsack_like, 12)[0] for each in (first, second))
    assert np.array_equal(rows, again)


def test_a_bounded_history_keeps_what_is_pending() -> None:
    from nas.search.optuna_tpe import _sampler
    from tests.nas.search.problems import told_of

    searcher = OptunaSearch(SearchProblem(integers(4), 2, 1), "tpe", _sampler, seed=1, n_most=10)
    waiting = searcher.ask(3)
    run(searcher, knapsack_like, 30)
    searcher.tell(told_of(waiting, knapsack_like))
    assert len(searcher.ask(1).rows) == 1
