"""A bit heap: a sum of weighted bits, reduced column by column to one bit each.

A negative summand is its inverse and a constant, since -x is (not x) - 1 at every weight; all constants fold
into one. From the lowest column up, full adders take three bits of the column to one, a half adder the last
two; carries join the next column. A constant 1 of a column joins a half adder, which costs the same with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from codegen.circuit.aig import FALSE, TRUE, Aig


@dataclass(frozen=True, slots=True)
class Adder:
    """`sum of inputs + one = total + 2 * carry`, at weight 2**column; literals of an `Aig`.

    inputs: two or three. total, carry: None where nobody reads it; there is no carry out of the last column.
    """

    column: int
    inputs: tuple[int, ...]
    one: bool
    total: int | None
    carry: int | None


@dataclass(frozen=True, slots=True)
class HeapSum:
    """A reduced heap. bits: literals, lowest first; None where only the carry of a column was built."""

    bits: tuple[int | None, ...]
    adders: tuple[Adder, ...]


@dataclass(slots=True)
class BitHeap:
    """Bits by column, each with the number of adders before it, and what they are added to.

    Two equal bits of a column become one of the next, and a bit and its inverse become a 1.
    """

    constant: int = 0
    columns: dict[int, dict[int, int]] = field(default_factory=dict)

    def add(self, literal: int, column: int, sign: int = 1, *, depth: int = 0) -> None:
        """Adds `sign * literal << column`."""
        if sign < 0:
            self.constant -= 1 << column
            literal ^= 1
        bits = self.columns.setdefault(column, {})
        if literal <= TRUE:
            self.constant += literal << column
        elif literal ^ 1 in bits:
            del bits[literal ^ 1]
            self.constant += 1 << column
        elif literal in bits:
            self.add(literal, column + 1, depth=max(depth, bits.pop(literal)))
        else:
            bits[literal] = depth

    def cut(self, width: int) -> None:
        """Drops the columns from `width` on: the sum is then one modulo 2**width."""
        self.columns = {column: bits for column, bits in self.columns.items() if column < width}


def reduce_heap(heap: BitHeap, aig: Aig, width: int, needed: int) -> HeapSum:
    """The sum modulo 2**width, in as few gates as the columns need; the heap is used up.

    needed: mask of the bits to give; of another column only the carry is built.
    """
    bits: list[int | None] = []
    adders: list[Adder] = []
    for column in range(width):
        keep, last = bool(needed >> column & 1), column == width - 1
        adders += _reduce_column(heap, aig, column, keep=keep, last=last)
        left, depth = next(iter(heap.columns.get(column, {}).items()), (FALSE, 0))
        one = heap.constant >> column & 1
        if one and left:
            heap.add(left, column + 1, depth=depth)
        unbuilt = bool(adders) and adders[-1].column == column and adders[-1].total is None
        bits.append(None if unbuilt else left ^ one)
    return HeapSum(tuple(bits), tuple(adders))


def _reduce_column(heap: BitHeap, aig: Aig, column: int, *, keep: bool, last: bool) -> Iterator[Adder]:
    """Leaves at most one bit in the column; with a constant 1 beside it, their sum is its inverse."""
    while len(bits := heap.columns.get(column, {})) > 1:
        one = bool(heap.constant >> column & 1)
        # a 1 saves a gate where it makes the number of half adders even
        size = 2 if len(bits) == 2 or (one and len(bits) % 2) else 3
        taken = sorted(bits, key=lambda literal: (bits[literal], literal))[:size]
        one, depth = one and size == 2, 1 + max(bits.pop(literal) for literal in taken)
        heap.constant -= one << column
        carry_only = not keep and not bits and not last
        total, carry = _place(aig, taken, one=one, carry_only=carry_only)
        if total is not None:
            heap.add(total, column, depth=depth)
        if not last:
            heap.add(carry, column + 1, depth=depth)
        yield Adder(column, tuple(taken), one, total, None if last else carry)


def _place(aig: Aig, inputs: list[int], *, one: bool, carry_only: bool) -> tuple[int | None, int]:
    if len(inputs) == 3:
        return (None, aig.majority(*inputs)) if carry_only else aig.full_adder(*inputs)
    if carry_only:
        return None, aig.any_of(*inputs) if one else aig.all_of(*inputs)
    return aig.half_adder_one(*inputs) if one else aig.half_adder(*inputs)
