"""Hypothesis strategies for small interfaces, networks and populations, shared by the whole suite."""

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from codegen.ir import (
    BatchArgmax,
    BatchLayer,
    BespokeMlp,
    ClassOutput,
    Clip,
    Comparison,
    DecisionTree,
    Feature,
    Gate,
    GateNetlist,
    Interface,
    Layer,
    MlpBatch,
    Network,
    Neuron,
    PairTest,
    Term,
    ThresholdTest,
    TreeNode,
    Value,
    ValueOutput,
)
from codegen.ir.network import GATE_KINDS

ODD_NAMES = ("class", "1st", "a b", "größe", "*/ end", "x\ny", "", "module")
"""Names that emitters must make safe."""


def codes_for(interface: Interface, n: int, seed: int) -> npt.NDArray[np.int32]:
    """(n, n_features) codes over the full range; row 0 holds the lowest codes, row 1 the highest."""
    lo = np.array([feature.code_lo for feature in interface.features])
    hi = np.array([feature.code_hi for feature in interface.features])
    codes = np.random.default_rng(seed).integers(lo, hi + 1, (n, len(lo)))
    codes[:1], codes[1:2] = lo, hi
    return codes.astype(np.int32)


@st.composite
def features(draw: st.DrawFn, max_bits: int = 4, signed: bool = False) -> Feature:
    """A feature of 1 to `max_bits` bits, sometimes with an odd name."""
    name = draw(st.one_of(st.sampled_from(("age", "width_mm", "pH")), st.sampled_from(ODD_NAMES)))
    lo = draw(st.sampled_from((0.0, -1.5, 0.25, 1000.0, -3e-5)))
    span = draw(st.sampled_from((1.0, 0.5, 15.0, 4096.0)))
    return Feature(
        name, float(np.float32(lo)), float(np.float32(lo + span)), draw(st.integers(1, max_bits)), signed
    )


def class_outputs(max_classes: int = 4) -> st.SearchStrategy[ClassOutput]:
    """Two to `max_classes` labels, some of them odd."""
    labels = st.lists(
        st.sampled_from(("no", "yes", "2", *ODD_NAMES)), min_size=2, max_size=max_classes, unique=True
    )
    return labels.map(lambda names: ClassOutput(tuple(names)))


def value_outputs(max_values: int = 3) -> st.SearchStrategy[ValueOutput]:
    """One to `max_values` values."""
    value = st.builds(
        Value,
        st.sampled_from(("y", "quality", "a b")),
        st.sampled_from((0.125, 1.0, -0.3)),
        st.sampled_from((0.0, 5.5)),
    )
    return st.lists(value, min_size=1, max_size=max_values).map(lambda values: ValueOutput(tuple(values)))


@st.composite
def interfaces(
    draw: st.DrawFn,
    max_features: int = 4,
    max_bits: int = 4,
    signed: bool = False,
    output: st.SearchStrategy[ClassOutput | ValueOutput] | None = None,
) -> Interface:
    """A small interface. signed: features may be signed. output: default classes or values."""
    signs = st.booleans() if signed else st.just(False)
    n_features = draw(st.integers(1, max_features))
    chosen = tuple(draw(features(max_bits, draw(signs))) for _ in range(n_features))
    if output is None:
        output = st.one_of(class_outputs(), value_outputs())
    return Interface(chosen, draw(output))


@st.composite
def _neurons(draw: st.DrawFn, ceilings: tuple[int, ...], max_terms: int) -> Neuron:
    terms = []
    for index, ceiling in enumerate(ceilings):
        for _ in range(draw(st.integers(0, max_terms))):
            sign = draw(st.sampled_from((1, -1)))
            terms.append(Term(index, draw(st.integers(0, 6)), draw(st.integers(1, ceiling)), sign))
    return Neuron(draw(st.integers(-600, 600)), tuple(terms))


@st.composite
def tournaments(draw: st.DrawFn, n_outputs: int) -> tuple[Comparison, ...]:
    """Any valid reduced argmax over `n_outputs` outputs."""
    entrants, matches = list(range(n_outputs)), []
    while len(entrants) > 1:
        left = entrants.pop(draw(st.integers(0, len(entrants) - 1)))
        right = entrants.pop(draw(st.integers(0, len(entrants) - 1)))
        mask = draw(
            st.one_of(st.just(-1), st.integers(1, 6).map(lambda low: -(1 << low)), st.integers(-1024, 1023))
        )
        entrants.append(n_outputs + len(matches))
        matches.append(Comparison(left, right, mask))
    return tuple(matches)


@st.composite
def bespoke_mlps(
    draw: st.DrawFn, max_hidden_layers: int = 2, max_width: int = 4, max_terms: int = 2
) -> Network:
    """A network whose body is a BespokeMlp: any depth up to `max_hidden_layers`, exact or reduced argmax."""
    interface = draw(interfaces())
    ceilings = tuple(feature.code_hi for feature in interface.features)
    layers = []
    for _ in range(draw(st.integers(0, max_hidden_layers))):
        width, clip = draw(st.integers(1, max_width)), Clip(draw(st.integers(0, 5)), draw(st.integers(1, 8)))
        layers.append(Layer(tuple(draw(_neurons(ceilings, max_terms)) for _ in range(width)), clip))
        ceilings = ((1 << clip.bits) - 1,) * width
    layers.append(Layer(tuple(draw(_neurons(ceilings, max_terms)) for _ in range(interface.n_outputs))))
    reduced = isinstance(interface.output, ClassOutput) and draw(st.booleans())
    return Network(
        interface, BespokeMlp(tuple(layers), draw(tournaments(interface.n_outputs)) if reduced else None)
    )


@st.composite
def _tests(draw: st.DrawFn, widths: tuple[int, ...]) -> ThresholdTest | PairTest:
    feature = draw(st.integers(0, len(widths) - 1))
    bits = draw(st.integers(1, widths[feature]))
    equal = [index for index, width in enumerate(widths) if width == widths[feature] and index != feature]
    if equal and draw(st.booleans()):
        return PairTest(feature, draw(st.sampled_from(equal)), bits)
    return ThresholdTest(feature, bits, draw(st.integers(0, (1 << bits) - 1)))


@st.composite
def decision_trees(draw: st.DrawFn, max_nodes: int = 7) -> Network:
    """A network whose body is a DecisionTree; nodes may be shared or out of reach."""
    interface = draw(interfaces(output=st.one_of(class_outputs(), value_outputs(1))))
    widths = tuple(feature.bits for feature in interface.features)
    top = interface.n_outputs - 1 if isinstance(interface.output, ClassOutput) else 500
    leaves = tuple(draw(st.lists(st.integers(0, top), min_size=1, max_size=5)))
    n_nodes, nodes = draw(st.integers(0, max_nodes)), []
    for index in range(n_nodes):
        later = st.integers(-len(leaves), -1)
        child = st.one_of(st.integers(index + 1, n_nodes - 1), later) if index + 1 < n_nodes else later
        nodes.append(TreeNode(draw(_tests(widths)), draw(child), draw(child)))
    return Network(interface, DecisionTree(tuple(nodes), leaves))


@st.composite
def gate_netlists(draw: st.DrawFn, max_gates: int = 20) -> Network:
    """A network whose body is a GateNetlist; features may be signed."""
    interface = draw(interfaces(max_bits=3, signed=True))
    first, gates = 2 + interface.n_input_bits, []
    for index in range(draw(st.integers(0, max_gates))):
        kind, a, b = (
            draw(st.sampled_from(GATE_KINDS)),
            *(draw(st.integers(0, first + index - 1)) for _ in "ab"),
        )
        gates.append(Gate(kind, a, a if kind == "inv" else b))
    signal = st.integers(0, first + len(gates) - 1)
    n_groups = 1 if isinstance(interface.output, ClassOutput) else interface.n_outputs
    groups = tuple(tuple(draw(st.lists(signal, min_size=1, max_size=4))) for _ in range(n_groups))
    return Network(interface, GateNetlist(tuple(gates), groups))


def networks() -> st.SearchStrategy[Network]:
    """A small network of any bespoke body."""
    return st.one_of(bespoke_mlps(), decision_trees(), gate_netlists())


@st.composite
def mlp_batches(
    draw: st.DrawFn, max_hidden_layers: int = 2, max_terms: int = 2, max_shift: int = 6
) -> tuple[MlpBatch, Interface]:
    """A population of bespoke MLPs of one shape, with an interface that fits all of them."""
    interface = draw(interfaces())
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_networks, n_terms = draw(st.integers(1, 4)), draw(st.integers(1, max_terms))
    widths = [
        interface.n_features,
        *draw(st.lists(st.integers(1, 4), max_size=max_hidden_layers)),
        interface.n_outputs,
    ]
    input_hi = np.array([feature.code_hi for feature in interface.features], dtype=np.int32)
    hi, layers = np.broadcast_to(input_hi, (n_networks, len(input_hi))), []
    for depth in range(len(widths) - 1):
        last = depth == len(widths) - 2
        layers.append(_random_layer(rng, hi, widths[depth + 1], n_terms, max_shift, last=last))
        clip_hi = layers[-1].clip_hi
        if clip_hi is not None:
            hi = np.repeat(clip_hi[:, None], widths[depth + 1], axis=1)
    reduced = isinstance(interface.output, ClassOutput) and draw(st.booleans())
    argmax = None
    if reduced:
        matches = [draw(tournaments(interface.n_outputs)) for _ in range(n_networks)]
        sides = np.array([[(match.left, match.right) for match in one] for one in matches], dtype=np.int32)
        argmax = BatchArgmax(
            sides, np.array([[match.mask for match in one] for one in matches], dtype=np.int32)
        )
    return MlpBatch(tuple(layers), input_hi, argmax), interface


def _random_layer(
    rng: np.random.Generator,
    hi: npt.NDArray[np.int32],
    width: int,
    n_terms: int,
    max_shift: int,
    *,
    last: bool,
) -> BatchLayer:
    """hi: (n_networks, n_inputs), largest value of each input; a third of the terms is absent."""
    n_networks, n_inputs = hi.shape
    shape = (n_networks, width, n_inputs, n_terms)
    masks = rng.integers(0, hi[:, None, :, None] + 1, shape) * (rng.random(shape) < 0.67)
    weights = rng.choice((-1, 1), shape) << rng.integers(0, max_shift + 1, shape)
    biases = rng.integers(-600, 601, (n_networks, width))
    bits, shift = rng.integers(1, 9, n_networks), rng.integers(0, 6, n_networks)
    return BatchLayer(
        masks.astype(np.int32),
        weights.astype(np.int32),
        biases.astype(np.int32),
        None if last else shift.astype(np.int32),
        None if last else ((1 << bits) - 1).astype(np.int32),
    )
