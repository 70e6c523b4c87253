"""The gates of the graph compute what they say, fold constants, and need no inverters inside adders."""

from itertools import product

import pytest

from codegen.circuit import Aig, area_cm2, cover, evaluate_netlist, pack_codes
from codegen.circuit.aig import FALSE, TRUE
from tests.codegen.circuit.libraries import CHEAP_XOR, EGFET, LIBRARIES, codes_of

OPERATIONS = {
    "all_of": (2, lambda a, b: a & b),
    "any_of": (2, lambda a, b: a | b),
    "nand": (2, lambda a, b: 1 - (a & b)),
    "xor": (2, lambda a, b: a ^ b),
    "mux": (3, lambda select, chosen, other: chosen if select else other),
    "majority": (3, lambda a, b, c: a + b + c >> 1),
    "greater": (3, lambda a, b, tie: int(a > b) if a != b else tie),
}


def values(aig, literals, library=EGFET):
    """The literals, as numbers of one bit, over all inputs: (n_states, n_literals)."""
    netlist = cover(aig, [(literal,) for literal in literals], library)
    return evaluate_netlist(netlist, pack_codes(codes_of(aig.n_inputs), [1] * aig.n_inputs), signed=False)


@pytest.mark.parametrize("xor_nodes", [False, True])
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_computes_its_function_of_any_literals(name, xor_nodes):
    n_inputs, function = OPERATIONS[name]
    aig = Aig(3, xor_nodes=xor_nodes)
    gate = aig.nand(aig.input(0), aig.input(1))
    pool = [FALSE, TRUE, aig.input(0), aig.input(0) ^ 1, aig.input(2), aig.input(2) ^ 1, gate, gate ^ 1]
    inputs = list(product(pool, repeat=n_inputs))
    found = values(aig, [getattr(aig, name)(*literals) for literals in inputs])
    signals = dict(zip(pool, values(aig, pool).T, strict=True))
    for row, literals in enumerate(inputs):
        expected = [function(*bits) for bits in zip(*(signals[literal] for literal in literals), strict=True)]
        assert found[:, row].tolist() == expected, (name, literals)


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.name)
@pytest.mark.parametrize("inversions", list(product((0, 1), repeat=3)))
def test_adders_add_whatever_is_inverted(inversions, library):
    aig = Aig(3, xor_nodes=library is CHEAP_XOR)
    a, b, c = (aig.input(index) ^ inverted for index, inverted in enumerate(inversions))
    literals = [*aig.full_adder(a, b, c), *aig.half_adder(a, b), *aig.half_adder_one(a, b)]
    bits = codes_of(3) ^ inversions
    expected = (bits.sum(axis=1), bits[:, :2].sum(axis=1), bits[:, :2].sum(axis=1) + 1)
    found = values(aig, literals, library)
    for number, total in enumerate(expected):
        assert (found[:, 2 * number] + 2 * found[:, 2 * number + 1] == total).all()


def test_a_chain_of_adders_over_nands_needs_no_inverter():
    aig = Aig(6)
    first = [aig.nand(aig.input(2 * index), aig.input(2 * index + 1)) for index in range(3)]
    for inversions in product((0, 1), repeat=3):
        results = aig.full_adder(*(bit ^ inverted for bit, inverted in zip(first, inversions, strict=True)))
        freed = [result if aig.is_free(result) else result ^ 1 for result in results]
        gates = cover(aig, [freed], EGFET).gates
        assert [gate.kind for gate in gates] == ["nand"] * 12


def test_a_library_with_cheap_xors_gets_them():
    aig = Aig(3, xor_nodes=True)
    total, _ = aig.full_adder(*(aig.input(index) for index in range(3)))
    assert [gate.kind for gate in cover(aig, [(total,)], CHEAP_XOR).gates] == ["xor", "xor"]


def test_equal_gates_are_one_gate():
    aig = Aig(2)
    a, b = aig.input(0), aig.input(1)
    assert aig.all_of(a, b) == aig.all_of(b, a)
    assert aig.xor(a, b) == aig.xor(a ^ 1, b ^ 1)
    assert aig.xor(a, b) == aig.xor(b, a ^ 1) ^ 1


def test_a_cover_takes_the_smaller_of_equal_cells():
    aig = Aig(2)
    a, b = aig.input(0), aig.input(1)
    neither = aig.all_of(a ^ 1, b ^ 1)
    assert [gate.kind for gate in cover(aig, [(neither,)], EGFET).gates] == ["nor"]
    assert area_cm2(cover(aig, [(neither ^ 1,)], EGFET), EGFET) == pytest.approx(EGFET.area_cm2("or"))
