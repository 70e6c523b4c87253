"""An and-inverter graph: equal nodes are one node, constants fold, and an inversion costs no node.

A literal is `2 * variable + inverted`, as in the AIGER format: 0 is false, 1 is true, then come the input
bits, then the nodes. A node is an AND of two literals, or, for a library with cheap ones, an XOR.

A literal is *free* where no inverter is needed for it. An AND node is a NAND gate, so its inverse is free.
Adders are built around free literals: inverting all inputs of a full adder inverts both outputs, and
inverting one of them only moves an inversion to the sum. So nine NANDs are enough whatever is inverted.
"""

from collections.abc import Iterable
from dataclasses import dataclass

FALSE, TRUE = 0, 1


@dataclass(frozen=True, slots=True)
class Node:
    """`a & b` with a <= b, or where is_xor `a ^ b` of two literals that are not inverted."""

    a: int
    b: int
    is_xor: bool = False


class Aig:
    """A graph that grows. n_inputs: number of input bits, whose literals `input` gives.

    xor_nodes: keep XORs as nodes, for a library in which they make smaller adders than NANDs do.
    """

    def __init__(self, n_inputs: int, *, xor_nodes: bool = False) -> None:
        self.n_inputs, self.xor_nodes = n_inputs, xor_nodes
        self.nodes: list[Node] = []
        self._literals: dict[Node, int] = {}

    def input(self, index: int) -> int:
        """The literal of an input bit."""
        return 2 * (index + 1)

    def node(self, literal: int) -> Node | None:
        """What a literal reads, in either polarity; None for a constant or an input."""
        index = (literal >> 1) - 1 - self.n_inputs
        return self.nodes[index] if index >= 0 else None

    def is_free(self, literal: int) -> bool:
        """True where the literal needs no inverter."""
        node = self.node(literal)
        return bool(literal & 1) == (node is not None and not node.is_xor)

    def _add(self, node: Node) -> int:
        if node not in self._literals:
            self.nodes.append(node)
            self._literals[node] = 2 * (self.n_inputs + len(self.nodes))
        return self._literals[node]

    # Gates.

    def all_of(self, a: int, b: int) -> int:
        """a and b."""
        a, b = min(a, b), max(a, b)
        if a == FALSE or a == b ^ 1:
            return FALSE
        return b if a in (TRUE, b) else self._add(Node(a, b))

    def nand(self, a: int, b: int) -> int:
        """not (a and b)."""
        return self.all_of(a, b) ^ 1

    def any_of(self, a: int, b: int) -> int:
        """a or b."""
        return self.nand(a ^ 1, b ^ 1)

    def any_in(self, literals: Iterable[int]) -> int:
        """True where one of them is; false for none."""
        found = FALSE
        for literal in literals:
            found = self.any_of(found, literal)
        return found

    def xor(self, a: int, b: int) -> int:
        """a or b, but not both."""
        if min(a, b) <= TRUE or a >> 1 == b >> 1:
            return max(a, b) ^ min(a, b) if min(a, b) <= TRUE else (a ^ b) & 1
        if self.xor_nodes:
            low, high = sorted((a & ~1, b & ~1))
            return self._add(Node(low, high, is_xor=True)) ^ ((a ^ b) & 1)
        inverted = self.is_free(a) != self.is_free(b)
        a, b = self._freed(a), self._freed(b)
        both = self.nand(a, b)
        return self.nand(self.nand(a, both), self.nand(b, both)) ^ inverted

    def mux(self, select: int, chosen: int, other: int) -> int:
        """`chosen` where select, else `other`."""
        if chosen == other or select == TRUE:
            return chosen
        if select == FALSE:
            return other
        if chosen == other ^ 1:
            return self.xor(select, other)
        if chosen <= TRUE:
            return self.any_of(select, other) if chosen else self.all_of(select ^ 1, other)
        if other <= TRUE:
            return self.any_of(select ^ 1, chosen) if other else self.all_of(select, chosen)
        if not (self.is_free(chosen) or self.is_free(other)):
            return self.mux(select, chosen ^ 1, other ^ 1) ^ 1
        return self.nand(self.nand(select, chosen), self.nand(select ^ 1, other))

    def _freed(self, literal: int) -> int:
        return literal if self.is_free(literal) else literal ^ 1

    def _product(self, a: int, b: int) -> int:
        """a and b, out of the gates that their XOR has anyway."""
        if self.xor_nodes or self.is_free(a) == self.is_free(b):
            return self.all_of(a, b)
        free, inverted = (a, b) if self.is_free(a) else (b, a)
        return self.all_of(free, self.nand(free, inverted ^ 1))

    # Adders.

    def half_adder(self, a: int, b: int) -> tuple[int, int]:
        """Sum and carry of a + b."""
        if self.xor_nodes or self.is_free(a) or self.is_free(b):
            return self.xor(a, b), self._product(a, b)
        some = self.any_of(a ^ 1, b ^ 1)
        return self.all_of(some, self.nand(a ^ 1, b ^ 1)), some ^ 1

    def half_adder_one(self, a: int, b: int) -> tuple[int, int]:
        """Sum and carry of a + b + 1."""
        total, carry = self.half_adder(a ^ 1, b ^ 1)
        return total ^ 1, carry ^ 1

    def full_adder(self, a: int, b: int, c: int) -> tuple[int, int]:
        """Sum and carry of a + b + c."""
        inverted = [literal for literal in (a, b, c) if not self.is_free(literal)]
        if len(inverted) > 1:
            total, carry = self.full_adder(a ^ 1, b ^ 1, c ^ 1)
            return total ^ 1, carry ^ 1
        if inverted and inverted[0] != c:
            a, b, c = (b, c, a) if inverted[0] == a else (a, c, b)
        half = self.xor(a, b)
        return self.xor(half, c), self.nand(self.nand(a, b), self._product(half, c) ^ 1)

    def majority(self, a: int, b: int, c: int) -> int:
        """The carry of a + b + c alone."""
        if min(a, b, c) <= TRUE:
            constant, *others = sorted((a, b, c))
            return self.any_of(*others) if constant else self.all_of(*others)
        if sum(not self.is_free(literal) for literal in (a, b, c)) > 1:
            return self.majority(a ^ 1, b ^ 1, c ^ 1) ^ 1
        if not self.is_free(c):
            b, c = c, b
        return self.nand(self._product(a, b) ^ 1, self.nand(self._product(a ^ 1, b ^ 1) ^ 1, c))

    def greater(self, a: int, b: int, tie: int) -> int:
        """a > b, or `tie` where they are equal."""
        return self.majority(a, b ^ 1, tie)
