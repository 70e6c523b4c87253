"""Requantization in few instructions: its constants, and whether they are exact for a task.

Each way computes `(high + offset) >> shift` and clamps, where the output's zero point and the half of the
rounding are in `offset`:

- "single": high = floor(sum * q31 / 2**32) (SMMLA), shift = -exponent - 1.
- "double": high = floor((sum * q31 + 2**30) / 2**31), the rounded high half of the doubled product. As
  `(sum << 32) + sum * (2 * q31 - 2**32) + 2**31` it is one SMMLAR. A negative one is lowered by 1 first, so
  that halves round away from zero.
- "double_floor": the same without that. A wrong half is at most the zero point, so the lower limit hides it
  where that is at least the zero point.
- "power_of_two": high = sum.

No way is exact for all numbers: `fast_scaling` gives None where an intermediate value could leave int32, or
where the factor is out of its range.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from codegen.c.kernels.task import Requantization
from codegen.ir.requantization import INT32_MAX, INT32_MIN, quantize_multiplier

Way: TypeAlias = Literal["single", "double", "double_floor", "power_of_two"]


@dataclass(frozen=True, slots=True)
class ChannelScaling:
    """multiplier: as a 32-bit pattern for the way (see module). offset, shift: as above."""

    multiplier: int
    offset: int
    shift: int


@dataclass(frozen=True, slots=True)
class FastScaling:
    """One way for all channels; limits: where the clamp to int8 alone is not enough."""

    way: Way
    channels: tuple[ChannelScaling, ...]
    limits: tuple[int, int]


def scaling_way(requantization: Requantization) -> Way:
    """The cheapest way that the rounding allows."""
    if requantization.rounding != "double":
        return requantization.rounding
    floor = requantization.limits[0] >= requantization.zero_point
    return "double_floor" if floor else "double"


def fast_scaling(
    requantization: Requantization,
    ranges: Sequence[tuple[int, int]],
    extra_bits: Sequence[int],
) -> FastScaling | None:
    """Constants for all channels, or None where one of them needs the general code.

    ranges: lowest and highest sum of each channel. extra_bits: by how many bits the kernel gives the
    channel's sum too large ("double" ways must have 0).
    """
    way, found = scaling_way(requantization), []
    for factor, (lo, hi), bits in zip(requantization.factors, ranges, extra_bits, strict=True):
        one = _channel(way, factor, (lo << bits, hi << bits), bits, requantization.zero_point)
        if one is None:
            return None
        found.append(one)
    return FastScaling(way, tuple(found), requantization.limits)


def _channel(
    way: Way, factor: float, span: tuple[int, int], bits: int, zero_point: int
) -> ChannelScaling | None:
    shift, pattern = right_shift(way, factor), 0
    if shift is None or not all(INT32_MIN <= value <= INT32_MAX for value in span):
        return None
    shift += bits
    if way == "power_of_two":
        half = (1 << shift) >> 1
        high = span
    elif way == "single":
        shift -= 1
        if shift < 1:
            return None
        half, pattern = 1 << (shift - 1), quantize_multiplier(factor).q31
        high = span[0] * pattern >> 32, span[1] * pattern >> 32
    else:
        q31 = quantize_multiplier(factor).q31
        if way == "double" and shift == 0:
            return None  # nothing is divided, so a negative number must not be lowered
        half, pattern = (1 << shift) >> 1, 2 * q31 - (1 << 32)
        high = (span[0] * q31 + (1 << 30) >> 31) - 1, span[1] * q31 + (1 << 30) >> 31
    offset = half + (zero_point << shift)
    reached = (offset, high[0], high[0] + offset, high[1], high[1] + offset)
    if shift > 31 or not all(INT32_MIN <= value <= INT32_MAX for value in reached):
        return None
    return ChannelScaling(pattern, offset, shift)


def right_shift(way: Way, factor: float) -> int | None:
    """The exponent of the factor as a shift to the right, None where it is to the left or the factor is 0."""
    if way == "power_of_two":
        shift = 1 - math.frexp(factor)[1]
    else:
        multiplier = quantize_multiplier(factor)
        if multiplier.q31 == 0:
            return None
        shift = -multiplier.exponent
    return shift if shift >= 0 else None
