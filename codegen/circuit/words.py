"""Words of literals: the clip of a hidden layer, comparisons and choices, on only the bits that matter."""

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.circuit.aig import FALSE, TRUE, Aig
from codegen.circuit.forms import ones
from codegen.ir.network import Clip
from codegen.ir.ranges import Range, signed_bits


@dataclass(frozen=True, slots=True)
class Word:
    """Literals, lowest first. signed: two's complement, the highest bit repeats; else zeros follow."""

    bits: tuple[int, ...]
    signed: bool

    def at(self, index: int) -> int:
        """The literal of any bit."""
        if index < len(self.bits):
            return self.bits[index]
        return self.bits[-1] if self.signed and self.bits else FALSE


def width_of(span: Range) -> int:
    """Bits of a sum in a range: two's complement where it can be negative, else unsigned."""
    return signed_bits(*span) if span[0] < 0 else span[1].bit_length()


def number_word(number: int) -> Word:
    """A constant that is at least 0."""
    return Word(tuple(number >> bit & 1 for bit in range(number.bit_length())), signed=False)


def clip_needs(read: int, span: Range, clip: Clip) -> int:
    """Mask of the bits of a sum that the bits `read` of its activation depend on."""
    kept = clip.shift + clip.bits
    above = (1 << span[1].bit_length()) - 1 >> kept << kept if span[1] > 0 else 0
    sign = 1 << (signed_bits(*span) - 1) if span[0] < 0 else 0
    return read << clip.shift | above | sign


def clip_word(aig: Aig, bits: Sequence[int], span: Range, clip: Clip, read: int) -> dict[int, int]:
    """The bits `read` of `min(max(sum, 0) >> shift, 2**bits - 1)`, by number. bits, span: of the sum."""
    negative = bits[-1] if span[0] < 0 else FALSE
    magnitude = bits[: span[1].bit_length()]
    over = aig.any_in(magnitude[clip.shift + clip.bits :])
    found = {}
    for bit in ones(read):
        value = magnitude[bit + clip.shift] if bit + clip.shift < len(magnitude) else FALSE
        found[bit] = aig.all_of(aig.any_of(value, over), negative ^ 1)
    return found


def is_greater(aig: Aig, left: Word, right: Word, mask: int) -> int:
    """`(left & mask) > (right & mask)`, the mask in two's complement."""
    signed = left.signed or right.signed
    width = max(len(word.bits) + (signed and not word.signed) for word in (left, right))
    greater = FALSE
    for bit in looked_at(mask, width, signed=signed):
        a, b = left.at(bit), right.at(bit)
        if signed and mask < 0 and bit == width - 1:
            a, b = b, a
        greater = aig.greater(a, b, greater)
    return greater


def looked_at(mask: int, width: int, *, signed: bool) -> list[int]:
    """The bits of a word that a mask lets through; a mask above the word sees the sign again."""
    read = mask & ((1 << width) - 1)
    if signed and mask >> width:
        read |= 1 << (width - 1)
    return list(ones(read))


def choose(aig: Aig, select: int, chosen: Word, other: Word, read: int) -> Word:
    """`chosen` where select, else `other`. read: mask of the bits that anybody looks at."""
    signed = chosen.signed or other.signed
    width = max(len(word.bits) + (signed and not word.signed) for word in (chosen, other))
    seen = looked_at(read, width, signed=signed)
    bits = tuple(
        aig.mux(select, chosen.at(bit), other.at(bit)) if bit in seen else FALSE for bit in range(width)
    )
    return Word(bits, signed)


def at_least_constant(aig: Aig, bits: Sequence[int], bound: int) -> int:
    """`number >= bound` for unsigned bits, lowest first; from the lowest 1 of the bound up."""
    reached = TRUE
    for bit, literal in enumerate(bits):
        reached = aig.all_of(literal, reached) if bound >> bit & 1 else aig.any_of(literal, reached)
    return FALSE if bound >> len(bits) else reached
