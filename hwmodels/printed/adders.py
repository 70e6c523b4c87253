"""The sum of one neuron as columns of bits, reduced by adders from the lowest column up.

A negative summand -b at weight 2**c is (not b) - 1 at that weight, so all of a neuron's constants fold into
one number, whose ones cost less than a bit: they turn a half adder into another of the same size.

In each column, full adders take three bits to one and a half adder takes two; each sends a carry up. They
form a tree over the bits that are there at once; the carry from below enters last, so that it ripples.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.ir import Term
from codegen.ir.ranges import Range
from hwmodels.printed.tally import Tally
from hwmodels.printed.units import (
    AND,
    FULL_ADDER,
    FULL_ADDER_CARRY,
    FULL_ADDER_SUM,
    HALF_ADDER,
    HALF_ADDER_ONE,
    INVERTER,
    OR,
    XNOR,
    XOR,
)
from hwmodels.printed.words import set_bits


@dataclass(frozen=True, slots=True)
class Signal:
    """An input of a layer. range: of its values. arrival_s: when its bits and their inverses are settled."""

    range: Range
    arrival_s: float


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum to build. part: where it stands. bias: its constant.

    needed: the bits of the result that somebody reads; columns above the highest are not built.
    """

    part: str
    bias: int
    terms: tuple[Term, ...]
    needed: int


@dataclass(frozen=True, slots=True)
class SumBits:
    """The needed bits of a sum. varying: those that are not constant. constant: the values of the others.

    arrivals_s: of each of the columns; 0 where constant or not needed.
    """

    varying: int
    constant: int
    arrivals_s: tuple[float, ...]


def varying_bits(limits: Range) -> int:
    """Mask of the bits that differ among the values of a range; those above are the same in all."""
    lo, hi = limits
    return int((1 << (lo ^ hi).bit_length()) - 1)


def tree_levels(n_bits: int) -> int:
    """Levels of full adders that take `n_bits` bits of a column to at most two, then one more for these.

    One level takes d bits to two thirds: 2, 3, 4, 6, 9, 13, ... bits need 1, 1, 2, 3, 4, 5, ... levels.
    """
    levels, most = 1, 3
    while most < n_bits:
        levels, most = levels + 1, max(most * 3 // 2, most + 1)
    return levels


@dataclass(frozen=True, slots=True)
class _Column:
    """The bits of one weight. height: how many vary. one: a constant 1 joins them.

    keep_sum: the sum bit is read. last: no column above is built. early_s, late_s: when all but the last
    bit, and the last carry from below, are settled.
    """

    height: int
    one: bool
    keep_sum: bool
    last: bool
    early_s: float
    late_s: float


@dataclass(frozen=True, slots=True)
class _Reduced:
    """What a column sends on. carries: how many go up. sum_s, carry_s: when they are settled."""

    carries: int
    sum_s: float
    carry_s: float


def add(tally: Tally, wanted: Sum, signals: Sequence[Signal]) -> SumBits:
    """Counts the adders of a sum."""
    width = wanted.needed.bit_length()
    heights, constant, early_s = _spread(wanted, signals, width)
    part, varying, arrivals = f"{wanted.part}/adders", 0, []
    below = _Reduced(0, 0.0, 0.0)
    for index, own in enumerate(heights):
        keep_sum, one = bool(wanted.needed >> index & 1), bool(constant >> index & 1)
        height = own + below.carries
        if height and keep_sum:
            varying |= 1 << index
        column = _Column(height, one, keep_sum, index == width - 1, early_s if own else 0.0, below.carry_s)
        below = _reduce(tally, part, column)
        arrivals.append(below.sum_s)
    return SumBits(varying, constant & wanted.needed & ~varying, tuple(arrivals))


def _spread(wanted: Sum, signals: Sequence[Signal], width: int) -> tuple[list[int], int, float]:
    """How many bits vary in each column, the folded constant, and when the last of the inputs is settled."""
    heights, constant, settled_s = [0] * width, wanted.bias, 0.0
    for term in wanted.terms:
        signal = signals[term.input]
        varying = varying_bits(signal.range)
        constant += term.sign * ((signal.range[0] & term.mask & ~varying) << term.shift)
        moving = term.mask & varying
        if term.sign < 0:
            constant -= moving << term.shift
        if moving:
            settled_s = max(settled_s, signal.arrival_s)
        for bit in set_bits(moving):
            if bit + term.shift < width:
                heights[bit + term.shift] += 1
    return heights, constant & ((1 << width) - 1), settled_s


def _reduce(tally: Tally, part: str, column: _Column) -> _Reduced:
    """Counts the adders of one column; two bits are left for the last adder, or with a full adder three."""
    height, one, late_s = column.height, column.one, column.late_s
    if height <= 1:
        wire_s = max(column.early_s, late_s)
        return _pass_on(tally, part, column, 0, wire_s, 0.0)
    early_s = column.early_s + (tree_levels(height) - 1) * float(tally.delay_s[FULL_ADDER, 0, 0])
    n_full = (height - 1) // 2
    if height % 2 == 0:
        tally.add(part, FULL_ADDER_SUM if column.last else FULL_ADDER, n_full)
        return _reduce_pair(tally, part, column, n_full, early_s)
    if column.last:
        tally.add(part, FULL_ADDER_SUM, n_full - 1)
        total_s, _ = tally.place(part, FULL_ADDER_SUM, early_s, early_s, late_s)
        return _pass_on(tally, part, column, 0, total_s, 0.0)
    tally.add(part, FULL_ADDER, n_full - 1)
    if not (column.keep_sum or one):
        carry_s, _ = tally.place(part, FULL_ADDER_CARRY, early_s, early_s, late_s)
        return _Reduced(n_full, 0.0, carry_s)
    total_s, carry_s = tally.place(part, FULL_ADDER, early_s, early_s, late_s)
    return _pass_on(tally, part, column, n_full, total_s, carry_s)


def _pass_on(
    tally: Tally, part: str, column: _Column, carries: int, bit_s: float, carry_s: float
) -> _Reduced:
    """The last bit of a column, and the constant 1 where there is one: bit + 1 is (bit, not bit)."""
    if not (column.one and column.height):
        return _Reduced(carries, bit_s if column.keep_sum else 0.0, carry_s)
    sum_s = tally.place(part, INVERTER, bit_s)[0] if column.keep_sum else 0.0
    return _Reduced(carries + 1, sum_s, max(carry_s, bit_s))


def _reduce_pair(tally: Tally, part: str, column: _Column, n_full: int, early_s: float) -> _Reduced:
    """The last two bits, a + b or with the constant a + b + 1; the last column always keeps its sum."""
    one, late_s = column.one, column.late_s
    if column.last:
        return _Reduced(0, tally.place(part, XNOR if one else XOR, early_s, late_s)[0], 0.0)
    if column.keep_sum:
        total_s, carry_s = tally.place(part, HALF_ADDER_ONE if one else HALF_ADDER, early_s, late_s)
        return _Reduced(n_full + 1, total_s, carry_s)
    return _Reduced(n_full + 1, 0.0, tally.place(part, OR if one else AND, early_s, late_s)[0])
