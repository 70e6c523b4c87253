"""How figures are written."""

import math

import pytest

from nas.report.figures import byte_count, count, duration, figure, quantity


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (3.0, "3"),
        (8192.0, "8,192"),
        (0.9154, "0.9154"),
        (0.5, "0.5000"),
        (22.0004, "22.00"),
        (999.96, "1000"),
        (1234.56, "1,235"),
        (123456.7, "123,457"),
        (0.00012345, "1.234e-04"),
        (-2.5, "-2.500"),
        (1e18, "1.000e+18"),
        (math.nan, "-"),
        (math.inf, "inf"),
    ],
)
def test_a_figure_has_four_digits_that_matter(value: float, text: str) -> None:
    assert figure(value) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (3.195, "cm2", "3.195 cm²"),
        (954.0, "bytes", "954 B"),
        (8192.0, "bytes", "8.0 KiB"),
        (3.1e-4, "s", "310 µs"),
        (0.0123, "s", "12.30 ms"),
        (2.5, "s", "2.500 s"),
        (2e-12, "s", "0.002000 ns"),
        (0.93, "1", "0.9300"),
        (0.009137, "cm2", "0.9137 mm²"),
        (0.0, "cm2", "0 cm²"),
        (1.5, "mW", "1.500 mW"),
        (0.04157, "mW", "41.57 µW"),
        (math.nan, "mW", "-"),
    ],
)
def test_a_quantity_has_its_unit(value: float, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0.0 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (303, "5 min 3 s"),
        (7800, "2 h 10 min"),
    ],
)
def test_a_duration_is_in_words(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_counts_are_grouped_and_bytes_have_prefixes() -> None:
    assert count(2_000_000) == "2,000,000"
    assert [byte_count(n) for n in (812, 3482, 5 << 20)] == ["812 B", "3.4 KiB", "5.0 MiB"]
