"""The sum of one neuron as columns of bits, reduced by adders from the lowest column up.

A negative summand -b at weight 2**c is (not b) - 1 at that weight, so all of a neuron's constants fold into
one number, whose ones cost less than a bit: they turn a half adder into another of the same size.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

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

Columns: TypeAlias = list[deque[float]]
"""For each weight 2**c the arrival times of its bits, in seconds."""


@dataclass(frozen=True, slots=True)
class Signal:
    """An input of a layer. range: of its values. arrival_s, inverted_s: when its bits, and the inverted
    ones, settle."""

    range: Range
    arrival_s: float
    inverted_s: float


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


def add(tally: Tally, wanted: Sum, signals: Sequence[Signal]) -> SumBits:
    """Counts the adders of a sum."""
    columns: Columns = [deque() for _ in range(wanted.needed.bit_length())]
    constant = _spread(columns, wanted, signals)
    part, varying, settled, arrivals = f"{wanted.part}/adders", 0, 0, []
    for index, bits in enumerate(columns):
        keep_sum, one = bool(wanted.needed >> index & 1), bool(constant >> index & 1)
        if bits and keep_sum:
            varying |= 1 << index
        elif one:
            settled |= 1 << index
        carry_to = columns[index + 1] if index + 1 < len(columns) else None
        arrivals.append(_reduce(tally, part, bits, one, keep_sum, carry_to))
    return SumBits(varying, settled, tuple(arrivals))


def _spread(columns: Columns, wanted: Sum, signals: Sequence[Signal]) -> int:
    """Puts every variable bit into its column; gives the folded constant, in two's complement."""
    constant = wanted.bias
    for term in wanted.terms:
        signal = signals[term.input]
        varying = varying_bits(signal.range)
        constant += term.sign * ((signal.range[0] & term.mask & ~varying) << term.shift)
        moving = term.mask & varying
        if term.sign < 0:
            constant -= moving << term.shift
        arrival = signal.arrival_s if term.sign > 0 else signal.inverted_s
        for bit in set_bits(moving):
            if bit + term.shift < len(columns):
                columns[bit + term.shift].append(arrival)
    return constant & ((1 << len(columns)) - 1)


def _reduce(
    tally: Tally, part: str, bits: deque[float], one: bool, keep_sum: bool, carry_to: deque[float] | None
) -> float:
    """Adds the bits of a column until one is left; carries go on. When the sum bit settles, 0 for none.

    Oldest bits first: adders then form a shallow tree, and the carry from below enters last.
    """
    while len(bits) >= 3:
        wanted = keep_sum or one or len(bits) > 3
        arrivals = bits.popleft(), bits.popleft(), bits.popleft()
        unit = FULL_ADDER_CARRY if not wanted else FULL_ADDER if carry_to is not None else FULL_ADDER_SUM
        total, carry = tally.place(part, unit, *arrivals)
        if wanted:
            bits.append(total)
        if carry_to is not None:
            carry_to.append(carry)
    if len(bits) == 2:
        return _reduce_pair(tally, part, (bits[0], bits[1]), one, keep_sum, carry_to)
    if len(bits) == 1 and one:
        if carry_to is not None:
            carry_to.append(bits[0])
        return tally.place(part, INVERTER, bits[0])[0] if keep_sum else 0.0
    return bits[0] if len(bits) == 1 and keep_sum else 0.0


def _reduce_pair(
    tally: Tally,
    part: str,
    arrivals: tuple[float, float],
    one: bool,
    keep_sum: bool,
    carry_to: deque[float] | None,
) -> float:
    """a + b, or a + b + 1 where `one`; the last column, which has no carry, always keeps its sum."""
    if carry_to is None:
        return tally.place(part, XNOR if one else XOR, *arrivals)[0]
    if keep_sum:
        total, carry = tally.place(part, HALF_ADDER_ONE if one else HALF_ADDER, *arrivals)
        carry_to.append(carry)
        return total
    carry_to.append(tally.place(part, OR if one else AND, *arrivals)[0])
    return 0.0
