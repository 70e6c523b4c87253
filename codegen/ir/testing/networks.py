"""Whole random networks, from a seed or from the kinds of their operators."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from codegen.ir.graph import TensorGraph, TensorNet
from codegen.ir.interface import ClassOutput, Feature, Interface, Value, ValueOutput
from codegen.ir.network import Network
from codegen.ir.testing import weighted, weightless
from codegen.ir.testing.builder import Builder, Style

Grow = Callable[[Builder, int], int | None]
GROW: Mapping[str, Grow] = {
    "conv2d": weighted.add_convolution,
    "depthwise_conv2d": weighted.add_depthwise,
    "fully_connected": weighted.add_fully_connected,
    "add": weightless.add_sum,
    "add_constant": weightless.add_constant_sum,
    "concatenate": weightless.add_concatenation,
    "average_pool2d": weightless.add_average_pool,
    "max_pool2d": weightless.add_max_pool,
    "global_average_pool": weightless.add_global_pool,
    "clamp": weightless.add_clamp,
    "hard_swish": weightless.add_hard_swish,
    "softmax": weightless.add_softmax,
    "reshape": weightless.add_reshape,
    "pad": weightless.add_pad,
    "quantize": weightless.add_quantize,
    "multiply": weightless.add_product,
}
KINDS = tuple(GROW)
LOCAL_KINDS = (
    *("conv2d", "conv2d", "depthwise_conv2d", "add", "add_constant", "concatenate"),
    *("average_pool2d", "max_pool2d", "clamp", "hard_swish", "multiply", "pad"),
)
"""Those that can run patch by patch."""
IMAGE_KINDS = (*LOCAL_KINDS, "depthwise_conv2d", "quantize", "softmax", "reshape")
MAX_ITEMS, MAX_OUTPUTS = 4000, 300
ATTEMPTS = 20


def random_network(seed: int, *, n_local: int = 0, max_operators: int = 6, max_size: int = 9) -> Network:
    """A network made of a seed; the same for the same seed.

    Odd sizes, strides, paddings and dilations, zero points at the ends, factors from far below to far above
    what int8 needs, and data that saturates. n_local: so many leading operators can run on patches. max_size:
    of an image's sides.
    """
    builder = Builder(np.random.default_rng(seed), local=n_local > 0)
    last = builder.start((builder.number(1, max_size), builder.number(1, max_size), builder.number(1, 5)))
    while len(builder.operators) < n_local:
        last = _grow(builder, last, LOCAL_KINDS)
    builder.local = False
    if n_local:
        builder.images = [last]
    for _ in range(builder.number(0 if n_local else 1, max_operators)):
        images = [image for image in builder.images if len(builder.shape(image)) == 3]
        source = last if builder.chance(0.7) or not images else builder.choose(*images)
        last = _grow(builder, source, IMAGE_KINDS)
    return _network(builder, _head(builder, last))


def network_of_kinds(kinds: Sequence[str], rng: np.random.Generator, style: Style = "any") -> Network:
    """The network of these operators in a row (see `KINDS`); one that does not fit is left out."""
    builder = Builder(rng, style)
    last = builder.start((builder.number(1, 6), builder.number(1, 6), builder.number(1, 6)))
    for kind in kinds:
        found = GROW[kind](builder, last)
        if found is not None:
            last = found
            builder.images.append(found)
    if not builder.operators:
        last = _must(weighted.add_fully_connected(builder, last))
    return _network(builder, last, classes=False)


def samples_of(network: Network, seed: int, n_samples: int = 24) -> npt.NDArray[np.int64]:
    """(n_samples, n_features) codes: all lowest, all highest, extremes at random, any at random."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(-128, 128, (n_samples, network.interface.n_features))
    codes[2 : n_samples // 3] = rng.choice((-128, 127), codes[2 : n_samples // 3].shape)
    codes[0], codes[1] = -128, 127
    return codes


def _grow(builder: Builder, source: int, kinds: Sequence[str]) -> int:
    """One more operator, if possible one whose output still says something of the input."""
    for attempt in range(ATTEMPTS):
        mark = builder.mark()
        found = GROW[builder.choose(*kinds)](builder, source)
        if found is not None and builder.tensors[found].n_items <= MAX_ITEMS:
            is_possible = builder.evaluate()
            if is_possible and (attempt == ATTEMPTS - 1 or builder.is_telling(found)):
                builder.images.append(found)
                return found
        builder.rewind(mark)
    return source


def _head(builder: Builder, last: int) -> int:
    """An end of one kind or another, if possible one that still says something of the input."""
    mark = builder.mark()
    for attempt in range(ATTEMPTS):
        end = last
        head = builder.choose("dense", "mean", "none", "none", "softmax")
        if head == "mean":
            end = _evaluated(builder, weightless.add_global_pool(builder, end)) or end
        if head in ("dense", "softmax") or builder.tensors[end].n_items > MAX_OUTPUTS:
            end = _must(_evaluated(builder, weighted.add_fully_connected(builder, end)))
        if head == "softmax":
            end = _must(_evaluated(builder, weightless.add_softmax(builder, end)))
        if end in builder.values and builder.is_telling(end):
            break
        if attempt < ATTEMPTS - 1:
            builder.rewind(mark)
    return end


def _evaluated(builder: Builder, found: int | None) -> int | None:
    if found is not None:
        builder.evaluate()
    return found


def _must(found: int | None) -> int:
    assert found is not None
    return found


def _network(builder: Builder, last: int, *, classes: bool = True) -> Network:
    """Of all that was built; now and then its answer is a class."""
    graph = TensorGraph(tuple(builder.tensors), tuple(builder.operators), (0,), (last,))
    n_features, n_outputs = graph.tensors[0].n_items, graph.tensors[last].n_items
    features = tuple(Feature(f"x{index}", -1.0, 1.0, 8, signed=True) for index in range(n_features))
    output: ClassOutput | ValueOutput = ValueOutput(
        tuple(Value(f"y{index}", 0.5, 0.0) for index in range(n_outputs))
    )
    if classes and n_outputs > 1 and builder.chance(0.4):
        output = ClassOutput(tuple(f"c{index}" for index in range(n_outputs)))
    return Network(Interface(features, output), TensorNet(graph, tuple(builder.constants)))
