"""The models and what they choose: gradients, expectations, and that a search learns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.pareto import hypervolume
from nas.search.columns import columns_of
from nas.search.protocol import FreeFigures, SearchError, SearchProblem, Told
from nas.search.random import RandomSearch
from nas.search.surrogate.features import features_of
from nas.search.surrogate.gaussian_process import _loss, first_hyper, fit
from nas.search.surrogate.improvement import expected_shortfall, log_improvement, log_kept
from nas.search.surrogate.scales import margin_scale, objective_scale
from nas.search.surrogate.searcher import SurrogateOptions, SurrogateSearch
from nas.search.testing import check_searcher
from searchspaces.space import Domain, Rows, Variable
from tests.nas.search.problems import integers, knapsack_like, run, zdt1

MIXED = Domain(
    (
        Variable("rate", "real", 1e-4, 1.0, log=True),
        Variable("width", "int", 1, 9),
        Variable("kind", "choice", 0, 2),
        Variable("fixed", "int", 5, 5),
    )
)


def test_features_of_labels_are_one_apart_and_those_of_numbers_span_the_range() -> None:
    features = features_of(columns_of(MIXED))
    rows = np.array([[1e-4, 1, 0, 5], [1.0, 9, 1, 5], [1e-2, 5, 2, 5]])
    found = features.of(rows)
    assert features.n_owners == 3
    assert features.owner.tolist() == [0, 1, 2, 2, 2]
    assert found[:, 0] == pytest.approx([0.0, 1.0, 0.5])
    labels = found[:, 2:]
    assert np.linalg.norm(labels[0] - labels[1]) == pytest.approx(1.0)


def test_the_gradient_of_the_posterior_is_that_of_its_differences() -> None:
    rng = np.random.default_rng(0)
    features, owner = rng.random((20, 4)), np.array([0, 1, 2, 2])
    values = np.sin(3 * features[:, 0]) + features[:, 1]
    vector = np.append(rng.standard_normal(3), -3.0)
    _, gradient = _loss(vector, features, owner, values)
    for index in range(4):
        step = np.eye(4)[index] * 1e-5
        above, below = (_loss(vector + s, features, owner, values)[0] for s in (step, -step))
        assert gradient[index] == pytest.approx((above - below) / 2e-5, rel=1e-4)


def test_a_process_learns_which_variables_matter() -> None:
    rng = np.random.default_rng(1)
    features = rng.random((60, 5))
    values = np.sin(4 * features[:, 0]) + features[:, 1] ** 2
    values = (values - values.mean()) / values.std()
    model = fit(features, np.arange(5), values, first_hyper(5), max_steps=40)
    fresh = rng.random((50, 5))
    mean, deviation = model.predict(fresh)
    truth = np.sin(4 * fresh[:, 0]) + fresh[:, 1] ** 2
    assert np.corrcoef(mean, truth)[0, 1] > 0.99
    assert model.hyper.log_weights[:2].min() > model.hyper.log_weights[2:].max()
    assert (deviation > 0).all()


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_the_scale_of_an_objective_keeps_every_rank(values: list[float]) -> None:
    figures = np.array(values)
    scaled = objective_scale(figures).apply(figures)
    assert np.isfinite(scaled).all()
    order = np.argsort(figures, kind="stable")
    assert (np.diff(scaled[order]) >= -1e-9).all()


def test_a_limit_lies_where_its_margin_is_zero() -> None:
    margins = np.array([-3.0, -0.5, 0.2, 4.0])
    scale = margin_scale(margins)
    assert (scale.apply(margins) > scale.threshold).tolist() == [False, False, True, True]
    unsigned = margin_scale(np.array([0.0, 0.0, 2.0]))
    assert (unsigned.apply(np.array([0.0, 2.0])) > unsigned.threshold).tolist() == [False, True]


def test_expected_improvement_of_two_objectives_is_the_mean_over_samples() -> None:
    rng = np.random.default_rng(2)
    front, reference = np.array([[0.2, 0.8], [0.5, 0.4], [0.9, 0.1]]), np.array([1.0, 1.0])
    mean, deviation = np.array([[0.3, 0.3], [0.7, 0.5]]), np.array([[0.2, 0.1], [0.2, 0.3]])
    before = hypervolume(front, reference)
    expected = np.exp(log_improvement(mean, deviation, front, reference, rng))
    for place in range(2):
        draws = mean[place] + deviation[place] * rng.standard_normal((4000, 2))
        gains = [hypervolume(np.vstack((front, draw)), reference) - before for draw in draws]
        assert expected[place] == pytest.approx(np.mean(gains), rel=0.1)


def test_expected_improvement_of_one_objective_is_the_shortfall_below_the_best() -> None:
    mean, deviation = np.array([[0.5]]), np.array([[0.25]])
    found = log_improvement(mean, deviation, np.array([[0.4], [0.7]]), np.ones(1), np.random.default_rng(0))
    assert np.exp(found[0]) == pytest.approx(expected_shortfall(np.array(0.4), mean[0, 0], deviation[0, 0]))


def test_the_probability_of_keeping_limits_is_a_product() -> None:
    mean, deviation = np.array([[0.0, -10.0]]), np.ones((1, 2))
    assert np.exp(log_kept(mean, deviation, np.zeros(2)))[0] == pytest.approx(0.5, abs=1e-6)


def test_three_objectives_improve_by_a_random_scalarization() -> None:
    rng = np.random.default_rng(3)
    front = np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
    mean = np.array([[0.2, 0.2, 0.2], [1.5, 1.5, 1.5]])
    better, worse = log_improvement(mean, np.full((2, 3), 0.05), front, np.full(3, 1.1), rng)
    assert better > worse


def test_it_keeps_the_promises_of_a_searcher() -> None:
    assert [
        result for result in check_searcher(SurrogateSearch, 3, n_evaluations=24) if not result.passed
    ] == []


def test_it_beats_random_search_by_far_on_zdt1() -> None:
    problem = SearchProblem(integers(8), 2)
    _, found, _ = run(SurrogateSearch(problem, seed=1), zdt1, 60)
    _, random, _ = run(RandomSearch(problem, seed=1), zdt1, 600)
    assert hypervolume(found, [1.1, 4.0]) > hypervolume(random, [1.1, 4.0])


def test_it_learns_a_limit_that_only_evaluations_tell() -> None:
    problem = SearchProblem(integers(6, upper=15), 2, 1)
    _, objectives, violations = run(SurrogateSearch(problem, seed=1), knapsack_like, 60)
    kept = objectives[violations[:, 0] == 0]
    assert kept.sum(axis=1).min() <= 42


def test_free_figures_are_taken_as_known() -> None:
    """The second objective is free, so its model is never asked."""

    def screen(rows: Rows) -> FreeFigures:
        free = np.column_stack((np.full(len(rows), np.nan), rows.sum(axis=1)))
        return FreeFigures(np.zeros((len(rows), 0)), free)

    def evaluate(rows: Rows) -> tuple[np.ndarray, np.ndarray]:
        return np.column_stack((((rows - 9) ** 2).sum(axis=1), rows.sum(axis=1))), np.zeros((len(rows), 0))

    problem = SearchProblem(integers(4), 2, screen=screen)
    rows, _, _ = run(SurrogateSearch(problem, seed=1), evaluate, 40)
    assert len(np.unique(rows, axis=0)) == 40


def test_a_batch_and_pending_rows_keep_apart() -> None:
    problem = SearchProblem(integers(3), 1)
    searcher = SurrogateSearch(problem, seed=1)
    run(searcher, lambda rows: (rows.sum(axis=1, keepdims=True).astype(float), np.zeros((len(rows), 0))), 15)
    first, second = searcher.ask(4), searcher.ask(4)
    rows = np.concatenate((first.rows, second.rows))
    assert len(np.unique(rows, axis=0)) == len(rows)


def test_nothing_that_worked_means_an_even_cover_until_something_does() -> None:
    searcher = SurrogateSearch(SearchProblem(integers(3), 1), seed=1)
    for _ in range(30):
        asked = searcher.ask(1)
        searcher.tell(Told(asked.numbers, np.full((1, 1), np.nan), np.zeros((1, 0)), np.array([True])))
    assert len(searcher.ask(2).rows) >= 1


def test_a_first_cover_of_one_row_is_refused() -> None:
    with pytest.raises(SearchError, match="first must be at least 2, but is 1"):
        SurrogateOptions(first=1)
