"""A row of a depthwise window on words of two columns.

With stride 1 a step makes two outputs: of words (x0, x1), (x2, x3), ... the left output takes the pairs
of weights (w0, w1), (w2, w3), ...; the right one x1 * w0 and then (w1, w2), (w3, w4), ... A last weight
without a partner is the top of a pair of the other output. With stride 2 a step makes one output, as the
left one.
"""

from dataclasses import dataclass

MAX_ROW_WORDS = 6
"""Weight words of a row that registers hold."""


@dataclass(frozen=True, slots=True)
class PairStep:
    """sum: "a" (left output) or "b". word: of the step's columns; weight: of the row's weight words."""

    sum: str
    instruction: str
    word: int
    weight: int


def row_weights(row: list[int], stride: int) -> list[tuple[int, int]]:
    """The weight words of a row of taps, (low, high) each."""
    n = len(row)
    if stride == 2 or n == 1:
        padded = [*row, 0]
        return [(padded[at], padded[at + 1]) for at in range(0, n, 2)]
    left = [(row[at], row[at + 1]) for at in range(0, n - 1, 2)]
    right = [(row[at], row[at + 1]) for at in range(1, n - 1, 2)]
    return left + right


def row_steps(n_taps: int, stride: int, outputs: int) -> list[PairStep]:
    """The multiply-accumulates of a row for a step of so many outputs, by word."""
    half = n_taps // 2
    if stride == 2 or n_taps == 1:
        found = [PairStep("a", "smlad", at, at) for at in range((n_taps + 1) // 2)]
        if outputs == 2:
            found.append(PairStep("b", "smlatb", 0, 0))
        return found
    found = [PairStep("a", "smlad", at, at) for at in range(half)]
    if n_taps % 2:
        found.append(PairStep("a", "smlabt", half, 2 * half - 1))
    if outputs == 2:
        found.append(PairStep("b", "smlatb", 0, 0))
        found += [PairStep("b", "smlad", at + 1, half + at) for at in range((n_taps - 1) // 2)]
        if n_taps % 2 == 0:
            found.append(PairStep("b", "smlabt", half, half - 1))
    return sorted(found, key=lambda one: one.word)
