"""Sums of a network as linear forms over the bits of their inputs, with integer coefficients.

In this form terms on the same bit merge, what two sums have in common cancels in their difference, and a
coefficient can be written with the fewest signed powers of two.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from codegen.ir.network import Neuron
from codegen.ir.ranges import Range

InputBit: TypeAlias = tuple[int, int]
"""Index of an input of a layer, and number of the bit."""


@dataclass(frozen=True, slots=True)
class LinearForm:
    """`constant + sum of coefficient * bit`; no coefficient is 0."""

    constant: int
    coefficients: Mapping[InputBit, int]

    def minus(self, other: "LinearForm") -> "LinearForm":
        """The difference of two forms."""
        merged = dict(self.coefficients)
        for bit, coefficient in other.coefficients.items():
            merged[bit] = merged.get(bit, 0) - coefficient
        return LinearForm(self.constant - other.constant, {bit: c for bit, c in merged.items() if c})


def form_of(neuron: Neuron, sources: Sequence[Range]) -> LinearForm:
    """A neuron as a form over those bits of its inputs that vary. sources: range of each input."""
    constant, coefficients = neuron.bias, dict[InputBit, int]()
    for term in neuron.terms:
        lo, hi = sources[term.input]
        varying = (1 << (lo ^ hi).bit_length()) - 1
        constant += term.sign * ((lo & term.mask & ~varying) << term.shift)
        for bit in ones(term.mask & varying):
            key = term.input, bit
            coefficients[key] = coefficients.get(key, 0) + term.sign * (1 << (bit + term.shift))
    return LinearForm(constant, {key: c for key, c in coefficients.items() if c})


def form_range(form: LinearForm, sources: Sequence[Range]) -> Range:
    """An interval that holds the form's values, its inputs taken as independent.

    Exact where the lower end of every input is a constant prefix followed by zeros, as 0 is.
    """
    by_input: dict[int, dict[int, int]] = {}
    for (index, bit), coefficient in form.coefficients.items():
        by_input.setdefault(index, {})[bit] = coefficient
    ends = [_extremes(weights, sources[index][1]) for index, weights in by_input.items()]
    return form.constant + sum(lo for lo, _ in ends), form.constant + sum(hi for _, hi in ends)


def _extremes(weights: Mapping[int, int], top: int) -> Range:
    """Least and greatest weighted sum of the bits of a number in 0..top.

    A number below top agrees with it down to a bit that top has and it has not; below, it is free.
    """

    def value(number: int) -> int:
        return sum(weight for bit, weight in weights.items() if number >> bit & 1)

    sums = [value(top)]
    for step in ones(top):
        prefix = value(top >> (step + 1) << (step + 1))
        free = [weight for bit, weight in weights.items() if bit < step]
        sums += [prefix + sum(w for w in free if w < 0), prefix + sum(w for w in free if w > 0)]
    return min(sums), max(sums)


def signed_digits(coefficient: int) -> tuple[tuple[int, int], ...]:
    """(exponent, sign) of the fewest signed powers of two; the plain binary digits where they are as few.

    Source: the nonadjacent form, G. W. Reitwiesner, Binary Arithmetic, 1960.
    """
    sign, rest = (1, coefficient) if coefficient > 0 else (-1, -coefficient)
    plain = tuple((exponent, sign) for exponent in ones(rest))
    digits: list[tuple[int, int]] = []
    exponent = 0
    while rest:
        if rest & 1:
            digit = 2 - (rest & 3)
            digits.append((exponent, sign * digit))
            rest -= digit
        rest, exponent = rest >> 1, exponent + 1
    return plain if len(plain) <= len(digits) else tuple(digits)


def ones(mask: int) -> Iterator[int]:
    """The positions of the bits that are 1."""
    return (bit for bit in range(mask.bit_length()) if mask >> bit & 1)
