"""A bespoke MLP as gates: a bit heap a neuron, the clip, and the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codegen.circuit.aig import FALSE, Aig
from codegen.circuit.answer import Contest, Head, lower_contest, plan_contest, value_heads
from codegen.circuit.forms import InputBit, LinearForm, form_of, form_range, signed_digits
from codegen.circuit.heap import BitHeap, HeapSum, reduce_heap
from codegen.circuit.sharing import share_adders
from codegen.circuit.words import Word, clip_needs, clip_word, width_of
from codegen.ir.interface import ClassOutput
from codegen.ir.network import BespokeMlp, Network
from codegen.ir.ranges import Range, mlp_ranges


@dataclass(frozen=True, slots=True, eq=False)
class BuiltSum:
    """A sum and the adders that make it.

    layer: its number. neuron: its number in a hidden layer; in the last layer the number of the head.
    form: what is summed, over the bits of the layer's inputs, whose literals `inputs` gives.
    """

    layer: int
    neuron: int
    form: LinearForm
    inputs: Mapping[InputBit, int]
    result: HeapSum


@dataclass(frozen=True, slots=True)
class _Row:
    """A neuron of a hidden layer that is read. read, needed: masks of its activation and of its sum."""

    neuron: int
    form: LinearForm
    span: Range
    read: int
    needed: int


def lower_mlp(
    network: Network, mlp: BespokeMlp, aig: Aig
) -> tuple[list[Word], list[BuiltSum], Contest | None]:
    """The words of the outputs, and for a classifier the class index alone; and all sums."""
    ranges = mlp_ranges(network)
    sources = [ranges.inputs, *(layer.outputs for layer in ranges.layers[:-1])]
    forms = [
        [form_of(neuron, source) for neuron in layer.neurons]
        for layer, source in zip(mlp.layers, sources, strict=True)
    ]
    spans = [
        [_both(form_range(form, source), span) for form, span in zip(row, layer.accumulators, strict=True)]
        for row, source, layer in zip(forms, sources, ranges.layers, strict=True)
    ]
    contest, heads = None, value_heads(forms[-1], spans[-1])
    if isinstance(network.interface.output, ClassOutput):
        contest = plan_contest(mlp.argmax, forms[-1], spans[-1], sources[-1])
        heads = contest.heads
    rows = _plan(mlp, forms, spans, heads)
    literals, sums = _input_literals(network, aig), list[BuiltSum]()
    for depth, layer_rows in enumerate(rows):
        built = _build(aig, depth, layer_rows, literals)
        sums += built
        literals = _activations(aig, mlp, depth, layer_rows, built)
    last = [_Row(number, head.form, head.span, 0, head.needed) for number, head in enumerate(heads)]
    built = _build(aig, len(rows), last, literals)
    words = [
        Word(_known(one.result), signed=head.span[0] < 0) for one, head in zip(built, heads, strict=True)
    ]
    outputs = words if contest is None else [lower_contest(aig, contest, words)]
    return outputs, sums + built, contest


def _both(first: Range, second: Range) -> Range:
    return max(first[0], second[0]), min(first[1], second[1])


def _plan(
    mlp: BespokeMlp,
    forms: Sequence[Sequence[LinearForm]],
    spans: Sequence[Sequence[Range]],
    heads: Sequence[Head],
) -> list[list[_Row]]:
    """The rows of every hidden layer, from the answer back: what nobody reads is not built."""
    readers, rows = [head.form for head in heads if head.needed], list[list[_Row]]()
    for depth in reversed(range(len(mlp.layers) - 1)):
        clip, read = mlp.layers[depth].clip, _bits_read(readers)
        assert clip is not None  # every layer but the last has one
        rows.append(
            [
                _Row(index, forms[depth][index], span, mask, clip_needs(mask, span, clip))
                for index, mask in sorted(read.items())
                for span in [spans[depth][index]]
            ]
        )
        readers = [row.form for row in rows[-1]]
    return rows[::-1]


def _bits_read(readers: Sequence[LinearForm]) -> dict[int, int]:
    """For each input that is read, the mask of its bits that are."""
    read: dict[int, int] = {}
    for index, bit in {key for form in readers for key in form.coefficients}:
        read[index] = read.get(index, 0) | 1 << bit
    return read


def _input_literals(network: Network, aig: Aig) -> dict[InputBit, int]:
    keys = [(index, bit) for index, f in enumerate(network.interface.features) for bit in range(f.bits)]
    return {key: aig.input(position) for position, key in enumerate(keys)}


def _activations(
    aig: Aig, mlp: BespokeMlp, depth: int, rows: Sequence[_Row], sums: Sequence[BuiltSum]
) -> dict[InputBit, int]:
    """The literals of the activations of a hidden layer."""
    clip, found = mlp.layers[depth].clip, dict[InputBit, int]()
    assert clip is not None
    for row, built in zip(rows, sums, strict=True):
        activation = clip_word(aig, _known(built.result), row.span, clip, row.read)
        found |= {(row.neuron, bit): literal for bit, literal in activation.items()}
    return found


def _build(aig: Aig, layer: int, rows: Sequence[_Row], inputs: Mapping[InputBit, int]) -> list[BuiltSum]:
    """The sums of a layer. inputs: literals of the bits that its neurons read."""
    heaps = [_heap(row, inputs) for row in rows]
    widths = [min(width_of(row.span), row.needed.bit_length()) for row in rows]
    for heap, width in zip(heaps, widths, strict=True):
        heap.cut(width)
    shared = share_adders(heaps, widths, aig)
    sums = []
    for row, heap, width, adders in zip(rows, heaps, widths, shared, strict=True):
        rest = reduce_heap(heap, aig, width, row.needed)
        result = HeapSum(rest.bits, (*adders, *rest.adders))
        sums.append(BuiltSum(layer, row.neuron, row.form, inputs, result))
    return sums


def _heap(row: _Row, inputs: Mapping[InputBit, int]) -> BitHeap:
    heap = BitHeap(row.form.constant)
    for key, coefficient in sorted(row.form.coefficients.items()) if row.needed else ():
        for exponent, sign in signed_digits(coefficient):
            heap.add(inputs[key], exponent, sign)
    return heap


def _known(result: HeapSum) -> tuple[int, ...]:
    return tuple(FALSE if literal is None else literal for literal in result.bits)
