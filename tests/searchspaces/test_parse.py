"""Ranges, choices and hints as they come from YAML."""

import pytest

from searchspaces.parse import (
    IntRange,
    RealRange,
    did_you_mean,
    one_of,
    parse_choice,
    parse_flag,
    parse_int,
    parse_int_range,
    parse_real_range,
)
from searchspaces.space import SpaceError

LIMITS = IntRange(0, 16)
UNIT = RealRange(0.0, 1.0)


@pytest.mark.parametrize(
    ("value", "lower", "upper"), [(4, 4, 4), ("4", 4, 4), ("2..8", 2, 8), ("0..0", 0, 0)]
)
def test_integer_ranges_come_as_numbers_or_text(value: object, lower: int, upper: int) -> None:
    assert parse_int_range(value, LIMITS) == IntRange(lower, upper)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2..", "must be an integer or a range such as 0..16, not '2..'"),
        ("1..2..3", "must be an integer or a range such as 0..16, not '1..2..3'"),
        (2.5, "must be an integer or a range such as 0..16, not 2.5"),
        (True, "must be an integer or a range such as 0..16, not True"),
        (None, "must be an integer or a range such as 0..16, not None"),
        ([4, 8], "must be an integer or a range such as 0..16, not [4, 8]; did you mean 4..8?"),
        ("2..99", "must lie in 0..16, not '2..99'"),
        ("8..2", "lower <= upper must hold, but got 8..2"),
    ],
)
def test_integer_range_errors_say_what_must_hold_and_what_came(value: object, text: str) -> None:
    with pytest.raises(SpaceError) as error:
        parse_int_range(value, LIMITS)
    assert str(error.value) == text


@pytest.mark.parametrize(
    ("value", "lower", "upper"),
    [(0.2, 0.2, 0.2), (1, 1, 1), ("0..1", 0, 1), (".1...5", 0.1, 0.5), ("1e-3..1", 1e-3, 1)],
)
def test_real_ranges_come_as_numbers_or_text(value: object, lower: float, upper: float) -> None:
    assert parse_real_range(value, UNIT) == RealRange(lower, upper)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a..b", "must be a number or a range such as 0..1, not 'a..b'"),
        (float("nan"), "must be a number or a range such as 0..1, not nan"),
        ("0..inf", "must be a number or a range such as 0..1, not '0..inf'"),
        (False, "must be a number or a range such as 0..1, not False"),
        ("0..2", "must lie in 0..1, not '0..2'"),
        ("1..0", "finite lower <= upper must hold, but got 1.0..0.0"),
    ],
)
def test_real_range_errors_say_what_must_hold_and_what_came(value: object, text: str) -> None:
    with pytest.raises(SpaceError) as error:
        parse_real_range(value, UNIT)
    assert str(error.value) == text


def test_single_integers_flags_and_choices_are_strict() -> None:
    assert parse_int(3, LIMITS) == 3
    assert parse_flag(False) is False
    assert parse_choice("exact", ("exact", "reduced")) == "exact"
    for parse, text in (
        (lambda: parse_int("3", LIMITS), "must be an integer in 0..16, not '3'"),
        (lambda: parse_int(17, LIMITS), "must lie in 0..16, not 17"),
        (lambda: parse_flag("yes"), "must be true or false, not 'yes'"),
        (
            lambda: parse_choice("exakt", ("exact", "reduced")),
            "must be exact or reduced, not 'exakt'; did you mean 'exact'?",
        ),
    ):
        with pytest.raises(SpaceError) as error:
            parse()
        assert str(error.value) == text


def test_hints_and_lists_read_as_sentences() -> None:
    assert one_of(["a"]) == "a"
    assert one_of(["a", "b", "c"]) == "a, b or c"
    assert did_you_mean("hiden", ["hidden", "masks"]) == "; did you mean 'hidden'?"
    assert did_you_mean("zzz", ["hidden", "masks"]) == ""


def test_ranges_print_as_they_are_written() -> None:
    assert [str(IntRange(2, 8)), str(IntRange(4, 4)), str(RealRange(0, 0.5)), str(RealRange(1, 1))] == [
        "2..8",
        "4",
        "0..0.5",
        "1",
    ]
