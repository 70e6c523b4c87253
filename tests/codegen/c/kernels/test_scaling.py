"""The fast requantization's constants, on the numbers where it could go wrong."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from codegen.c.kernels import Requantization
from codegen.c.kernels.scaling import FastScaling, fast_scaling
from codegen.ir.operators import Rounding
from codegen.ir.requantization import quantize_multiplier, requantize

ROUNDINGS: tuple[Rounding, ...] = ("single", "double", "power_of_two")


def computed(scaling: FastScaling, total: int) -> int:
    """What the instructions give, in exact integers, with every step within 32 bits."""
    one = scaling.channels[0]
    high = total
    if scaling.way == "single":
        high = total * one.multiplier >> 32
    elif scaling.way != "power_of_two":
        high = (total << 32) + total * one.multiplier + (1 << 31) >> 32
        if scaling.way == "double":
            high += high >> 31
    moved = high + one.offset
    assert all(-(1 << 31) <= value < 1 << 31 for value in (total, high, moved, one.offset))
    return int(np.clip(np.clip(moved >> one.shift, -128, 127), *scaling.limits))


@given(
    rounding=st.sampled_from(ROUNDINGS),
    exponent=st.integers(-34, 3),
    mantissa=st.floats(0.5, 1.0, exclude_max=True),
    zero_point=st.integers(-128, 127),
    limits=st.tuples(st.integers(-128, 127), st.integers(-128, 127)).map(lambda pair: (min(pair), max(pair))),
    largest=st.integers(0, 2**31 - 1),
    bits=st.sampled_from((0, 0, 8)),
    data=st.data(),
)
def test_constants_are_exact_or_refused(
    rounding: Rounding,
    exponent: int,
    mantissa: float,
    zero_point: int,
    limits: tuple[int, int],
    largest: int,
    bits: int,
    data: st.DataObject,
) -> None:
    factor = 2.0**exponent * (1.0 if rounding == "power_of_two" else mantissa)
    bits = 0 if rounding == "double" else bits
    rule = Requantization((factor,), rounding, zero_point, limits)
    scaling = fast_scaling(rule, [(-largest, largest)], [bits])
    if scaling is None:
        return
    totals = {-largest, largest, 0, data.draw(st.integers(-largest, largest))}
    half = int(0.5 / factor)  # a sum near each half, where rules differ
    totals |= {sign * (half * odd + nudge) for sign in (1, -1) for odd in (1, 3) for nudge in (-1, 0, 1)}
    for total in totals:
        if abs(total) <= largest:
            right = int(requantize(np.array([total]), factor, rounding)[0]) + zero_point
            assert computed(scaling, total << bits) == int(np.clip(right, *limits))


def test_usual_factors_have_fast_constants() -> None:
    for rounding in ROUNDINGS:
        rule = Requantization((2.0**-9,), rounding, -5)
        assert fast_scaling(rule, [(-(2**22), 2**22)], [0]) is not None


def test_a_factor_of_zero_mantissa_is_refused() -> None:
    factor = 2.0**-40
    assert quantize_multiplier(factor).q31 == 0
    assert fast_scaling(Requantization((factor,), "double", 0), [(-9, 9)], [0]) is None
