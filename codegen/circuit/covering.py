"""A graph in cells of a library, node by node: which gate, and which inversions are there for free.

The structure stays as it is, so that adders keep their form; restructuring is for `codegen.synthesis`.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product
from typing import TypeAlias

from codegen.cells import CellLibrary
from codegen.circuit.aig import TRUE, Aig, Node
from codegen.ir.network import Gate, GateKind, GateNetlist

Option: TypeAlias = tuple[GateKind, int, int]
"""A gate and the literals that it reads."""

_FULL_ADDER_NANDS, _FULL_ADDER_XORS = 9, (2, 3)


def prefers_xor(library: CellLibrary) -> bool:
    """True where a full adder of two XORs and three NANDs is smaller than one of nine NANDs."""
    if not {"xor", "nand"} <= set(library.kinds):
        return False
    xors, nands = _FULL_ADDER_XORS
    adder = xors * library.area_cm2("xor") + nands * library.area_cm2("nand")
    return adder < _FULL_ADDER_NANDS * library.area_cm2("nand")


def cover(aig: Aig, outputs: Sequence[Sequence[int]], library: CellLibrary) -> GateNetlist:
    """The netlist of the output literals; nodes that none depends on are left out."""
    wanted = Counter(literal for group in outputs for literal in group)
    readers = wanted + Counter(literal for node in aig.nodes for literal in (node.a, node.b))
    for _ in range(2):
        chosen = _choose(aig, set(wanted), readers, library)
        readers = wanted + Counter(read for _, a, b in chosen.values() for read in {a, b})
    return _build(aig, outputs, chosen)


def _choose(aig: Aig, wanted: set[int], readers: Counter[int], library: CellLibrary) -> dict[int, Option]:
    """The gate of each literal that is needed, from the outputs back.

    readers: how many gates are likely to read a literal; where there are others, it is likely to be there.
    """
    needed, chosen = set(wanted), dict[int, Option]()

    def price(literal: int) -> float:
        """What a literal adds, seen from one of its readers."""
        there = literal <= TRUE or literal in needed or readers[literal] > 1 or aig.is_free(literal)
        return 0.0 if there else library.area_cm2("inv")

    for variable in reversed(range(aig.n_inputs + 1, aig.n_inputs + 1 + len(aig.nodes))):
        node = aig.node(2 * variable)
        assert node is not None
        polarities = [literal for literal in (2 * variable, 2 * variable + 1) if literal in needed]
        if polarities:
            best = min(
                _covers(node, 2 * variable, polarities, library),
                key=lambda cover: sum(
                    library.area_cm2(kind) + sum(price(read) for read in {a, b} if read >> 1 != variable)
                    for kind, a, b in cover.values()
                ),
            )
            chosen |= best
            needed |= {read for _, a, b in best.values() for read in (a, b)}
    inputs = [2 * (index + 1) for index in range(aig.n_inputs)]
    chosen |= {even + 1: ("inv", even, even) for even in inputs if even + 1 in needed}
    return chosen


def _covers(
    node: Node, even: int, polarities: Sequence[int], library: CellLibrary
) -> Iterator[dict[int, Option]]:
    """All ways to make the polarities of a node that are needed, with two gates at most."""
    gates = {literal: list(_gates(node, literal & 1, library)) for literal in (even, even + 1)}
    for literal in (even, even + 1):
        others = [other for other in polarities if other != literal]
        for gate in gates[literal]:
            yield {literal: gate, **dict.fromkeys(others, ("inv", literal, literal))}
    if len(polarities) == 2:
        for first, second in product(gates[even], gates[even + 1]):
            yield {even: first, even + 1: second}


def _gates(node: Node, inverted: int, library: CellLibrary) -> Iterator[Option]:
    """The cells that make a polarity of a node out of its inputs in either polarity."""
    a, b = node.a, node.b
    options: list[Option]
    if node.is_xor:
        straight: tuple[GateKind, GateKind] = ("xnor", "xor") if inverted else ("xor", "xnor")
        options = [(straight[0], a, b), (straight[1], a ^ 1, b), (straight[1], a, b ^ 1)]
        options.append((straight[0], a ^ 1, b ^ 1))
    elif inverted:
        options = [("nand", a, b), ("or", a ^ 1, b ^ 1)]
    else:
        options = [("and", a, b), ("nor", a ^ 1, b ^ 1)]
    return (option for option in options if option[0] in library.kinds)


def _build(aig: Aig, outputs: Sequence[Sequence[int]], chosen: dict[int, Option]) -> GateNetlist:
    """Gates in an order in which each reads earlier ones: by node, an inverter of a node last."""
    numbers = {literal: literal for literal in (0, 1)}
    numbers |= {aig.input(index): 2 + index for index in range(aig.n_inputs)}
    gates: list[Gate] = []
    for literal in sorted(chosen, key=lambda one: (one >> 1, chosen[one][1] >> 1 == one >> 1)):
        kind, a, b = chosen[literal]
        numbers[literal] = 2 + aig.n_inputs + len(gates)
        gates.append(Gate(kind, numbers[a], numbers[b]))
    return GateNetlist(tuple(gates), tuple(tuple(numbers[literal] for literal in group) for group in outputs))
