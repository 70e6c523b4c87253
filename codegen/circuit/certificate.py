"""An algebraic proof that the adders of a circuit add up what the network says.

Equivalence checkers time out on one neuron when the structures differ, so the sums are proven by algebra:
1. each adder keeps `a + b + c = total + 2 * carry`, by enumeration of its inputs through its gates (less
   those states that can't be, since one input is a gate of the others);
2. the terms of a neuron, less these identities at their weights, leave exactly the bits of its result:
   every coefficient is 0 modulo 2**width, as a linear form over the signals.
What the heads of a classifier may differ in from the neurons is a sum common to all, which no comparison
sees. Clips, comparisons and choices are not certified; they are compared on vectors.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from codegen.circuit.aig import TRUE, Aig
from codegen.circuit.errors import CertificateError, CircuitError
from codegen.circuit.forms import LinearForm, form_of
from codegen.circuit.heap import Adder
from codegen.circuit.lowering import Circuit
from codegen.circuit.mlp import BuiltSum
from codegen.ir.network import BespokeMlp, Network
from codegen.ir.ranges import mlp_ranges

_ADDER_LEVELS = 7
"""More than the gates on any path through an adder."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was certified. n_sums: sums with logic. n_adders: different adders in them, each once."""

    n_sums: int
    n_adders: int


def certify(network: Network, circuit: Circuit) -> Certificate:
    """Proves every sum of the circuit of a bespoke MLP.

    Raises CertificateError that names the sum which is not proven; CircuitError for another body.
    """
    if not isinstance(network.body, BespokeMlp):
        raise CircuitError(f"certificate: the body must be a BespokeMlp, not a {type(network.body).__name__}")
    _check_forms(network, network.body, circuit)
    for built in circuit.sums:
        for adder in built.result.adders:
            _check_adder(circuit.aig, built, adder)
        _check_sum(built)
    adders = {adder for built in circuit.sums for adder in built.result.adders}
    shapes = {(frozenset(adder.inputs), adder.one) for adder in adders}
    return Certificate(sum(bool(built.result.bits) for built in circuit.sums), len(shapes))


def _name(built: BuiltSum) -> str:
    return f"certificate: layer {built.layer}, sum {built.neuron}"


def _check_forms(network: Network, mlp: BespokeMlp, circuit: Circuit) -> None:
    """The forms that were built are those of the neurons."""
    ranges, depth = mlp_ranges(network), len(mlp.layers) - 1
    sources = [ranges.inputs, *(layer.outputs for layer in ranges.layers[:-1])]

    def neuron(layer: int, index: int) -> LinearForm:
        return form_of(mlp.layers[layer].neurons[index], sources[layer])

    heads = [built for built in circuit.sums if built.layer == depth]
    for built in circuit.sums:
        if built.layer < depth or circuit.contest is None:
            _same(built, built.form, neuron(built.layer, built.neuron))
    if circuit.contest is None or not heads:
        return
    entrants = [neuron(depth, index) for index in circuit.contest.classes]
    if circuit.contest.by_sign:
        match = circuit.contest.matches[0]
        _same(heads[0], heads[0].form, entrants[match.left].minus(entrants[match.right]))
        return
    common = entrants[0].minus(heads[0].form)
    for built, form in zip(heads, entrants, strict=True):
        _same(built, form.minus(built.form), common)


def _same(built: BuiltSum, found: LinearForm, expected: LinearForm) -> None:
    if found != expected:
        raise CertificateError(f"{_name(built)}: what is added up is not what the network says")


def _check_adder(aig: Aig, built: BuiltSum, adder: Adder) -> None:
    for values in product((0, 1), repeat=len(adder.inputs)):
        signals = {
            literal & ~1: value ^ (literal & 1) for literal, value in zip(adder.inputs, values, strict=True)
        }
        if not _is_possible(aig, signals):
            continue
        expected = sum(values) + adder.one
        for literal, value in ((adder.total, expected & 1), (adder.carry, expected >> 1)):
            if literal is None:
                continue
            found = _value(aig, literal, signals, _ADDER_LEVELS)
            if found is None:
                raise CertificateError(f"{_name(built)}: an adder reads what is none of its inputs")
            if found != value:
                raise CertificateError(
                    f"{_name(built)}: the adder of column {adder.column} does not add {values} to {expected}"
                )


def _is_possible(aig: Aig, signals: Mapping[int, int]) -> bool:
    """False where an input of an adder is a gate of the others, and they give it another value."""
    for literal, value in signals.items():
        others = {other: known for other, known in signals.items() if other != literal}
        if _value(aig, literal, others, _ADDER_LEVELS) not in (None, value):
            return False
    return True


def _value(aig: Aig, literal: int, signals: Mapping[int, int], levels: int) -> int | None:
    """The value of a literal where some even ones are known; None where so many levels don't tell."""
    even, inverted = literal & ~1, literal & 1
    if even in signals or even <= TRUE:
        return signals.get(even, 0) ^ inverted
    node = aig.node(even)
    if node is None or levels == 0:
        return None
    a, b = (_value(aig, read, signals, levels - 1) for read in (node.a, node.b))
    if a is None or b is None:
        return None
    return (a ^ b if node.is_xor else a & b) ^ inverted


class _Form:
    """A linear form over signals that is being taken apart; constants are under literal 0."""

    def __init__(self) -> None:
        self.coefficients: Counter[int] = Counter()

    def add(self, literal: int, factor: int) -> None:
        """An inverted literal is 1 less its signal."""
        if literal & 1:
            self.coefficients[0] += factor
            factor = -factor
        if literal > TRUE:
            self.coefficients[literal & ~1] += factor

    def add_all(self, literals: Iterable[int], factor: int) -> None:
        for literal in literals:
            self.add(literal, factor)


def _check_sum(built: BuiltSum) -> None:
    form, width = _Form(), len(built.result.bits)
    for key, coefficient in built.form.coefficients.items() if width else ():
        form.add(built.inputs[key], coefficient)
    form.coefficients[0] += built.form.constant
    for adder in built.result.adders:
        weight = 1 << adder.column
        form.add_all(adder.inputs, -weight)
        form.coefficients[0] -= weight * adder.one
        form.add_all(_present([adder.total]), weight)
        form.add_all(_present([adder.carry]), 2 * weight)
    for column, literal in enumerate(built.result.bits):
        form.add_all(_present([literal]), -(1 << column))
    unbuilt = sorted(adder.column for adder in built.result.adders if adder.total is None)
    dropped = [column for column, literal in enumerate(built.result.bits) if literal is None]
    uncarried = {adder.column for adder in built.result.adders if adder.carry is None}
    if unbuilt != dropped or not uncarried <= {width - 1}:
        raise CertificateError(f"{_name(built)}: a sum or a carry that is needed was not built")
    if any(coefficient % (1 << width) for coefficient in form.coefficients.values()):
        raise CertificateError(f"{_name(built)}: its adders do not give its result")


def _present(literals: Sequence[int | None]) -> list[int]:
    return [literal for literal in literals if literal is not None]
