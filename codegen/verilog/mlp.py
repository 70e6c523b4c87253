"""A bespoke MLP as Verilog lines: a block a neuron, layer by layer, then the decision."""

from collections.abc import Sequence

from codegen.ir.interface import ClassOutput
from codegen.ir.network import BespokeMlp, Clip, Network, Neuron
from codegen.ir.ranges import Range, mlp_ranges, signed_bits, unsigned_bits
from codegen.verilog.argmax import decide, decision_lines
from codegen.verilog.ports import Ports, select, unsigned_literal, width_text
from codegen.verilog.sums import Word, declare_sum, describe, fold


def mlp_value_widths(network: Network) -> tuple[int, ...]:
    """Widths of the values of a regression network."""
    return tuple(signed_bits(lo, hi) for lo, hi in mlp_ranges(network).layers[-1].accumulators)


def mlp_lines(network: Network, mlp: BespokeMlp, ports: Ports) -> list[str]:
    """The body of the module."""
    ranges = mlp_ranges(network)
    sources = [ranges.inputs, *(layer.outputs for layer in ranges.layers[:-1])]
    folded = [
        [fold(neuron, source) for neuron in layer.neurons]
        for layer, source in zip(mlp.layers, sources, strict=True)
    ]
    decision = None
    heads, labels = folded[-1], [f"{port.name} value" for port in ports.outputs]
    if isinstance(network.interface.output, ClassOutput):
        decision = decide(mlp.argmax, ranges.layers[-1].accumulators)
        heads, labels = decision.sums(folded[-1]), decision.labels
    live = _live_neurons(folded[:-1], heads)
    words = [Word(port.name, lo, hi) for port, (lo, hi) in zip(ports.inputs, ranges.inputs, strict=True)]
    lines: list[str] = []
    for depth, layer in enumerate(mlp.layers[:-1]):
        assert layer.clip is not None  # every layer but the last has one
        hidden = _HiddenLayer(depth, layer.clip, words, ports)
        outputs = ranges.layers[depth].outputs
        words = [
            hidden.add(index, neuron, outputs[index], live=index in live[depth])
            for index, neuron in enumerate(folded[depth])
        ]
        lines += hidden.lines
    scores, last = _output_layer(heads, labels, words, ports)
    lines += last
    if decision is not None:
        return lines + decision_lines(decision, scores, ports)
    pairs = zip(ports.outputs, scores, strict=True)
    return [*lines, *(f"assign {port.name} = {score.name};" for port, score in pairs)]


def _live_neurons(hidden: Sequence[Sequence[Neuron]], heads: Sequence[Neuron]) -> list[set[int]]:
    """For each hidden layer, the neurons that something reads, from the last layer back."""
    live: list[set[int]] = []
    readers = list(heads)
    for layer in reversed(hidden):
        live.append({term.input for neuron in readers for term in neuron.terms})
        readers = [layer[index] for index in sorted(live[-1])]
    return live[::-1]


def _output_layer(
    heads: Sequence[Neuron], labels: Sequence[str], words: Sequence[Word], ports: Ports
) -> tuple[list[Word], list[str]]:
    scores, lines = list[Word](), list[str]()
    for neuron, label in zip(heads, labels, strict=True):
        score, text = declare_sum(label, neuron, words, ports.names, signed=True)
        lines += [f"// {score.name} = {describe(neuron, words)}", *text, ""]
        scores.append(score)
    return scores, lines


class _HiddenLayer:
    """The lines of one hidden layer, neuron by neuron."""

    def __init__(self, depth: int, clip: Clip, inputs: Sequence[Word], ports: Ports) -> None:
        self._depth, self._clip, self._inputs, self._ports = depth, clip, inputs, ports
        self.lines: list[str] = []

    def add(self, index: int, neuron: Neuron, outputs: Range, *, live: bool) -> Word:
        """The activation of a neuron; one that is constant or that nobody reads gets no logic."""
        lo, hi = outputs
        where = f"// layer {self._depth}, neuron {index}"
        if lo == hi or not live:
            reason = f"always {lo}" if lo == hi else "read by nobody"
            self.lines += [f"{where}: {reason}, left out", ""]
            return Word("", lo, hi)
        label = f"sum{self._depth}_{index}"
        total, text = declare_sum(label, neuron, self._inputs, self._ports.names, signed=False)
        activation = Word(self._ports.names.claim(f"act{self._depth}_{index}"), lo, hi)
        self.lines += [f"{where}: {describe(neuron, self._inputs)}, in {total.lo}..{total.hi}", *text]
        expression = _clip_text(total, activation, self._clip)
        self.lines += [f"wire {width_text(activation.width)}{activation.name} = {expression};", ""]
        return activation


def _clip_text(total: Word, activation: Word, clip: Clip) -> str:
    """`min(max(total, 0) >> shift, 2**bits - 1)`, with only the cases that can arise."""
    top = unsigned_bits(total.hi)
    kept = min(top, clip.shift + clip.bits)
    text = select(total.name, total.width, kept - 1, clip.shift)
    if top > kept:
        over = select(total.name, total.width, top - 1, kept)
        full = unsigned_literal((1 << clip.bits) - 1, activation.width)
        text = f"{'|' if top - kept > 1 else ''}{over} ? {full} : {text}"
    if total.lo < 0:
        sign = select(total.name, total.width, total.width - 1, total.width - 1)
        text = f"{sign} ? {unsigned_literal(0, activation.width)} : {text}"
    return text
