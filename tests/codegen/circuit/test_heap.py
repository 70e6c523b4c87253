"""Bit heaps add up, alone and with adders that several share."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.circuit import Aig, cover, evaluate_netlist, pack_codes
from codegen.circuit.forms import LinearForm, form_range, signed_digits
from codegen.circuit.heap import BitHeap, reduce_heap
from codegen.circuit.sharing import share_adders
from tests.codegen.circuit.libraries import EGFET, codes_of

N_BITS = 5
summands = st.lists(
    st.tuples(st.integers(0, N_BITS - 1), st.integers(0, 4), st.sampled_from((1, -1))), max_size=12
)
sums = st.tuples(st.integers(-100, 100), summands)


def heap_of(aig, one):
    constant, terms = one
    heap = BitHeap(constant)
    for index, column, sign in terms:
        heap.add(aig.input(index), column, sign)
    return heap


def expected(one, codes, width):
    constant, terms = one
    total = constant + sum(
        (sign * codes[:, index] << column for index, column, sign in terms), 0 * codes[:, 0]
    )
    return total % (1 << width)


@settings(deadline=None)
@given(sums, st.integers(1, 9), st.integers(0, 2**9 - 1))
def test_the_bits_that_are_needed_are_those_of_the_sum(one, width, needed):
    aig, codes = Aig(N_BITS), codes_of(N_BITS)
    needed = (needed | 1 << width - 1) & (1 << width) - 1
    heap = heap_of(aig, one)
    heap.cut(width)
    result = reduce_heap(heap, aig, width, needed)
    bits = [0 if literal is None else literal for literal in result.bits]
    found = evaluate_netlist(cover(aig, [bits], EGFET), pack_codes(codes, [1] * N_BITS), signed=False)[:, 0]
    np.testing.assert_array_equal(found & needed, expected(one, codes, width) & needed)


@settings(deadline=None)
@given(st.lists(sums, min_size=1, max_size=5), st.integers(1, 9))
def test_sums_that_share_adders_are_the_sums(many, width):
    aig, codes = Aig(N_BITS), codes_of(N_BITS)
    heaps = [heap_of(aig, one) for one in many]
    for heap in heaps:
        heap.cut(width)
    share_adders(heaps, [width] * len(heaps), aig)
    groups = [
        [literal or 0 for literal in reduce_heap(heap, aig, width, (1 << width) - 1).bits] for heap in heaps
    ]
    found = evaluate_netlist(cover(aig, groups, EGFET), pack_codes(codes, [1] * N_BITS), signed=False)
    for column, one in enumerate(many):
        np.testing.assert_array_equal(found[:, column], expected(one, codes, width))


def words(aig, sums):
    """Heaps of two 4-bit words that all have, shifted and negated, and one that only this heap has."""
    heaps = []
    for own, (shift, sign) in enumerate(sums, start=2):
        heap = BitHeap()
        for bit in range(4):
            heap.add(aig.input(4 * own + bit), bit)
            heap.add(aig.input(bit), bit + shift, sign)
            heap.add(aig.input(4 + bit), bit + shift, sign)
        heaps.append(heap)
    return heaps


@pytest.mark.parametrize("sums", [((0, 1), (2, 1)), ((0, 1), (1, -1)), ((1, -1), (3, -1))])
def test_what_is_shifted_or_negated_elsewhere_is_built_once(sums):
    def full_adders(*, shared):
        aig = Aig(16)
        heaps = words(aig, sums)
        adders = share_adders(heaps, [9, 9], aig) if shared else [[], []]
        for heap, own in zip(heaps, adders, strict=True):
            own += reduce_heap(heap, aig, 9, (1 << 9) - 1).adders
        places = [
            frozenset(min(adder.inputs, tuple(i ^ 1 for i in adder.inputs)))
            for own in adders
            for adder in own
        ]
        return len({place for place in places if len(place) == 3})

    assert full_adders(shared=True) <= full_adders(shared=False) - 3


def test_a_bit_and_its_inverse_are_a_one_and_two_equal_bits_are_the_next():
    heap = BitHeap()
    heap.add(4, 0)
    heap.add(5, 0)
    heap.add(6, 1)
    heap.add(6, 1)
    assert (heap.constant, heap.columns) == (1, {0: {}, 1: {}, 2: {6: 0}})


def test_a_negative_summand_is_its_inverse_and_a_constant():
    heap = BitHeap(7)
    heap.add(4, 2, -1)
    assert (heap.constant, heap.columns) == (3, {2: {5: 0}})


@pytest.mark.parametrize(
    ("coefficient", "digits"),
    [
        (1, ((0, 1),)),
        (-4, ((2, -1),)),
        (3, ((0, 1), (1, 1))),
        (7, ((0, -1), (3, 1))),
        (-7, ((0, 1), (3, -1))),
    ],
)
def test_a_coefficient_is_the_fewest_signed_powers_of_two(coefficient, digits):
    assert signed_digits(coefficient) == digits


@given(
    st.dictionaries(st.tuples(st.integers(0, 1), st.integers(0, 3)), st.integers(-9, 9).filter(bool)),
    st.integers(0, 15),
    st.integers(0, 15),
)
def test_the_range_of_a_form_is_the_one_that_its_inputs_attain(coefficients, first, second):
    form = LinearForm(3, {key: c for key, c in coefficients.items() if (first, second)[key[0]] >> key[1]})
    attained = [
        3 + sum(c for (index, bit), c in form.coefficients.items() if (x, y)[index] >> bit & 1)
        for x in range(first + 1)
        for y in range(second + 1)
    ]
    assert form_range(form, [(0, first), (0, second)]) == (min(attained), max(attained))
