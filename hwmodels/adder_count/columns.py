"""The full adders of one neuron: its summands column by column, positive and negative ones apart."""

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.ir import Neuron


@dataclass(frozen=True, slots=True)
class NeuronAdders:
    """Full adders that reduce the positive and the negative summands to two rows, and that subtract."""

    positive: int
    negative: int
    subtraction: int


def count_neuron(neuron: Neuron) -> NeuronAdders:
    """The count of docs/printed.md; a neuron without terms is a constant and takes none.

    A summand is `mask << shift`, the largest value that the mask lets through. The bias is one too.
    """
    if not neuron.terms:
        return NeuronAdders(0, 0, 0)
    signed = [term.sign * (term.mask << term.shift) for term in neuron.terms]
    positive = [value for value in (*signed, neuron.bias) if value > 0]
    negative = [-value for value in (*signed, neuron.bias) if value < 0]
    width = max(sum(positive), sum(negative)).bit_length() + 1
    return NeuronAdders(count_columns(positive), count_columns(negative), width)


def count_columns(summands: Sequence[int]) -> int:
    """Full adders that leave at most two one-bits in each column.

    summands: at least 0 each. From the lowest column up, while its height h is 3 or more, n = h // 3
    adders take three bits each and give one back and one to the next column.
    """
    top = sum(summands).bit_length()  # no bit ever stands above
    heights = [sum(value >> column & 1 for value in summands) for column in range(top + 1)]
    adders = 0
    for column in range(top):
        while heights[column] >= 3:
            n = heights[column] // 3
            heights[column] -= 2 * n
            heights[column + 1] += n
            adders += n
    return adders
