"""Between a population and its networks, and what a population must be like."""

from collections.abc import Sequence

import numpy as np

from codegen.ir.errors import IrError
from codegen.ir.interface import Interface
from codegen.ir.network import MAX_SHIFT, BespokeMlp, Clip, Comparison, Layer, Network, Neuron, Term
from codegen.ir.population import BatchArgmax, BatchLayer, Int32Array, MlpBatch
from codegen.ir.ranges import accumulator_range, clip_value


def network_of(batch: MlpBatch, index: int, interface: Interface) -> Network:
    """One network of a population, in canonical form; it computes what the population's kernels do.

    Absent terms are dropped, and so are terms that are always zero: each mask is cut to the bits that
    its input can have, by interval analysis. Hidden neurons that nothing reads vanish; a layer that
    nobody reads keeps one empty neuron. Raises IrError where batch and interface do not fit.
    """
    if [feature.code_hi for feature in interface.features] != batch.input_hi.tolist():
        raise IrError("batch: input_hi must be the largest codes of the interface's features")
    return Network(interface, mlp_of(batch, index))


def mlp_of(batch: MlpBatch, index: int) -> BespokeMlp:
    """The body of `network_of`, which needs no interface."""
    ceilings, layers = batch.input_hi.tolist(), []
    for layer in batch.layers:
        clip = _clip_of(layer, index)
        neurons = _neurons_of(layer, index, ceilings)
        sources = tuple((0, ceiling) for ceiling in ceilings)
        layers.append(Layer(neurons, clip))
        if clip is not None:
            ceilings = [clip_value(accumulator_range(neuron, sources)[1], clip) for neuron in neurons]
    return BespokeMlp(_without_unread(layers), _argmax_of(batch.argmax, index))


def _without_unread(layers: list[Layer]) -> tuple[Layer, ...]:
    """From the last layer back, so that what only vanished neurons read vanishes too."""
    for depth in reversed(range(1, len(layers))):
        read = sorted({term.input for neuron in layers[depth].neurons for term in neuron.terms})
        places = {source: place for place, source in enumerate(read)}
        layers[depth] = _reading(layers[depth], places)
        before = layers[depth - 1]
        kept = tuple(before.neurons[source] for source in read) or (Neuron(0, ()),)
        layers[depth - 1] = Layer(kept, before.clip)
    return tuple(layers)


def _reading(layer: Layer, places: dict[int, int]) -> Layer:
    """The layer with its inputs renumbered."""
    neurons = tuple(
        Neuron(
            neuron.bias,
            tuple(Term(places[term.input], term.shift, term.mask, term.sign) for term in neuron.terms),
        )
        for neuron in layer.neurons
    )
    return Layer(neurons, layer.clip)


def _clip_of(layer: BatchLayer, index: int) -> Clip | None:
    if layer.clip_shift is None or layer.clip_hi is None:
        return None
    return Clip(int(layer.clip_shift[index]), int(layer.clip_hi[index]).bit_length())


def _neurons_of(layer: BatchLayer, index: int, ceilings: list[int]) -> tuple[Neuron, ...]:
    bits = np.array([(1 << ceiling.bit_length()) - 1 for ceiling in ceilings])
    masks = layer.masks[index] & bits[:, None]
    terms: list[list[Term]] = [[] for _ in range(len(masks))]
    for neuron, source, position in np.argwhere(masks).tolist():
        weight = int(layer.weights[index, neuron, source, position])
        shift, sign = abs(weight).bit_length() - 1, 1 if weight > 0 else -1
        terms[neuron].append(
            Term(source, shift, int(masks[neuron, source, position]), 1 if sign == 1 else -1)
        )
    biases = layer.biases[index].tolist()
    return tuple(Neuron(bias, tuple(own)) for bias, own in zip(biases, terms, strict=True))


def _argmax_of(argmax: BatchArgmax | None, index: int) -> tuple[Comparison, ...] | None:
    if argmax is None:
        return None
    sides, masks = argmax.sides[index].tolist(), argmax.masks[index].tolist()
    return tuple(Comparison(left, right, mask) for (left, right), mask in zip(sides, masks, strict=True))


def batch_of(networks: Sequence[Network]) -> MlpBatch:
    """The population of bespoke MLPs with equal widths and input ranges.

    Raises IrError for no network, another body, unequal shapes, some exact and some reduced argmaxes, or
    numbers beyond 32 bits.
    """
    if not networks:
        raise IrError("batch: at least one network is needed")
    mlps = [_mlp(network) for network in networks]
    hi = [[feature.code_hi for feature in network.interface.features] for network in networks]
    widths = [[len(layer.neurons) for layer in mlp.layers] for mlp in mlps]
    if any(one != hi[0] for one in hi) or any(one != widths[0] for one in widths):
        raise IrError("batch: all networks must have the same widths and input ranges")
    n_inputs = [len(hi[0]), *widths[0]]
    layers = tuple(
        _batch_layer([mlp.layers[depth] for mlp in mlps], n_inputs[depth]) for depth in range(len(widths[0]))
    )
    return MlpBatch(layers, np.array(hi[0], dtype=np.int32), _batch_argmax([mlp.argmax for mlp in mlps]))


def _mlp(network: Network) -> BespokeMlp:
    if not isinstance(network.body, BespokeMlp):
        raise IrError(f"batch: the body must be a BespokeMlp, not a {type(network.body).__name__}")
    return network.body


def _batch_layer(layers: list[Layer], n_inputs: int) -> BatchLayer:
    n_terms = max([1, *(_most_terms(neuron) for layer in layers for neuron in layer.neurons)])
    shape = (len(layers), len(layers[0].neurons), n_inputs, n_terms)
    masks, weights = np.zeros(shape, dtype=np.int32), np.ones(shape, dtype=np.int32)
    for index, layer in enumerate(layers):
        for position, neuron in enumerate(layer.neurons):
            used = [0] * n_inputs
            for term in neuron.terms:
                place = (index, position, term.input, used[term.input])
                masks[place], weights[place] = term.mask, term.sign << term.shift
                used[term.input] += 1
    biases = _int32([[neuron.bias for neuron in layer.neurons] for layer in layers])
    clips = [layer.clip for layer in layers if layer.clip is not None]
    if not clips:
        return BatchLayer(masks, weights, biases, None, None)
    highest = [(1 << clip.bits) - 1 for clip in clips]
    return BatchLayer(masks, weights, biases, _int32([clip.shift for clip in clips]), _int32(highest))


def _most_terms(neuron: Neuron) -> int:
    """The largest number of terms that read one input."""
    sources = [term.input for term in neuron.terms]
    return max((sources.count(source) for source in set(sources)), default=0)


def _batch_argmax(argmaxes: list[tuple[Comparison, ...] | None]) -> BatchArgmax | None:
    reduced = [argmax for argmax in argmaxes if argmax is not None]
    if not reduced:
        return None
    if len(reduced) < len(argmaxes):
        raise IrError("batch: either all networks or none must have a reduced argmax")
    sides = [[(match.left, match.right) for match in argmax] for argmax in reduced]
    return BatchArgmax(_int32(sides), _int32([[match.mask for match in argmax] for argmax in reduced]))


def _int32(values: list[int] | list[list[int]] | list[list[tuple[int, int]]]) -> Int32Array:
    wide = np.array(values, dtype=np.int64)
    if wide.size and (wide.min() < -(1 << 31) or wide.max() >= 1 << 31):
        raise IrError(f"batch: numbers must fit 32 bits, not {wide.min()}..{wide.max()}")
    return wide.astype(np.int32)


def check_batch(batch: MlpBatch) -> None:
    """Raises IrError unless the arrays fit each other and hold what `MlpBatch` says."""
    _need(batch.input_hi, "input_hi", (len(batch.input_hi),), 0, 0xFFFF)
    n_inputs = len(batch.input_hi)
    for depth, layer in enumerate(batch.layers):
        _check_layer(layer, f"layer {depth}", batch.n_networks, n_inputs, last=depth == len(batch.layers) - 1)
        n_inputs = layer.biases.shape[1]
    if batch.argmax is not None:
        n_matches = batch.n_outputs - 1
        _need(batch.argmax.masks, "argmax.masks", (batch.n_networks, n_matches))
        _need(batch.argmax.sides, "argmax.sides", (batch.n_networks, n_matches, 2), 0)
        later = batch.argmax.sides >= (batch.n_outputs + np.arange(n_matches))[:, None]
        if later.any():
            raise IrError("batch: argmax.sides: a comparison uses a winner that is not decided yet")


def _check_layer(layer: BatchLayer, name: str, n_networks: int, n_inputs: int, *, last: bool) -> None:
    n_neurons, n_terms = layer.biases.shape[1], layer.masks.shape[3]
    shape = (n_networks, n_neurons, n_inputs, n_terms)
    _need(layer.masks, f"{name}: masks", shape, 0)
    _need(layer.weights, f"{name}: weights", shape, -(1 << MAX_SHIFT), 1 << MAX_SHIFT)
    _need(layer.biases, f"{name}: biases", (n_networks, n_neurons))
    if last != (layer.clip_shift is None) or last != (layer.clip_hi is None):
        raise IrError(f"batch: {name}: every layer but the last has a clip, and only those")
    if layer.clip_shift is not None and layer.clip_hi is not None:
        _need(layer.clip_shift, f"{name}: clip_shift", (n_networks,), 0, 40)
        _need(layer.clip_hi, f"{name}: clip_hi", (n_networks,), 1, 0xFFFF)


def _need(
    array: Int32Array, name: str, shape: tuple[int, ...], lo: int = -(1 << 31), hi: int = (1 << 31) - 1
) -> None:
    if array.dtype != np.int32 or array.shape != shape:
        raise IrError(f"batch: {name} must be {shape} int32, not {array.shape} {array.dtype}")
    if array.size and not (lo <= array.min() and array.max() <= hi):
        raise IrError(f"batch: {name} must be in {lo}..{hi}, not {array.min()}..{array.max()}")
