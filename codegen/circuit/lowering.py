"""From a network to the circuit that computes it: exact ranges, bit heaps, only the bits that are read."""

from dataclasses import dataclass

from codegen.cells import CellLibrary
from codegen.circuit.aig import Aig
from codegen.circuit.answer import Contest
from codegen.circuit.covering import cover, prefers_xor
from codegen.circuit.errors import CircuitError
from codegen.circuit.mlp import BuiltSum, lower_mlp
from codegen.circuit.tree import lower_tree
from codegen.circuit.words import Word
from codegen.ir.interface import ClassOutput
from codegen.ir.network import BespokeMlp, DecisionTree, GateNetlist, Network
from codegen.ir.ranges import mlp_ranges, signed_bits


@dataclass(frozen=True, slots=True, eq=False)
class Circuit:
    """A network at gate level, equal to `evaluate` on every input.

    outputs: literals of each output, lowest bit first; as wide as the ports of the emitted module.
    sums: of an MLP, what every heap of adders adds up. contest: of an MLP that answers with a class.
    """

    aig: Aig
    outputs: tuple[tuple[int, ...], ...]
    sums: tuple[BuiltSum, ...] = ()
    contest: Contest | None = None


def lower(network: Network, library: CellLibrary) -> Circuit:
    """The circuit of a BespokeMlp or a DecisionTree, its adders in the form that is smallest in the library.

    Raises CircuitError for another body.
    """
    body, aig = network.body, Aig(network.interface.n_input_bits, xor_nodes=prefers_xor(library))
    if isinstance(body, DecisionTree):
        word = lower_tree(network.interface, body, aig)
        return Circuit(aig, _groups([word], output_widths(network)))
    if isinstance(body, BespokeMlp):
        words, sums, contest = lower_mlp(network, body, aig)
        return Circuit(aig, _groups(words, output_widths(network)), tuple(sums), contest)
    raise CircuitError(
        f"circuit: the body must be a BespokeMlp or a DecisionTree, not a {type(body).__name__}"
    )


def output_widths(network: Network) -> tuple[int, ...]:
    """Bits of each output: the class index, or each value in two's complement."""
    output, body = network.interface.output, network.body
    if isinstance(output, ClassOutput):
        return (max(1, (len(output.labels) - 1).bit_length()),)
    if isinstance(body, DecisionTree):
        return (signed_bits(min(body.leaves), max(body.leaves)),)
    return tuple(signed_bits(*span) for span in mlp_ranges(network).layers[-1].accumulators)


def lower_netlist(network: Network, library: CellLibrary) -> GateNetlist:
    """The circuit of a network in cells of the library, not yet optimized; errors as `lower`."""
    circuit = lower(network, library)
    return cover(circuit.aig, circuit.outputs, library)


def _groups(words: list[Word], widths: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    return tuple(
        tuple(word.at(bit) for bit in range(width)) for word, width in zip(words, widths, strict=True)
    )
