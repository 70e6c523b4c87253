"""Annealing finds fronts, alone and in turn with NSGA-II, and goes on exactly from a snapshot."""

import numpy as np
import pytest

from nas.pareto import hypervolume
from nas.search.anneal import Anneal, AnnealOptions
from nas.search.chains import Chains, ChainStates
from nas.search.ledger import Results
from nas.search.nsga2 import Nsga2
from nas.search.nsga2_anneal import Nsga2Anneal, Nsga2AnnealOptions
from nas.search.protocol import Searcher, SearchError, SearchProblem, Told
from nas.search.testing import check_searcher
from searchspaces.space import Rows
from tests.nas.search.problems import (
    Evaluate,
    dtlz2,
    integers,
    knapsack_like,
    run,
    sphere,
    told_of,
    zdt1,
)

SHORT = Nsga2AnnealOptions(first_phase=60)
FEW = AnnealOptions(chains=8, first_steps=10)


def in_turn(
    problem: SearchProblem, *, seed: int, initial: Rows | None = None, population: int | None = None
) -> Searcher:
    return Nsga2Anneal(
        problem, seed=seed, initial=initial, population=population, options=SHORT, annealing=FEW
    )


def alone(
    problem: SearchProblem, *, seed: int, initial: Rows | None = None, population: int | None = None
) -> Searcher:
    return Anneal(problem, seed=seed, initial=initial, population=population, options=FEW)


@pytest.mark.parametrize("factory", [Anneal, Nsga2Anneal, in_turn, alone])
def test_the_protocol_is_kept(factory: type[Anneal]) -> None:
    results = check_searcher(factory, 3, n_evaluations=400)
    assert [(result.name, result.detail) for result in results if not result.passed] == []


@pytest.mark.parametrize(
    ("evaluate", "n", "reference", "share"),
    [(zdt1, 20, [1.1, 7.0], 0.9), (dtlz2, 12, [1.5, 1.5, 1.5], 0.85)],
)
def test_a_front_of_two_or_three_objectives_is_found(
    evaluate: Evaluate, n: int, reference: list[float], share: float
) -> None:
    problem = SearchProblem(integers(n), len(reference))
    _, evolved, _ = run(Nsga2(problem, seed=1, population=100), evaluate, 12_000)
    _, annealed, _ = run(Anneal(problem, seed=1, population=8), evaluate, 12_000)
    assert hypervolume(annealed, reference) > share * hypervolume(evolved, reference)


def test_in_turn_they_find_what_evolution_finds() -> None:
    problem = SearchProblem(integers(20), 2)
    _, evolved, _ = run(Nsga2(problem, seed=1, population=100), zdt1, 12_000)
    both = Nsga2Anneal(problem, seed=1, population=100, options=Nsga2AnnealOptions(first_phase=2_000))
    _, found, _ = run(both, zdt1, 12_000)
    assert hypervolume(found, [1.1, 7.0]) > 0.98 * hypervolume(evolved, [1.1, 7.0])


def test_a_limit_is_never_given_up_once_it_is_kept() -> None:
    searcher = alone(SearchProblem(integers(10, upper=15), 2, 1), seed=1)
    _, objectives, violations = run(searcher, knapsack_like, 6_000)
    kept = objectives[violations[:, 0] == 0]
    assert (kept.sum(axis=1) == 40).sum() > 20
    assert (violations[-1000:, 0] == 0).mean() > 0.3


def test_one_objective_is_minimized() -> None:
    _, objectives, _ = run(Anneal(SearchProblem(integers(12), 1), seed=1, population=8), sphere, 8000)
    assert objectives.min() <= 2


@pytest.mark.parametrize("factory", [in_turn, alone])
@pytest.mark.parametrize("n_asks", [10, 26, 100])
def test_a_snapshot_goes_on_in_any_phase(factory: type[Anneal], n_asks: int) -> None:
    problem = SearchProblem(integers(12), 2)
    whole, first, second = (factory(problem, seed=7, population=20) for _ in range(3))
    asked_by(whole, n_asks)
    asked_by(first, n_asks)
    second.restore(first.snapshot())
    assert (asked_by(second, 75) == asked_by(whole, 75)).all()


def asked_by(searcher: Searcher, n_asks: int) -> Rows:
    rows = []
    for _ in range(n_asks):
        asked = searcher.ask(4)
        searcher.tell(told_of(asked, zdt1))
        rows.append(asked.rows)
    return np.concatenate(rows)


def test_the_order_and_portions_of_results_do_not_matter() -> None:
    problem = SearchProblem(integers(20), 2)
    whole, pieces = (in_turn(problem, seed=3, population=20) for _ in range(2))
    rng = np.random.default_rng(0)
    for _ in range(30):
        asked = whole.ask(16)
        told = told_of(asked, zdt1)
        assert (pieces.ask(16).rows == asked.rows).all()
        whole.tell(told)
        for part in np.split(rng.permutation(len(asked.numbers)), [3, 4]):
            pieces.tell(
                Told(told.numbers[part], told.objectives[part], told.violations[part], told.failed[part])
            )


def test_results_of_an_earlier_phase_reach_the_searcher_that_asked() -> None:
    searcher = in_turn(SearchProblem(integers(20), 2), seed=3, population=20)
    late = searcher.ask(5)
    for _ in range(20):
        searcher.tell(told_of(searcher.ask(16), zdt1))
    searcher.tell(told_of(late, zdt1))
    with pytest.raises(SearchError, match="told before"):
        searcher.tell(told_of(late, zdt1))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"chains": 1}, "chains must be at least 2, but is 1"),
        ({"growth": 0.5}, "growth and first_steps must be at least 1, but are 8, 1.5, 0.5 and 200"),
        (
            {"tries": 0},
            "tries, moves, growth and first_steps must be at least 1, but are 0, 1.5, 1.5 and 200",
        ),
        ({"hottest": 0.01}, "0 < coldest <= hottest must hold, but got 0.05 and 0.01"),
    ],
)
def test_impossible_options_are_refused(options: dict[str, float], message: str) -> None:
    with pytest.raises(SearchError, match=message):
        AnnealOptions(**options)  # type: ignore[arg-type]


def test_impossible_turns_are_refused() -> None:
    message = "first_phase, anneal_share and growth must be at least 1, but are 0, 3.0 and 2.0"
    with pytest.raises(SearchError, match=message):
        Nsga2AnnealOptions(first_phase=0)


def test_candidates_of_one_chain_are_asked_in_a_row_and_differ_little() -> None:
    searcher = Anneal(SearchProblem(integers(40), 2), seed=1, options=AnnealOptions(chains=4, tries=6))
    run(searcher, zdt1, 17 * 24)
    rows = searcher.ask(24).rows
    changed = (rows[1:] != rows[:-1]).sum(axis=1)
    assert np.median(np.delete(changed, [5, 11, 17])) <= 4
    assert (changed[[5, 11, 17]] > np.median(changed)).all()


def cold_chain(first: int) -> Chains:
    """One chain that stands at 5 and accepts nothing worse."""
    return Chains(
        states=ChainStates(np.zeros((1, 1), np.int32), np.array([[5.0]]), np.zeros(1)),
        weights=np.ones((1, 1)),
        units=np.full(1, 1e-9),
        first=first,
        steps=8,
        tries=4,
        hottest=1.0,
        coldest=1.0,
    )


def test_of_candidates_that_were_asked_together_a_better_one_is_not_lost_behind_an_equal_one() -> None:
    chains = cold_chain(first=0)
    objectives = np.array([[5.0], [3.0], [4.0], [3.0]])
    rows = np.arange(1, 5, dtype=np.int32)[:, None]
    chains.step(Results(np.arange(4), rows, objectives, np.zeros((4, 0))), np.random.default_rng(0))
    assert chains.states.rows.tolist() == [[4]]
    assert chains.states.objectives.tolist() == [[3.0]]


def test_candidates_from_before_a_cycle_move_no_chain() -> None:
    chains = cold_chain(first=2)
    rows = np.array([[1], [2]], dtype=np.int32)
    late = Results(np.array([0, 1]), rows, np.zeros((2, 1)), np.zeros((2, 0)))
    chains.step(late, np.random.default_rng(0))
    assert chains.states.rows.tolist() == [[0]]
