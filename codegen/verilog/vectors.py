"""Test vectors as a memory file for $readmemh."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

IntArray: TypeAlias = npt.NDArray[np.integer[Any]]


def vectors_hex(columns: IntArray, widths: Sequence[int]) -> str:
    """(n_vectors, n_columns) integers as one hex word a line; the last column is in the lowest bits.

    Each column is written in two's complement of its width.
    """
    total = sum(widths)
    bits = np.zeros((len(columns), -(-total // 8) * 8), dtype=np.uint8)
    position = bits.shape[1] - total
    for column, width in zip(np.asarray(columns, dtype=np.int64).T, widths, strict=True):
        for bit in reversed(range(width)):
            bits[:, position] = column >> min(bit, 63) & 1
            position += 1
    digits = np.packbits(bits, axis=1).tobytes().hex()
    step, n_digits = bits.shape[1] // 4, -(-total // 4)
    ends = range(step, len(digits) + 1, step)
    return "".join(f"{digits[end - n_digits : end]}\n" for end in ends)
