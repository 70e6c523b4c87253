"""Sums of shifted, masked words as Verilog: positives and negatives apart, exact widths."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from codegen.identifiers import Namespace
from codegen.ir.network import Neuron, Term
from codegen.ir.ranges import Range, accumulator_range, masked_range, signed_bits, term_range, unsigned_bits
from codegen.verilog.ports import select, signed_literal, unsigned_literal, width_text

_TERMS_A_LINE = 4
_NEW_LINE = "\n      "


@dataclass(frozen=True, slots=True)
class Word:
    """A named value of a known range. signed: declared in two's complement, always so below 0."""

    name: str
    lo: int
    hi: int
    signed: bool = False

    @property
    def width(self) -> int:
        return max(1, signed_bits(self.lo, self.hi) if self.signed else unsigned_bits(self.hi))


def fold(neuron: Neuron, inputs: Sequence[Range]) -> Neuron:
    """The same sum without the terms that are always one value, and with masks inside their input."""
    bias, terms = neuron.bias, []
    for term in neuron.terms:
        lo, hi = term_range(term, inputs[term.input])
        if lo == hi:
            bias += lo
            continue
        width = unsigned_bits(inputs[term.input][1])
        terms.append(Term(term.input, term.shift, term.mask & ((1 << width) - 1), term.sign))
    return Neuron(bias, tuple(terms))


def difference(left: Neuron, right: Neuron) -> Neuron:
    """left - right; what both have cancels."""
    terms = Counter(left.terms)
    terms.subtract(right.terms)
    rest: list[Term] = []
    for term, count in terms.items():
        sign = term.sign if count > 0 else _opposite(term).sign
        rest += [Term(term.input, term.shift, term.mask, sign)] * abs(count)
    return Neuron(left.bias - right.bias, tuple(rest))


def _opposite(term: Term) -> Term:
    return Term(term.input, term.shift, term.mask, -1 if term.sign == 1 else 1)


def declare_sum(
    label: str, neuron: Neuron, inputs: Sequence[Word], names: Namespace, *, signed: bool
) -> tuple[Word, list[str]]:
    """A word that holds the sum, and the lines that declare it. The neuron is folded.

    signed: two's complement even where the sum is never negative.
    """
    lo, hi = accumulator_range(neuron, tuple((word.lo, word.hi) for word in inputs))
    word = Word(names.claim(label), lo, hi, signed or lo < 0)
    positive = [_term_text(term, inputs[term.input]) for term in _ordered(neuron, 1)]
    negative = [_term_text(term, inputs[term.input]) for term in _ordered(neuron, -1)]
    if not positive and not negative:
        return word, [_declare(word, _literal(neuron.bias, word))]
    side = positive if neuron.bias > 0 else negative
    if neuron.bias:
        side.append(unsigned_literal(abs(neuron.bias), unsigned_bits(abs(neuron.bias))))
    if not negative:
        return word, [_declare(word, _join(positive))]
    lines: list[str] = []
    totals = _side_totals(neuron, inputs)
    plus = _side(f"{label}_plus", positive, totals[0], names, lines)
    minus = _side(f"{label}_minus", negative, totals[1], names, lines)
    return word, [*lines, _declare(word, f"{plus} - {minus}" if plus else f"-{minus}")]


def _ordered(neuron: Neuron, sign: int) -> list[Term]:
    """Low terms first, so that the sums along the way stay narrow."""
    terms = [term for term in neuron.terms if term.sign == sign]
    return sorted(terms, key=lambda term: (term.mask << term.shift, term.input))


def _side_totals(neuron: Neuron, inputs: Sequence[Word]) -> tuple[int, int]:
    """The largest value of the positive and of the negative side, bias included."""
    totals = {1: max(neuron.bias, 0), -1: max(-neuron.bias, 0)}
    for term in neuron.terms:
        word = inputs[term.input]
        totals[term.sign] += masked_range(word.lo, word.hi, term.mask)[1] << term.shift
    return totals[1], totals[-1]


def _side(label: str, operands: list[str], total: int, names: Namespace, lines: list[str]) -> str:
    """The text of one side; a sum of several gets a word of its own, which keeps it unsigned."""
    if len(operands) <= 1:
        return "".join(operands)
    word = Word(names.claim(label), 0, total)
    lines.append(_declare(word, _join(operands)))
    return word.name


def _join(operands: list[str]) -> str:
    """A balanced sum: 2 to 8 % smaller after synthesis than a chain, and faster to simulate."""
    if len(operands) == 1:
        return operands[0]
    middle = len(operands) // 2
    left, right = (
        f"({_join(half)})" if len(half) > 1 else half[0] for half in (operands[:middle], operands[middle:])
    )
    return f"{left}{' ' if len(operands) <= _TERMS_A_LINE else _NEW_LINE}+ {right}"


def _declare(word: Word, expression: str) -> str:
    return f"wire {'signed ' if word.signed else ''}{width_text(word.width)}{word.name} = {expression};"


def _literal(value: int, word: Word) -> str:
    return signed_literal(value, word.width) if word.signed else unsigned_literal(value, word.width)


def _term_text(term: Term, word: Word) -> str:
    """`(x & mask) << shift` as a concatenation of exactly the bits that can be 1."""
    low = (term.mask & -term.mask).bit_length() - 1
    high = term.mask.bit_length() - 1
    text = select(word.name, word.width, high, low)
    kept, zeros = term.mask >> low, term.shift + low
    if kept & (kept + 1):
        text = f"{text} & {high - low + 1}'b{kept:b}"
        return f"{{{text}, {zeros}'d0}}" if zeros else f"({text})"
    return f"{{{text}, {zeros}'d0}}" if zeros else text


def describe(neuron: Neuron, inputs: Sequence[Word]) -> str:
    """The sum for a comment, such as "3 + 4*x - 2*(y & 6)"."""
    text = str(neuron.bias) if neuron.bias or not neuron.terms else ""
    for term in neuron.terms:
        word = inputs[term.input]
        full = term.mask == (1 << word.width) - 1
        source = word.name if full else f"({word.name} & {term.mask})"
        factor = f"{1 << term.shift}*" if term.shift else ""
        sign = "-" if term.sign < 0 else "+"
        text += f" {sign} {factor}{source}" if text else f"{'-' if term.sign < 0 else ''}{factor}{source}"
    return text
