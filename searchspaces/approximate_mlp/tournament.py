"""The reduced argmax of the family: a balanced tournament whose comparisons ignore low bits."""

from codegen.ir import Comparison


def balanced_sides(n_outputs: int) -> tuple[tuple[int, int], ...]:
    """Left and right entrant of each comparison, neighbors first; see `Comparison` for the numbering.

    Every left entrant stands for lower indices than its right one, so with all bits compared the
    tournament is the exact argmax.
    """
    entrants = list(range(n_outputs))
    sides: list[tuple[int, int]] = []
    while len(entrants) > 1:
        winners = []
        for left, right in zip(entrants[::2], entrants[1::2], strict=False):
            winners.append(n_outputs + len(sides))
            sides.append((left, right))
        entrants = winners + entrants[2 * len(winners) :]
    return tuple(sides)


def reduced_argmax(dropped_bits: tuple[int, ...]) -> tuple[Comparison, ...]:
    """The balanced tournament over `len(dropped_bits) + 1` outputs; each comparison ignores low bits."""
    sides = balanced_sides(len(dropped_bits) + 1)
    return tuple(
        Comparison(left, right, -(1 << drop)) for (left, right), drop in zip(sides, dropped_bits, strict=True)
    )


def max_dropped_bits(activation_bits: int, max_shift: int) -> int:
    """Most low bits that a comparison ignores: those of one summand with the largest shift."""
    return min(24, activation_bits + max_shift)
