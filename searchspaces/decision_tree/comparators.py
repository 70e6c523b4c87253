"""The tests that a tree may use on some rows: their answers as bit sets, their areas, their neighbors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.ir import Interface, PairTest, ThresholdTest
from searchspaces.decision_tree.costs import TreeCosts, comparator_area, full_threshold, trailing_ones
from searchspaces.decision_tree.options import DecisionTreeOptions

Test: TypeAlias = ThresholdTest | PairTest
Codes: TypeAlias = npt.NDArray[np.integer[Any]]
WORD_BITS = 64


@dataclass(frozen=True, slots=True, eq=False)
class Comparators:
    """tests: canonical. truth: (n_tests, n_words) uint64, a bit a row, set where the test is true.

    area_cm2: (n_tests,). neighbors: (n_tests, n_neighbors) int64 numbers of tests that differ little.
    settled: the answer of tests that all rows answer alike; they are not among `tests`.
    """

    tests: tuple[Test, ...]
    truth: npt.NDArray[np.uint64]
    area_cm2: npt.NDArray[np.float64]
    neighbors: npt.NDArray[np.int64]
    settled: Mapping[Test, bool]
    number: dict[Test, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "number", {test: index for index, test in enumerate(self.tests)})


def make_comparators(
    codes: Codes,
    interface: Interface,
    options: DecisionTreeOptions,
    costs: TreeCosts,
    extra: Sequence[Test] = (),
) -> Comparators:
    """All tests of the options, and the extra ones. codes: (n_rows, n_features), at least one row."""
    tests = dict.fromkeys(_threshold_tests(interface))
    tests |= dict.fromkeys(_pair_tests(interface, options) if options.pairs is True else ())
    tests |= dict.fromkeys(canonical_test(test, interface) for test in extra)
    varied: list[Test] = []
    truths: list[npt.NDArray[np.bool_]] = []
    settled: dict[Test, bool] = {}
    for test in tests:
        truth = answers_of(test, codes, interface)
        if truth.all() or not truth.any():
            settled[test] = bool(truth[0])
        else:
            varied.append(test)
            truths.append(truth)
    area = np.array([comparator_area(test, interface, costs) for test in varied], dtype=np.float64)
    packed = pack_rows(np.array(truths, dtype=np.bool_).reshape(len(varied), len(codes)))
    return Comparators(tuple(varied), packed, area, _neighbors(varied, interface), settled)


def canonical_test(test: Test, interface: Interface) -> Test:
    """Of all tests that are the same circuit, the one that looks at the fewest bits."""
    if isinstance(test, PairTest):
        return test
    return _threshold_test(test.feature, full_threshold(test, interface), interface)


def answers_of(test: Test, codes: Codes, interface: Interface) -> npt.NDArray[np.bool_]:
    """(n_rows,) whether the test is true."""
    first = test.left if isinstance(test, PairTest) else test.feature
    dropped = interface.features[first].bits - test.bits
    bound = codes[:, test.right] >> dropped if isinstance(test, PairTest) else test.threshold
    return np.asarray((codes[:, first] >> dropped) <= bound, dtype=np.bool_)


def pack_rows(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint64]:
    """(n_sets, n_rows) flags to (n_sets, n_words) bit sets; bits after the last row are 0."""
    n_sets, n_rows = flags.shape
    n_words = -(-n_rows // WORD_BITS)
    padded = np.zeros((n_sets, n_words * WORD_BITS), dtype=np.bool_)
    padded[:, :n_rows] = flags
    return np.packbits(padded, axis=1, bitorder="little").view(np.uint64)


def _threshold_test(feature: int, threshold: int, interface: Interface) -> ThresholdTest:
    """The test `x <= threshold` of all bits, told by the bits that matter."""
    bits = interface.features[feature].bits
    free = min(trailing_ones(threshold), bits - 1)
    return ThresholdTest(feature, bits - free, threshold >> free)


def _threshold_tests(interface: Interface) -> list[Test]:
    return [
        _threshold_test(index, threshold, interface)
        for index, feature in enumerate(interface.features)
        for threshold in range((1 << feature.bits) - 1)
    ]


def _pair_tests(interface: Interface, options: DecisionTreeOptions) -> list[Test]:
    widths = [feature.bits for feature in interface.features]
    return [
        PairTest(left, right, bits)
        for left, width in enumerate(widths)
        for right in range(len(widths))
        if left != right and widths[right] == width
        for bits in range(min(options.input_bits.lower, width), width + 1)
    ]


def _neighbors(tests: Sequence[Test], interface: Interface) -> npt.NDArray[np.int64]:
    """(n_tests, 8): thresholds nearby, or the same pair and its relatives; repeated where there are few."""
    ordered = sorted(range(len(tests)), key=lambda number: _order(tests[number], interface))
    groups: dict[tuple[str, int], list[int]] = {}
    for number in ordered:
        test = tests[number]
        key = ("pair", test.left) if isinstance(test, PairTest) else ("threshold", test.feature)
        groups.setdefault(key, []).append(number)
    table = np.zeros((len(tests), 8), dtype=np.int64)
    for group in groups.values():
        bits = [tests[number].bits for number in group]
        for place, number in enumerate(group):
            steps = [min(max(place + step, 0), len(group) - 1) for step in (-3, -2, -1, 1, 2, 3)]
            table[number] = [group[near] for near in (*steps, *_coarser(bits, place))]
    return table


def _order(test: Test, interface: Interface) -> tuple[int, ...]:
    if isinstance(test, PairTest):
        return test.left, test.right, test.bits
    return test.feature, full_threshold(test, interface)


def _coarser(bits: Sequence[int], place: int) -> tuple[int, int]:
    """The nearest places below and above whose tests look at fewer bits; the place itself without any."""
    below = next((near for near in range(place - 1, -1, -1) if bits[near] < bits[place]), place)
    above = next((near for near in range(place + 1, len(bits)) if bits[near] < bits[place]), place)
    return below, above
