"""Words on wires: comparing and choosing them, on the bits that are looked at and that vary."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from hwmodels.printed.tally import Tally
from hwmodels.printed.units import AND, AND_NOT, COMPARE, INVERTER, MUX, OR, OR_NOT

Bit: TypeAlias = int | None
"""A constant 0 or 1, or None for a bit that varies."""


@dataclass(frozen=True, slots=True)
class Word:
    """A number on wires. width: bits, sign included where signed. varying: mask of the bits that vary.

    constant: values of the others. arrival_s: when all of it is settled.
    """

    width: int
    signed: bool
    varying: int
    constant: int
    arrival_s: float

    def bit(self, index: int) -> Bit:
        """A bit at any position; the sign repeats above the width."""
        if index >= self.width:
            if not self.signed:
                return 0
            index = self.width - 1
        return None if self.varying >> index & 1 else self.constant >> index & 1


@dataclass(frozen=True, slots=True)
class Choice:
    """What a choice between two words needs. complement: the inverted select signal is used."""

    word: Word
    complement: bool


def set_bits(mask: int) -> Iterable[int]:
    """The numbers of the ones of a mask that is not negative, rising."""
    return (bit for bit in range(mask.bit_length()) if mask >> bit & 1)


def looked_at(mask: int, width: int, signed: bool) -> int:
    """The bits of a word that a two's complement mask reads; all above the width read the sign."""
    read = mask & ((1 << width) - 1)
    return read | 1 << (width - 1) if signed and mask >> (width - 1) else read


def _common_width(left: Word, right: Word) -> tuple[int, bool]:
    """Bits that hold both, and whether the highest is a sign."""
    signed = left.signed or right.signed
    return max(word.width + (signed and not word.signed) for word in (left, right)), signed


def compare(tally: Tally, part: str, left: Word, right: Word, mask: int) -> tuple[Bit, float]:
    """Whether right > left on the bits of the mask, from the lowest up; and when that is settled.

    mask: two's complement; with a mask that is not negative, the sign counts as a bit like others.
    """
    width, signed = _common_width(left, right)
    start_s = max(left.arrival_s, right.arrival_s)
    select: Bit = 0
    settled_s = start_s
    for index in set_bits(looked_at(mask, width, signed)):
        high, low = right.bit(index), left.bit(index)
        if signed and mask < 0 and index == width - 1:  # a set sign makes a number smaller
            high, low = low, high
        select, settled_s = _step(tally, part, high, low, select, start_s, settled_s)
    return select, settled_s


def _step(
    tally: Tally, part: str, high: Bit, low: Bit, below: Bit, start_s: float, below_s: float
) -> tuple[Bit, float]:
    """`high > low, or equal and below`, simplified for constants."""
    if high is not None and low is not None:
        return (below, below_s) if high == low else (int(high > low), start_s)
    if high is not None or low is not None:
        return _step_by_constant(tally, part, high, low, below, start_s, below_s)
    if below is None:
        return None, tally.place(part, COMPARE, start_s, start_s, below_s)[0]
    return None, tally.place(part, OR_NOT if below else AND_NOT, start_s, start_s)[0]


def _step_by_constant(
    tally: Tally, part: str, high: Bit, low: Bit, below: Bit, start_s: float, below_s: float
) -> tuple[Bit, float]:
    """One of the sides is a constant: what is left is a gate, a wire, or a constant."""
    if below is None and high is None:
        return None, tally.place(part, AND if low else OR, start_s, below_s)[0]
    if below is None:
        return None, tally.place(part, OR_NOT if high else AND_NOT, below_s, start_s)[0]
    if high is None:
        return (None, start_s) if low == below else (below, start_s)
    if high == below:
        return below, start_s
    return None, tally.place(part, INVERTER, start_s)[0]


def choose(
    tally: Tally, part: str, select: Bit, select_s: float, left: Word, right: Word, read: int
) -> Choice:
    """The right word where `select`, else the left; only the bits in the mask `read` are built.

    The complement of the select signal is left to the caller, who may need it for other words too.
    """
    if select is not None:
        return Choice(right if select else left, complement=False)
    width, signed = _common_width(left, right)
    varying, constant, complement, settled_s = 0, 0, False, select_s
    arrivals = left.arrival_s, right.arrival_s, select_s
    for index in set_bits(looked_at(read, width, signed)):
        first, second = left.bit(index), right.bit(index)
        if first is not None and first == second:
            constant |= first << index
            continue
        varying |= 1 << index
        complement |= (first is None and second != 1) or (first == 1 and second == 0)
        settled_s = max(settled_s, _choose_bit(tally, part, first, second, arrivals))
    return Choice(Word(width, signed, varying, constant, settled_s), complement)


def _choose_bit(
    tally: Tally, part: str, first: Bit, second: Bit, arrivals: tuple[float, float, float]
) -> float:
    """`second where select, else first`, for bits that are not the same constant; when it is settled."""
    first_s, second_s, select_s = arrivals
    inverted_s = select_s + float(tally.delay_s[INVERTER, 0, 0])
    if first is None and second is None:
        return tally.place(part, MUX, first_s, second_s, select_s, inverted_s)[0]
    if second is None:
        return tally.place(part, OR_NOT if first else AND, second_s, select_s)[0]
    if first is None:
        return tally.place(part, OR if second else AND, first_s, select_s if second else inverted_s)[0]
    return select_s if second else inverted_s
