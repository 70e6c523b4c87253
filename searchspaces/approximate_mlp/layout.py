"""Which column of a gene row means what."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from codegen.ir import ClassOutput, Interface
from searchspaces.approximate_mlp.options import FAMILY, ApproximateMlpOptions
from searchspaces.approximate_mlp.tournament import max_dropped_bits
from searchspaces.parse import IntRange
from searchspaces.space import SpaceError, Variable

Int32Array = npt.NDArray[np.int32]
MAX_BIAS = 1 << 30
"""Keeps biases inside 32 bits."""


@dataclass(frozen=True, slots=True, eq=False)
class LayerColumns:
    """Columns of one layer.

    shape: (n_neurons, n_inputs, n_terms) of the columns masks, shifts and signs; shifts None: all are 0.
    biases: (n_neurons,), from -bias_bound to bias_bound - 1. clip_shift, clip_bits: on hidden layers; a
    column, or the range where it is fixed. mask_table: (n_inputs, n_choices) masks that the genes choose
    from, or None where a gene is a mask itself.
    """

    shape: tuple[int, int, int]
    masks: slice
    shifts: slice | None
    signs: slice
    biases: slice
    bias_bound: int
    clip_shift: int | IntRange | None
    clip_bits: int | IntRange | None
    mask_table: Int32Array | None

    def decode_masks(self, rows: Int32Array) -> Int32Array:
        """(n_rows, n_neurons, n_inputs, n_terms) masks of (n_rows, n_genes) rows."""
        genes = rows[:, self.masks].reshape(len(rows), *self.shape)
        if self.mask_table is None:
            return np.ascontiguousarray(genes)
        n_inputs, n_choices = self.mask_table.shape
        first = np.arange(n_inputs)[:, None] * n_choices
        masks: Int32Array = np.take(self.mask_table.ravel(), genes + first)
        return masks

    def decode_weights(self, rows: Int32Array) -> Int32Array:
        """(n_rows, n_neurons, n_inputs, n_terms) sign * 2**shift of (n_rows, n_genes) rows."""
        weights = 1 - 2 * rows[:, self.signs]
        if self.shifts is not None:
            weights = np.left_shift(weights, rows[:, self.shifts])
        return weights.reshape(len(rows), *self.shape)


@dataclass(frozen=True, slots=True, eq=False)
class GeneLayout:
    """All columns of a row. argmax: low bits that each comparison ignores; None where it is exact."""

    layers: tuple[LayerColumns, ...]
    argmax: slice | None
    variables: tuple[Variable, ...]
    max_shift: int

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Columns that go off together: masks of all that a neuron reads, and of all that read it."""
        groups: list[tuple[int, ...]] = []
        for layer in self.layers:
            columns = np.arange(layer.masks.start, layer.masks.stop).reshape(layer.shape)
            groups += [tuple(reads.ravel().tolist()) for reads in columns]
            groups += [tuple(read.ravel().tolist()) for read in columns.swapaxes(0, 1)]
        return tuple(groups)


def gene_layout(options: ApproximateMlpOptions, interface: Interface) -> GeneLayout:
    """The columns of a family over an interface. Raises SpaceError for signed features.

    Each neuron is a block, so that crossover moves whole neurons; the clip of a layer and the argmax
    are blocks of their own.
    """
    signed = [feature.name for feature in interface.features if feature.signed]
    if signed:
        raise SpaceError(f"{FAMILY}: features must be unsigned codes, but {signed[0]!r} is signed")
    builder = _Builder(options)
    bits = np.array([feature.bits for feature in interface.features], np.int32)
    kept: IntRange | None = options.input_bits
    for width in options.hidden:
        builder.add_layer(width.upper, bits, kept, is_last=False)
        bits, kept = np.full(width.upper, options.activation_bits.upper, np.int32), None
    builder.add_layer(interface.n_outputs, bits, kept, is_last=True)
    reduced = isinstance(interface.output, ClassOutput) and "reduced" in options.argmax
    argmax = builder.add_argmax(interface.n_outputs) if reduced else None
    return GeneLayout(tuple(builder.layers), argmax, tuple(builder.variables), builder.max_shift)


@dataclass(slots=True)
class _Builder:
    """Appends columns, layer by layer. block: the number of the next one."""

    options: ApproximateMlpOptions
    variables: list[Variable] = field(default_factory=list)
    layers: list[LayerColumns] = field(default_factory=list)
    block: int = 0

    @property
    def max_shift(self) -> int:
        return self.options.max_shift_of(self.options.weights[0])

    def add_layer(self, n_neurons: int, bits: Int32Array, kept: IntRange | None, *, is_last: bool) -> None:
        """bits: (n_inputs,) width of each input. kept: numbers of top bits a mask may keep, None is all."""
        options, name = self.options, f"layer{len(self.layers)}"
        shape = (n_neurons, len(bits), options.weights[0].digits)
        table = None if options.masks else mask_table(bits, kept)
        tops = (1 << bits) - 1 if table is None else np.full_like(bits, table.shape[1] - 1)
        shifts = np.full_like(bits, self.max_shift)
        bound = bias_bound(bits, self.max_shift)
        masks = self._terms(name, "mask", shape, tops, is_bits=table is None)
        self.layers.append(
            LayerColumns(
                shape=shape,
                masks=masks,
                shifts=self._terms(name, "shift", shape, shifts, masks) if self.max_shift else None,
                signs=self._terms(name, "sign", shape, np.ones_like(bits), masks),
                biases=self._biases(name, n_neurons, bound),
                bias_bound=bound,
                clip_shift=None
                if is_last
                else self._clip(f"{name}.clip_shift", options.activation_shift, n_neurons),
                clip_bits=None
                if is_last
                else self._clip(f"{name}.clip_bits", options.activation_bits, n_neurons),
                mask_table=table,
            )
        )
        self.block = self.variables[-1].block + 1

    def add_argmax(self, n_outputs: int) -> slice:
        start = len(self.variables)
        most = max_dropped_bits(self.options.activation_bits.upper, self.max_shift)
        for match in range(n_outputs - 1):
            self._add(f"argmax.comparison{match}.dropped_bits", 0, most, self.block)
        return slice(start, len(self.variables))

    def _add(self, name: str, lower: int, upper: int, block: int) -> None:
        self.variables.append(Variable(name, "int", lower, upper, block=block))

    def _terms(
        self,
        layer: str,
        kind: str,
        shape: tuple[int, int, int],
        tops: Int32Array,
        masks: slice | None = None,
        *,
        is_bits: bool = False,
    ) -> slice:
        """tops: (n_inputs,) largest value of the genes of each input. masks: the genes' gates."""
        start = len(self.variables)
        for number, (neuron, source, term) in enumerate(np.ndindex(*shape)):
            name = f"{layer}.neuron{neuron}.input{source}.term{term}.{kind}"
            top, block = int(tops[source]), self.block + neuron
            gate = None if masks is None else masks.start + number
            self.variables.append(Variable(name, "int", 0, top, block=block, is_bits=is_bits, gate=gate))
        return slice(start, len(self.variables))

    def _biases(self, layer: str, n_neurons: int, bound: int) -> slice:
        start = len(self.variables)
        for neuron in range(n_neurons):
            self._add(f"{layer}.neuron{neuron}.bias", -bound, bound - 1, self.block + neuron)
        return slice(start, len(self.variables))

    def _clip(self, name: str, allowed: IntRange | None, n_neurons: int) -> int | IntRange:
        if allowed is None:
            raise SpaceError(f"{FAMILY}: activation_shift: must be a range such as 0..6 for genes")
        if allowed.is_fixed:
            return allowed
        self._add(name, allowed.lower, allowed.upper, self.block + n_neurons)
        return len(self.variables) - 1


def mask_table(bits: Int32Array, kept: IntRange | None) -> Int32Array:
    """(n_inputs, n_choices): none of the bits, then each allowed number of top bits, or else all bits."""
    widths = bits[:, None]
    full = (1 << widths) - 1
    tops = widths if kept is None else np.minimum(np.arange(kept.lower, kept.upper + 1)[None], widths)
    return np.concatenate([np.zeros_like(full), full - (full >> tops)], axis=1).astype(np.int32)


def bias_bound(input_bits: Int32Array, max_shift: int) -> int:
    """Biases lie in -bound..bound - 1: a power of two, at least half of the largest sum of middling weights.

    input_bits: (n_inputs,) width of each input of the layer.
    """
    reach = int(((1 << input_bits) - 1).sum()) * 2 ** (max_shift / 2) / 2
    return min(MAX_BIAS, 1 << max(1, int(np.ceil(np.log2(reach)))))
