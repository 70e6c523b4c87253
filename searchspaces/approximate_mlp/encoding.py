"""From a network of the family back to its genes."""

from dataclasses import dataclass

import numpy as np

from codegen.ir import BespokeMlp, Clip, Comparison, Layer, Network, Neuron, Term
from codegen.ir.ranges import mlp_ranges
from searchspaces.approximate_mlp.layout import GeneLayout, Int32Array, LayerColumns
from searchspaces.approximate_mlp.options import FAMILY
from searchspaces.approximate_mlp.tournament import balanced_sides
from searchspaces.parse import IntRange
from searchspaces.space import SpaceError


def encode_network(layout: GeneLayout, network: Network) -> Int32Array:
    """(n_genes,) row of a network over the interface of the layout. Raises SpaceError, naming the place."""
    if not isinstance(network.body, BespokeMlp):
        raise _error("network", f"the body must be a BespokeMlp, not a {type(network.body).__name__}")
    if len(network.body.layers) != len(layout.layers):
        raise _error("network", f"must have {len(layout.layers)} layers, not {len(network.body.layers)}")
    ranges = mlp_ranges(network)
    sources = [ranges.inputs, *(layer.outputs for layer in ranges.layers)]
    encoder = _Encoder(layout, _neutral_row(layout))
    for index, layer in enumerate(network.body.layers):
        encoder.layer(layout.layers[index], layer, [hi for _, hi in sources[index]], f"layer {index}")
    if network.body.argmax is not None:
        encoder.argmax(network.body.argmax)
    return encoder.row


def _neutral_row(layout: GeneLayout) -> Int32Array:
    """Every gene at 0, or at the lower end of its range above 0."""
    return np.array([max(0, variable.lower) for variable in layout.variables], np.int32)


def _error(where: str, text: str) -> SpaceError:
    return SpaceError(f"{FAMILY}: {where}: {text}")


@dataclass(frozen=True, slots=True, eq=False)
class _Encoder:
    layout: GeneLayout
    row: Int32Array

    def put(self, column: int, value: int, where: str) -> None:
        variable = self.layout.variables[column]
        if not variable.lower <= value <= variable.upper:
            raise _error(where, f"must lie in {variable.lower}..{variable.upper}, not {value}")
        self.row[column] = value

    def layer(self, columns: LayerColumns, layer: Layer, ceilings: list[int], where: str) -> None:
        if len(layer.neurons) > columns.shape[0]:
            raise _error(where, f"at most {columns.shape[0]} neurons fit, not {len(layer.neurons)}")
        for number, neuron in enumerate(layer.neurons):
            self.neuron(columns, neuron, number, ceilings, f"{where}, neuron {number}")
        if layer.clip is not None:
            self.clip(columns, layer.clip, where)

    def neuron(
        self, columns: LayerColumns, neuron: Neuron, number: int, ceilings: list[int], where: str
    ) -> None:
        self.put(columns.biases.start + number, neuron.bias, f"{where}: bias")
        _, n_inputs, n_terms = columns.shape
        used = [0] * n_inputs
        for term in neuron.terms:
            if used[term.input] == n_terms:
                raise _error(where, f"input {term.input} may have at most {n_terms} terms")
            offset = (number * n_inputs + term.input) * n_terms + used[term.input]
            used[term.input] += 1
            self.term(columns, term, offset, ceilings[term.input], where)

    def term(self, columns: LayerColumns, term: Term, offset: int, ceiling: int, where: str) -> None:
        gene = term.mask if columns.mask_table is None else _mask_gene(columns, term, ceiling, where)
        self.put(columns.masks.start + offset, gene, f"{where}: mask of input {term.input}")
        self.put(columns.signs.start + offset, int(term.sign < 0), f"{where}: sign of input {term.input}")
        if columns.shifts is not None:
            self.put(columns.shifts.start + offset, term.shift, f"{where}: shift of input {term.input}")
        elif term.shift:
            raise _error(where, f"shift of input {term.input}: must be 0, not {term.shift}")

    def clip(self, columns: LayerColumns, clip: Clip, where: str) -> None:
        for name, column, value in (
            ("activation shift", columns.clip_shift, clip.shift),
            ("activation bits", columns.clip_bits, clip.bits),
        ):
            if isinstance(column, int):
                self.put(column, value, f"{where}: {name}")
            elif isinstance(column, IntRange) and value not in column:
                raise _error(where, f"{name}: must be {column}, not {value}")

    def argmax(self, matches: tuple[Comparison, ...]) -> None:
        if self.layout.argmax is None:
            raise _error("argmax", "must be exact, not a tournament")
        if tuple((match.left, match.right) for match in matches) != balanced_sides(len(matches) + 1):
            raise _error("argmax", "the tournament must be the balanced one, neighbors first")
        for number, match in enumerate(matches):
            dropped = (-match.mask).bit_length() - 1
            if match.mask >= 0 or match.mask != -(1 << dropped):
                raise _error("argmax", f"comparison {number}: must drop low bits only, not mask {match.mask}")
            self.put(self.layout.argmax.start + number, dropped, f"argmax: comparison {number}: dropped bits")


def _mask_gene(columns: LayerColumns, term: Term, ceiling: int, where: str) -> int:
    """The gene with this mask, up to bits that an input of at most `ceiling` never sets."""
    assert columns.mask_table is not None
    seen = (1 << ceiling.bit_length()) - 1
    for gene, mask in enumerate(columns.mask_table[term.input].tolist()):
        if gene and mask & seen == term.mask & seen:
            return gene
    raise _error(where, f"mask {term.mask} of input {term.input}: must keep top bits only without masks")
