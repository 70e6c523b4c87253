"""Approximate MLPs as masks over one trained network: everything else stays as it was trained.

Source: the genetic search of "Bespoke Approximation of Multiplication-Accumulation and Activation Targeting
Printed Multilayer Perceptrons", ICCAD 2023.
"""

from dataclasses import replace

import numpy as np

from codegen.ir import BatchLayer, Interface, MlpBatch, Network
from codegen.ir.members import batch_of, network_of
from searchspaces.approximate_mlp.layout import Int32Array
from searchspaces.approximate_mlp.mask_encoding import encode_masks, ordered, two_layers
from searchspaces.approximate_mlp.options import FAMILY
from searchspaces.space import Domain, Rows, SpaceError, Variable

LOWEST = (4, 10)
"""Largest genes of the rows near zero, in the hidden and in the last layer."""
NEAR_TOP = 2
"""How far below the full mask the genes of the rows near it lie at most."""


class MaskGenes:
    """A gene space: `(n_terms,)` int32 rows, one mask for each term of a network with one hidden layer.

    A mask may have any bit of the term's input; 0 drops the term.
    """

    def __init__(self, base: Network) -> None:
        """Raises SpaceError for another body than a bespoke MLP with one hidden layer, or signed features."""
        self._base = base
        self._domain = Domain(tuple(_variables(base)))
        self._batch = batch_of([base])
        self._n_hidden = int(np.count_nonzero(self._batch.layers[0].masks))

    @property
    def family(self) -> str:
        return FAMILY

    @property
    def base(self) -> Network:
        """The network whose masks vary."""
        return self._base

    @property
    def domain(self) -> Domain:
        return self._domain

    @property
    def interface(self) -> Interface:
        return self._base.interface

    def sample(self, rng: np.random.Generator, n_rows: int) -> Rows:
        """(n_rows, n_terms): half uniform, a quarter near the full masks, a quarter near zero."""
        upper = self._domain.upper.astype(np.int64)
        lowest = np.where(np.arange(len(upper)) < self._n_hidden, *LOWEST)
        near_full, near_zero = slice(n_rows // 2, n_rows * 3 // 4), slice(n_rows * 3 // 4, n_rows)
        lo, hi = np.zeros((n_rows, len(upper)), np.int64), np.tile(upper, (n_rows, 1))
        lo[near_full] = np.maximum(upper - NEAR_TOP, 0)
        hi[near_zero] = np.minimum(upper, lowest)
        return rng.integers(lo, hi + 1).astype(np.int32)

    def decode_batch(self, rows: Rows) -> MlpBatch:
        """The networks of (n_rows, n_terms) rows. Raises SpaceError for another shape or type."""
        if rows.ndim != 2 or rows.shape[1] != self._domain.n_variables or rows.dtype != np.int32:
            wanted = f"(n_rows, {self._domain.n_variables}) int32"
            raise SpaceError(f"{FAMILY}: rows must be {wanted}, not {rows.shape} {rows.dtype}")
        hidden, last = np.split(rows.astype(np.int32, copy=False), [self._n_hidden], axis=1)
        batch = self._batch.take(np.zeros(len(rows), np.int64))
        layers = (_with_masks(batch.layers[0], hidden), _with_masks(batch.layers[1], last))
        return replace(batch, layers=layers)

    def decode(self, row: Rows) -> Network:
        """The network of one row (n_terms,), in canonical form."""
        return network_of(self.decode_batch(np.asarray(row)[None]), 0, self.interface)

    def encode(self, network: Network) -> Rows:
        """The row of a network that differs from the base by masks and missing terms only.

        Raises SpaceError where it differs in anything else.
        """
        return np.array(encode_masks(self._base, network), np.int32)


def _variables(base: Network) -> list[Variable]:
    """Each neuron is a block; terms in the order of `batch_of`."""
    hidden, last = two_layers(base)
    signed = [feature.name for feature in base.interface.features if feature.signed]
    if signed:
        raise SpaceError(f"{FAMILY}: features must be unsigned codes, but {signed[0]!r} is signed")
    assert hidden.clip is not None
    bits = [feature.bits for feature in base.interface.features]
    variables, block = [], 0
    for depth, layer in enumerate((hidden, last)):
        for number, neuron in enumerate(layer.neurons):
            for term in ordered(neuron.terms):
                name = f"layer{depth}.neuron{number}.input{term.input}.mask"
                variables.append(Variable(name, "int", 0, (1 << bits[term.input]) - 1, block=block))
            block += 1
        bits = [hidden.clip.bits] * len(layer.neurons)
    return variables


def _with_masks(layer: BatchLayer, genes: Int32Array) -> BatchLayer:
    """The layer with its masks, where the base has any, taken from the genes."""
    masks = np.zeros_like(layer.masks)
    masks[layer.masks != 0] = genes.ravel()
    return replace(layer, masks=masks)
