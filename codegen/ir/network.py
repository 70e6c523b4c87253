"""The trained network as integers: the one contract between search, pricing, emission and proof.

The meaning of every type is written down in docs/ir.md; `codegen.ir.evaluate` is its executable form.
All types are immutable and hashable. Constructors check the invariants that do not depend on other
objects; `Network` checks the rest, so that a `Network` that exists is a valid one.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from codegen.ir.errors import IrError
from codegen.ir.graph import TensorNet
from codegen.ir.interface import ClassOutput, Interface, ValueOutput

MAX_SHIFT = 24
"""Largest left shift of a term; with 16-bit inputs every accumulator then fits 64 bits."""


@dataclass(frozen=True, slots=True, order=True)
class Term:
    """One summand of a neuron: `sign * ((x[input] & mask) << shift)`.

    input: index into the layer's inputs. shift: 0 to `MAX_SHIFT`. mask: a positive integer, at most
    the largest value of the input. sign: 1 or -1. A term that is always zero is left out, never
    written with mask 0.
    """

    input: int
    shift: int
    mask: int
    sign: Literal[1, -1]

    def __post_init__(self) -> None:
        if self.input < 0:
            raise IrError(f"term: input must be at least 0, not {self.input}")
        if not 0 <= self.shift <= MAX_SHIFT:
            raise IrError(f"term: shift must be in 0..{MAX_SHIFT}, not {self.shift}")
        if self.mask <= 0:
            raise IrError(f"term: mask must be positive, not {self.mask}; leave the term out instead")
        if self.sign not in (1, -1):
            raise IrError(f"term: sign must be 1 or -1, not {self.sign}")


@dataclass(frozen=True, slots=True)
class Neuron:
    """`bias + sum of terms`. Terms are kept sorted, so equal neurons are equal objects."""

    bias: int
    terms: tuple[Term, ...]

    def __post_init__(self) -> None:
        if abs(self.bias) >= 1 << 40:
            raise IrError(f"neuron: |bias| must be below 2**40, not {self.bias}")
        object.__setattr__(self, "terms", tuple(sorted(self.terms)))


@dataclass(frozen=True, slots=True)
class Clip:
    """The activation of a hidden layer: `min(max(accumulator, 0) >> shift, 2**bits - 1)`.

    bits: 1 to 16, the width of the activation. shift: 0 to 40, the low bits dropped.
    """

    shift: int
    bits: int

    def __post_init__(self) -> None:
        if not 0 <= self.shift <= 40:
            raise IrError(f"clip: shift must be in 0..40, not {self.shift}")
        if not 1 <= self.bits <= 16:
            raise IrError(f"clip: bits must be in 1..16, not {self.bits}")


@dataclass(frozen=True, slots=True)
class Layer:
    """Neurons over the same inputs. `clip` is set on hidden layers and None on the last one."""

    neurons: tuple[Neuron, ...]
    clip: Clip | None = None

    def __post_init__(self) -> None:
        if not self.neurons:
            raise IrError("layer: at least one neuron is needed")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One match of a reduced argmax: right wins where `(right & mask) > (left & mask)`, else left.

    left, right: an output index below n_outputs, or n_outputs + i for the winner of comparison i.
    mask: bits looked at, in two's complement; -1 is all of them, -8 all but the three lowest.
    """

    left: int
    right: int
    mask: int = -1


@dataclass(frozen=True, slots=True)
class BespokeMlp:
    """A multilayer perceptron of shifted, masked sums.

    argmax: None is the exact one (the lowest index of the largest output); otherwise a tournament,
    whose last comparison decides. The tournament must use every entrant exactly once.
    """

    layers: tuple[Layer, ...]
    argmax: tuple[Comparison, ...] | None = None

    def __post_init__(self) -> None:
        if not self.layers:
            raise IrError("mlp: at least one layer is needed")
        for index, layer in enumerate(self.layers):
            last = index == len(self.layers) - 1
            if last != (layer.clip is None):
                raise IrError(f"mlp: layer {index}: every layer but the last has a clip, and only those")
        if self.argmax is not None:
            _check_tournament(self.argmax, len(self.layers[-1].neurons))


@dataclass(frozen=True, slots=True)
class ThresholdTest:
    """True where `(x[feature] >> (feature width - bits)) <= threshold`: only the top bits are seen."""

    feature: int
    bits: int
    threshold: int


@dataclass(frozen=True, slots=True)
class PairTest:
    """True where the top `bits` of `x[left]` are at most those of `x[right]` (equal feature widths)."""

    left: int
    right: int
    bits: int


@dataclass(frozen=True, slots=True)
class TreeNode:
    """Goes to `left` where the test is true, else to `right`.

    A child c >= 0 is node c, which must come later in the list; c < 0 is leaf number -1 - c.
    """

    test: ThresholdTest | PairTest
    left: int
    right: int


@dataclass(frozen=True, slots=True)
class DecisionTree:
    """A decision tree over quantized features. Node 0 is the root; with no node, leaf 0 is the answer.

    leaves: the class index, or for a regression the integer value, of each leaf.
    """

    nodes: tuple[TreeNode, ...]
    leaves: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.leaves:
            raise IrError("tree: at least one leaf is needed")
        for index, node in enumerate(self.nodes):
            for child in (node.left, node.right):
                if not (index < child < len(self.nodes) or -len(self.leaves) <= child < 0):
                    raise IrError(f"tree: node {index}: a child must be a later node or a leaf, not {child}")


GateKind: TypeAlias = Literal["inv", "nand", "nor", "and", "or", "xor", "xnor"]
GATE_KINDS: tuple[GateKind, ...] = ("inv", "nand", "nor", "and", "or", "xor", "xnor")


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate. a, b: signal numbers (see `GateNetlist`); `inv` reads a alone and has b equal to a."""

    kind: GateKind
    a: int
    b: int


@dataclass(frozen=True, slots=True)
class GateNetlist:
    """A combinational netlist.

    Signals: 0 is constant 0, 1 is constant 1, then the bits of the features (feature by feature, the
    lowest bit first), then the gates in order; a gate reads only earlier signals.
    outputs: groups of signals, lowest bit first. Classes: one group, the class index in binary; a
    code at or above the number of classes stands for no class. Values: one group each, two's complement.
    """

    gates: tuple[Gate, ...]
    outputs: tuple[tuple[int, ...], ...]


Body: TypeAlias = BespokeMlp | DecisionTree | GateNetlist | TensorNet


@dataclass(frozen=True, slots=True)
class Network:
    """A trained network: what its inputs and outputs mean, and what it computes between them.

    Raises IrError where body and interface do not fit each other.
    """

    interface: Interface
    body: Body

    def __post_init__(self) -> None:
        match self.body:
            case BespokeMlp():
                _check_mlp(self.interface, self.body)
            case DecisionTree():
                _check_tree(self.interface, self.body)
            case GateNetlist():
                _check_netlist(self.interface, self.body)
            case TensorNet():
                self.body.check_interface(self.interface)


def _check_tournament(matches: tuple[Comparison, ...], n_outputs: int) -> None:
    entrants = [side for match in matches for side in (match.left, match.right)]
    expected = [*range(n_outputs), *range(n_outputs, n_outputs + len(matches) - 1)]
    if len(matches) != n_outputs - 1 or sorted(entrants) != expected:
        raise IrError("argmax: each output and each winner but the last must enter exactly one comparison")
    for index, match in enumerate(matches):
        if max(match.left, match.right) >= n_outputs + index:
            raise IrError(f"argmax: comparison {index} uses a winner that is not decided yet")


def _check_output_count(interface: Interface, n_outputs: int) -> None:
    if n_outputs != interface.n_outputs:
        raise IrError(f"network: the interface has {interface.n_outputs} outputs, the body {n_outputs}")


def _check_mlp(interface: Interface, mlp: BespokeMlp) -> None:
    ceilings = [feature.code_hi for feature in interface.features]
    if any(feature.signed for feature in interface.features):
        raise IrError("mlp: features must be unsigned codes")
    for index, layer in enumerate(mlp.layers):
        for position, neuron in enumerate(layer.neurons):
            where = f"mlp: layer {index}, neuron {position}"
            _check_terms(where, neuron, ceilings)
        if layer.clip is not None:
            ceilings = [(1 << layer.clip.bits) - 1] * len(layer.neurons)
    _check_output_count(interface, len(mlp.layers[-1].neurons))
    if mlp.argmax is not None and isinstance(interface.output, ValueOutput):
        raise IrError("mlp: an argmax needs an output of classes, not of values")


def _check_terms(where: str, neuron: Neuron, ceilings: list[int]) -> None:
    for term in neuron.terms:
        if term.input >= len(ceilings):
            raise IrError(f"{where}: input must be below {len(ceilings)}, not {term.input}")
        if term.mask > ceilings[term.input]:
            raise IrError(
                f"{where}: the mask of input {term.input} must be at most "
                f"{ceilings[term.input]}, not {term.mask}"
            )


def _check_tree(interface: Interface, tree: DecisionTree) -> None:
    widths = [feature.bits for feature in interface.features]
    if any(feature.signed for feature in interface.features):
        raise IrError("tree: features must be unsigned codes")
    for index, node in enumerate(tree.nodes):
        test = node.test
        read = (test.feature,) if isinstance(test, ThresholdTest) else (test.left, test.right)
        if not all(0 <= feature < len(widths) for feature in read):
            raise IrError(f"tree: node {index}: feature must be in 0..{len(widths) - 1}, not {max(read)}")
        if len({widths[feature] for feature in read}) > 1:
            raise IrError(f"tree: node {index}: a pair test needs features of equal width")
        if not 1 <= test.bits <= widths[read[0]]:
            raise IrError(f"tree: node {index}: bits must be in 1..{widths[read[0]]}, not {test.bits}")
        if isinstance(test, ThresholdTest) and not 0 <= test.threshold < (1 << test.bits):
            raise IrError(
                f"tree: node {index}: threshold must be in 0..{(1 << test.bits) - 1}, not {test.threshold}"
            )
    if isinstance(interface.output, ClassOutput):
        for leaf in tree.leaves:
            if not 0 <= leaf < interface.n_outputs:
                raise IrError(f"tree: a leaf must be in 0..{interface.n_outputs - 1}, not {leaf}")
    elif interface.n_outputs != 1:
        raise IrError("tree: a regression tree has one value")


def _check_netlist(interface: Interface, netlist: GateNetlist) -> None:
    first = 2 + interface.n_input_bits
    for index, gate in enumerate(netlist.gates):
        if gate.kind not in GATE_KINDS:
            raise IrError(f"netlist: gate {index}: kind must be one of {', '.join(GATE_KINDS)}")
        if not (0 <= gate.a < first + index and 0 <= gate.b < first + index):
            raise IrError(f"netlist: gate {index} must read earlier signals, not {gate.a}, {gate.b}")
        if gate.kind == "inv" and gate.a != gate.b:
            raise IrError(f"netlist: gate {index}: an inverter has b equal to a")
    groups = 1 if isinstance(interface.output, ClassOutput) else interface.n_outputs
    if len(netlist.outputs) != groups or not all(netlist.outputs):
        raise IrError(f"netlist: {groups} non-empty output groups are needed, not {len(netlist.outputs)}")
    for signal in (signal for group in netlist.outputs for signal in group):
        if not 0 <= signal < first + len(netlist.gates):
            raise IrError(f"netlist: output signal {signal} does not exist")
