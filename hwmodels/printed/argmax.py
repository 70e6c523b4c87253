"""The argmax: a tournament of comparisons between the outputs."""

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.ir import Comparison
from hwmodels.printed.tally import Tally
from hwmodels.printed.units import INVERTER
from hwmodels.printed.words import Word, choose, compare


@dataclass(frozen=True, slots=True)
class Entrant:
    """A side of a comparison: the value it is judged by, and the class index it stands for."""

    value: Word
    index: Word


def balanced(n_outputs: int) -> tuple[Comparison, ...]:
    """The exact argmax: neighbors meet, an odd one out waits, so that the lowest index wins a tie."""
    entrants, matches = list(range(n_outputs)), list[Comparison]()
    while len(entrants) > 1:
        winners = []
        for left, right in zip(entrants[::2], entrants[1::2], strict=False):
            winners.append(n_outputs + len(matches))
            matches.append(Comparison(left, right))
        entrants = winners + entrants[len(winners) * 2 :]
    return tuple(matches)


def bits_read(matches: Sequence[Comparison], n_outputs: int) -> list[int]:
    """For every output and every winner the bits that a comparison looks at, as two's complement masks."""
    read = [0] * (n_outputs + len(matches))
    for index in reversed(range(len(matches))):
        match = matches[index]
        for side in (match.left, match.right):
            read[side] = match.mask | read[n_outputs + index]
    return read


def tournament(tally: Tally, matches: Sequence[Comparison], entrants: Sequence[Entrant]) -> Word:
    """Counts all comparisons; gives the class index that comes out of the last one."""
    read, field = bits_read(matches, len(entrants)), list(entrants)
    for number, match in enumerate(matches):
        part = f"argmax/comparison {number}"
        left, right = field[match.left], field[match.right]
        select, select_s = compare(tally, f"{part}/compare", left.value, right.value, match.mask)
        part = f"{part}/select"
        needed = read[len(entrants) + number]
        value = choose(tally, part, select, select_s, left.value, right.value, needed)
        index = choose(tally, part, select, select_s, left.index, right.index, -1)
        if value.complement or index.complement:
            tally.place(part, INVERTER, select_s)
        field.append(Entrant(value.word, index.word))
    return field[-1].index
