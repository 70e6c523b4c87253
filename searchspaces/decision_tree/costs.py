"""What the parts of a tree's circuit cost, as plain numbers, and the comparators made of them."""

from dataclasses import dataclass

from codegen.ir import Interface, PairTest, ThresholdTest


@dataclass(frozen=True, slots=True)
class TreeCosts:
    """Area in cm2 of the units that a tree is built of, two inputs each but for the last two.

    or_not: a or not b. and_not: a and not b. compare: a > b, or equal and a third. mux: one of two by
    a signal that is there in both polarities.
    """

    inverter: float
    and_: float
    or_: float
    or_not: float
    and_not: float
    compare: float
    mux: float


def comparator_area(test: ThresholdTest | PairTest, interface: Interface, costs: TreeCosts) -> float:
    """Area of the comparator of a test.

    `x > threshold` needs a gate for each bit above the lowest one that is not a trailing one of the
    threshold: an AND where the threshold has a 1, else an OR.
    """
    if isinstance(test, PairTest):
        return costs.and_not + (test.bits - 1) * costs.compare if test.left != test.right else 0.0
    threshold = full_threshold(test, interface)
    free = trailing_ones(threshold)
    above = range(free + 1, interface.features[test.feature].bits)
    return sum(costs.and_ if threshold >> bit & 1 else costs.or_ for bit in above)


def full_threshold(test: ThresholdTest, interface: Interface) -> int:
    """The threshold that does the same when all bits of the feature are looked at."""
    dropped = interface.features[test.feature].bits - test.bits
    return ((test.threshold + 1) << dropped) - 1


def trailing_ones(number: int) -> int:
    """How many ones a number that is not negative ends with."""
    return (number ^ (number + 1)).bit_length() - 1
