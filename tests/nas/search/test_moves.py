"""Moves stay in the domain, know what a variable depends on, and switch parts off."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.search.columns import checked_rows, columns_of, draw_rows
from nas.search.moves import moves_of, mutants_of
from nas.search.protocol import SearchError
from searchspaces.space import Domain, Rows, Variable

GATED = Domain(
    (
        Variable("mask", "int", 0, 15, is_bits=True),
        Variable("shift", "int", 0, 6, gate=0),
        Variable("mask2", "int", 0, 15, is_bits=True),
        Variable("shift2", "int", 0, 6, gate=2),
        Variable("bias", "int", -512, 511),
        Variable("rate", "real", 0.1, 1.0, log=True),
        Variable("fixed", "int", 3, 3),
    ),
    groups=((0, 2),),
)


def mutants(rows: Rows, seed: int, mean_moves: float = 1.0) -> Rows:
    rng = np.random.default_rng(seed)
    return mutants_of(rows, columns_of(GATED), moves_of(GATED), mean_moves, rng)


@settings(deadline=None, max_examples=30)  # kernels compile on their first call
@given(st.integers(0, 1000), st.sampled_from([1.0, 3.0]))
def test_mutants_stay_in_the_domain_and_parents_as_they_are(seed: int, mean_moves: float) -> None:
    rows = draw_rows(columns_of(GATED), np.random.default_rng(seed), 50)
    before = rows.copy()
    checked_rows(columns_of(GATED), mutants(rows, seed, mean_moves))
    assert (rows == before).all()


def test_what_a_closed_gate_hides_changes_only_when_it_opens() -> None:
    closed = np.tile([0.0, 2.0, 0.0, 5.0, 0.0, 0.5, 3.0], (4000, 1))
    moved = mutants(closed, 1)
    hidden = (moved[:, 0] == 0) & (moved[:, 2] == 0)
    # a draw of nothing but hidden variables is left as it is
    assert (moved[hidden][:, [1, 3]] != closed[hidden][:, [1, 3]]).any(axis=1).mean() < 0.15
    opened = moved[moved[:, 0] != 0]
    assert len(opened) > 100
    assert len(np.unique(opened[:, 1])) == 7  # drawn anew
    assert (moved[:, 4] != 0).mean() > 0.2


def test_a_group_goes_off_as_a_whole() -> None:
    open_rows = np.tile([15.0, 2.0, 15.0, 5.0, 0.0, 0.5, 3.0], (4000, 1))
    moved = mutants(open_rows, 1)
    both = (moved[:, 0] == 0) & (moved[:, 2] == 0)
    assert 0.03 < both.mean() < 0.1


def test_bits_flip_one_by_one_and_wide_numbers_step_at_every_scale() -> None:
    rows = np.tile([10.0, 2.0, 10.0, 5.0, 0.0, 0.5, 3.0], (20_000, 1))
    moved = mutants(rows, 2)
    changed = moved[moved[:, 0] != 10, 0].astype(int)
    assert {11, 8, 14, 2, 0} <= set(changed)
    steps = np.abs(moved[moved[:, 4] != 0, 4])
    assert {1.0, 4.0, 16.0, 64.0, 256.0} <= set(steps)


@pytest.mark.parametrize(
    ("domain", "index"),
    [
        (Domain((Variable("a", "int", 1, 3), Variable("b", "int", 0, 1, gate=0))), 0),
        (Domain((Variable("a", "int", 0, 3), Variable("b", "int", 0, 1, gate=7))), 7),
        (Domain((Variable("a", "real", 0, 3),), groups=((0,),)), 0),
    ],
)
def test_a_gate_must_be_a_whole_variable_that_can_be_0(domain: Domain, index: int) -> None:
    message = f"gates and groups must be of whole variables 0 to .* that can be 0, but {index} is not one"
    with pytest.raises(SearchError, match=message):
        moves_of(domain)
