"""Variation of rows: crossover by blocks, sparse mutation, and hashes to tell rows apart."""

from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nas.search.columns import Columns, FloatArray, IntArray, draw_values, from_scale, to_scale
from searchspaces.space import Domain, Rows

HashArray: TypeAlias = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Which variables cross over together.

    starts: (n_runs + 1,) first variable of each run of neighbors of one block, and last n_variables.
    block: (n_runs,) block of each run, from 0 without gaps.
    """

    starts: IntArray
    block: IntArray


def blocks_of(domain: Domain) -> Blocks:
    """The blocks of a domain; where all variables share a single one, each is its own instead."""
    _, block = np.unique(domain.blocks, return_inverse=True)
    if block.max() == 0:
        block = np.arange(len(block))
    starts = np.flatnonzero(np.diff(block, prepend=-1))
    return Blocks(starts=np.append(starts, len(block)), block=block[starts])


def cross_blocks(
    rows: Rows, first: IntArray, second: IntArray, blocks: Blocks, rng: np.random.Generator
) -> Rows:
    """Children (n, n_variables): each block of child i is that of rows[first[i]] or rows[second[i]]."""
    from nas.search.kernels import cross_rows

    shape = (len(first), int(blocks.block.max()) + 1)
    from_second = rng.integers(0, 2, size=shape, dtype=np.bool_)
    if shape[1] < len(blocks.block):
        from_second = from_second[:, blocks.block]
    children: Rows = cross_rows(rows, first, second, from_second, blocks.starts)
    return children


@dataclass(frozen=True, slots=True)
class MutationRates:
    """mean: mutations a row, at least 1. reset: share that draw a new value; the others are small steps."""

    mean: float
    reset: float


def mutate(columns: Columns, rows: Rows, rates: MutationRates, rng: np.random.Generator) -> None:
    """Changes rows (n, n_variables) in place, each in at least one place: 1 + Poisson(mean - 1) draws.

    Resets draw another value, uniform over the variable. Steps move whole numbers by a power of two,
    mostly 1, and reals by a normal deviate whose width is itself drawn between 0.1 % and 30 % of the
    range; on logarithmic variables both go by ratio. Choices have no order, so they are always reset.
    """
    counts = 1 + rng.poisson(rates.mean - 1, size=len(rows))
    row = np.repeat(np.arange(len(rows)), counts)
    column = columns.free[rng.integers(0, len(columns.free), size=len(row))]
    old = rows[row, column].astype(np.float64)
    is_reset = (rng.random(len(row)) < rates.reset) | columns.is_choice[column]
    new = np.where(is_reset, _other_value(columns, old, column, rng), _small_step(columns, old, column, rng))
    rows[row, column] = new.astype(rows.dtype)


def hash_rows(rows: Rows) -> HashArray:
    """(n,) 64-bit hashes: equal rows have equal ones, different rows practically never."""
    if rows.dtype == np.float64:
        bits = (rows + 0.0).view(np.uint64)  # + 0.0 makes -0.0 and 0.0 the same
        bits = (bits ^ (bits >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
        bits ^= bits >> np.uint64(32)
    else:
        bits = rows.view(np.uint32)
    hashes: HashArray = np.einsum("ij,j->i", bits, _hash_weights(rows.shape[1]))
    return hashes


@cache
def _hash_weights(n_variables: int) -> HashArray:
    """Fixed odd numbers: an odd factor loses no bit."""
    weights = np.random.default_rng(0).integers(1, 2**63, size=n_variables, dtype=np.uint64)
    return weights | np.uint64(1)


def _other_value(columns: Columns, old: FloatArray, index: IntArray, rng: np.random.Generator) -> FloatArray:
    """A uniform draw; where a whole value is drawn again, a neighbor of it."""
    drawn = draw_values(columns, rng, index)
    repeated = (drawn == old) & ~columns.is_real[index]
    return np.where(repeated, _inside(columns, old, 1.0, index), drawn)


def _small_step(columns: Columns, old: FloatArray, index: IntArray, rng: np.random.Generator) -> FloatArray:
    span = columns.upper[index] - columns.lower[index]
    power = np.exp2(rng.geometric(0.5, size=len(index)) - 1.0)
    step = np.minimum(power, np.maximum(1.0, span // 2)) * rng.choice((-1.0, 1.0), size=len(index))
    whole = _inside(columns, old, step, index)
    is_real, is_log = columns.is_real[index], columns.is_log[index]
    if not (is_real | is_log).any():
        return whole
    scaled = _scaled_step(columns, old, index, rng)
    return np.where(is_real | (is_log & (scaled != old)), scaled, whole)


def _scaled_step(columns: Columns, old: FloatArray, index: IntArray, rng: np.random.Generator) -> FloatArray:
    low, high = columns.low[index], columns.high[index]
    width = (high - low) * 10 ** rng.uniform(-3.0, -0.5, size=len(index))
    step = width * rng.standard_normal(len(index))
    start = to_scale(columns, old, index)
    end = start + step
    end = np.where((end < low) | (end > high), start - step, end)
    return from_scale(columns, np.clip(end, low, high), index)


def _inside(columns: Columns, old: FloatArray, step: FloatArray | float, index: IntArray) -> FloatArray:
    """old + step, or old - step where that leaves the bounds."""
    lower, upper = columns.lower[index], columns.upper[index]
    moved = old + step
    moved = np.where((moved < lower) | (moved > upper), old - step, moved)
    return np.clip(moved, lower, upper)
