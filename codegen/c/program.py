"""What a bespoke MLP becomes in C, before any text: products, sums and groups.

The emitter writes it down and the microcontroller model counts it, so both speak of the same code.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace

from codegen.ir.network import BespokeMlp, Clip, Comparison, Layer, Network, Neuron
from codegen.ir.ranges import masked_range, mlp_ranges, unsigned_bits

GROUP_SIZE = 5
"""Neurons that are summed side by side.

Each input is loaded once for the group, and the sums stay in registers. Measured with gcc 12 -Os over
groups of 3 to 8: five is the best on Cortex-M3 and M4 and within 2 % of the best on Cortex-M0.
"""


@dataclass(frozen=True, slots=True)
class Product:
    """`weight * (x[input] & mask)`; mask None is all bits that the input can have."""

    input: int
    mask: int | None
    weight: int


@dataclass(frozen=True, slots=True)
class Sum:
    """One neuron: `bias + products`, in the order of the inputs.

    lo, hi: hold every partial sum in any order, with and without the bias, so each step fits a type
    that holds them.
    """

    bias: int
    products: tuple[Product, ...]
    lo: int
    hi: int

    @property
    def wide(self) -> bool:
        """True where 32 bits are too few for some step."""
        return self.lo < -(1 << 31) or self.hi >= 1 << 31


_SILENT = Sum(0, (), 0, 0)


@dataclass(frozen=True, slots=True)
class LayerProgram:
    """One layer, with the neurons that matter.

    neurons: their numbers in the network. accumulators: the range of each sum. input_hi, output_hi: the
    largest value of each input, and of each output after the clip.
    """

    neurons: tuple[int, ...]
    sums: tuple[Sum, ...]
    accumulators: tuple[tuple[int, int], ...]
    clip: Clip | None
    input_hi: tuple[int, ...]
    output_hi: tuple[int, ...]

    @property
    def wide(self) -> bool:
        """True where the sums need 64 bits."""
        return any(one.wide for one in self.sums)

    @property
    def groups(self) -> tuple[range, ...]:
        """The neurons in runs of nearly equal length, at most `GROUP_SIZE` each."""
        n_neurons = len(self.sums)
        n_groups = -(-n_neurons // GROUP_SIZE)
        ends = [n_neurons * index // n_groups for index in range(n_groups + 1)]
        return tuple(range(start, end) for start, end in itertools.pairwise(ends))

    def silent(self, neuron: int) -> bool:
        """True where the output is 0 for every input."""
        return self.clip is not None and self.output_hi[neuron] == 0

    @property
    def n_products(self) -> int:
        return sum(len(one.products) for one in self.sums)

    def read(self, group: range) -> tuple[int, ...]:
        """The inputs that a group of neurons reads, each once, in order."""
        return tuple(sorted({one.input for neuron in group for one in self.sums[neuron].products}))

    @property
    def n_loads(self) -> int:
        """Loads of inputs over all groups."""
        return sum(len(self.read(group)) for group in self.groups)


@dataclass(frozen=True, slots=True)
class MlpProgram:
    """argmax: None for values and for the exact one; see `classes`."""

    layers: tuple[LayerProgram, ...]
    argmax: tuple[Comparison, ...] | None

    @property
    def wide(self) -> bool:
        """True where any layer's sums need 64 bits."""
        return any(layer.wide for layer in self.layers)


def mlp_program(network: Network) -> MlpProgram:
    """The program of a network whose body is a BespokeMlp; raises IrError for another body."""
    ranges = mlp_ranges(network)
    body = network.body
    assert isinstance(body, BespokeMlp)
    sources, layers = ranges.inputs, []
    for layer, found in zip(body.layers, ranges.layers, strict=True):
        input_hi = tuple(hi for _, hi in sources)
        output_hi = tuple(hi for _, hi in found.outputs)
        layers.append(_layer_program(layer, input_hi, output_hi, found.accumulators))
        sources = found.outputs
    return MlpProgram(_without_unread(layers), body.argmax)


def _without_unread(layers: list[LayerProgram]) -> tuple[LayerProgram, ...]:
    """Without the neurons that are always 0 or that the next layer does not read.

    From the last layer back, so that what only vanished neurons read vanishes too. A layer that nobody
    reads keeps one empty neuron.
    """
    kept = [layers[-1]]
    for layer in reversed(layers[:-1]):
        read = kept[0].read(range(len(kept[0].sums)))
        live = [neuron for neuron in read if not layer.silent(neuron)]
        kept[0] = _reading(kept[0], live)
        kept.insert(0, _only(layer, live))
    return tuple(kept)


def _only(layer: LayerProgram, live: list[int]) -> LayerProgram:
    """The layer with some of its neurons, or with one that is always 0."""
    if not live:
        return replace(layer, neurons=(0,), sums=(_SILENT,), accumulators=((0, 0),), output_hi=(0,))
    return replace(
        layer,
        neurons=tuple(layer.neurons[neuron] for neuron in live),
        sums=tuple(layer.sums[neuron] for neuron in live),
        accumulators=tuple(layer.accumulators[neuron] for neuron in live),
        output_hi=tuple(layer.output_hi[neuron] for neuron in live),
    )


def _reading(layer: LayerProgram, live: list[int]) -> LayerProgram:
    """The layer with its inputs renumbered to the places in `live`."""
    places = {neuron: place for place, neuron in enumerate(live)}
    sums = tuple(
        replace(one, products=tuple(replace(p, input=places[p.input]) for p in one.products))
        for one in layer.sums
    )
    return replace(layer, sums=sums, input_hi=tuple(layer.input_hi[neuron] for neuron in live) or (0,))


def _layer_program(
    layer: Layer,
    input_hi: tuple[int, ...],
    output_hi: tuple[int, ...],
    accumulators: tuple[tuple[int, int], ...],
) -> LayerProgram:
    sums = tuple(_sum(neuron, input_hi) for neuron in layer.neurons)
    return LayerProgram(tuple(range(len(sums))), sums, accumulators, layer.clip, input_hi, output_hi)


def _sum(neuron: Neuron, input_hi: tuple[int, ...]) -> Sum:
    """Terms that read the same bits of the same input become one product with the sum of their weights."""
    weights: dict[tuple[int, int], int] = {}
    for term in neuron.terms:
        every_bit = (1 << unsigned_bits(input_hi[term.input])) - 1
        key = term.input, term.mask & every_bit
        weights[key] = weights.get(key, 0) + (term.sign << term.shift)
    products = tuple(
        Product(index, None if mask == (1 << unsigned_bits(input_hi[index])) - 1 else mask, weight)
        for (index, mask), weight in weights.items()
        if mask and weight
    )
    ends = [_largest(product, input_hi) for product in products]
    lo = min(neuron.bias, 0) + sum(end for end in ends if end < 0)
    hi = max(neuron.bias, 0) + sum(end for end in ends if end > 0)
    return Sum(neuron.bias, products, lo, hi)


def _largest(product: Product, input_hi: Iterable[int]) -> int:
    """The product's value that is farthest from 0."""
    top = tuple(input_hi)[product.input]
    largest = top if product.mask is None else masked_range(0, top, product.mask)[1]
    return product.weight * largest
