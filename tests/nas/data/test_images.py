"""Images at another size: means over areas, exact."""

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.data import DataError, Dataset, Table
from nas.data.images import resize, seen_rows

RNG = np.random.default_rng(0)


def test_half_the_size_is_the_rounded_mean_of_four() -> None:
    image = np.array([[1, 2, 9, 9], [3, 4, 9, 8]], np.uint8).reshape(1, 2, 4, 1)
    assert resize(image, (1, 2)).reshape(-1).tolist() == [3, 9]


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 12), st.integers(1, 12))
def test_a_pixel_is_the_mean_over_its_area(height: int, width: int, new_height: int, new_width: int) -> None:
    image = RNG.integers(0, 256, (1, height, width, 2)).astype(np.uint8)
    found = resize(image, (new_height, new_width))
    down, across = _shares(height, new_height), _shares(width, new_width)
    for y, x, channel in np.ndindex(new_height, new_width, 2):
        mean = sum(
            down[y][i] * across[x][j] * int(image[0, i, j, channel])
            for i in range(height)
            for j in range(width)
        )
        assert found[0, y, x, channel] == floor(mean + Fraction(1, 2))


def _shares(old: int, new: int) -> list[list[Fraction]]:
    step = Fraction(old, new)
    return [
        [max(Fraction(0), min((k + 1) * step, i + 1) - max(k * step, i)) / step for i in range(old)]
        for k in range(new)
    ]


def test_large_images_are_exact_too() -> None:
    white = np.full((1, 600, 500, 1), 255, np.uint8)
    assert (resize(white, (333, 250)) == 255).all()


def dataset(x: np.ndarray, shape: tuple[int, int, int] | None) -> Dataset:  # type: ignore[type-arg]
    table = Table(x, np.arange(len(x)) % 2, tuple(f"x{i}" for i in range(x.shape[1])), ("a", "b"), "here")
    rows = np.arange(len(x))
    return Dataset(
        Table(table.x, table.y, table.features, table.labels, "here", None, shape),
        "classification",
        rows,
        rows[:0],
        (),
        "",
    )


def test_rows_are_resized_where_a_network_sees_another_size() -> None:
    x = RNG.integers(0, 256, (5, 8 * 6)).astype(np.uint8)
    data = dataset(x, (8, 6, 1))
    assert np.array_equal(seen_rows(data, np.array([3, 1]), 48), x[[3, 1]])
    found = seen_rows(data, np.array([3, 1]), 4 * 3)
    assert np.array_equal(found, resize(x[[3, 1]].reshape(2, 8, 6, 1), (4, 3)).reshape(2, 12))


def test_rows_that_are_no_images_are_not_resized() -> None:
    with pytest.raises(
        DataError, match="here: a network of 3 inputs needs rows of as many values, or images"
    ):
        seen_rows(dataset(np.zeros((4, 8)), None), np.array([0]), 3)
    with pytest.raises(DataError, match="of bytes in these proportions, but the rows have 8 values"):
        seen_rows(dataset(np.zeros((4, 8), np.uint8), (1, 8, 1)), np.array([0]), 4)
