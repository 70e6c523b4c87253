"""What the emitted code of a bespoke MLP consists of, counted: the quantities that its price is linear in.

`codegen.c.program` says what becomes code; docs/mcu.md says what each quantity stands for.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from codegen.c.forms import table_sizes, type_bytes
from codegen.c.inputs import input_table
from codegen.c.program import LayerProgram, MlpProgram, Sum
from codegen.c.table import has_masks
from codegen.c.text import integer_type
from codegen.ir import ClassOutput, Interface

STRAIGHT = (
    "module",
    "layer",
    "group",
    "load",
    "neuron",
    "bias",
    "large_bias",
    "add",
    "shift_add",
    "multiply_add",
    "masked_add",
    "masked_shift_add",
    "masked_multiply_add",
    "mask",
    "clip_low",
    "clip_high",
    "drop_bits",
    "argmax",
    "argmax_match",
    "tournament",
    "tournament_match",
    "tournament_mask",
    "input_low",
    "input_column",
    "input_half",
)
"""Quantities of the straight form, in the order of the arrays."""

TABLE = (
    "module",
    "layer",
    "neuron",
    "product",
    "masked_product",
    "argmax",
    "argmax_match",
    "tournament",
    "tournament_match",
    "tournament_mask",
    "input_low",
    "input_column",
    "input_half",
)
"""Quantities of the table form."""

LARGE_BIAS = 256
"""From here on a bias is no 8-bit immediate."""

Counts: TypeAlias = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CodeCounts:
    """parts: the quantities of each part of the code, such as "layer 0". array_bytes: activations and
    outputs on the stack. table_bytes: exact bytes of constant tables.
    """

    parts: Mapping[str, Counts]
    array_bytes: int
    table_bytes: int


def feature_bytes(interface: Interface) -> int:
    """Exact bytes of the table behind `P_quantize`."""
    return input_table(interface).row_bytes * interface.n_features


def input_counts(interface: Interface) -> Counts:
    """Of `P_quantize`: whether it subtracts, what features do not share, and how much of that is halves."""
    table = input_table(interface)
    return {"input_low": table.subtracts, "input_column": len(table.columns), "input_half": table.n_halves}


def count_straight(program: MlpProgram, interface: Interface) -> CodeCounts:
    """The straight form: a sum over the parts is linear in instructions and bytes."""
    parts: dict[str, Counts] = {"module": {"module": 1, **input_counts(interface)}}
    for index, layer in enumerate(program.layers):
        parts[f"layer {index}"] = _straight_layer(layer)
    parts["argmax"] = argmax_counts(program, interface)
    return CodeCounts(parts, array_bytes(program, interface), feature_bytes(interface))


def count_table(program: MlpProgram, interface: Interface) -> CodeCounts:
    """The table form."""
    masked = has_masks(program)
    parts: dict[str, Counts] = {"module": {"module": 1, **input_counts(interface)}}
    for index, layer in enumerate(program.layers):
        product = "masked_product" if masked else "product"
        parts[f"layer {index}"] = {"layer": 1, "neuron": len(layer.sums), product: layer.n_products}
    parts["argmax"] = argmax_counts(program, interface)
    tables = feature_bytes(interface) + sum(table_sizes(program))
    return CodeCounts(parts, array_bytes(program, interface), tables)


def _straight_layer(layer: LayerProgram) -> Counts:
    counts: Counter[str] = Counter(layer=1, group=len(layer.groups), load=layer.n_loads)
    for group in layer.groups:
        sums = [layer.sums[neuron] for neuron in group]
        counts["mask"] += len({(p.input, p.mask) for one in sums for p in one.products if p.mask is not None})
        for neuron in group:
            counts += Counter(neuron=0 if layer.silent(neuron) else 1)
            _count_sum(layer.sums[neuron], counts)
            _count_clip(layer, neuron, counts)
    return counts


def _count_sum(one: Sum, counts: Counter[str]) -> None:
    counts["bias"] += one.bias != 0
    counts["large_bias"] += abs(one.bias) >= LARGE_BIAS
    for product in one.products:
        counts[_kind(product.weight, masked=product.mask is not None)] += 1


def _kind(weight: int, *, masked: bool) -> str:
    size = abs(weight)
    form = "add" if size == 1 else "shift_add" if size & (size - 1) == 0 else "multiply_add"
    return f"masked_{form}" if masked else form


def _count_clip(layer: LayerProgram, neuron: int, counts: Counter[str]) -> None:
    if layer.clip is None or layer.silent(neuron):
        return
    lo, hi = layer.accumulators[neuron]
    counts["clip_low"] += lo < 0
    counts["clip_high"] += hi >= 1 << (layer.clip.bits + layer.clip.shift)
    counts["drop_bits"] += layer.clip.shift > 0


def argmax_counts(program: MlpProgram, interface: Interface) -> Counts:
    """Of the code between the outputs and the class; nothing for values."""
    if not isinstance(interface.output, ClassOutput):
        return {}
    matches = interface.n_outputs - 1
    if program.argmax is None:
        return {"argmax": 1, "argmax_match": matches}
    masks = sum(match.mask != -1 for match in program.argmax)
    return {"tournament": 1, "tournament_match": matches, "tournament_mask": masks}


def array_bytes(program: MlpProgram, interface: Interface) -> int:
    """Bytes of the arrays of `P_predict`; values go to the caller's own array."""
    hidden = sum(
        len(layer.sums) * type_bytes(integer_type(0, max(layer.output_hi))) for layer in program.layers[:-1]
    )
    outputs = 4 * interface.n_outputs if isinstance(interface.output, ClassOutput) else 0
    return hidden + outputs
