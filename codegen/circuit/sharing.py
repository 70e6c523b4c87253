"""Adders that the sums of a layer have in common, built once.

Two heaps that hold the same bits in columns a fixed distance apart, or the inverses of these bits, can take
the same adders. The pair of heaps whose common bits save most is joined first, until none saves anything.
It is common subexpression elimination at the level of bits: words that are shifted, negated or masked
differently in two neurons still share the bits that they have in common.
Source of the greedy choice: R. I. Hartley, Subexpression sharing in filters using canonic signed digit
multipliers, IEEE Transactions on Circuits and Systems II 43(10), 1996; there over words.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codegen.circuit.aig import Aig
from codegen.circuit.heap import Adder, BitHeap

FULL_ADDER_GATES, HALF_ADDER_GATES = 9, 4


@dataclass(frozen=True, slots=True)
class _Overlap:
    """Bits of column c of heap `first` are in column c + distance of heap `second`, inverted or not."""

    first: int
    second: int
    distance: int
    inverted: int


@dataclass(frozen=True, slots=True)
class _Step:
    """What a column of common bits does: so many full adders, and perhaps a half adder."""

    column: int
    n_full: int
    half: bool


def share_adders(heaps: Sequence[BitHeap], widths: Sequence[int], aig: Aig) -> list[list[Adder]]:
    """Takes the common adders out of the heaps, which hold their results afterwards; the adders of each.

    widths: the heaps are sums modulo 2**width.
    """
    sharing = _Sharing(heaps, widths, aig)
    while (best := sharing.best()) is not None:
        sharing.join(best)
    return sharing.adders


class _Sharing:
    def __init__(self, heaps: Sequence[BitHeap], widths: Sequence[int], aig: Aig) -> None:
        self._heaps, self._widths, self._aig = heaps, widths, aig
        self.adders: list[list[Adder]] = [[] for _ in heaps]
        self._masks: list[dict[int, tuple[int, int]]] = [{} for _ in heaps]
        self._scores: dict[tuple[int, int], tuple[int, _Overlap]] = {}
        self._changed = set(range(len(heaps)))

    def best(self) -> _Overlap | None:
        """The overlap that saves most gates, or None where none saves any."""
        for index in self._changed:
            columns = self._heaps[index].columns
            self._masks[index] = {column: _masks(bits) for column, bits in columns.items() if bits}
        for first in range(len(self._heaps)):
            for second in range(first, len(self._heaps)):
                if self._changed & {first, second}:
                    found = [(self._gain(one), one) for one in self._overlaps(first, second)]
                    self._scores[first, second] = max(
                        found, key=lambda pair: pair[0], default=(0, _Overlap(0, 0, 0, 0))
                    )
        self._changed = set()
        gain, overlap = max(
            self._scores.values(), key=lambda pair: pair[0], default=(0, _Overlap(0, 0, 0, 0))
        )
        return overlap if gain > 0 else None

    def _overlaps(self, first: int, second: int) -> Iterator[_Overlap]:
        if not self._masks[first] or not self._masks[second]:
            return
        lowest = min(self._masks[second]) - max(self._masks[first])
        highest = max(self._masks[second]) - min(self._masks[first])
        for distance in range(1 if first == second else lowest, highest + 1):
            for inverted in (0, 1):
                yield _Overlap(first, second, distance, inverted)

    def _gain(self, overlap: _Overlap) -> int:
        steps = _steps(self._counts(overlap))
        return sum(FULL_ADDER_GATES * step.n_full - HALF_ADDER_GATES * step.half for step in steps)

    def _counts(self, overlap: _Overlap) -> dict[int, int]:
        """How many bits the heaps have in common, by column of the first."""
        second, counts = self._masks[overlap.second], dict[int, int]()
        for column, (mask, _) in self._masks[overlap.first].items():
            other = second.get(column + overlap.distance)
            if other is not None and (common := (mask & other[overlap.inverted]).bit_count()) > 1:
                counts[column] = common
        return counts

    def join(self, overlap: _Overlap) -> None:
        """Builds the common adders and puts their results into both heaps, and wherever else they fit."""
        first, second = self._heaps[overlap.first], self._heaps[overlap.second]
        self._changed |= {overlap.first, overlap.second}
        for step in _steps(self._counts(overlap)):
            bits = first.columns.get(step.column, {})
            others = second.columns.get(step.column + overlap.distance, {})
            common = [bit for bit in bits if bit ^ overlap.inverted in others]
            common.sort(key=lambda bit: (bits[bit], bit))
            for _ in range(step.n_full):
                if len(common) < 3:
                    break
                taken, common = common[:3], common[3:]
                total, _ = self._full_adder(taken)
                if total in first.columns.get(step.column, {}):
                    common.append(total)
            if step.half and len(common) >= 2:
                self._half_adder(overlap, step.column, common[:2])

    def _full_adder(self, taken: Sequence[int]) -> tuple[int, int]:
        total, carry = self._aig.full_adder(*taken)
        for index, heap in enumerate(self._heaps):
            for column in sorted(heap.columns):
                for inverted in (0, 1):
                    bits = heap.columns[column]
                    if all(literal ^ inverted in bits for literal in taken):
                        self._apply(index, column, taken, inverted, (total, carry), one=False)
        return total, carry

    def _half_adder(self, overlap: _Overlap, column: int, taken: Sequence[int]) -> None:
        results = self._aig.half_adder(*taken)
        self._apply(overlap.first, column, taken, 0, results, one=False)
        place = column + overlap.distance
        self._apply(overlap.second, place, taken, overlap.inverted, results, one=bool(overlap.inverted))

    def _apply(
        self,
        index: int,
        column: int,
        taken: Sequence[int],
        inverted: int,
        results: tuple[int, int],
        *,
        one: bool,
    ) -> None:
        """Inverting all inputs inverts both results; two inverted inputs need a 1 for that."""
        heap, last = self._heaps[index], column == self._widths[index] - 1
        inputs = tuple(literal ^ inverted for literal in taken)
        depth = 1 + max(heap.columns[column].pop(literal) for literal in inputs)
        total, carry = (result ^ inverted for result in results)
        heap.constant -= one << column
        heap.add(total, column, depth=depth)
        if not last:
            heap.add(carry, column + 1, depth=depth)
        self._changed.add(index)
        self.adders[index].append(Adder(column, inputs, one, total, None if last else carry))


def _masks(bits: dict[int, int]) -> tuple[int, int]:
    """The literals of a column as a mask, and their inverses."""
    mask = inverse = 0
    for literal in bits:
        mask |= 1 << literal
        inverse |= 1 << (literal ^ 1)
    return mask, inverse


def _steps(counts: dict[int, int]) -> list[_Step]:
    """How a heap of so many bits a column is reduced as far as each adder pays when it serves twice."""
    steps, carries = [], 0
    column, end = min(counts, default=0), max(counts, default=-1)
    while column <= end or carries:
        bits = counts.get(column, 0) + carries
        n_full = max(0, (bits - 1) // 2)
        following = counts.get(column + 1, 0) + n_full
        # a half adder pays where its carry completes a full adder
        half = bits - 2 * n_full == 2 and following >= 2 and following % 2 == 0
        carries = n_full + half
        if carries:
            steps.append(_Step(column, n_full, half))
        column += 1
    return steps
