# mypy: disable-error-code="untyped-decorator, arg-type, assignment, no-any-return, return-value"
"""The last layer in compiled loops: which sums a classifier needs, and how the answer comes out of them.

As `codegen.circuit.answer` and `codegen.circuit.words`.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from hwmodels.printed.batch_argmax import _balanced, _offset
from hwmodels.printed.batch_ranges import bit_length, signed_width
from hwmodels.printed.costs import IntArray
from hwmodels.printed.sketch.graph import FALSE, UintArray, greater, mux
from hwmodels.printed.sketch.sums import MAX_CODE_BITS, MAX_COLUMNS, form_range, n_digits

ADDER, MATCH = 9.0, 8.0
"""Gates for a bit of a sum, and for a bit of a comparison with its multiplexer."""


class Contest(NamedTuple):
    """Of n outputs. coefficients, constants, lo, hi: of each head, changed in place. needed: masks.

    classes: of each head. sides (n - 1, 2), masks (n - 1,): of each match. facts: N_HEADS, and BY_SIGN 1
    where one head, the first entrant less the second, decides by its sign.
    """

    coefficients: IntArray
    constants: IntArray
    lo: IntArray
    hi: IntArray
    needed: IntArray
    classes: IntArray
    sides: IntArray
    masks: IntArray
    facts: IntArray


N_HEADS, BY_SIGN = range(2)


@njit(cache=True)
def plan(c: Contest, exact: bool, hi: IntArray) -> None:
    """Who meets whom and which bits are read. exact: all outputs at first, sides and masks to be filled.

    hi: highest values of the layer's inputs.
    """
    n = _contenders(c, exact)
    c.facts[N_HEADS], c.facts[BY_SIGN] = n, 0
    if exact:
        _balanced(n, c.sides)
        c.masks[: max(n - 1, 0)] = -1
    c.needed[:] = 0
    if n == 1:
        c.facts[N_HEADS] = 0
        return
    whole = True
    for match in range(n - 1):
        whole &= c.masks[match] == -1
    if whole and n == 2:
        _difference(c, hi)
        return
    if whole:
        _drop_common(c, n, hi)
    lowest = c.lo[:n].min()
    offset = _offset(c.masks, n - 1, lowest)
    read = np.zeros(2 * n, np.int64)
    for match in range(n - 2, -1, -1):
        for side in range(2):
            read[c.sides[match, side]] = c.masks[match] | read[n + match]
    for e in range(n):
        c.constants[e] -= offset
        c.lo[e] -= offset
        c.hi[e] -= offset
        c.needed[e] = _looked_at(read[e], signed_width(c.lo[e], c.hi[e]), c.lo[e] < 0)


@njit(cache=True)
def _contenders(c: Contest, exact: bool) -> int:
    """Moves the classes that can win to the front; how many they are."""
    n_outputs, n = len(c.constants), 0
    floor = c.lo.max()
    holder = c.lo.argmax()
    for j in range(n_outputs):
        if not exact or c.hi[j] > floor or (c.hi[j] == floor and j <= holder):
            if n != j:
                c.coefficients[n] = c.coefficients[j]
                c.constants[n], c.lo[n], c.hi[n] = c.constants[j], c.lo[j], c.hi[j]
            c.classes[n] = j
            n += 1
    return n


@njit(cache=True)
def _difference(c: Contest, hi: IntArray) -> None:
    """Leaves the first entrant less the second as the only head."""
    left, right = c.sides[0, 0], c.sides[0, 1]
    least, most = c.lo[left] - c.hi[right], c.hi[left] - c.lo[right]
    coefficients = c.coefficients[left] - c.coefficients[right]
    c.coefficients[0] = coefficients
    c.constants[0] = c.constants[left] - c.constants[right]
    lo, top = form_range(c.coefficients[0], c.constants[0], hi)
    c.lo[0], c.hi[0] = max(lo, least), min(top, most)
    c.facts[N_HEADS], c.facts[BY_SIGN] = 1, 1
    if c.lo[0] < 0 <= c.hi[0]:
        c.needed[0] = 1 << (signed_width(c.lo[0], c.hi[0]) - 1)


@njit(cache=True)
def _drop_common(c: Contest, n: int, hi: IntArray) -> None:
    """Takes a common sum from all heads where that leaves fewer gates: of each bit what leaves least."""
    n_inputs = c.coefficients.shape[1]
    common = np.zeros((n_inputs, MAX_CODE_BITS), np.int64)
    digits = less_digits = 0
    for i in range(n_inputs):
        for bit in range(MAX_CODE_BITS):
            before = 0
            for e in range(n):
                before += n_digits(c.coefficients[e, i, bit])
            if before:
                common[i, bit], after = _best_common(c.coefficients[:n, i, bit], before)
                digits += before
                less_digits += after
    if digits == less_digits:
        return
    lo, top = np.empty(n, np.int64), np.empty(n, np.int64)
    for e in range(n):
        lo[e], top[e] = form_range(c.coefficients[e] - common, c.constants[e], hi)
    width = bit_length(c.hi[:n].max() - c.lo[:n].min())
    less_width = bit_length(top.max() - lo.min())
    if ADDER * less_digits + MATCH * less_width * (n - 1) < ADDER * digits + MATCH * width * (n - 1):
        for e in range(n):
            c.coefficients[e] -= common
            c.lo[e], c.hi[e] = lo[e], top[e]


@njit(cache=True)
def _best_common(own: IntArray, before: int) -> tuple[int, int]:
    """What to take from each coefficient, the smallest of equals; and the digits that are left."""
    best, fewest = np.int64(0), before
    for candidate in own:
        left = 0
        for coefficient in own:
            left += n_digits(coefficient - candidate)
        closer = abs(candidate) < abs(best) or (abs(candidate) == abs(best) and candidate < best)
        if left < fewest or (left == fewest and closer):
            best, fewest = candidate, left
    return best, fewest


@njit(cache=True)
def _looked_at(mask: int, width: int, signed: bool) -> int:
    """The bits of a word that a mask lets through; a mask above the word sees the sign again."""
    if width == 0:
        return 0
    read = mask & ((1 << width) - 1)
    if signed and mask >> width:
        read |= 1 << (width - 1)
    return read


LENGTH, SIGNED, BITS = range(3)
"""A word is a row of (n, BITS + MAX_COLUMNS): its length, whether the highest bit is a sign, its literals."""


def empty_words(n: int) -> IntArray:
    """Room for n words."""
    return np.zeros((n, BITS + MAX_COLUMNS), np.int64)


@njit(cache=True, inline="always")
def _at(words: IntArray, number: int, index: int) -> int:
    if index < words[number, LENGTH]:
        return words[number, BITS + index]
    if words[number, SIGNED] and words[number, LENGTH]:
        return words[number, BITS + words[number, LENGTH] - 1]
    return FALSE


@njit(cache=True)
def set_number(words: IntArray, place: int, number: int) -> None:
    """A constant that is at least 0."""
    words[place, LENGTH], words[place, SIGNED] = bit_length(number), 0
    for bit in range(words[place, LENGTH]):
        words[place, BITS + bit] = (number >> bit) & 1


@njit(cache=True)
def _common_width(words: IntArray, one: int, other: int) -> tuple[int, int]:
    signed = words[one, SIGNED] | words[other, SIGNED]
    first = words[one, LENGTH] + (signed - words[one, SIGNED])
    return max(first, words[other, LENGTH] + (signed - words[other, SIGNED])), signed


@njit(cache=True)
def _is_greater(g: IntArray, v: UintArray, words: IntArray, left: int, right: int, mask: int) -> int:
    width, signed = _common_width(words, left, right)
    seen, found = _looked_at(mask, width, signed == 1), FALSE
    for bit in range(width):
        if (seen >> bit) & 1:
            a, b = _at(words, left, bit), _at(words, right, bit)
            if signed and mask < 0 and bit == width - 1:
                a, b = b, a
            found = greater(g, v, a, b, found)
    return found


@njit(cache=True)
def _choose(
    g: IntArray, v: UintArray, words: IntArray, select: int, chosen: int, other: int, read: int, place: int
) -> None:
    width, signed = _common_width(words, chosen, other)
    seen = _looked_at(read, width, signed == 1)
    words[place, LENGTH], words[place, SIGNED] = width, signed
    for bit in range(width):
        words[place, BITS + bit] = FALSE
        if (seen >> bit) & 1:
            words[place, BITS + bit] = mux(g, v, select, _at(words, chosen, bit), _at(words, other, bit))


@njit(cache=True)
def decide(g: IntArray, v: UintArray, c: Contest, words: IntArray, indexes: IntArray) -> int:
    """Builds the answer from the words of the heads; its place in `indexes`."""
    n = c.facts[N_HEADS]
    if n == 0:
        set_number(indexes, 0, c.classes[0])
        return 0
    if c.facts[BY_SIGN]:
        return _decide_by_sign(g, v, c, words, indexes)
    read = np.zeros(2 * n, np.int64)
    for match in range(n - 2, -1, -1):
        for side in range(2):
            read[c.sides[match, side]] = c.masks[match] | read[n + match]
    for e in range(n):
        set_number(indexes, e, c.classes[e])
    for match in range(n - 1):
        left, right = c.sides[match, 0], c.sides[match, 1]
        wins = _is_greater(g, v, words, right, left, c.masks[match])
        _choose(g, v, words, wins, right, left, read[n + match], n + match)
        _choose(g, v, indexes, wins, right, left, -1, n + match)
    return 2 * n - 2


@njit(cache=True)
def _decide_by_sign(g: IntArray, v: UintArray, c: Contest, words: IntArray, indexes: IntArray) -> int:
    set_number(indexes, 0, c.classes[c.sides[0, 0]])
    set_number(indexes, 1, c.classes[c.sides[0, 1]])
    if c.lo[0] >= 0 or c.hi[0] < 0:
        return 0 if c.lo[0] >= 0 else 1
    _choose(g, v, indexes, words[0, BITS + words[0, LENGTH] - 1], 1, 0, -1, 2)
    return 2
