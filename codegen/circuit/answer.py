"""What the last layer of a bespoke MLP must compute, and how the answer comes out of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.circuit.aig import Aig
from codegen.circuit.forms import LinearForm, form_range, signed_digits
from codegen.circuit.words import Word, choose, is_greater, looked_at, number_word, width_of
from codegen.ir.network import Comparison
from codegen.ir.ranges import Range

_ADDER, _MATCH = 9.0, 8.0
"""Gates for a bit of a sum, and for a bit of a comparison with its multiplexer; only for a choice."""


@dataclass(frozen=True, slots=True)
class Head:
    """A sum of the last layer. span: an interval that holds it. needed: mask of the bits that are read."""

    form: LinearForm
    span: Range
    needed: int


@dataclass(frozen=True, slots=True)
class Contest:
    """The argmax of some classes. matches: over `classes`, as in `BespokeMlp.argmax`.

    by_sign: there is one head, the first entrant minus the second of the only match.
    """

    classes: tuple[int, ...]
    matches: tuple[Comparison, ...]
    heads: tuple[Head, ...]
    by_sign: bool


def value_heads(forms: Sequence[LinearForm], spans: Sequence[Range]) -> tuple[Head, ...]:
    """Heads whose every bit is an output."""
    return tuple(Head(form, span, (1 << width_of(span)) - 1) for form, span in zip(forms, spans, strict=True))


def plan_contest(
    argmax: tuple[Comparison, ...] | None,
    forms: Sequence[LinearForm],
    spans: Sequence[Range],
    sources: Sequence[Range],
) -> Contest:
    """Which sums a classifier needs. argmax: None is the exact one. sources: ranges of the layer's inputs."""
    exact = argmax is None or all(match.mask == -1 for match in argmax)
    classes = contenders(spans) if argmax is None else tuple(range(len(spans)))
    matches = balanced(len(classes)) if argmax is None else argmax
    if not matches:
        return Contest(classes, (), (), by_sign=False)
    if exact and len(classes) == 2:
        left, right = (classes[side] for side in (matches[0].left, matches[0].right))
        return Contest(classes, matches, (_difference(forms, spans, left, right, sources),), by_sign=True)
    entrants = [(forms[index], spans[index]) for index in classes]
    if exact:
        entrants = _smaller(entrants, _without_common(entrants, sources))
    offset = _offset(matches, min(lo for _, (lo, _) in entrants))
    read = _bits_read(matches, len(classes))
    heads = []
    for position, (form, (lo, hi)) in enumerate(entrants):
        span = lo - offset, hi - offset
        seen = looked_at(read[position], width_of(span), signed=span[0] < 0)
        shifted = LinearForm(form.constant - offset, form.coefficients)
        heads.append(Head(shifted, span, sum(1 << bit for bit in seen)))
    return Contest(classes, matches, tuple(heads), by_sign=False)


def contenders(spans: Sequence[Range]) -> tuple[int, ...]:
    """The classes that can win: not those whose largest sum never beats the smallest of another."""
    floor = max(lo for lo, _ in spans)
    holder = next(index for index, (lo, _) in enumerate(spans) if lo == floor)
    return tuple(n for n, (_, hi) in enumerate(spans) if hi > floor or (hi == floor and n <= holder))


def balanced(n_entrants: int) -> tuple[Comparison, ...]:
    """The exact argmax: neighbors meet, an odd one out waits, so that the lowest index wins a tie."""
    entrants, matches = list(range(n_entrants)), list[Comparison]()
    while len(entrants) > 1:
        winners = []
        for left, right in zip(entrants[::2], entrants[1::2], strict=False):
            winners.append(n_entrants + len(matches))
            matches.append(Comparison(left, right))
        entrants = winners + entrants[2 * len(winners) :]
    return tuple(matches)


def _difference(
    forms: Sequence[LinearForm], spans: Sequence[Range], left: int, right: int, sources: Sequence[Range]
) -> Head:
    form = forms[left].minus(forms[right])
    lo, hi = form_range(form, sources)
    span = max(lo, spans[left][0] - spans[right][1]), min(hi, spans[left][1] - spans[right][0])
    return Head(form, span, 1 << (width_of(span) - 1) if span[0] < 0 <= span[1] else 0)


def _without_common(
    entrants: Sequence[tuple[LinearForm, Range]], sources: Sequence[Range]
) -> list[tuple[LinearForm, Range]]:
    """The entrants less a common sum, which changes no comparison: bit by bit what leaves fewest digits."""
    forms = [form for form, _ in entrants]
    common = {}
    for bit in sorted({bit for form in forms for bit in form.coefficients}):
        own = [form.coefficients.get(bit, 0) for form in forms]
        taken = min(sorted({0, *own}, key=abs), key=lambda c: sum(len(signed_digits(o - c)) for o in own))
        if taken:
            common[bit] = taken
    less = [form.minus(LinearForm(0, common)) for form in forms]
    return [(form, form_range(form, sources)) for form in less]


def _smaller(
    first: list[tuple[LinearForm, Range]], second: list[tuple[LinearForm, Range]]
) -> list[tuple[LinearForm, Range]]:
    return min(first, second, key=_estimate)


def _estimate(entrants: Sequence[tuple[LinearForm, Range]]) -> float:
    """About how many gates the sums and the comparisons between them take."""
    bits = sum(len(signed_digits(c)) for form, _ in entrants for c in form.coefficients.values())
    width = (max(hi for _, (_, hi) in entrants) - min(lo for _, (lo, _) in entrants)).bit_length()
    return _ADDER * bits + _MATCH * width * (len(entrants) - 1)


def _offset(matches: Sequence[Comparison], lowest: int) -> int:
    """What can be taken from all sums so that none is negative: a multiple of what the masks drop."""
    dropped = [-match.mask for match in matches]
    if any(d <= 0 or d & (d - 1) for d in dropped):
        return 0
    return lowest // max(dropped) * max(dropped)


def _bits_read(matches: Sequence[Comparison], n_entrants: int) -> list[int]:
    """For each entrant and each winner the mask of the bits that some comparison looks at."""
    read = [0] * (n_entrants + len(matches))
    for number, match in reversed(list(enumerate(matches))):
        read[match.left] = read[match.right] = match.mask | read[n_entrants + number]
    return read


def lower_contest(aig: Aig, contest: Contest, words: Sequence[Word]) -> Word:
    """The class index. words: of the heads."""
    if not contest.matches:
        return number_word(contest.classes[0])
    if contest.by_sign:
        return _by_sign(aig, contest, words[0])
    field, indexes = list(words), [number_word(index) for index in contest.classes]
    read = _bits_read(contest.matches, len(words))
    for number, match in enumerate(contest.matches):
        right_wins = is_greater(aig, field[match.right], field[match.left], match.mask)
        looked = read[len(words) + number]
        field.append(choose(aig, right_wins, field[match.right], field[match.left], looked))
        indexes.append(choose(aig, right_wins, indexes[match.right], indexes[match.left], -1))
    return indexes[-1]


def _by_sign(aig: Aig, contest: Contest, lead: Word) -> Word:
    (lo, hi), match = contest.heads[0].span, contest.matches[0]
    left, right = (number_word(contest.classes[side]) for side in (match.left, match.right))
    if lo >= 0 or hi < 0:
        return left if lo >= 0 else right
    return choose(aig, lead.bits[-1], right, left, -1)
