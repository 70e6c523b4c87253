"""What a network computes, exactly: the definition that every other form is compared with.

Simple before fast; populations are evaluated by `codegen.ir.batch`.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.ir.errors import IrError
from codegen.ir.graph import TensorNet
from codegen.ir.interface import ClassOutput, Interface
from codegen.ir.network import BespokeMlp, Comparison, DecisionTree, GateNetlist, Layer, Network, PairTest
from codegen.ir.tensors import evaluate_tensor_net

Codes: TypeAlias = npt.NDArray[np.integer[Any]]
Int64Array: TypeAlias = npt.NDArray[np.int64]
Bits: TypeAlias = npt.NDArray[np.bool_]


def evaluate(network: Network, codes: Codes) -> Int64Array:
    """The answers of a network to (n_samples, n_features) integer codes.

    Gives the class index (n_samples,) for a ClassOutput, the integers (n_samples, n_outputs) for a
    ValueOutput. A netlist may give an index at or above the number of classes. Raises IrError for codes
    of a wrong shape or type, or outside a feature's range.
    """
    samples = check_codes(network.interface, codes)
    match network.body:
        case BespokeMlp():
            sums = mlp_sums(network.body, samples)
            if isinstance(network.interface.output, ClassOutput):
                return decide(sums, network.body.argmax)
            return sums
        case DecisionTree():
            answers = _evaluate_tree(network.body, network.interface, samples)
        case GateNetlist():
            answers = _evaluate_netlist(network.body, network.interface, samples)
        case TensorNet():
            answers = evaluate_tensor_net(network.body, network.interface, samples)
            if isinstance(network.interface.output, ClassOutput):
                return decide(answers, None)
    return answers[:, 0] if isinstance(network.interface.output, ClassOutput) else answers


def outputs(network: Network, codes: Codes) -> Int64Array:
    """(n_samples, n_outputs) accumulators of the last layer of a bespoke MLP; errors as `evaluate`."""
    if not isinstance(network.body, BespokeMlp):
        raise IrError(f"outputs: the body must be a BespokeMlp, not a {type(network.body).__name__}")
    return mlp_sums(network.body, check_codes(network.interface, codes))


def check_codes(interface: Interface, codes: Codes) -> Int64Array:
    """The codes as int64. Raises IrError unless they are integers of the interface's shape and range."""
    array = np.asarray(codes)
    if array.ndim != 2 or array.shape[1] != interface.n_features:
        raise IrError(f"codes: shape must be (n_samples, {interface.n_features}), not {array.shape}")
    if array.dtype.kind not in "iu":
        raise IrError(
            f"codes: must be integers, not {array.dtype}; Interface.quantize makes them from raw values"
        )
    lo = np.array([feature.code_lo for feature in interface.features])
    hi = np.array([feature.code_hi for feature in interface.features])
    outside = np.argwhere((array < lo) | (array > hi))
    if len(outside):
        row, column = (int(index) for index in outside[0])
        feature = interface.features[column]
        raise IrError(
            f"codes: row {row}, feature {feature.name!r}: must be in {feature.code_lo}..{feature.code_hi}, "
            f"not {array[row, column]}"
        )
    return array.astype(np.int64)


def mlp_sums(mlp: BespokeMlp, samples: Int64Array) -> Int64Array:
    """(n_samples, n_outputs) accumulators of the last layer, for int64 codes that are known to be valid."""
    values = samples
    for layer in mlp.layers:
        values = _evaluate_layer(layer, values)
    return values


def _evaluate_layer(layer: Layer, values: Int64Array) -> Int64Array:
    sums = np.empty((len(values), len(layer.neurons)), dtype=np.int64)
    for position, neuron in enumerate(layer.neurons):
        sums[:, position] = neuron.bias
        for term in neuron.terms:
            sums[:, position] += term.sign * ((values[:, term.input] & term.mask) << term.shift)
    if layer.clip is None:
        return sums
    kept: Int64Array = np.maximum(sums, 0) >> layer.clip.shift
    return kept.clip(max=(1 << layer.clip.bits) - 1)


def decide(sums: Int64Array, argmax: tuple[Comparison, ...] | None) -> Int64Array:
    """The winning index (n_samples,) of (n_samples, n_outputs) sums; `argmax` as in `BespokeMlp`."""
    if argmax is None:
        return np.asarray(np.argmax(sums, axis=1), dtype=np.int64)
    n_samples, n_outputs = sums.shape
    values = [sums[:, index] for index in range(n_outputs)]
    winners = [np.full(n_samples, index, dtype=np.int64) for index in range(n_outputs)]
    for match in argmax:
        right_wins = (values[match.right] & match.mask) > (values[match.left] & match.mask)
        values.append(np.where(right_wins, values[match.right], values[match.left]))
        winners.append(np.where(right_wins, winners[match.right], winners[match.left]))
    return winners[-1]


def _evaluate_tree(tree: DecisionTree, interface: Interface, samples: Int64Array) -> Int64Array:
    """(n_samples, 1). A child comes later than its parent, so one pass over the nodes moves every sample."""
    widths = [feature.bits for feature in interface.features]
    position = np.full(len(samples), 0 if tree.nodes else -1)
    for index, node in enumerate(tree.nodes):
        test = node.test
        if isinstance(test, PairTest):
            drop = widths[test.left] - test.bits
            true = (samples[:, test.left] >> drop) <= (samples[:, test.right] >> drop)
        else:
            true = (samples[:, test.feature] >> (widths[test.feature] - test.bits)) <= test.threshold
        position = np.where(position == index, np.where(true, node.left, node.right), position)
    return np.take(np.array(tree.leaves, dtype=np.int64), -1 - position)[:, None]


def _evaluate_netlist(netlist: GateNetlist, interface: Interface, samples: Int64Array) -> Int64Array:
    """(n_samples, n_groups): a class index is unsigned, values are two's complement."""
    signals = _input_bits(interface, samples)
    for gate in netlist.gates:
        signals.append(_gate(gate.kind, signals[gate.a], signals[gate.b]))
    signed = not isinstance(interface.output, ClassOutput)
    return np.stack([_number(group, signals, signed=signed) for group in netlist.outputs], axis=1)


def _input_bits(interface: Interface, samples: Int64Array) -> list[Bits]:
    signals = [np.zeros(len(samples), dtype=np.bool_), np.ones(len(samples), dtype=np.bool_)]
    for index, feature in enumerate(interface.features):
        signals.extend((samples[:, index] >> bit & 1).astype(np.bool_) for bit in range(feature.bits))
    return signals


def _gate(kind: str, a: Bits, b: Bits) -> Bits:
    match kind:
        case "inv":
            return ~a
        case "and":
            return a & b
        case "or":
            return a | b
        case "xor":
            return a ^ b
        case "nand":
            return ~(a & b)
        case "nor":
            return ~(a | b)
        case "xnor":
            return ~(a ^ b)
    raise IrError(f"netlist: no gate is called {kind!r}")


def _number(group: tuple[int, ...], signals: list[Bits], *, signed: bool) -> Int64Array:
    limit = 64 if signed else 63
    if len(group) > limit:
        raise IrError(
            f"netlist: an output group of {len(group)} bits is not evaluated; at most {limit} bits are"
        )
    weights = [1 << bit for bit in range(len(group))]
    if signed:
        weights[-1] = -weights[-1]
    total = np.zeros(len(signals[0]), dtype=np.int64)
    for weight, signal in zip(weights, group, strict=True):
        total += np.where(signals[signal], np.int64(weight), np.int64(0))
    return total
