"""Approximate MLPs as genes: every mask, shift, sign and bias is a column of its own."""

import numpy as np

from codegen.ir import BatchArgmax, BatchLayer, Interface, MlpBatch, Network
from codegen.ir.members import network_of
from searchspaces.approximate_mlp.encoding import encode_network
from searchspaces.approximate_mlp.layout import GeneLayout, Int32Array, LayerColumns, gene_layout
from searchspaces.approximate_mlp.options import FAMILY, ApproximateMlpOptions
from searchspaces.approximate_mlp.sampling import sample_rows
from searchspaces.approximate_mlp.tournament import balanced_sides
from searchspaces.parse import IntRange
from searchspaces.space import Domain, Rows, SpaceError


class ApproximateMlpGenes:
    """A gene space: `(n_genes,)` int32 rows, each of them a network.

    The hidden widths are the upper ends of their ranges; a neuron vanishes by empty masks. Features may
    have any width; the lower end of `input_bits` matters only without masks on summand bits, where a
    gene drops a synapse or keeps that many of its top bits at least.
    """

    def __init__(self, options: ApproximateMlpOptions, interface: Interface) -> None:
        """Raises SpaceError where the options are made for axes, or a feature is signed."""
        if options.detail != "genes":
            raise SpaceError(f"{FAMILY}: detail: must be genes for a gene space, not {options.detail!r}")
        self._options = options
        self._interface = interface
        self._layout = gene_layout(options, interface)
        self._domain = Domain(self._layout.variables, self._layout.groups)
        self._input_hi = np.array([feature.code_hi for feature in interface.features], np.int32)
        self._sides = np.array(balanced_sides(interface.n_outputs), np.int32)

    @property
    def family(self) -> str:
        return FAMILY

    @property
    def options(self) -> ApproximateMlpOptions:
        return self._options

    @property
    def domain(self) -> Domain:
        return self._domain

    @property
    def interface(self) -> Interface:
        return self._interface

    @property
    def layout(self) -> GeneLayout:
        """Which column means what."""
        return self._layout

    def sample(self, rng: np.random.Generator, n_rows: int) -> Rows:
        """(n_rows, n_genes): even rows dense, odd rows sparse to varying degree, neurons mostly active."""
        return sample_rows(self._layout, rng, n_rows)

    def decode_batch(self, rows: Rows) -> MlpBatch:
        """The networks of (n_rows, n_genes) rows. Raises SpaceError for another shape or type."""
        genes = self._checked(rows)
        layers = tuple(_decode_layer(layer, genes) for layer in self._layout.layers)
        return MlpBatch(layers, self._input_hi, self._decode_argmax(genes))

    def decode(self, row: Rows) -> Network:
        """The network of one row (n_genes,), in canonical form."""
        return network_of(self.decode_batch(np.asarray(row)[None]), 0, self._interface)

    def encode(self, network: Network) -> Rows:
        """The row of a network of this family; missing neurons become empty ones.

        Raises SpaceError, naming the place, where the network has something that no row can say.
        """
        if network.interface != self._interface:
            raise SpaceError(f"{FAMILY}: the network must have the interface of the space")
        return encode_network(self._layout, network)

    def _checked(self, rows: Rows) -> Int32Array:
        if rows.ndim != 2 or rows.shape[1] != self._domain.n_variables:
            raise SpaceError(
                f"{FAMILY}: rows must have shape (n_rows, {self._domain.n_variables}), not {rows.shape}"
            )
        if rows.dtype != np.int32:
            raise SpaceError(f"{FAMILY}: rows must be int32, not {rows.dtype}")
        return rows.astype(np.int32, copy=False)

    def _decode_argmax(self, genes: Int32Array) -> BatchArgmax | None:
        if self._layout.argmax is None:
            return None
        masks = np.left_shift(np.int32(-1), genes[:, self._layout.argmax])
        return BatchArgmax(np.tile(self._sides, (len(genes), 1, 1)), masks)


def _decode_layer(layer: LayerColumns, genes: Int32Array) -> BatchLayer:
    bits = _clip_column(layer.clip_bits, genes)
    return BatchLayer(
        masks=layer.decode_masks(genes),
        weights=layer.decode_weights(genes),
        biases=np.ascontiguousarray(genes[:, layer.biases]),
        clip_shift=_clip_column(layer.clip_shift, genes),
        clip_hi=None if bits is None else (np.int32(1) << bits) - np.int32(1),
    )


def _clip_column(column: int | IntRange | None, genes: Int32Array) -> Int32Array | None:
    if column is None:
        return None
    if isinstance(column, IntRange):
        return np.full(len(genes), column.lower, np.int32)
    return np.ascontiguousarray(genes[:, column])
