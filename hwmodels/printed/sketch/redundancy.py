# mypy: disable-error-code="untyped-decorator, arg-type, assignment, no-any-return, return-value"
"""Gates that no output depends on for any pattern: each becomes a constant, or one of its inputs.

From the outputs back, the patterns on which a node can be seen at all are found by inverting it and
simulating what follows. Source: H. Savoj, R. K. Brayton, The Use of Observability and External Don't Cares
for the Simplification of Multi-Level Networks, DAC 1990; here on patterns only.
"""

import numpy as np
from numba import njit

from hwmodels.printed.costs import IntArray
from hwmodels.printed.sketch.graph import (
    ALL_ONES,
    CAPACITY,
    FALSE,
    N_INPUTS,
    N_MORE,
    SIZE,
    TRUE,
    A,
    B,
    UintArray,
    all_of,
    clear,
)

DIRTY, LAST, TRANSLATED = (part * CAPACITY for part in range(3))
"""Places in a scratch, by variable: the flip that changed it, its last reader, its literal after."""


def empty_scratch() -> tuple[IntArray, UintArray]:
    """Room for any graph: numbers, and the values of the inverted graph.

    Row 0, of the constant, holds the patterns on which a node is seen.
    """
    return np.zeros(3 * CAPACITY, np.int64), np.zeros((CAPACITY, N_MORE), np.uint64)


@njit(cache=True)
def n_live(g: IntArray, s: IntArray, outputs: IntArray) -> int:
    """Nodes that an output depends on; the last reader of each live variable goes to `last`, else -1."""
    size, first, count = g[SIZE], 1 + g[N_INPUTS], 0
    s[LAST : LAST + size] = -1
    for literal in outputs:
        s[LAST + (literal >> 1)] = size
    for variable in range(size - 1, first - 1, -1):
        if s[LAST + variable] >= 0:
            count += 1
            for literal in (g[A + variable], g[B + variable]):
                s[LAST + (literal >> 1)] = max(s[LAST + (literal >> 1)], variable)
    return count


@njit(cache=True)
def remove(g: IntArray, v: UintArray, s: IntArray, o: UintArray, outputs: IntArray) -> int:
    """Changes the nodes of a graph whose `last` is filled in; how many. The graph can't grow afterwards."""
    first, changed = 1 + g[N_INPUTS], 0
    s[DIRTY : DIRTY + g[SIZE]] = -1
    for variable in range(g[SIZE] - 1, first - 1, -1):
        if s[LAST + variable] >= 0:
            _look(g, v, s, o, variable, outputs)
            literal = _substitute(g, v, s, o, variable)
            if literal >= 0:
                g[A + variable] = g[B + variable] = literal
                _update(g, v, s, o, variable)
                changed += 1
    return changed


@njit(cache=True, inline="always")
def _flip(literal: int) -> np.uint64:
    return ALL_ONES if literal & 1 else np.uint64(0)


@njit(cache=True)
def _look(g: IntArray, v: UintArray, s: IntArray, o: UintArray, variable: int, outputs: IntArray) -> None:
    """Inverts a variable and fills `seen`."""
    for w in range(N_MORE):
        o[variable, w] = ~v[variable, w]
    s[DIRTY + variable] = variable
    until, size = s[LAST + variable], g[SIZE]
    node = variable + 1
    while node < size and node <= until:
        if s[LAST + node] >= 0:
            a, b = g[A + node], g[B + node]
            change_a, change_b = s[DIRTY + (a >> 1)] == variable, s[DIRTY + (b >> 1)] == variable
            if change_a or change_b:
                row_a = o[a >> 1] if change_a else v[a >> 1]
                row_b = o[b >> 1] if change_b else v[b >> 1]
                flip_a, flip_b, difference = _flip(a), _flip(b), np.uint64(0)
                for w in range(N_MORE):
                    value = (row_a[w] ^ flip_a) & (row_b[w] ^ flip_b)
                    o[node, w] = value
                    difference |= value ^ v[node, w]
                if difference:
                    s[DIRTY + node] = variable
                    until = max(until, s[LAST + node])
        node += 1
    seen = o[0]
    seen[:] = 0
    for literal in outputs:
        if s[DIRTY + (literal >> 1)] == variable:
            for w in range(N_MORE):
                seen[w] |= o[literal >> 1, w] ^ v[literal >> 1, w]


@njit(cache=True)
def _substitute(g: IntArray, v: UintArray, s: IntArray, o: UintArray, variable: int) -> int:
    """A literal that does as well as a node wherever it is seen, or -1."""
    a, b = g[A + variable], g[B + variable]
    if a == b:
        return -1
    flip_a, flip_b = _flip(a), _flip(b)
    ones = zeros = without_b = without_a = np.uint64(0)
    for w in range(N_MORE):
        left, right = v[a >> 1, w] ^ flip_a, v[b >> 1, w] ^ flip_b
        ones |= left & right & o[0, w]
        zeros |= ~(left & right) & o[0, w]
        without_b |= left & ~right & o[0, w]
        without_a |= right & ~left & o[0, w]
    if not ones:
        return FALSE
    if not zeros:
        return TRUE
    if not without_b:
        return a
    return -1 if without_a else b


@njit(cache=True)
def _update(g: IntArray, v: UintArray, s: IntArray, o: UintArray, variable: int) -> None:
    """Simulates a changed node and what follows."""
    until, size, stamp = variable, g[SIZE], -2 - variable
    node = variable
    while node < size and node <= until:
        a, b = g[A + node], g[B + node]
        if s[LAST + node] >= 0 and (
            node == variable or s[DIRTY + (a >> 1)] == stamp or s[DIRTY + (b >> 1)] == stamp
        ):
            flip_a, flip_b, difference = _flip(a), _flip(b), np.uint64(0)
            for w in range(N_MORE):
                value = (v[a >> 1, w] ^ flip_a) & (v[b >> 1, w] ^ flip_b)
                difference |= value ^ v[node, w]
                v[node, w] = value
            if difference:
                s[DIRTY + node] = stamp
                until = max(until, s[LAST + node])
        node += 1


@njit(cache=True)
def rebuild(
    source: IntArray,
    source_v: UintArray,
    target: IntArray,
    target_v: UintArray,
    s: IntArray,
    outputs: IntArray,
) -> None:
    """Builds the live nodes again, where equal functions fold; the outputs become literals of the target."""
    first = 1 + source[N_INPUTS]
    target_v[:first] = source_v[:first]
    clear(target, target_v, N_MORE)
    for variable in range(first):
        s[TRANSLATED + variable] = 2 * variable
    for variable in range(first, source[SIZE]):
        if s[LAST + variable] >= 0:
            a, b = source[A + variable], source[B + variable]
            left, right = s[TRANSLATED + (a >> 1)] ^ (a & 1), s[TRANSLATED + (b >> 1)] ^ (b & 1)
            s[TRANSLATED + variable] = all_of(target, target_v, left, right)
    for i in range(len(outputs)):
        outputs[i] = s[TRANSLATED + (outputs[i] >> 1)] ^ (outputs[i] & 1)
