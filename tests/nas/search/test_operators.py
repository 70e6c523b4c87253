"""Draws, crossover, mutation and hashes of rows, and who survives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.pareto import crowding_distance, ranks
from nas.search.columns import checked_rows, columns_of, draw_rows, from_scale, to_scale
from nas.search.operators import MutationRates, blocks_of, cross_blocks, hash_rows, mutate
from nas.search.population import judge, survival_order
from nas.search.protocol import SearchError
from nas.search.visited import VisitedRows
from searchspaces.space import Domain, Variable
from tests.nas.search.problems import integers

MIXED = Domain(
    (
        Variable("i", "int", -4, 9),
        Variable("c", "choice", 0, 2, block=1),
        Variable("r", "real", 0.5, 2.0, block=1),
        Variable("lr", "real", 1e-5, 1e-1, log=True),
        Variable("li", "int", 1, 1000, log=True, block=2),
        Variable("bit", "int", 0, 1, block=2),
        Variable("fixed", "int", 3, 3),
    )
)
RATES = MutationRates(mean=3.0, reset=0.5)


@st.composite
def domains(draw: st.DrawFn) -> Domain:
    variables = []
    for name in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(["int", "choice", "real"]))
        log = kind != "choice" and draw(st.booleans())
        lower = 1 if log else 0 if kind == "choice" else draw(st.integers(-20, 20))
        span = draw(st.sampled_from([0, 1, 2, 7, 300]))
        block = draw(st.integers(0, 2))
        variables.append(Variable(str(name), kind, lower, lower + span, log=log, block=block))
    return Domain(tuple(variables))


@settings(deadline=None)  # kernels compile on their first call
@given(domains(), st.integers(0, 1000))
def test_drawn_and_mutated_rows_stay_in_the_domain_and_change(domain: Domain, seed: int) -> None:
    rng, columns = np.random.default_rng(seed), columns_of(domain)
    rows = draw_rows(columns, rng, 20)
    assert rows.dtype == domain.dtype
    assert len(checked_rows(columns, rows)) <= 20
    if len(columns.free):
        before = rows.copy()
        mutate(columns, rows, MutationRates(mean=1.0, reset=0.5), rng)
        checked_rows(columns, rows)
        assert ((rows != before).sum(axis=1) == 1).mean() > 0.9  # a real step can vanish in rounding


def test_draws_are_uniform_and_by_ratio_on_logarithmic_variables() -> None:
    rows = draw_rows(columns_of(MIXED), np.random.default_rng(1), 20_000)
    counts = np.bincount((rows[:, 0] + 4).astype(int))
    assert len(counts) == 14
    assert (np.abs(counts / 20_000 - 1 / 14) < 0.01).all()
    assert abs((rows[:, 3] < 1e-3).mean() - 0.5) < 0.02
    assert abs((rows[:, 4] <= 31).mean() - 0.5) < 0.05


def test_the_scale_is_inverted_exactly_for_whole_numbers() -> None:
    columns = columns_of(MIXED)
    values = np.arange(1.0, 1001.0)
    index = np.full(1000, 4)
    assert (from_scale(columns, to_scale(columns, values, index), index) == values).all()


def test_steps_of_whole_numbers_are_mostly_one_and_powers_of_two() -> None:
    columns = columns_of(integers(1, upper=1000))
    rows = np.full((4000, 1), 500, dtype=np.int32)
    mutate(columns, rows, MutationRates(mean=1.0, reset=0.0), np.random.default_rng(1))
    steps = np.abs(rows[:, 0] - 500)
    assert 0.45 < (steps == 1).mean() < 0.55
    assert ((steps & (steps - 1) == 0) | (steps == 500)).all()  # half the range at most


def test_the_mean_number_of_mutations_is_kept() -> None:
    columns = columns_of(integers(200))
    rows = np.zeros((2000, 200), dtype=np.int32)
    mutate(columns, rows, RATES, np.random.default_rng(1))
    assert 2.85 < (rows != 0).sum(axis=1).mean() < 3.05


def test_blocks_cross_as_one() -> None:
    domain = integers(12, block_size=3)
    rows = np.array([[0] * 12, [1] * 12], dtype=np.int32)
    zeros = np.zeros(500, dtype=np.int64)
    children = cross_blocks(rows, zeros, zeros + 1, blocks_of(domain), np.random.default_rng(1))
    blocks = children.reshape(500, 4, 3)
    assert (blocks.min(axis=2) == blocks.max(axis=2)).all()
    assert (np.abs(blocks[:, :, 0].mean(axis=0) - 0.5) < 0.1).all()


def test_a_block_of_columns_that_are_not_neighbors_crosses_as_one() -> None:
    order = [0, 1, 0, 2, 1]
    domain = Domain(tuple(Variable(str(i), "int", 0, 9, block=block) for i, block in enumerate(order)))
    rows = np.array([[0] * 5, [1] * 5], dtype=np.int32)
    zeros = np.zeros(200, dtype=np.int64)
    children = cross_blocks(rows, zeros, zeros + 1, blocks_of(domain), np.random.default_rng(1))
    assert (children[:, 0] == children[:, 2]).all()
    assert (children[:, 1] == children[:, 4]).all()
    assert len(np.unique(children, axis=0)) == 8


def test_a_single_block_means_uniform_crossover() -> None:
    assert blocks_of(integers(4, block_size=4)).block.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("domain", [MIXED, integers(40)])
def test_hashes_tell_rows_apart(domain: Domain) -> None:
    rows = draw_rows(columns_of(domain), np.random.default_rng(1), 20_000)
    assert len(np.unique(hash_rows(rows))) == len(np.unique(rows, axis=0))
    assert (hash_rows(rows.copy()) == hash_rows(rows)).all()


def test_minus_zero_is_zero() -> None:
    assert (hash_rows(np.array([[0.0, 1.0]])) == hash_rows(np.array([[-0.0, 1.0]]))).all()


def test_initial_rows_are_checked_by_row_and_column() -> None:
    columns = columns_of(MIXED)
    good = [0, 1, 1.0, 1e-2, 5, 0, 3]
    with pytest.raises(SearchError, match=r"must have shape \(n, 7\), but got \(2, 3\)"):
        checked_rows(columns, np.zeros((2, 3)))
    with pytest.raises(SearchError, match=r"row 1, column 0 must be a whole number from -4 to 9, but is 10"):
        checked_rows(columns, np.array([good, [10, *good[1:]]]))
    with pytest.raises(SearchError, match=r"row 0, column 1 must be a whole number from 0 to 2, but is 0\.5"):
        checked_rows(columns, np.array([[0, 0.5, *good[2:]]]))
    with pytest.raises(SearchError, match=r"row 0, column 2 must be a number from 0\.5 to 2, but is nan"):
        checked_rows(columns, np.array([[0, 1, np.nan, *good[3:]]]))
    assert len(checked_rows(columns, np.array([good, good]))) == 1


def test_domains_that_cannot_be_searched_are_refused() -> None:
    with pytest.raises(SearchError, match="at least one variable must be there, but got none"):
        columns_of(Domain(()))
    with pytest.raises(SearchError, match="'x': lower must be above 0 to search by ratio, but got 0"):
        columns_of(Domain((Variable("x", "int", 0, 5, log=True),)))


def test_visited_rows_are_numbered_one_to_one() -> None:
    visited = VisitedRows(columns_of(integers(3, upper=4)))
    rows = visited.draw(np.random.default_rng(1), 1000)
    assert len(np.unique(rows, axis=0)) == len(rows) == 125
    visited.mark(rows[:100])
    assert visited.is_new(rows).tolist() == [False] * 100 + [True] * 25
    other = VisitedRows(columns_of(integers(3, upper=4)))
    other.from_bits(visited.to_bits())
    assert sorted(map(tuple, other.draw(np.random.default_rng(2), 99))) == sorted(map(tuple, rows[100:]))


def test_large_and_real_domains_are_not_remembered() -> None:
    for domain in (integers(30), MIXED):
        visited = VisitedRows(columns_of(domain))
        rows = visited.draw(np.random.default_rng(1), 5)
        visited.mark(rows)
        assert visited.is_new(rows).all()
        assert not visited.is_exhausted


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=40))
def test_the_compiled_judgement_of_pairs_is_the_general_one(pairs: list[tuple[int, int]]) -> None:
    points = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    fronts, crowding = judge(points)
    general_fronts, general_crowding = judge(np.column_stack((points, np.zeros(len(points)))))
    assert (fronts == general_fronts).all()
    np.testing.assert_allclose(crowding, general_crowding)


def test_survivors_are_sorted_by_front_and_crowding() -> None:
    points = np.random.default_rng(1).random((60, 2))
    order = survival_order(points, np.zeros(60), 60)
    assert (np.diff(ranks(points)[order]) >= 0).all()
    first = points[order[ranks(points)[order] == 0]]
    assert (np.diff(crowding_distance(first)[1:]) <= 1e-12).all() or np.isinf(
        crowding_distance(first)[:2]
    ).all()


def test_copies_in_objective_space_come_after_all_different_points() -> None:
    points = np.array([[1.0, 1.0], [1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [1.0, 1.0]])
    assert survival_order(points, np.zeros(5), 5).tolist() == [0, 2, 3, 1, 4]
    assert survival_order(points, np.zeros(5), 3).tolist() == [0, 2, 3]


def test_broken_limits_come_last_by_their_excess() -> None:
    points = np.array([[9.0, 9.0], [0.0, 0.0], [np.inf, np.inf], [1.0, 1.0]])
    assert survival_order(points, np.array([0.0, 0.5, 0.1, np.inf]), 4).tolist() == [0, 2, 1, 3]
