"""Which column of a gene row means what."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from codegen.ir import ClassOutput, Interface
from searchspaces.approximate_mlp.options import ApproximateMlpOptions
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


@dataclass(slots=True)
class _Columns:
    """Appends variables; every group knows its place in the row."""

    variables: list[Variable] = field(default_factory=list)

    def add(self, name: str, upper: int, block: int, lower: int = 0) -> int:
        self.variables.append(Variable(name, "int", lower, upper, block=block))
        return len(self.variables) - 1

    def since(self, start: int) -> slice:
        return slice(start, len(self.variables))

    @property
    def end(self) -> int:
        return len(self.variables)


def gene_layout(options: ApproximateMlpOptions, interface: Interface) -> GeneLayout:
    """The columns of a family over an interface. Raises SpaceError for signed features.

    Each neuron is a block, so that crossover moves whole neurons; the clip of a layer and the argmax
    are blocks of their own.
    """
    signed = [feature.name for feature in interface.features if feature.signed]
    if signed:
        raise SpaceError(f"approximate_mlp: features must be unsigned codes, but {signed[0]!r} is signed")
    columns, block, layers = _Columns(), 0, []
    input_bits = np.array([feature.bits for feature in interface.features], np.int32)
    widths = [*(width.upper for width in options.hidden), interface.n_outputs]
    for index, n_neurons in enumerate(widths):
        is_last = index == len(widths) - 1
        table = None if options.masks else _mask_table(input_bits, options.input_bits if index == 0 else None)
        layer = _add_layer(columns, options, index, n_neurons, input_bits, table, block, is_last)
        layers.append(layer)
        block += n_neurons + (not is_last)
        input_bits = np.full(n_neurons, options.activation_bits.upper, np.int32)
    argmax = None
    if isinstance(interface.output, ClassOutput) and "reduced" in options.argmax:
        argmax = _add_argmax(columns, options, interface.n_outputs, block)
    return GeneLayout(tuple(layers), argmax, tuple(columns.variables), _max_shift(options))


def _max_shift(options: ApproximateMlpOptions) -> int:
    return options.max_shift_of(options.weights[0])


def _mask_table(input_bits: Int32Array, kept: IntRange | None) -> Int32Array:
    """(n_inputs, n_choices): none of the bits, then each allowed number of top bits, or else all bits."""
    bits = input_bits[:, None]
    full = (1 << bits) - 1
    tops = bits if kept is None else np.minimum(np.arange(kept.lower, kept.upper + 1)[None], bits)
    return np.concatenate([np.zeros_like(full), full - (full >> tops)], axis=1).astype(np.int32)


def _add_layer(
    columns: _Columns,
    options: ApproximateMlpOptions,
    index: int,
    n_neurons: int,
    input_bits: Int32Array,
    mask_table: Int32Array | None,
    block: int,
    is_last: bool,
) -> LayerColumns:
    shape = (n_neurons, len(input_bits), options.weights[0].digits)
    max_shift = _max_shift(options)
    full = (1 << input_bits) - 1
    mask_top = full if mask_table is None else np.full_like(full, mask_table.shape[1] - 1)
    bound = bias_bound(input_bits, max_shift)
    return LayerColumns(
        shape=shape,
        masks=_add_terms(columns, f"layer{index}", "mask", shape, mask_top, block),
        shifts=_add_terms(columns, f"layer{index}", "shift", shape, max_shift, block) if max_shift else None,
        signs=_add_terms(columns, f"layer{index}", "sign", shape, 1, block),
        biases=_add_biases(columns, f"layer{index}", n_neurons, bound, block),
        bias_bound=bound,
        clip_shift=None
        if is_last
        else _add_clip(columns, f"layer{index}.clip_shift", options.activation_shift, block + n_neurons),
        clip_bits=None
        if is_last
        else _add_clip(columns, f"layer{index}.clip_bits", options.activation_bits, block + n_neurons),
        mask_table=mask_table,
    )


def _add_terms(
    columns: _Columns,
    layer: str,
    field_name: str,
    shape: tuple[int, int, int],
    uppers: Int32Array | int,
    block: int,
) -> slice:
    start = columns.end
    top = np.broadcast_to(uppers, shape[1])
    for neuron, source, term in np.ndindex(*shape):
        name = f"{layer}.neuron{neuron}.input{source}.term{term}.{field_name}"
        columns.add(name, int(top[source]), block + neuron)
    return columns.since(start)


def _add_biases(columns: _Columns, layer: str, n_neurons: int, bound: int, block: int) -> slice:
    start = columns.end
    for neuron in range(n_neurons):
        columns.add(f"{layer}.neuron{neuron}.bias", bound - 1, block + neuron, lower=-bound)
    return columns.since(start)


def _add_clip(columns: _Columns, name: str, allowed: IntRange | None, block: int) -> int | IntRange:
    if allowed is None:
        raise SpaceError("approximate_mlp: activation_shift: must be a range such as 0..6 for genes")
    return allowed if allowed.is_fixed else columns.add(name, allowed.upper, block, lower=allowed.lower)


def _add_argmax(columns: _Columns, options: ApproximateMlpOptions, n_outputs: int, block: int) -> slice:
    start = columns.end
    most = max_dropped_bits(options.activation_bits.upper, _max_shift(options))
    for match in range(n_outputs - 1):
        columns.add(f"argmax.comparison{match}.dropped_bits", most, block)
    return columns.since(start)


def bias_bound(input_bits: Int32Array, max_shift: int) -> int:
    """Biases lie in -bound..bound - 1: a power of two, at least half of the largest sum of middling weights.

    input_bits: (n_inputs,) width of each input of the layer.
    """
    reach = int(((1 << input_bits) - 1).sum()) * 2 ** (max_shift / 2) / 2
    return min(MAX_BIAS, 1 << max(1, int(np.ceil(np.log2(reach)))))
