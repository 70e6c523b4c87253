"""Interval analysis: the smallest intervals that hold every accumulator of a bespoke MLP, and bit widths.

The range of a sum is the bias plus the ranges of its terms, each exact for its input's range and mask;
the terms are taken as independent. It is attained where no two terms read the same signal: always so
for the first layer of a network with one term an input.
"""

from dataclasses import dataclass
from typing import TypeAlias

from codegen.ir.errors import IrError
from codegen.ir.network import BespokeMlp, Clip, Network, Neuron, Term

Range: TypeAlias = tuple[int, int]
"""Lowest and highest value, both inclusive."""


@dataclass(frozen=True, slots=True)
class LayerRanges:
    """accumulators: of each neuron. outputs: the same after the clip; on the last layer equal."""

    accumulators: tuple[Range, ...]
    outputs: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class MlpRanges:
    """inputs: of each feature's code. layers: in order."""

    inputs: tuple[Range, ...]
    layers: tuple[LayerRanges, ...]


def unsigned_bits(hi: int) -> int:
    """Bits of the values 0..hi; 0 where hi is 0. Raises IrError for a negative hi."""
    if hi < 0:
        raise IrError(f"unsigned_bits: hi must be at least 0, not {hi}")
    return hi.bit_length()


def signed_bits(lo: int, hi: int) -> int:
    """Bits of the two's complement numbers lo..hi, sign included; at least 1."""
    if lo > hi:
        raise IrError(f"signed_bits: lo <= hi must hold, but got {lo} and {hi}")
    return 1 + max(max(hi, -1 - lo, 0).bit_length(), max(-1 - hi, lo, 0).bit_length())


def masked_range(lo: int, hi: int, mask: int) -> Range:
    """The exact range of `x & mask` over x = lo..hi, with 0 <= lo <= hi.

    Below hi, the numbers that first differ from it at bit b end in ones, which no mask can beat; above
    lo, the numbers that first differ from it at bit b end in zeros.
    """
    largest, smallest = hi & mask, lo & mask
    for bit in range(hi.bit_length()):
        step = 1 << bit
        if hi & step and (below := (hi - step) | (step - 1)) >= lo:
            largest = max(largest, below & mask)
        if not lo & step and (above := (lo | step) & -step) <= hi:
            smallest = min(smallest, above & mask)
    return smallest, largest


def term_range(term: Term, source: Range) -> Range:
    """The exact range of a term whose input has the range `source`."""
    ends = [term.sign * (end << term.shift) for end in masked_range(*source, term.mask)]
    return min(ends), max(ends)


def accumulator_range(neuron: Neuron, inputs: tuple[Range, ...]) -> Range:
    """The range of `bias + sum of terms` for the given ranges of the layer's inputs."""
    terms = [term_range(term, inputs[term.input]) for term in neuron.terms]
    return neuron.bias + sum(lo for lo, _ in terms), neuron.bias + sum(hi for _, hi in terms)


def clip_value(accumulator: int, clip: Clip) -> int:
    """`min(max(accumulator, 0) >> shift, 2**bits - 1)`, for one integer."""
    return min(max(accumulator, 0) >> clip.shift, (1 << clip.bits) - 1)


def mlp_ranges(network: Network) -> MlpRanges:
    """The ranges of every neuron of a bespoke MLP. Raises IrError for another body."""
    if not isinstance(network.body, BespokeMlp):
        raise IrError(f"ranges: the body must be a BespokeMlp, not a {type(network.body).__name__}")
    inputs = tuple((feature.code_lo, feature.code_hi) for feature in network.interface.features)
    sources, layers = inputs, []
    for layer in network.body.layers:
        accumulators = tuple(accumulator_range(neuron, sources) for neuron in layer.neurons)
        sources = accumulators if layer.clip is None else _clipped(accumulators, layer.clip)
        layers.append(LayerRanges(accumulators, sources))
    return MlpRanges(inputs, tuple(layers))


def _clipped(accumulators: tuple[Range, ...], clip: Clip) -> tuple[Range, ...]:
    return tuple((clip_value(lo, clip), clip_value(hi, clip)) for lo, hi in accumulators)
