"""The circuit of a bespoke MLP, counted: which sums are live, which of their bits, and what they take.

Backwards from the answer: an output that can't win, a neuron that nobody reads or that is constant, and
a bit that no mask lets through are not built. Forwards: adders, clips, argmax, with arrival times.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.ir import BespokeMlp, ClassOutput, Clip, Comparison, Network, Neuron, Term
from codegen.ir.ranges import MlpRanges, Range, mlp_ranges, signed_bits
from hwmodels.printed.adders import Signal, Sum, SumBits, add, varying_bits
from hwmodels.printed.argmax import Entrant, balanced, bits_read, tournament
from hwmodels.printed.tally import Tally
from hwmodels.printed.units import AND, INVERTER, NAND, NOR, OR
from hwmodels.printed.words import Word, looked_at, set_bits


@dataclass(frozen=True, slots=True)
class Decision:
    """What is made of the last layer. sums: those that are built. range: of each, after the offset.

    matches: over the sums; empty where no comparison is left. classes: of each sum. inverted: a lone
    sign answers 0 for class 1.
    """

    sums: tuple[Sum, ...]
    ranges: tuple[Range, ...]
    matches: tuple[Comparison, ...] = ()
    classes: tuple[int, ...] = ()
    inverted: bool = False


@dataclass(frozen=True, slots=True)
class Reads:
    """The bits of a signal that the next sums read, as they are and inverted."""

    plain: int = 0
    inverted: int = 0


def count_mlp(network: Network, mlp: BespokeMlp, tally: Tally) -> float:
    """Counts every unit of the circuit of `network`, whose body is `mlp`; its critical path in seconds."""
    ranges = mlp_ranges(network)
    decision = _decide(network, mlp, ranges)
    sums, reads = _live_sums(mlp, ranges, decision)
    for feature, read in enumerate(reads[0]):
        tally.read(feature, read.plain | read.inverted)
    signals = _input_signals(tally, ranges.inputs, reads[0])
    for depth, layer in enumerate(mlp.layers[:-1]):
        assert layer.clip is not None  # only the last layer has none
        arrivals = [0.0] * len(layer.neurons)
        for number, wanted in enumerate(sums[depth]):
            if wanted is not None:
                bits, limits = add(tally, wanted, signals), ranges.layers[depth].accumulators[number]
                read = reads[depth + 1][number]
                arrivals[number] = _clip(tally, wanted.part, bits, limits, layer.clip, read)
        outputs = ranges.layers[depth].outputs
        signals = [Signal(*both) for both in zip(outputs, arrivals, strict=True)]
    return _answer(tally, decision, [add(tally, wanted, signals) for wanted in decision.sums])


def _decide(network: Network, mlp: BespokeMlp, ranges: MlpRanges) -> Decision:
    neurons, limits = mlp.layers[-1].neurons, ranges.layers[-1].accumulators
    where = f"layer {len(mlp.layers) - 1}"
    if not isinstance(network.interface.output, ClassOutput):
        live = [number for number, (lo, hi) in enumerate(limits) if lo < hi]
        return _separate(where, neurons, limits, live, [-1] * len(neurons), 0)
    matches = mlp.argmax
    if len(neurons) == 2 and (matches is None or matches[0].mask == -1):
        sides = (0, 1) if matches is None else (matches[0].left, matches[0].right)
        return _difference(where, neurons, limits, sides)
    if matches is not None:
        live, lowest = list(range(len(neurons))), min(lo for lo, _ in limits)
    else:
        live = _contenders(limits)
        lowest, matches = min(limits[number][0] for number in live), balanced(len(live))
    read, offset = bits_read(matches, len(live)), _offset(matches, lowest)
    decision = _separate(where, neurons, limits, live, read, offset)
    return Decision(decision.sums, decision.ranges, matches, tuple(live))


def _contenders(limits: Sequence[Range]) -> list[int]:
    """Outputs that can win: those that can be above what another always reaches, or first to reach it."""
    floor = max(lo for lo, _ in limits)
    holder = next(number for number, (lo, _) in enumerate(limits) if lo == floor)
    return [n for n, (_, hi) in enumerate(limits) if hi > floor or (hi == floor and n <= holder)]


def _difference(
    where: str, neurons: Sequence[Neuron], limits: Sequence[Range], sides: tuple[int, int]
) -> Decision:
    """Two outputs: the right one wins where left - right is negative."""
    (left, right), ((left_lo, left_hi), (right_lo, right_hi)) = sides, (limits[side] for side in sides)
    span = left_lo - right_hi, left_hi - right_lo
    if span[0] >= 0 or span[1] < 0:
        return Decision((), ())
    opposite = [Term(t.input, t.shift, t.mask, -1 if t.sign > 0 else 1) for t in neurons[right].terms]
    terms = tuple(sorted((*neurons[left].terms, *opposite)))
    sign = 1 << (signed_bits(*span) - 1)
    total = Sum(f"{where}/difference", neurons[left].bias - neurons[right].bias, terms, sign)
    return Decision((total,), (span,), inverted=right == 0)


def _offset(matches: Sequence[Comparison], lowest: int) -> int:
    """What is taken from every output so that none is negative, without changing a comparison.

    Possible where each mask only drops low bits: the offset must then be a multiple of what is dropped.
    """
    if not matches or any(match.mask >= 0 or -match.mask & (-match.mask - 1) for match in matches):
        return 0
    step = max(-match.mask for match in matches)
    return lowest // step * step


def _separate(
    where: str,
    neurons: Sequence[Neuron],
    limits: Sequence[Range],
    live: Sequence[int],
    read: Sequence[int],
    offset: int,
) -> Decision:
    """One sum for each live output, `offset` below what it was. read: bits that are looked at, by sum."""
    sums, spans = [], []
    for position, number in enumerate(live):
        lo, hi = limits[number][0] - offset, limits[number][1] - offset
        needed = looked_at(read[position], _width((lo, hi)), lo < 0)
        neuron = neurons[number]
        terms = neuron.terms if needed else ()
        sums.append(Sum(f"{where}/neuron {number}", neuron.bias - offset, terms, needed))
        spans.append((lo, hi))
    return Decision(tuple(sums), tuple(spans))


def _width(limits: Range) -> int:
    return signed_bits(*limits) if limits[0] < 0 else limits[1].bit_length()


def _live_sums(
    mlp: BespokeMlp, ranges: MlpRanges, decision: Decision
) -> tuple[list[list[Sum | None]], list[list[Reads]]]:
    """The sums to build in each hidden layer (None for those that are not), and who reads which bits.

    reads[i] is of the inputs of layer i.
    """
    sums: list[list[Sum | None]] = []
    reads = [_reads(decision.sums, _sources(ranges, len(mlp.layers) - 1))]
    for depth in reversed(range(len(mlp.layers) - 1)):
        layer, limits = mlp.layers[depth], ranges.layers[depth].accumulators
        assert layer.clip is not None
        needs = [
            _needed(span, layer.clip, read.plain | read.inverted)
            for span, read in zip(limits, reads[0], strict=True)
        ]
        sums.insert(0, [
            Sum(f"layer {depth}/neuron {number}", neuron.bias, neuron.terms, need) if need else None
            for number, (neuron, need) in enumerate(zip(layer.neurons, needs, strict=True))
        ])  # fmt: skip
        live = [wanted for wanted in sums[0] if wanted is not None]
        reads.insert(0, _reads(live, _sources(ranges, depth)))
    return sums, reads


def _sources(ranges: MlpRanges, depth: int) -> tuple[Range, ...]:
    return ranges.inputs if depth == 0 else ranges.layers[depth - 1].outputs


def _reads(sums: Sequence[Sum], sources: Sequence[Range]) -> list[Reads]:
    plain, inverted = [0] * len(sources), [0] * len(sources)
    for term in (term for wanted in sums for term in wanted.terms):
        masks = plain if term.sign > 0 else inverted
        masks[term.input] |= term.mask & varying_bits(sources[term.input])
    return [Reads(*both) for both in zip(plain, inverted, strict=True)]


def _needed(limits: Range, clip: Clip, used: int) -> int:
    """The bits of an accumulator that its clip looks at to give the `used` bits; 0 where there are none."""
    if not used:
        return 0
    lo, hi = limits
    needed = used << clip.shift
    if lo < 0:
        needed |= 1 << (signed_bits(lo, hi) - 1)
    return needed | _overflow_bits(hi, clip)


def _overflow_bits(hi: int, clip: Clip) -> int:
    """The bits above the activation that a positive accumulator can have."""
    return (1 << hi.bit_length()) - 1 & -1 << (clip.shift + clip.bits)


def _input_signals(tally: Tally, inputs: Sequence[Range], reads: Sequence[Reads]) -> list[Signal]:
    """Each bit that is read inverted takes one inverter for all that read it."""
    signals = []
    for limits, read in zip(inputs, reads, strict=True):
        arrivals = [
            tally.place("layer 0/inputs/inverters", INVERTER, 0.0)[0] for _ in set_bits(read.inverted)
        ]
        signals.append(Signal(limits, max((0.0, *arrivals))))
    return signals


def _clip(tally: Tally, part: str, bits: SumBits, limits: Range, clip: Clip, read: Reads) -> float:
    """Counts saturation and zeroing of the bits that are read; when the last of them is settled."""
    part = f"{part}/clip"
    positive_s = None
    if limits[0] < 0:
        sign = signed_bits(*limits) - 1
        positive_s = tally.place(part, INVERTER, bits.arrivals_s[sign])[0]
    above = _overflow_bits(limits[1], clip)
    if above & bits.constant:  # whatever is not negative overflows
        return positive_s or 0.0
    overflow_s = _overflow(tally, part, bits, above)
    settled = [0.0]
    for bit in set_bits(read.plain | read.inverted):
        polarity = bool(read.plain >> bit & 1), bool(read.inverted >> bit & 1)
        settled.append(_clip_bit(tally, part, bits, bit + clip.shift, overflow_s, positive_s, polarity))
    return max(settled)


def _overflow(tally: Tally, part: str, bits: SumBits, mask: int) -> float | None:
    """A chain of ORs over the bits above the activation; when it is settled, None without such bits."""
    settled: float | None = None
    for bit in set_bits(mask & bits.varying):
        arrival = bits.arrivals_s[bit]
        settled = arrival if settled is None else tally.place(part, OR, settled, arrival)[0]
    return settled


def _clip_bit(
    tally: Tally,
    part: str,
    bits: SumBits,
    column: int,
    overflow_s: float | None,
    positive_s: float | None,
    polarity: tuple[bool, bool],
) -> float:
    """`(bit or overflow) and positive`, in the polarities (plain, inverted) that are read."""
    plain, inverted = polarity
    settled, varies = bits.arrivals_s[column], bool(bits.varying >> column & 1)
    if positive_s is None and varies and overflow_s is not None and inverted:
        settled = tally.place(part, NOR, settled, overflow_s)[0]
        return tally.place(part, INVERTER, settled)[0] if plain else settled
    if overflow_s is not None and not (bits.constant >> column & 1):
        settled = tally.place(part, OR, settled, overflow_s)[0] if varies else overflow_s
        varies = True
    if positive_s is None or not varies:
        wire = settled if positive_s is None else positive_s
        return tally.place(part, INVERTER, wire)[0] if inverted and varies else wire
    if not inverted:
        return tally.place(part, AND, settled, positive_s)[0]
    settled = tally.place(part, NAND, settled, positive_s)[0]
    return tally.place(part, INVERTER, settled)[0] if plain else settled


def _answer(tally: Tally, decision: Decision, bits: Sequence[SumBits]) -> float:
    """Counts what is left after the last sums; when the answer is settled."""
    settled = [max((0.0, *one.arrivals_s)) for one in bits]
    if not decision.matches:
        latest = max((0.0, *settled))
        return tally.place("argmax", INVERTER, latest)[0] if decision.inverted else latest
    index_bits = max(decision.classes).bit_length()
    entrants = [
        Entrant(
            Word(_width(span), span[0] < 0, one.varying, one.constant, arrival),
            Word(index_bits, False, 0, number, 0.0),
        )
        for number, span, one, arrival in zip(decision.classes, decision.ranges, bits, settled, strict=True)
    ]
    return tournament(tally, decision.matches, entrants).arrival_s
