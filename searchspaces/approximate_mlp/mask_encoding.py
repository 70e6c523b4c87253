"""From a network to its masks over the network that it came from, which may have more terms and neurons."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from codegen.ir import BespokeMlp, Layer, Network, Neuron, Term
from searchspaces.approximate_mlp.options import FAMILY
from searchspaces.space import SpaceError


def encode_masks(base: Network, network: Network) -> list[int]:
    """The mask of each term of `base` in `network`, layer by layer; 0 where the network lacks it.

    Both have one hidden layer. Raises SpaceError where the network differs in anything but masks and what
    it lacks.
    """
    hidden, last = two_layers(network)
    base_hidden, base_last = two_layers(base)
    if network.interface != base.interface or hidden.clip != base_hidden.clip:
        raise _error("the network must have the interface and the activations of the base")
    if _mlp(network).argmax != _mlp(base).argmax:
        raise _error("the network must have the argmax of the base")
    if [neuron.bias for neuron in last.neurons] != [neuron.bias for neuron in base_last.neurons]:
        raise _error("layer 1: the biases must be those of the base")
    places = _places(hidden, last, base_hidden, base_last)
    kept = {place: hidden.neurons[index].terms for index, place in places.items()}
    moved = {number: _moved(neuron.terms, places) for number, neuron in enumerate(last.neurons)}
    return _gather(base_hidden, kept, "layer 0") + _gather(base_last, moved, "layer 1")


def two_layers(network: Network) -> tuple[Layer, Layer]:
    """The hidden and the last layer. Raises SpaceError for another number of layers, or another body."""
    layers = _mlp(network).layers
    if len(layers) != 2:
        raise _error(f"the network must have one hidden layer, not {len(layers) - 1}")
    return layers[0], layers[1]


def ordered(terms: Sequence[Term]) -> list[Term]:
    """By input, those of one input as they stand: the order of populations."""
    return sorted(terms, key=lambda term: term.input)


def _mlp(network: Network) -> BespokeMlp:
    if not isinstance(network.body, BespokeMlp):
        raise _error(f"the body must be a BespokeMlp, not a {type(network.body).__name__}")
    return network.body


def _error(text: str) -> SpaceError:
    return SpaceError(f"{FAMILY}: {text}")


def _places(hidden: Layer, last: Layer, base_hidden: Layer, base_last: Layer) -> dict[int, int]:
    """The neuron of the base that each hidden neuron is; both ascend.

    The first that fits is right: whether a neuron fits does not depend on the others.
    """
    places: dict[int, int] = {}
    free = 0
    for index, neuron in enumerate(hidden.neurons):
        readers = _readers(last, index)
        if neuron == Neuron(0, ()) and not any(readers):
            continue  # stands for a layer that nobody reads
        while not _fits(neuron, readers, base_hidden, base_last, free):
            free += 1
            if free >= len(base_hidden.neurons):
                raise _error(f"layer 0, neuron {index}: no neuron of the base differs by masks only")
        places[index] = free
        free += 1
    return places


def _fits(
    neuron: Neuron, readers: list[list[Term]], base_hidden: Layer, base_last: Layer, place: int
) -> bool:
    """Whether a hidden neuron, and the terms that read it, are those at a place of the base but for masks."""
    if place >= len(base_hidden.neurons):
        return False
    own = base_hidden.neurons[place]
    if neuron.bias != own.bias or _masks(neuron.terms, own.terms) is None:
        return False
    pairs = zip(readers, _readers(base_last, place), strict=True)
    return all(_masks([replace(t, input=place) for t in terms], there) is not None for terms, there in pairs)


def _readers(last: Layer, index: int) -> list[list[Term]]:
    """Of each output, the terms that read a hidden neuron."""
    return [[term for term in neuron.terms if term.input == index] for neuron in last.neurons]


def _moved(terms: Sequence[Term], places: Mapping[int, int]) -> list[Term]:
    return [replace(term, input=places[term.input]) for term in terms]


def _gather(base: Layer, found: Mapping[int, Sequence[Term]], where: str) -> list[int]:
    """The masks of all terms of a layer of the base. found: the terms of its neurons that are there."""
    genes: list[int] = []
    for number, neuron in enumerate(base.neurons):
        masks = _masks(found.get(number, ()), neuron.terms)
        if masks is None:
            raise _error(f"{where}, neuron {number}: a term differs from the base by more than its mask")
        genes += masks
    return genes


def _masks(terms: Sequence[Term], base: Sequence[Term]) -> list[int] | None:
    """The mask in `terms` of each term of the base, by input, 0 where it lacks; None for a foreign term."""
    rest, masks = list(terms), []
    for own in ordered(base):
        same = next((term for term in rest if replace(term, mask=own.mask) == own), None)
        masks.append(0 if same is None else same.mask)
        if same is not None:
            rest.remove(same)
    return None if rest else masks
