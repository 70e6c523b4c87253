"""The circuit that the analytic price of a bespoke MLP stands for, built gate by gate.

It places the same units for every neuron, but on signals: so its function can be compared with the network,
and its gates with what was counted.
"""

from collections import defaultdict
from collections.abc import Sequence

from codegen.ir import BespokeMlp, ClassOutput, Clip, Comparison, Gate, GateNetlist, Network, Neuron, Term
from codegen.ir.ranges import Range, mlp_ranges, signed_bits
from hwmodels.printed import units
from hwmodels.printed.argmax import balanced
from hwmodels.printed.costs import UnitCosts
from hwmodels.printed.units import UNITS

Columns = defaultdict[int, list[int]]
Reads = dict[tuple[int, int], set[int]]
"""(input, bit) -> the signs with which it is read."""


class Circuit:
    """Gates so far. Signals are numbered as in `GateNetlist`; 0 and 1 are the constants."""

    def __init__(self, n_input_bits: int, costs: UnitCosts) -> None:
        self.gates: list[Gate] = []
        self._first, self._costs = 2 + n_input_bits, costs

    def place(self, unit: int, *pins: int) -> list[int]:
        """Adds the gates of a unit; the signals of its outputs."""
        names = dict(zip(UNITS[unit].inputs, pins, strict=True))
        for gate in self._costs.gates[unit]:
            self.gates.append(Gate(gate.kind, names[gate.a], names[gate.b]))
            names[gate.name] = self._first + len(self.gates) - 1
        return [names[output] for output in UNITS[unit].outputs]

    def gate(self, unit: int, a: int, b: int) -> int:
        """One of AND, OR, AND_NOT, OR_NOT, without gates where a side is constant."""
        if b in (0, 1):
            identity = {units.AND: 1, units.OR: 0, units.AND_NOT: 0, units.OR_NOT: 1}[unit]
            constant = 0 if unit in (units.AND, units.AND_NOT) else 1
            return a if b == identity else constant
        if a in (0, 1):
            if unit in (units.AND, units.OR):
                return self.gate(unit, b, a)
            if (unit == units.AND_NOT) == (a == 0):
                return a
            return self.place(units.INVERTER, b)[0]
        return self.place(unit, a, b)[0]


def build(network: Network, costs: UnitCosts) -> tuple[Network, bool]:
    """The netlist of a bespoke MLP, as a network with the same interface.

    True where some activation bit that is read is constant although its range does not say so: the price
    takes such a bit for one that varies.
    """
    assert isinstance(network.body, BespokeMlp)
    builder = _Builder(network, network.body, costs)
    return Network(network.interface, builder.netlist()), builder.has_constant_activation


class _Builder:
    def __init__(self, network: Network, mlp: BespokeMlp, costs: UnitCosts) -> None:
        self.network, self.mlp, self.ranges = network, mlp, mlp_ranges(network)
        self.circuit = Circuit(network.interface.n_input_bits, costs)
        self.has_constant_activation = False

    def netlist(self) -> GateNetlist:
        heads = self._heads()
        inputs = self._hidden(heads)
        words = [self._sum(neuron, inputs, needed, self._last_ranges()) for neuron, needed, _ in heads]
        groups = self._answer(heads, words)
        return GateNetlist(tuple(self.circuit.gates), tuple(map(tuple, groups)))

    def _last_ranges(self) -> Sequence[Range]:
        layers = self.ranges.layers
        return layers[-2].outputs if len(layers) > 1 else self.ranges.inputs

    # What the answer needs: (neuron, needed bits, range) for each sum of the last layer.

    def _heads(self) -> list[tuple[Neuron, int, Range]]:
        neurons, spans = self.mlp.layers[-1].neurons, self.ranges.layers[-1].accumulators
        self.classes, self.matches = list(range(len(neurons))), self.mlp.argmax
        if not isinstance(self.network.interface.output, ClassOutput):
            return [(n, _full(s) if s[0] < s[1] else 0, s) for n, s in zip(neurons, spans, strict=True)]
        if self.matches is None:
            floor = max(lo for lo, _ in spans)
            if len(neurons) > 2:
                holder = [lo for lo, _ in spans].index(floor)
                self.classes = [
                    n for n, (_, hi) in enumerate(spans) if hi > floor or (hi == floor and n <= holder)
                ]
            self.matches = balanced(len(self.classes))
        if len(neurons) == 2 and self.matches[0].mask == -1:
            return [self._difference(self.matches[0])]
        offset = self._offset(self.matches, min(spans[index][0] for index in self.classes))
        self.read = _read(self.matches, len(self.classes))
        heads = []
        for position, index in enumerate(self.classes):
            span = spans[index][0] - offset, spans[index][1] - offset
            neuron = Neuron(neurons[index].bias - offset, neurons[index].terms)
            heads.append((neuron, _looked(self.read[position], _width(span), span[0] < 0), span))
        return heads

    def _difference(self, match: Comparison) -> tuple[Neuron, int, Range]:
        left, right = (self.mlp.layers[-1].neurons[side] for side in (match.left, match.right))
        (llo, lhi), (rlo, rhi) = (self.ranges.layers[-1].accumulators[s] for s in (match.left, match.right))
        opposite = tuple(Term(t.input, t.shift, t.mask, -1 if t.sign == 1 else 1) for t in right.terms)
        span = llo - rhi, lhi - rlo
        needed = 1 << (signed_bits(*span) - 1) if span[0] < 0 <= span[1] else 0
        return Neuron(left.bias - right.bias, left.terms + opposite), needed, span

    def _offset(self, matches: Sequence[Comparison], lowest: int) -> int:
        dropped = [-match.mask for match in matches]
        if not dropped or any(d <= 0 or d & (d - 1) for d in dropped):
            return 0
        return lowest // max(dropped) * max(dropped)

    # The hidden layers.

    def _hidden(self, heads: Sequence[tuple[Neuron, int, Range]]) -> dict[tuple[int, int, int], int]:
        """(input, bit, sign) -> signal, of the inputs of the last layer."""
        readers = [neuron for neuron, needed, _ in heads if needed]
        plans: list[tuple[dict[int, int], Reads]] = []
        for depth in reversed(range(len(self.mlp.layers) - 1)):
            layer, spans = self.mlp.layers[depth], self.ranges.layers[depth].accumulators
            assert layer.clip is not None
            reads = _reads(readers, self.ranges.layers[depth].outputs)
            needs = {index: _needed(spans[index], layer.clip, reads, index) for index, _ in reads}
            plans.insert(0, (needs, reads))
            readers = [layer.neurons[index] for index in sorted(needs)]
        signals = self._inputs(_reads(readers, self.ranges.inputs))
        for depth, (needs, reads) in enumerate(plans):
            signals = self._activations(depth, needs, reads, signals)
        return signals

    def _inputs(self, reads: Reads) -> dict[tuple[int, int, int], int]:
        starts, first = [], 2
        for feature in self.network.interface.features:
            starts.append(first)
            first += feature.bits
        signals = {}
        for (index, bit), signs in sorted(reads.items()):
            signals[index, bit, 1] = starts[index] + bit
            if -1 in signs:
                signals[index, bit, -1] = self.circuit.place(units.INVERTER, starts[index] + bit)[0]
        return signals

    def _activations(
        self, depth: int, needs: dict[int, int], reads: Reads, inputs: dict[tuple[int, int, int], int]
    ) -> dict[tuple[int, int, int], int]:
        layer, found = self.mlp.layers[depth], {}
        sources = self.ranges.layers[depth - 1].outputs if depth else self.ranges.inputs
        assert layer.clip is not None
        for index, needed in sorted(needs.items()):
            span = self.ranges.layers[depth].accumulators[index]
            bits = self._sum(layer.neurons[index], inputs, needed, sources)
            own = {bit: signs for (i, bit), signs in reads.items() if i == index}
            for (bit, sign), signal in self._clip(bits, span, layer.clip, own).items():
                found[index, bit, sign] = signal
                self.has_constant_activation |= sign in own[bit] and signal in (0, 1)
        return found

    def _clip(
        self, bits: list[int], span: Range, clip: Clip, reads: dict[int, set[int]]
    ) -> dict[tuple[int, int], int]:
        circuit, above = self.circuit, bits[clip.shift + clip.bits : max(0, span[1].bit_length())]
        over = int(1 in above)
        for bit in above:
            over = circuit.gate(units.OR, over, bit)
        negative = bits[signed_bits(*span) - 1] if span[0] < 0 else 0
        positive = circuit.place(units.INVERTER, negative)[0] if negative else 1
        found = {}
        for bit, signs in sorted(reads.items()):
            polarities = self._clip_bit(bits[bit + clip.shift], over, positive, negative, signs)
            found |= {(bit, sign): signal for sign, signal in polarities.items()}
        return found

    def _clip_bit(self, q: int, over: int, positive: int, negative: int, signs: set[int]) -> dict[int, int]:
        """`(q or over) and positive` in the polarities that are read."""
        circuit = self.circuit
        if positive == 1 and q > 1 and over > 1 and -1 in signs:
            return self._both(circuit.place(units.NOR, q, over)[0], signs)
        value = circuit.gate(units.OR, q, over)
        if value in (0, 1):
            return {1: positive, -1: negative} if value else {1: 0, -1: 1}
        if positive == 1:
            return {1: value, -1: self._invert(value) if -1 in signs else 0}
        if -1 in signs:
            return self._both(circuit.place(units.NAND, value, positive)[0], signs)
        return {1: circuit.place(units.AND, value, positive)[0]}

    def _both(self, inverse: int, signs: set[int]) -> dict[int, int]:
        return {1: self._invert(inverse) if 1 in signs else 0, -1: inverse}

    def _invert(self, signal: int) -> int:
        return self.circuit.place(units.INVERTER, signal)[0]

    # One sum, by columns.

    def _sum(
        self,
        neuron: Neuron,
        inputs: dict[tuple[int, int, int], int],
        needed: int,
        sources: Sequence[Range],
    ) -> list[int]:
        """The needed bits of `bias + terms`, lowest first; 0 for the others."""
        width, constant, columns = needed.bit_length(), neuron.bias, Columns(list)
        for term in neuron.terms if needed else ():
            lo, hi = sources[term.input]
            varying = (1 << (lo ^ hi).bit_length()) - 1
            constant += term.sign * ((lo & term.mask & ~varying) << term.shift)
            for bit in _ones(term.mask & varying):
                constant -= 1 << (bit + term.shift) if term.sign < 0 else 0
                columns[bit + term.shift].append(inputs[term.input, bit, term.sign])
        result = []
        for column in range(width):
            one, keep = constant >> column & 1, needed >> column & 1
            result.append(self._reduce(columns, column, one, bool(keep), last=column == width - 1))
        return result

    def _reduce(self, columns: Columns, column: int, one: int, keep: bool, *, last: bool) -> int:
        bits, place = columns[column], self.circuit.place

        def carry(signal: int) -> None:
            columns[column + 1].append(signal)

        while len(bits) >= 3:
            pins, bits = bits[:3], bits[3:]
            if last:
                bits = [*bits, place(units.FULL_ADDER_SUM, *pins)[0]]
            elif bits or keep or one:
                total, over = place(units.FULL_ADDER, *pins)
                bits = [*bits, total]
                carry(over)
            else:
                carry(place(units.FULL_ADDER_CARRY, *pins)[0])
        if len(bits) == 2 and last:
            return place(units.XNOR if one else units.XOR, *bits)[0]
        if len(bits) == 2 and keep:
            total, over = place(units.HALF_ADDER_ONE if one else units.HALF_ADDER, *bits)
            carry(over)
            return total
        if len(bits) == 2:
            carry(place(units.OR if one else units.AND, *bits)[0])
        if len(bits) == 1 and one:
            carry(bits[0])
            return self._invert(bits[0]) if keep else 0
        return (bits[0] if bits else one) if keep and len(bits) < 2 else 0

    # The answer.

    def _answer(self, heads: Sequence[tuple[Neuron, int, Range]], words: list[list[int]]) -> list[list[int]]:
        output = self.network.interface.output
        if not isinstance(output, ClassOutput):
            return [_value(word, span) for word, (_, _, span) in zip(words, heads, strict=True)]
        if len(self.mlp.layers[-1].neurons) == 2 and self.matches and self.matches[0].mask == -1:
            return [self._by_sign(heads[0], words[0])]
        if not self.matches:
            return [_constant(self.classes[0])]
        width = max(self.classes).bit_length()
        field = [
            (word[: _width(span)] + [0] * (_width(span) - len(word)), span[0] < 0)
            for word, (_, _, span) in zip(words, heads, strict=True)
        ]
        indexes = [[number >> bit & 1 for bit in range(width)] for number in self.classes]
        for number, match in enumerate(self.matches):
            select = self._compare(field[match.left], field[match.right], match.mask)
            inverse: list[int] = []
            read = self.read[len(self.classes) + number]
            field.append(self._choose(select, inverse, field[match.left], field[match.right], read))
            left, right = (indexes[match.left], False), (indexes[match.right], False)
            indexes.append(self._choose(select, inverse, left, right, -1)[0])
        return [indexes[-1]]

    def _by_sign(self, head: tuple[Neuron, int, Range], word: list[int]) -> list[int]:
        assert self.matches
        match, (_, needed, span) = self.matches[0], head
        if not needed:
            return [match.left if span[0] >= 0 else match.right]
        return [word[-1] if match.right == 1 else self._invert(word[-1])]

    def _compare(self, left: tuple[list[int], bool], right: tuple[list[int], bool], mask: int) -> int:
        width, signed = _common(left, right)
        circuit, wins = self.circuit, 0
        for index in _ones(_looked(mask, width, signed)):
            high, low = _at(right, index), _at(left, index)
            if signed and mask < 0 and index == width - 1:
                high, low = low, high
            if low in (0, 1):
                wins = (wins if high == low else high) if high in (0, 1) else (
                    circuit.gate(units.AND if low else units.OR, high, wins)
                )  # fmt: skip
            elif high in (0, 1):
                wins = circuit.gate(units.OR_NOT if high else units.AND_NOT, wins, low)
            elif wins in (0, 1):
                wins = circuit.place(units.OR_NOT if wins else units.AND_NOT, high, low)[0]
            else:
                wins = circuit.place(units.COMPARE, high, low, wins)[0]
        return wins

    def _choose(
        self,
        select: int,
        inverse: list[int],
        left: tuple[list[int], bool],
        right: tuple[list[int], bool],
        read: int,
    ) -> tuple[list[int], bool]:
        """inverse: of the select signal, made when it is first used."""
        if select in (0, 1):
            return right if select else left
        width, signed = _common(left, right)
        looked = _looked(read, width, signed)
        word = [
            self._choose_bit(select, inverse, _at(left, i), _at(right, i)) if looked >> i & 1 else 0
            for i in range(width)
        ]
        return word, signed

    def _choose_bit(self, select: int, inverse: list[int], first: int, second: int) -> int:
        circuit = self.circuit
        if first in (0, 1) and second in (0, 1) and first <= second:
            return select if first < second else first
        if second > 1 and first <= 1:
            return circuit.place(units.OR_NOT if first else units.AND, second, select)[0]
        if first > 1 and second == 1:
            return circuit.place(units.OR, first, select)[0]
        if not inverse:
            inverse.append(self._invert(select))
        if second == 0:
            return inverse[0] if first == 1 else circuit.place(units.AND, first, inverse[0])[0]
        return circuit.place(units.MUX, first, second, select, inverse[0])[0]


def _ones(mask: int) -> list[int]:
    return [bit for bit in range(mask.bit_length()) if mask >> bit & 1]


def _width(span: Range) -> int:
    return signed_bits(*span) if span[0] < 0 else span[1].bit_length()


def _full(span: Range) -> int:
    return (1 << _width(span)) - 1


def _looked(mask: int, width: int, signed: bool) -> int:
    read = mask & ((1 << width) - 1)
    return read | 1 << (width - 1) if signed and mask >> (width - 1) else read


def _read(matches: Sequence[Comparison], n_entrants: int) -> list[int]:
    read = [0] * (n_entrants + len(matches))
    for number, match in reversed(list(enumerate(matches))):
        read[match.left] = read[match.right] = match.mask | read[n_entrants + number]
    return read


def _reads(neurons: Sequence[Neuron], sources: Sequence[Range]) -> Reads:
    reads: Reads = defaultdict(set)
    for term in (term for neuron in neurons for term in neuron.terms):
        lo, hi = sources[term.input]
        for bit in _ones(term.mask & ((1 << (lo ^ hi).bit_length()) - 1)):
            reads[term.input, bit].add(term.sign)
    return dict(reads)


def _needed(span: Range, clip: Clip, reads: Reads, index: int) -> int:
    used = sum(1 << bit for i, bit in reads if i == index)
    sign = 1 << (signed_bits(*span) - 1) if span[0] < 0 else 0
    above = ((1 << span[1].bit_length()) - 1) >> (clip.shift + clip.bits) << (clip.shift + clip.bits)
    return used << clip.shift | above | sign


def _common(left: tuple[list[int], bool], right: tuple[list[int], bool]) -> tuple[int, bool]:
    signed = left[1] or right[1]
    return max(len(word) + (signed and not sign) for word, sign in (left, right)), signed


def _at(word: tuple[list[int], bool], index: int) -> int:
    bits, signed = word
    return bits[index] if index < len(bits) else bits[-1] if signed else 0


def _value(word: list[int], span: Range) -> list[int]:
    """Two's complement; a value that is never negative gets a 0 for its sign."""
    if span[0] == span[1]:
        return _constant(span[0])
    return word if span[0] < 0 else [*word, 0]


def _constant(number: int) -> list[int]:
    return [number >> bit & 1 for bit in range(number.bit_length() + 1)]
