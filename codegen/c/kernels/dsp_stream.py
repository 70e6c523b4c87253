"""The stream of constants that a DSP tile reads, and whether mixed weights are exact for a task."""

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.c.kernels.scaling import FastScaling, fast_scaling, scaling_way
from codegen.c.kernels.task import KernelTask, folded_bias, sum_ranges, weight_rows
from codegen.ir.requantization import INT32_MAX, INT32_MIN

Taps = Sequence[int | None]
MIXED_BITS = 8


@dataclass(frozen=True, slots=True)
class Packing:
    """mixed: the weights of a pair share halfwords. scaling: None where only general code is exact."""

    mixed: bool
    scaling: FastScaling | None


def choose_packing(task: KernelTask) -> Packing:
    """Mixed weights where they are exact, and a fast requantization where it is."""
    ranges = [(int(lo), int(hi)) for lo, hi in zip(*sum_ranges(task), strict=True)]
    mixed = is_mixed_exact(task)
    keeps_bits = mixed and not scaling_way(task.requantization).startswith("double")
    n_out = len(ranges)
    extra = [MIXED_BITS if keeps_bits and o % 2 == 0 and o + 1 < n_out else 0 for o in range(n_out)]
    scaling = fast_scaling(task.requantization, ranges, extra)
    if scaling is None and keeps_bits:
        plain = fast_scaling(task.requantization, ranges, [0] * n_out)
        if plain is not None:
            return Packing(False, plain)
    return Packing(mixed, scaling)


def is_mixed_exact(task: KernelTask) -> bool:
    """Whether `256 * first + second` fits 16 bits for each pair of weights and 32 for each pair of sums."""
    rows, (lows, highs) = weight_rows(task), sum_ranges(task)
    for first in range(0, len(rows) - 1, 2):
        halves = 256 * rows[first] + rows[first + 1]
        if halves.min() < -(1 << 15) or halves.max() >= 1 << 15:
            return False
        lo = 256 * int(lows[first]) + int(lows[first + 1])
        hi = 256 * int(highs[first]) + int(highs[first + 1])
        if lo < INT32_MIN or hi > INT32_MAX:
            return False
    return True


def stream(task: KernelTask, packing: Packing, taps: Taps) -> list[int]:
    """32-bit words, channel pair by channel pair. taps: the weight in each 16-bit place, in order of use."""
    rows, bias, words = weight_rows(task), folded_bias(task), list[int]()
    placed = [[int(row[tap]) if tap is not None else 0 for tap in taps] for row in rows]
    for first in range(0, len(rows) - 1, 2):
        a, b = int(bias[first]), int(bias[first + 1])
        words += [256 * a + b if packing.mixed else a, b]
        halves = [pair_half(x, y, packing.mixed) for x, y in zip(*placed[first : first + 2], strict=True)]
        words += paired(halves)
        words += _constants(packing, first) + _constants(packing, first + 1)
    if len(rows) % 2:
        words += [int(bias[-1]), *paired(placed[-1]), *_constants(packing, len(rows) - 1)]
    return [word & 0xFFFFFFFF for word in words]


def pair_half(first: int, second: int, mixed: bool) -> int:
    """The halfword of two channels' weights."""
    return 256 * first + second if mixed else (first & 255) << 8 | second & 255


def paired(halves: Sequence[int]) -> list[int]:
    """Words of two halves each, the first one low."""
    return [low & 0xFFFF | (high & 0xFFFF) << 16 for low, high in zip(halves[::2], halves[1::2], strict=True)]


def _constants(packing: Packing, channel: int) -> list[int]:
    if packing.scaling is None:
        return []
    one = packing.scaling.channels[channel]
    return [one.multiplier, one.offset, one.shift]
