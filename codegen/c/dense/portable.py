"""The routine in plain C99, for every core: two outputs at a time, without long products where that is exact.

It reads two arrays. Weights are bytes, 128 larger, since only bytes without sign load with an immediate
offset on a Cortex-M0: four of an output, four of the next, and so on; 128 times the sum of a layer's inputs
comes off all of its sums. Rows are filled up with weights of 0, and so are the items that these meet. The
constants, layer by layer:

    items of a row, pairs of outputs;
    lowest and highest output, where they are not 0 and 2**bits - 1;
    the constants of the requantization, where all outputs share them;
    for each pair both biases and, where they are not shared, both constants

and 0 after the last layer. A layer whose sums are the outputs has the last of its shared constants below 0.
"""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from codegen.c.dense.layers import DenseLayer, Finish, Way, stored_bits
from codegen.c.kernels.render import array
from codegen.c.kernels.thumb1 import channel_halves
from codegen.c.render import render
from codegen.ir.requantization import quantize_multiplier

Kind: TypeAlias = Literal["shift", "halves", "general"]
Row: TypeAlias = tuple[int, ...]
NO_SCALING: dict[Kind, Row] = {"shift": (0, -1), "halves": (0, 0, 0, -1), "general": (0, 0, -1)}
"""Of a layer whose sums are the outputs."""
GROUP = 4
"""Inputs in a step of the loop."""
RAISED = 128


@dataclass(frozen=True, slots=True)
class PortableStyle:
    """What all layers have in common. kind: "shift" adds and shifts, "halves" multiplies halves of 16 bits
    first, "general" is exact for every factor. rows: of constants, for each output of each layer.
    """

    way: Way
    kind: Kind
    rows: tuple[tuple[Row, ...], ...]
    is_shared: bool
    bits: int | None
    sums: bool


def portable_style(layers: tuple[DenseLayer, ...]) -> PortableStyle:
    """Layers must have one way of requantization."""
    finishes = [layer.finish for layer in layers if layer.finish is not None]
    way = finishes[0].way if finishes else "power_of_two"
    kind, found = _kind_rows(way, layers)
    rows = [(NO_SCALING[kind],) * layer.n_out if layer.finish is None else found.pop(0) for layer in layers]
    is_shared = all(len(set(row)) == 1 for row in rows)
    return PortableStyle(way, kind, tuple(rows), is_shared, stored_bits(layers), layers[-1].finish is None)


def _kind_rows(way: Way, layers: tuple[DenseLayer, ...]) -> tuple[Kind, list[tuple[Row, ...]]]:
    """The plainest kind that is exact for all layers, and its constants of layers with a requantization."""
    scaled = [layer for layer in layers if layer.finish is not None]
    finishes = [layer.finish for layer in scaled if layer.finish is not None]
    if way == "power_of_two" and all(finish.scalings is not None for finish in finishes):
        return "shift", [
            tuple((one.offset, one.shift) for one in finish.scalings or ()) for finish in finishes
        ]
    halves = [_halves(layer) for layer in scaled]
    if way != "power_of_two" and all(None not in row for row in halves):
        return "halves", [tuple(one for one in row if one is not None) for row in halves]
    return "general", [_general(finish) for finish in finishes]


def _halves(layer: DenseLayer) -> list[Row | None]:
    assert layer.finish is not None
    rule = layer.finish.requantization
    spans = zip(map(int, layer.lows), map(int, layer.highs), strict=True)
    return [
        channel_halves(layer.finish.way, factor, span, rule.zero_point)
        for factor, span in zip(rule.factors, spans, strict=True)
    ]


def _general(finish: Finish) -> tuple[Row, ...]:
    """(multiplier, exponent, zero point) of each output; of a power of two the shift to the right as
    exponent.
    """
    rule = finish.requantization
    if finish.way == "power_of_two":
        return tuple((0, 1 - math.frexp(factor)[1], rule.zero_point) for factor in rule.factors)
    multipliers = [quantize_multiplier(factor) for factor in rule.factors]
    return tuple((one.q31, one.exponent, rule.zero_point) for one in multipliers)


def portable_text(
    name: str, own: str, layers: tuple[DenseLayer, ...], style: PortableStyle
) -> tuple[str, str]:
    """(constants, function `void name(first, constants, second)`). own: the attribute of a function that
    stays one.
    """
    constants = array("uint8_t", f"{name}_weights", (w for layer in layers for w in _weights(layer)))
    words = [
        word for layer, rows in zip(layers, style.rows, strict=True) for word in _words(layer, rows, style)
    ]
    constants += array("int32_t", f"{name}_constants", [*words, 0])
    n_constants = len(style.rows[0][0])
    return constants, render(
        "dense/portable.c.j2",
        name=name,
        own=own,
        fill=range(layers[0].n_in, _row_items(layers[0])),
        way=style.way,
        kind=style.kind,
        shared=style.is_shared,
        bits=style.bits,
        sums=style.sums,
        n_constants=n_constants,
        header=2 + (2 if style.bits is None else 0) + (n_constants if style.is_shared else 0),
    )


def _weights(layer: DenseLayer) -> list[int]:
    filled = np.zeros((layer.n_out + layer.n_out % 2, _row_items(layer)), dtype=np.int64)
    filled[: layer.n_out, : layer.n_in] = layer.weight
    groups = filled.reshape(len(filled) // 2, 2, -1, GROUP).swapaxes(1, 2)
    return [int(weight) + RAISED for weight in groups.flat]


def _row_items(layer: DenseLayer) -> int:
    return layer.n_in + -layer.n_in % GROUP


def _words(layer: DenseLayer, rows: tuple[Row, ...], style: PortableStyle) -> list[int]:
    words = [_row_items(layer), -(-layer.n_out // 2)]
    if style.bits is None:
        words += layer.finish.limits if layer.finish is not None else (0, 0)
    words += rows[0] if style.is_shared else ()
    bias = [*map(int, layer.bias), 0]
    for first in range(0, layer.n_out, 2):
        words += bias[first : first + 2]
        if not style.is_shared:
            words += (*rows[first], *rows[min(first + 1, layer.n_out - 1)])
    return words
