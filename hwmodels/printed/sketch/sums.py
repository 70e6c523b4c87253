# mypy: disable-error-code="untyped-decorator, arg-type, assignment, no-any-return, return-value"
"""Sums of a network in compiled loops: linear forms over bits, their ranges, and heaps of adders.

As `codegen.circuit.forms` and `codegen.circuit.heap`, without adders shared between heaps other than those
whose inputs are the same.
"""

import numpy as np
from numba import njit

from hwmodels.printed.batch_ranges import bit_length
from hwmodels.printed.costs import IntArray
from hwmodels.printed.sketch.graph import (
    FALSE,
    OVERFLOW,
    TRUE,
    UintArray,
    all_of,
    any_of,
    full_adder,
    half_adder,
    half_adder_one,
    majority,
)

MAX_COLUMNS = 62
MAX_CODE_BITS = 16


CONSTANT, WIDTH, MOST = range(3)
"""Numbers in a heap: the constant; the columns, those above are left out; the room of a column."""
HEIGHTS = 4
COLUMNS = HEIGHTS + MAX_COLUMNS + 1


def empty_heap(most: int) -> IntArray:
    """most: bits of a column. Heights of the columns, then their literals, then the adders before each."""
    heap = np.zeros(COLUMNS + 2 * (MAX_COLUMNS + 1) * most, np.int64)
    heap[MOST] = most
    return heap


@njit(cache=True, inline="always")
def _column(heap: IntArray, column: int) -> tuple[IntArray, IntArray]:
    """The literals of a column and their depths."""
    first, most = COLUMNS + 2 * column * heap[MOST], heap[MOST]
    return heap[first : first + most], heap[first + most : first + 2 * most]


@njit(cache=True)
def add_terms(
    coefficients: IntArray, masks: IntArray, weights: IntArray, lo: IntArray, hi: IntArray, sign: int
) -> int:
    """Adds terms to (n_inputs, MAX_CODE_BITS) coefficients; gives their constant."""
    constant = 0
    for i in range(masks.shape[0]):
        varying = (1 << bit_length(lo[i] ^ hi[i])) - 1
        for k in range(masks.shape[1]):
            weight = sign * np.int64(weights[i, k])
            constant += weight * (lo[i] & masks[i, k] & ~varying)
            moving = masks[i, k] & varying
            bit = 0
            while moving:
                if moving & 1:
                    coefficients[i, bit] += weight << bit
                moving >>= 1
                bit += 1
    return constant


@njit(cache=True)
def form_range(coefficients: IntArray, constant: int, hi: IntArray) -> tuple[int, int]:
    """See `codegen.circuit.forms.form_range`. hi: (n_inputs,) highest values."""
    least = most = constant
    for i in range(coefficients.shape[0]):
        weights, top = coefficients[i], hi[i]
        n_bits = bit_length(top)
        low = high = prefix = 0
        below_low, below_high = np.int64(0), np.int64(0)
        if top & (top + 1) == 0:
            for bit in range(n_bits):
                low += min(weights[bit], 0)
                high += max(weights[bit], 0)
        else:
            for bit in range(n_bits):
                below_low += min(weights[bit], 0)
                below_high += max(weights[bit], 0)
            low, high = np.int64(1) << 62, -(np.int64(1) << 62)
            for bit in range(n_bits - 1, -1, -1):
                below_low -= min(weights[bit], 0)
                below_high -= max(weights[bit], 0)
                if (top >> bit) & 1:
                    low = min(low, prefix + below_low)
                    high = max(high, prefix + below_high)
                    prefix += weights[bit]
            low, high = min(low, prefix), max(high, prefix)
        least += low
        most += high
    return least, most


@njit(cache=True)
def n_digits(coefficient: int) -> int:
    """Signed powers of two that make a coefficient: the weight of its nonadjacent form."""
    size = abs(coefficient)
    rest, count = (3 * size) ^ size, 0
    while rest:
        rest &= rest - 1
        count += 1
    return count


@njit(cache=True)
def _push(heap: IntArray, literal: int, column: int, depth: int) -> None:
    """Adds a literal: two equal ones are one of the next column, a bit and its inverse are a 1."""
    while column < heap[WIDTH]:
        if literal <= TRUE:
            heap[CONSTANT] += literal << column
            return
        height = heap[HEIGHTS + column]
        bits, depths = _column(heap, column)
        place = -1
        for i in range(height):
            if bits[i] >> 1 == literal >> 1:
                place = i
        if place < 0:
            bits[height], depths[height] = literal, depth
            heap[HEIGHTS + column] += 1
            return
        same, depth = bits[place] == literal, max(depth, depths[place])
        bits[place], depths[place] = bits[height - 1], depths[height - 1]
        heap[HEIGHTS + column] -= 1
        if not same:
            heap[CONSTANT] += 1 << column
            return
        column += 1


@njit(cache=True)
def _push_signed(heap: IntArray, literal: int, column: int, sign: int) -> None:
    if sign < 0:
        heap[CONSTANT] -= 1 << column
        literal ^= 1
    _push(heap, literal, column, 0)


@njit(cache=True)
def fill(heap: IntArray, coefficients: IntArray, constant: int, literals: IntArray, width: int) -> None:
    """Puts a form into an emptied heap. literals: (n_inputs, MAX_CODE_BITS) of the inputs."""
    heap[HEIGHTS:COLUMNS] = 0
    heap[CONSTANT], heap[WIDTH] = constant, width
    for i in range(coefficients.shape[0]):
        for bit in range(MAX_CODE_BITS):
            coefficient = coefficients[i, bit]
            if coefficient:
                _push_digits(heap, literals[i, bit], coefficient)


@njit(cache=True)
def _push_digits(heap: IntArray, literal: int, coefficient: int) -> None:
    """The plain binary digits, or the nonadjacent form where that has fewer."""
    sign, rest = (1, coefficient) if coefficient > 0 else (-1, -coefficient)
    plain, ones = rest, 0
    while plain:
        plain &= plain - 1
        ones += 1
    signed = n_digits(coefficient) < ones
    column = 0
    while rest:
        if rest & 1:
            digit = 2 - (rest & 3) if signed else 1
            _push_signed(heap, literal, column, sign * digit)
            rest -= digit
        rest >>= 1
        column += 1


@njit(cache=True)
def _take(heap: IntArray, column: int) -> tuple[int, int]:
    """Removes the bit with the fewest adders before it; its literal and their number."""
    height = heap[HEIGHTS + column]
    bits, depths = _column(heap, column)
    best = 0
    for i in range(1, height):
        if depths[i] < depths[best] or (depths[i] == depths[best] and bits[i] < bits[best]):
            best = i
    literal, depth = bits[best], depths[best]
    bits[best], depths[best] = bits[height - 1], depths[height - 1]
    heap[HEIGHTS + column] -= 1
    return literal, depth


@njit(cache=True)
def reduce_heap(g: IntArray, v: UintArray, heap: IntArray, needed: int, out: IntArray) -> None:
    """Writes the literals of the sum to `out`; of a column that is not needed only the carry is built."""
    width = heap[WIDTH]
    for column in range(width):
        keep, last = (needed >> column) & 1 == 1, column == width - 1
        while heap[HEIGHTS + column] > 1:
            _reduce_step(g, v, heap, column, keep, last)
            if g[OVERFLOW]:
                return
        one = (heap[CONSTANT] >> column) & 1
        left, depth = FALSE, np.int64(0)
        if heap[HEIGHTS + column]:
            bits, depths = _column(heap, column)
            left, depth = bits[0], depths[0]
        if one and left:
            _push(heap, left, column + 1, depth)
        out[column] = left ^ one


@njit(cache=True)
def _reduce_step(g: IntArray, v: UintArray, heap: IntArray, column: int, keep: bool, last: bool) -> None:
    height = heap[HEIGHTS + column]
    one = (heap[CONSTANT] >> column) & 1 == 1
    if height == 2 or (one and height % 2):
        a, depth = _take(heap, column)
        b, depth_b = _take(heap, column)
        depth = 1 + max(depth, depth_b)
        heap[CONSTANT] -= (1 << column) if one else 0
        if not keep and height == 2 and not last:
            _push(heap, any_of(g, v, a, b) if one else all_of(g, v, a, b), column + 1, depth)
            return
        total, carry = half_adder_one(g, v, a, b) if one else half_adder(g, v, a, b)
    else:
        a, depth = _take(heap, column)
        b, depth_b = _take(heap, column)
        c, depth_c = _take(heap, column)
        depth = 1 + max(depth, max(depth_b, depth_c))
        if not keep and height == 3 and not last:
            _push(heap, majority(g, v, a, b, c), column + 1, depth)
            return
        total, carry = full_adder(g, v, a, b, c)
    _push(heap, total, column, depth)
    if not last:
        _push(heap, carry, column + 1, depth)
