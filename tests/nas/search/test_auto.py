"""The searcher that chooses: what it takes when, and that it says so."""

import numpy as np
import pytest

from nas.search import auto
from nas.search.auto import AutoSearch, plan_of
from nas.search.protocol import DecidingSearcher, SearchProblem
from nas.search.testing import check_searcher
from tests.nas.search.problems import integers, run, zdt1


def test_few_expensive_evaluations_are_chosen_by_models() -> None:
    plan = plan_of(SearchProblem(integers(8), 2))
    assert plan.modelled == 600
    assert plan.reason == "Gaussian processes of 8 variables for 600 evaluations; then evolution"


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (SearchProblem(integers(101), 2), "101 variables are too many for models: evolution"),
        (
            SearchProblem(integers(8), 2, n_evaluations=20_000),
            "20,000 evaluations are enough for evolution alone",
        ),
        (
            SearchProblem(integers(8), 2, seconds=1e-4),
            "an evaluation takes 0.1 ms, less than a model: evolution",
        ),
    ],
)
def test_what_models_do_not_suit_is_left_to_evolution(problem: SearchProblem, reason: str) -> None:
    searcher = AutoSearch(problem, seed=1)
    assert [decision.text for decision in searcher.decisions] == [reason]
    assert len(searcher.ask(5).rows) == 5


def test_evolution_goes_on_from_what_the_models_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auto, "MODELLED", 30)
    searcher = AutoSearch(SearchProblem(integers(6), 2), seed=1)
    _, objectives, _ = run(searcher, zdt1, 200)
    assert isinstance(searcher, DecidingSearcher)
    assert [decision.number for decision in searcher.decisions] == [0, 30]
    assert searcher.decisions[1].text.startswith("after 30 candidates: NSGA-II from the best of them")
    after = objectives[30:70]
    assert np.median(after.sum(axis=1)) < np.median(objectives[:10].sum(axis=1))


def test_results_of_the_models_may_come_after_the_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auto, "MODELLED", 20)
    from tests.nas.search.problems import told_of

    searcher = AutoSearch(SearchProblem(integers(4), 2), seed=1)
    run(searcher, zdt1, 16)
    late = searcher.ask(4)
    early = searcher.ask(3)
    assert early.numbers.tolist() == [20, 21, 22]
    searcher.tell(told_of(early, zdt1))
    searcher.tell(told_of(late, zdt1))
    assert searcher.ask(1).numbers.tolist() == [23]


@pytest.mark.parametrize("modelled", [12, 600])
def test_it_keeps_the_promises_of_a_searcher(modelled: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auto, "MODELLED", modelled)
    assert [result for result in check_searcher(AutoSearch, 3, n_evaluations=24) if not result.passed] == []
