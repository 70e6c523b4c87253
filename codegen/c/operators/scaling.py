"""Requantization of one sum by constants, as C statements."""

from collections.abc import Set

from codegen.c.text import EmitError, integer
from codegen.ir.requantization import INT32_MAX, Multiplier

MAX_HALVED = (1 << 28) - 1


def scaled_lines(multiplier: Multiplier, largest: int, features: Set[str]) -> list[str]:
    """Statements that turn `int32_t y`, a sum with |y| at most `largest`, into y times the multiplier.

    By the rounding "double": the high half of the doubled product, then a division by a power of two, halves
    away from zero. features: of the core; where it has no long multiplication, products of 16-bit halves make
    it. Raises EmitError where a sum could leave int32.
    """
    left, right = max(multiplier.exponent, 0), max(-multiplier.exponent, 0)
    if largest << left > INT32_MAX:
        raise EmitError(
            f"sums must fit int32 when they are requantized, but can reach {largest}"
            + (f" times 2**{left}" if left else "")
            + "; make the factor smaller"
        )
    if "thumb1" in features and not left and largest <= MAX_HALVED:
        return [*_halved_lines(multiplier.q31), *divided_lines("y", right)]
    q31 = integer(multiplier.q31)
    if left:
        q31 = f"((int64_t){q31} * {integer(1 << left)})"
    lines = [f"y = (int32_t)(((int64_t)y * {q31} + 0x40000000) >> 31);"]
    return [*lines, *divided_lines("y", right)]


def _halved_lines(q31: int) -> list[str]:
    """With y = top * 2**15 + rest and q31 = high * 2**16 + low, no sum of products is wider than 32 bits."""
    high, low = q31 >> 16, q31 & 0xFFFF
    return [
        "{",
        "    const int32_t top = y >> 15, rest = y & 0x7FFF;",
        f"    const int32_t middle = top * {low} + ((rest * {low}) >> 15);",
        f"    y = top * {high} + ((rest * {high} + (middle >> 1) + 0x4000) >> 15);",
        "}",
    ]


def divided_lines(name: str, exponent: int) -> list[str]:
    """A division of an int32_t by 2**exponent, halves away from zero; the sum with the half must fit."""
    if exponent == 0:
        return []
    if exponent > 31:
        return [f"{name} = 0;"]
    return [f"{name} = ({name} + {integer(1 << (exponent - 1))} + ({name} >> 31)) >> {exponent};"]


def finished_lines(zero_point: int, limits: tuple[int, int]) -> list[str]:
    """Adds the zero point to y and limits it."""
    shift = [f"y += {integer(zero_point)};"] if zero_point > 0 else []
    shift += [f"y -= {integer(-zero_point)};"] if zero_point < 0 else []
    return [*shift, limited("y", limits)]


def limited(name: str, limits: tuple[int, int]) -> str:
    """Limits an int32_t to lowest and highest."""
    lo, hi = limits
    return f"{name} = {name} < {lo} ? {lo} : {name} > {hi} ? {hi} : {name};"


def minus(value: int) -> str:
    """` - value` as C text, nothing for 0."""
    if value == 0:
        return ""
    return f" - {value}" if value > 0 else f" + {-value}"
