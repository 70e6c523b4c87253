# mypy: disable-error-code="untyped-decorator, arg-type, assignment, no-any-return, return-value"
"""An and-inverter graph that is simulated as it grows: nodes that answer alike on all patterns are one node.

The rules are those of `codegen.circuit.aig`: a literal is `2 * variable + inverted`, variable 0 is false,
then come the input bits, then the nodes; full adders are nine NANDs around free literals. Beside equal nodes,
equal *functions* fold, as a SAT sweep would find them; here the patterns decide, so two that differ on none
of them fold wrongly. That is allowed in an estimate of area, never in a circuit.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from hwmodels.printed.costs import IntArray

UintArray = npt.NDArray[np.uint64]
FALSE, TRUE = 0, 1
ALL_ONES = np.uint64(0xFFFFFFFFFFFFFFFF)
N_WORDS, N_MORE = 32, 96
"""Words of 64 patterns while a graph is built, and after more were made for it."""
CAPACITY = 12_288
"""Variables of the largest graph."""
SLOTS = 32_768
SIZE, N_INPUTS, OVERFLOW, N_USED, N_ALIKE, WORDS = range(6)
"""Numbers in a graph: variables; input bits; 1 where there was no room; slots in use; words in use."""
A = 8
B = A + CAPACITY
"""Literals of each node."""
KEYS = B + CAPACITY
FOUND = KEYS + SLOTS
"""Pairs of literals, hashed, and what they came to."""
USED = FOUND + SLOTS
ALIKE = USED + SLOTS
"""Variables by the hash of their values."""
ALIKE_USED = ALIKE + SLOTS
END = ALIKE_USED + CAPACITY
_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_HIGH = np.uint64(32)


def empty_graph(patterns: UintArray) -> tuple[IntArray, UintArray]:
    """A graph of inputs alone. patterns: (n_inputs, N_WORDS) of each input bit.

    g: (END,) int64, the parts at the places above, in one array since handing many to a kernel costs more
    than most kernels do. v: (CAPACITY, N_MORE) uint64, the values of each variable.
    """
    n_inputs = len(patterns)
    g, v = np.zeros(END, np.int64), np.zeros((CAPACITY, N_MORE), np.uint64)
    v[1 : 1 + n_inputs, :N_WORDS] = patterns
    g[KEYS : KEYS + SLOTS] = g[ALIKE : ALIKE + SLOTS] = -1
    g[N_INPUTS] = n_inputs
    clear(g, v, N_WORDS)
    return g, v


@njit(cache=True)
def clear(g: IntArray, v: UintArray, n_words: int) -> None:
    """Leaves the inputs alone. n_words: N_WORDS, or N_MORE where the inputs have as many."""
    for i in range(g[N_USED]):
        g[KEYS + g[USED + i]] = -1
    for i in range(g[N_ALIKE]):
        g[ALIKE + g[ALIKE_USED + i]] = -1
    g[WORDS] = n_words
    g[N_USED] = g[N_ALIKE] = g[OVERFLOW] = g[SIZE] = 0
    for _ in range(1 + g[N_INPUTS]):
        _fold(g, v)


@njit(cache=True, inline="always")
def is_free(g: IntArray, literal: int) -> bool:
    """True where the literal needs no inverter: an inverted node, since a node is a NAND, or an input."""
    return (literal & 1 == 1) == (literal >> 1 > g[N_INPUTS])


@njit(cache=True)
def _fold(g: IntArray, v: UintArray) -> int:
    """The literal of the values in the row after the last: a new variable, or one that answers alike."""
    new = g[SIZE]
    values = v[new]
    flip = ALL_ONES if values[0] & np.uint64(1) else np.uint64(0)
    mixed = np.uint64(0)
    for w in range(g[WORDS]):
        mixed = (mixed ^ values[w] ^ flip) * _STEP
        mixed ^= mixed >> _HIGH
    slot = np.int64((mixed * _MIX) >> _HIGH) & (SLOTS - 1)
    while g[ALIKE + slot] >= 0:
        other = g[ALIKE + slot]
        difference = values[0] ^ v[other, 0]
        same = difference == 0 or difference == ALL_ONES
        for w in range(1, g[WORDS]):
            if not same:
                break
            same = (values[w] ^ v[other, w]) == difference
        if same:
            return 2 * other + (1 if difference else 0)
        slot = (slot + 1) & (SLOTS - 1)
    g[ALIKE + slot] = new
    g[ALIKE_USED + g[N_ALIKE]] = slot
    g[N_ALIKE] += 1
    g[SIZE] += 1
    return 2 * new


@njit(cache=True)
def all_of(g: IntArray, v: UintArray, a: int, b: int) -> int:
    """a and b."""
    if a > b:
        a, b = b, a
    if a == FALSE or a == b ^ 1:
        return FALSE
    if a in (TRUE, b):
        return b
    key = (a << 32) | b
    slot = np.int64((np.uint64(key) * _STEP) >> np.uint64(40)) & (SLOTS - 1)
    while g[KEYS + slot] >= 0:
        if g[KEYS + slot] == key:
            return g[FOUND + slot]
        slot = (slot + 1) & (SLOTS - 1)
    new = g[SIZE]
    if new >= CAPACITY - 1 or g[N_USED] >= SLOTS // 2:
        g[OVERFLOW] = 1
        return FALSE
    first, second = a >> 1, b >> 1
    flip_a = ALL_ONES if a & 1 else np.uint64(0)
    flip_b = ALL_ONES if b & 1 else np.uint64(0)
    left, right, row = v[first], v[second], v[new]
    for w in range(g[WORDS]):
        row[w] = (left[w] ^ flip_a) & (right[w] ^ flip_b)
    literal = _fold(g, v)
    if literal == 2 * new:
        g[A + new], g[B + new] = a, b
    g[KEYS + slot], g[FOUND + slot] = key, literal
    g[USED + g[N_USED]] = slot
    g[N_USED] += 1
    return literal


@njit(cache=True)
def nand(g: IntArray, v: UintArray, a: int, b: int) -> int:
    """not (a and b)."""
    return all_of(g, v, a, b) ^ 1


@njit(cache=True)
def any_of(g: IntArray, v: UintArray, a: int, b: int) -> int:
    """a or b."""
    return all_of(g, v, a ^ 1, b ^ 1) ^ 1


@njit(cache=True)
def xor(g: IntArray, v: UintArray, a: int, b: int) -> int:
    """a or b, but not both."""
    if min(a, b) <= TRUE:
        return max(a, b) ^ min(a, b)
    if a >> 1 == b >> 1:
        return (a ^ b) & 1
    inverted = 0
    if not is_free(g, a):
        a, inverted = a ^ 1, inverted ^ 1
    if not is_free(g, b):
        b, inverted = b ^ 1, inverted ^ 1
    both = nand(g, v, a, b)
    return nand(g, v, nand(g, v, a, both), nand(g, v, b, both)) ^ inverted


@njit(cache=True)
def mux(g: IntArray, v: UintArray, select: int, chosen: int, other: int) -> int:
    """`chosen` where select, else `other`."""
    if chosen == other or select == TRUE:
        return chosen
    if select == FALSE:
        return other
    if chosen == other ^ 1:
        return xor(g, v, select, other)
    if chosen <= TRUE:
        return any_of(g, v, select, other) if chosen else all_of(g, v, select ^ 1, other)
    if other <= TRUE:
        return any_of(g, v, select ^ 1, chosen) if other else all_of(g, v, select, chosen)
    inverted = 0
    if not (is_free(g, chosen) or is_free(g, other)):
        chosen, other, inverted = chosen ^ 1, other ^ 1, 1
    return nand(g, v, nand(g, v, select, chosen), nand(g, v, select ^ 1, other)) ^ inverted


@njit(cache=True)
def _product(g: IntArray, v: UintArray, a: int, b: int) -> int:
    """a and b, out of the gates that their XOR has anyway."""
    if is_free(g, a) == is_free(g, b):
        return all_of(g, v, a, b)
    if not is_free(g, a):
        a, b = b, a
    return all_of(g, v, a, nand(g, v, a, b ^ 1))


@njit(cache=True)
def half_adder(g: IntArray, v: UintArray, a: int, b: int) -> tuple[int, int]:
    """Sum and carry of a + b."""
    if is_free(g, a) or is_free(g, b):
        return xor(g, v, a, b), _product(g, v, a, b)
    some = any_of(g, v, a ^ 1, b ^ 1)
    return all_of(g, v, some, nand(g, v, a ^ 1, b ^ 1)), some ^ 1


@njit(cache=True)
def half_adder_one(g: IntArray, v: UintArray, a: int, b: int) -> tuple[int, int]:
    """Sum and carry of a + b + 1."""
    total, carry = half_adder(g, v, a ^ 1, b ^ 1)
    return total ^ 1, carry ^ 1


@njit(cache=True)
def full_adder(g: IntArray, v: UintArray, a: int, b: int, c: int) -> tuple[int, int]:
    """Sum and carry of a + b + c."""
    inverted = 3 - (is_free(g, a) + is_free(g, b) + is_free(g, c))
    flip = 1 if inverted > 1 else 0
    a, b, c = a ^ flip, b ^ flip, c ^ flip
    if not is_free(g, a):
        a, b, c = b, c, a
    elif not is_free(g, b):
        b, c = c, b
    half = xor(g, v, a, b)
    total = xor(g, v, half, c)
    carry = nand(g, v, nand(g, v, a, b), _product(g, v, half, c) ^ 1)
    return total ^ flip, carry ^ flip


@njit(cache=True)
def majority(g: IntArray, v: UintArray, a: int, b: int, c: int) -> int:
    """The carry of a + b + c alone."""
    if a > b:
        a, b = b, a
    if c < a:
        a, c = c, a
    if a <= TRUE:
        return any_of(g, v, b, c) if a else all_of(g, v, b, c)
    inverted = 3 - (is_free(g, a) + is_free(g, b) + is_free(g, c))
    flip = 1 if inverted > 1 else 0
    a, b, c = a ^ flip, b ^ flip, c ^ flip
    if not is_free(g, c):
        b, c = c, b
    either = _product(g, v, a ^ 1, b ^ 1) ^ 1
    return nand(g, v, _product(g, v, a, b) ^ 1, nand(g, v, either, c)) ^ flip


@njit(cache=True)
def greater(g: IntArray, v: UintArray, a: int, b: int, tie: int) -> int:
    """a > b, or `tie` where they are equal."""
    return majority(g, v, a, b ^ 1, tie)
