"""What variables and domains refuse."""

import pytest

from searchspaces.space import SpaceError, Variable


def test_bits_are_whole_numbers_from_0() -> None:
    assert Variable("mask", "int", 0, 15, is_bits=True).is_bits
    with pytest.raises(SpaceError, match="'mask': bits need a whole number from 0, but got int from 1"):
        Variable("mask", "int", 1, 15, is_bits=True)
    with pytest.raises(SpaceError, match="'mask': bits need a whole number from 0, but got real from 0"):
        Variable("mask", "real", 0, 15, is_bits=True)


def test_bounds_must_not_be_crossed() -> None:
    with pytest.raises(SpaceError, match="'x': lower <= upper must hold, but got 3 and 2"):
        Variable("x", "int", 3, 2)
