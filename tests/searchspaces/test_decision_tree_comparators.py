"""Comparators of a tree: their answers, areas and neighbors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.ir import ClassOutput, Feature, Interface, PairTest, ThresholdTest
from searchspaces.decision_tree import TreeCosts, parse_options
from searchspaces.decision_tree.comparators import (
    answers_of,
    canonical_test,
    make_comparators,
    pack_rows,
)
from searchspaces.decision_tree.costs import comparator_area

COSTS = TreeCosts(inverter=1, and_=10, or_=100, or_not=0, and_not=1000, compare=10000, mux=0)


def interface(*bits: int) -> Interface:
    features = tuple(Feature(f"x{n}", 0.0, 1.0, width) for n, width in enumerate(bits))
    return Interface(features, ClassOutput(("a", "b")))


@pytest.mark.parametrize(
    ("threshold", "area"),
    [
        (0, 300),
        (1, 200),
        (2, 210),
        (3, 100),
        (4, 210),
        (5, 110),
        (7, 0),
        (11, 10),
        (13, 20),
        (14, 30),
        (15, 0),
    ],
)
def test_a_comparator_has_a_gate_for_each_bit_above_the_trailing_ones(threshold: int, area: float) -> None:
    assert comparator_area(ThresholdTest(0, 4, threshold), interface(4), COSTS) == area


def test_a_comparator_of_two_features_has_a_full_step_for_each_bit_but_the_lowest() -> None:
    assert comparator_area(PairTest(0, 1, 3), interface(4, 4), COSTS) == 21000
    assert comparator_area(PairTest(1, 1, 3), interface(4, 4), COSTS) == 0


def test_the_canonical_test_looks_at_the_bits_that_matter() -> None:
    assert canonical_test(ThresholdTest(0, 4, 7), interface(4)) == ThresholdTest(0, 1, 0)
    assert canonical_test(ThresholdTest(0, 4, 5), interface(4)) == ThresholdTest(0, 3, 2)
    assert canonical_test(ThresholdTest(0, 4, 6), interface(4)) == ThresholdTest(0, 4, 6)
    assert canonical_test(ThresholdTest(0, 3, 7), interface(4)) == ThresholdTest(0, 1, 1)


@given(st.integers(1, 6), st.data())
def test_the_canonical_test_answers_the_same_at_the_same_area(width: int, data: st.DataObject) -> None:
    face = interface(width)
    bits = data.draw(st.integers(1, width))
    test = ThresholdTest(0, bits, data.draw(st.integers(0, (1 << bits) - 1)))
    codes = np.arange(1 << width)[:, None]
    canonical = canonical_test(test, face)
    assert (answers_of(canonical, codes, face) == answers_of(test, codes, face)).all()
    assert comparator_area(canonical, face, COSTS) == comparator_area(test, face, COSTS)


def test_rows_are_packed_lowest_bit_first() -> None:
    flags = np.zeros((2, 70), dtype=np.bool_)
    flags[0, [0, 3, 64]] = True
    flags[1] = True
    assert pack_rows(flags).tolist() == [[9, 1], [2**64 - 1, 63]]


def test_tests_that_all_rows_answer_alike_are_set_aside() -> None:
    codes = np.array([[0, 2], [1, 2], [1, 2]])
    comparators = make_comparators(codes, interface(2, 2), parse_options({}), COSTS)
    assert comparators.tests == (ThresholdTest(0, 2, 0),)
    assert comparators.truth.tolist() == [[1]]
    assert comparators.settled[ThresholdTest(0, 1, 0)]
    assert not comparators.settled[ThresholdTest(1, 1, 0)]


def test_pairs_of_features_of_one_width_are_compared_on_the_bits_of_the_options() -> None:
    codes = np.random.default_rng(0).integers(0, 4, (50, 3))
    options = parse_options({"pairs": True, "input_bits": "2..4"})
    comparators = make_comparators(codes, interface(3, 3, 2), options, COSTS)
    pairs = {test for test in comparators.tests if isinstance(test, PairTest)}
    every = {PairTest(left, 1 - left, bits) for left in (0, 1) for bits in (2, 3)}
    assert pairs | {test for test in comparators.settled if isinstance(test, PairTest)} == every


def test_neighbors_are_near_thresholds_and_coarser_ones_of_the_same_feature() -> None:
    codes = np.random.default_rng(0).integers(0, 16, (200, 2))
    comparators = make_comparators(codes, interface(4, 4), parse_options({}), COSTS)
    number = comparators.number[ThresholdTest(1, 4, 4)]
    near = [comparators.tests[other] for other in comparators.neighbors[number]]
    thresholds = [((test.threshold + 1) << (4 - test.bits)) - 1 for test in near]
    assert thresholds == [1, 2, 3, 5, 6, 7, 3, 5]
    assert {test.feature for test in near if isinstance(test, ThresholdTest)} == {1}
