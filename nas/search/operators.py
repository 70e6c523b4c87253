"""Variation of rows: crossover by blocks, sparse mutation, and hashes to tell rows apart."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from nas.search.columns import Columns, HashArray, IntArray
from nas.search.kernels import cross_rows, mutate_rows, weighted_sums
from searchspaces.space import Domain, Rows


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
    n, n_blocks = len(first), int(blocks.block.max()) + 1
    from_second = rng.integers(0, 2, size=n * n_blocks, dtype=np.bool_).reshape(n, n_blocks)
    if n_blocks < len(blocks.block):
        from_second = from_second[:, blocks.block]
    children: Rows = cross_rows(rows, first, second, from_second, blocks.starts)
    return children


@dataclass(frozen=True, slots=True)
class MutationRates:
    """mean: mutations a row, at least 1. reset: share that draw a new value; the others are small steps."""

    mean: float
    reset: float


def mutate(columns: Columns, rows: Rows, rates: MutationRates, rng: np.random.Generator) -> None:
    """Changes rows (n, n_variables) in place, each a geometrically distributed number of times, at least 1.

    Resets draw another value, uniform over the variable. Steps move whole numbers by a power of two,
    mostly 1, and reals by a normal deviate whose width is itself drawn between 0.1 % and 30 % of the
    range; on logarithmic variables both go by ratio. Choices have no order, so they are always reset.
    """
    counts = rng.geometric(1 / rates.mean, size=len(rows))
    places = np.repeat(np.arange(len(rows)), counts)
    uniform = rng.random((len(places), 5))
    has_scale = columns.is_real.any() or columns.is_log.any()
    normal = rng.standard_normal(len(places)) if has_scale else np.zeros(len(places))
    mutate_rows(rows, places, uniform, normal, rates.reset, columns)


def hash_rows(rows: Rows) -> HashArray:
    """(n,) 64-bit hashes: equal rows have equal ones, different rows practically never."""
    if rows.dtype == np.float64:
        bits = (rows + 0.0).view(np.uint64)  # + 0.0 makes -0.0 and 0.0 the same
        bits = (bits ^ (bits >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
        bits ^= bits >> np.uint64(32)
    else:
        bits = rows.view(np.uint32)
    hashes: HashArray = weighted_sums(bits, _hash_weights(rows.shape[1]))
    return hashes


@cache
def _hash_weights(n_variables: int) -> HashArray:
    """Fixed odd numbers: an odd factor loses no bit."""
    weights = np.random.default_rng(0).integers(1, 2**63, size=n_variables, dtype=np.uint64)
    return weights | np.uint64(1)
