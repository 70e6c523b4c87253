"""Images at another size, by exact integer arithmetic that a firmware can repeat."""

import math
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from nas.data.dataset import DataError, Dataset, IndexArray, RawArray, Table
from searchspaces.convnet import ImageShape
from searchspaces.convnet.scaling import scaled_shape

CHUNK_ROWS = 4096
MAX_GROWTH = 4
"""How much larger than the data's an input may be."""
EXACT_AREA = 2**24 // 255
"""Up to so many pixels, float32 holds all sums exactly."""


def resize(images: npt.NDArray[np.uint8], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """(n_rows, height, width, channels) to another height and width: the mean over each pixel's area.

    A pixel of the result covers `height / new height` rows and as many columns in proportion; pixels at its
    border count by the share of them that it covers. The mean is rounded half up; all sums are integers, and
    exact.
    """
    n, height, width, channels = images.shape
    area = height * width
    exact: type[np.floating[Any]] = np.float32 if area <= EXACT_AREA else np.float64
    down, across = (_overlaps(*pair).astype(exact) for pair in zip((height, width), size, strict=True))
    resized = np.empty((n, *size, channels), np.uint8)
    for start in range(0, n, CHUNK_ROWS):
        part = images[start : start + CHUNK_ROWS].astype(exact)
        sums: npt.NDArray[Any] = np.einsum("hi,nijc,wj->nhwc", down, part, across, optimize=True)
        resized[start : start + CHUNK_ROWS] = (sums.astype(np.int64) + area // 2) // area
    return resized


@lru_cache(maxsize=32)
def _overlaps(old: int, new: int) -> npt.NDArray[np.int64]:
    """(new, old) how much of an old pixel a new one covers, in units of 1 / new; rows add up to old."""
    edges = np.arange(new + 1) * old
    left = np.arange(old) * new
    ends, starts = np.minimum(edges[1:, None], left + new), np.maximum(edges[:-1, None], left)
    return np.asarray(np.maximum(ends - starts, 0), np.int64)


def seen_rows(dataset: Dataset, rows: IndexArray, n_features: int) -> RawArray:
    """(n_rows, n_features) raw values of some rows, resized where a network's input has another size.

    Raises DataError where the data is no image that could have this number of values.
    """
    table = dataset.table
    x = table.x[rows]
    if n_features == x.shape[1]:
        return x
    shape = _shape_of(table, n_features)
    assert table.shape is not None
    images = x.reshape(len(rows), *table.shape).astype(np.uint8)
    return resize(images, shape[:2]).reshape(len(rows), n_features)


def _shape_of(table: Table, n_features: int) -> ImageShape:
    """The shape in the data's proportions that has so many values."""
    found = None
    if table.shape is not None and table.x.dtype == np.uint8 and min(table.shape[:2]) > 1:
        shapes = (scaled_shape(table.shape, height) for height in range(1, MAX_GROWTH * table.shape[0] + 1))
        found = next((shape for shape in shapes if math.prod(shape) == n_features), None)
    if found is None:
        raise DataError(
            f"{table.origin}: a network of {n_features} inputs needs rows of as many values, or images of "
            f"bytes in these proportions, but the rows have {table.x.shape[1]} values"
        )
    return found
