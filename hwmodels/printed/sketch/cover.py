# mypy: disable-error-code="untyped-decorator, arg-type, assignment, no-any-return, return-value"
"""The area of a graph in cells: which gate makes each node, and which inverters are left.

As `codegen.circuit.covering`: from the outputs back, twice, the second time knowing who reads what.
"""

import numpy as np
from numba import njit

from hwmodels.printed.costs import FloatArray, IntArray
from hwmodels.printed.sketch.graph import CAPACITY, N_INPUTS, SIZE, A, B

INV, NAND, NOR, AND, OR = range(5)


NEEDED, READERS, NEXT = (part * 2 * CAPACITY for part in range(3))
"""Places in a cover, by literal: whether it is needed, its readers, and those in the cover being made."""


def empty_cover() -> IntArray:
    """Room for any graph."""
    return np.zeros(6 * CAPACITY, np.int64)


@njit(cache=True)
def _price(g: IntArray, c: IntArray, literal: int, inverter: float) -> float:
    if literal <= 1 or c[NEEDED + literal] or c[READERS + literal] > 1:
        return 0.0
    return 0.0 if (literal & 1 == 1) == (literal >> 1 > g[N_INPUTS]) else inverter


@njit(cache=True)
def area_of(g: IntArray, c: IntArray, outputs: IntArray, area: FloatArray) -> float:
    """Area of what the outputs depend on. area: (5,) of the cells INV to OR."""
    size, first = g[SIZE], 1 + g[N_INPUTS]
    live = c[NEEDED : NEEDED + 2 * size]
    live[:] = 0
    c[READERS : READERS + 2 * size] = 0
    for literal in outputs:
        live[literal >> 1] = 1
        c[READERS + literal] += 1
    for variable in range(size - 1, first - 1, -1):
        if live[variable]:
            a, b = g[A + variable], g[B + variable]
            live[a >> 1], live[b >> 1] = 1, 1
            c[READERS + a] += 1
            c[READERS + b] += 1
    _pass(g, c, outputs, area)
    c[READERS : READERS + 2 * size] = c[NEXT : NEXT + 2 * size]
    return _pass(g, c, outputs, area)


@njit(cache=True)
def _pass(g: IntArray, c: IntArray, outputs: IntArray, area: FloatArray) -> float:
    size, first = g[SIZE], 1 + g[N_INPUTS]
    c[NEEDED : NEEDED + 2 * size] = 0
    c[NEXT : NEXT + 2 * size] = 0
    for literal in outputs:
        c[NEEDED + literal] = 1
        c[NEXT + literal] += 1
    total = 0.0
    for variable in range(size - 1, first - 1, -1):
        even, odd = c[NEEDED + 2 * variable], c[NEEDED + 2 * variable + 1]
        if even or odd:
            total += _place(g, c, variable, even == 1, odd == 1, area)
    for variable in range(1, first):
        total += area[INV] * c[NEEDED + 2 * variable + 1]
    return total


@njit(cache=True)
def _place(g: IntArray, c: IntArray, variable: int, even: bool, odd: bool, area: FloatArray) -> float:
    """Chooses the gates of a node; reads become needed. Gives their area."""
    a, b, inverter = g[A + variable], g[B + variable], area[INV]
    straight = _price(g, c, a, inverter) + (_price(g, c, b, inverter) if b != a else 0.0)
    flipped = _price(g, c, a ^ 1, inverter) + (_price(g, c, b ^ 1, inverter) if b != a else 0.0)
    make_odd = min(area[NAND] + straight, area[OR] + flipped)
    make_even = min(area[AND] + straight, area[NOR] + flipped)
    by_nand = area[NAND] + straight <= area[OR] + flipped
    by_and = area[AND] + straight <= area[NOR] + flipped
    from_odd = make_odd + (inverter if even else 0.0)
    from_even = make_even + (inverter if odd else 0.0)
    both = make_odd + make_even if even and odd else np.inf
    if both < from_odd and both < from_even:
        _read(c, a, b, not by_nand)
        _read(c, a, b, not by_and)
        return (area[NAND] if by_nand else area[OR]) + (area[AND] if by_and else area[NOR])
    if from_odd <= from_even:
        _read(c, a, b, not by_nand)
        c[NEXT + 2 * variable + 1] += 1 if even else 0
        return (area[NAND] if by_nand else area[OR]) + (inverter if even else 0.0)
    _read(c, a, b, not by_and)
    c[NEXT + 2 * variable] += 1 if odd else 0
    return (area[AND] if by_and else area[NOR]) + (inverter if odd else 0.0)


@njit(cache=True, inline="always")
def _read(c: IntArray, a: int, b: int, flipped: bool) -> None:
    flip = 1 if flipped else 0
    c[NEEDED + (a ^ flip)] = c[NEEDED + (b ^ flip)] = 1
    c[NEXT + (a ^ flip)] += 1
    if b != a:
        c[NEXT + (b ^ flip)] += 1
