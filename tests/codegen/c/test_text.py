"""Literals, strings and comments mean the same in C as in Python, whatever a user's text holds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.c.text import EmitError, comment, float32, integer, integer_type, string, value_type


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-5, "-5"),
        (2**31 - 1, "2147483647"),
        (-(2**31), "(-2147483647 - 1)"),
        (2**31, "INT64_C(2147483648)"),
        (-(2**40), "-INT64_C(1099511627776)"),
        (-(2**63), "(-INT64_C(9223372036854775807) - 1)"),
    ],
)
def test_integers_have_a_type_that_holds_them(value: int, text: str) -> None:
    assert integer(value) == text


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_float_constants_read_back_as_the_same_float32(value: float) -> None:
    text = float32(value)
    assert text.endswith("f")
    assert np.float32(text[:-1]) == np.float32(value)
    assert "." in text or "e" in text


def test_strings_are_ascii_without_quotes_escapes_or_trigraphs() -> None:
    assert string('a"b\\c??/\n') == r'"a\042b\134c\077\077/\012"'
    assert string("größe") == r'"gr\303\266\303\237e"'


@given(st.text(max_size=80))
def test_comments_can_not_be_ended_nested_or_continued(text: str) -> None:
    safe = comment(text)
    assert all(32 <= ord(character) < 127 for character in safe)
    for forbidden in ("*/", "/*", "\\", "??"):
        assert forbidden not in safe


@pytest.mark.parametrize(
    ("lo", "hi", "kind"),
    [
        (0, 255, "uint8_t"),
        (0, 256, "uint16_t"),
        (-128, 127, "int8_t"),
        (-1, 128, "int16_t"),
        (0, 65536, "uint32_t"),
        (-(2**31), 0, "int32_t"),
        (-1, 2**31, "int64_t"),
    ],
)
def test_the_smallest_type_is_taken(lo: int, hi: int, kind: str) -> None:
    assert integer_type(lo, hi) == kind


def test_values_are_32_bits_where_that_is_enough() -> None:
    assert value_type(0, 2**31 - 1) == "int32_t"
    assert value_type(0, 2**31) == "int64_t"


def test_numbers_beyond_64_bits_are_refused() -> None:
    with pytest.raises(EmitError, match=r"values of -1\.\.9223372036854775808 do not fit into 64 bits"):
        integer_type(-1, 2**63)
