"""The routine of cores with DSP instructions: all layers in one function, two outputs at a time.

A word of the stream holds the weights of two inputs for two outputs: each half is `256 * first + second`.
SMLAD on the word sums `256 * A + B`, on its low bytes alone B. The stream of a layer:

    bytes of a row of inputs, bytes of all outputs;
    lowest and highest output, where Style.bits is None;
    multiplier, offset, shift, where Style.is_shared;
    for each pair of outputs 256 * bias + bias, bias, the words of the weights and, where they are not shared,
    twice multiplier, offset, shift

and 0 after the last layer. Rows are filled up with weights of 0, which may meet any item.
"""

from dataclasses import dataclass

import numpy as np

from codegen.c.dense.layers import DenseLayer, Way, is_mixed_exact, stored_bits
from codegen.c.kernels.assembler import Lines, function_text
from codegen.c.kernels.dsp_stream import paired
from codegen.c.kernels.scaling import ChannelScaling
from codegen.plan.dense import ITEM_BYTES, STEPS, DensePlan

CONDITION = "defined(__GNUC__) && defined(__ARM_FEATURE_DSP) && defined(__thumb2__)"
SUM_BYTES = 4
_NO_SCALING = ChannelScaling(0, 0, -1)
"""Of a layer whose sums are the outputs: the routine knows it by the shift."""


@dataclass(frozen=True, slots=True)
class Style:
    """What all layers have in common: the way of requantization; whether it adds anything before the shift;
    whether the outputs of each layer share their constants; the bits of stored outputs (see stored_bits);
    inputs in a step of the loop; whether the last layer's sums are the outputs."""

    way: Way
    adds: bool
    is_shared: bool
    bits: int | None
    step: int
    sums: bool

    @property
    def header_words(self) -> int:
        return 2 + (2 if self.bits is None else 0) + (3 if self.is_shared else 0)


def choose_style(layers: tuple[DenseLayer, ...], plan: DensePlan) -> Style | None:
    """None where the routine is not exact on these numbers, or layers differ in the way of requantization."""
    finishes = [layer.finish for layer in layers if layer.finish is not None]
    if not all(is_mixed_exact(layer) for layer in layers) or any(one.scalings is None for one in finishes):
        return None
    ways = {finish.way for finish in finishes} or {"power_of_two"}
    if len(ways) > 1:
        return None
    scalings = [finish.scalings for finish in finishes if finish.scalings is not None]
    return Style(
        way=ways.pop(),
        adds=any(one.offset for channels in scalings for one in channels),
        is_shared=all(len(set(channels)) == 1 for channels in scalings),
        bits=stored_bits(layers),
        step=plan.step,
        sums=plan.sums,
    )


def routine(name: str, style: Style) -> str:
    """`void name(first, stream, second)`: layers read one buffer and write the other in turn."""
    return function_text(name, "uint16_t *first, const int32_t *stream, uint16_t *second", _lines(style))


def _lines(style: Style) -> Lines:
    """r0 next inputs, r1 stream, r2 and r3 sums, r4-r7 inputs, r8-r11 weights, r12 next output, lr end of the
    row.

    On the stack: the row of inputs, the stream after the header, the buffer of outputs, the end of the
    outputs.
    """
    return [
        "push {r4-r11,lr}",
        "sub sp,#16",
        "1:",
        "ldr r4,[r1],#4",
        "cbnz r4,4f",
        "add sp,#16",
        "pop {r4-r11,pc}",
        "4:",
        f"ldr r5,[r1],#{4 * style.header_words - 4}",
        "add lr,r0,r4",
        "mov r12,r2",
        "add r5,r2",
        "stm sp,{r0,r1,r2,r5}",
        "2:",
        "ldrd r2,r3,[r1],#8",
        "3:",
        *_block() * (style.step // STEPS[0]),
        "cmp r0,lr",
        "bne 3b",
        "subs r2,r2,r3",
        "asrs r2,r2,#8",
        *_finish(style),
        "6:",
        "ldr r7,[sp,#12]",
        "cmp r12,r7",
        "bne 2b",
        "mov r2,r0",
        "ldr r0,[sp,#8]",
        "b 1b",
        *(["5:", "strd r2,r3,[r12],#8", "b 6b"] if style.sums else []),
    ]


def _block() -> Lines:
    """Eight inputs for two outputs."""
    lines = ["ldm r0!,{r4-r7}", "ldm r1!,{r8-r11}"]
    for weight, item in zip(("r8", "r9", "r10", "r11"), ("r4", "r5", "r6", "r7"), strict=True):
        lines += [f"smlad r2,{weight},{item},r2", f"sxtb16 {weight},{weight}", f"smlad r3,{weight},{item},r3"]
    return lines


def _finish(style: Style) -> Lines:
    """Requantizes and stores both sums; r0 becomes the first input again."""
    lines = ["ldrd r0,r7,[sp]"]
    if style.is_shared:
        lines += ["ldmdb r7,{r4-r6}", *(["cmp r6,#0", "blt 5f"] if style.sums else [])]
        constants = (("r4", "r5", "r6"), ("r4", "r5", "r6"))
    else:
        lines += ["ldm r1!,{r4-r6,r8-r10}"]
        constants = (("r4", "r5", "r6"), ("r8", "r9", "r10"))
    for register, names in zip(("r2", "r3"), constants, strict=True):
        lines += _scale(register, style, names)
    if style.bits is None:
        lines += [f"ldrd r4,r5,[r7,#-{20 if style.is_shared else 8}]", *_limit("r2"), *_limit("r3")]
    return [*lines, "pkhbt r2,r2,r3,lsl #16", "str r2,[r12],#4"]


def _scale(register: str, style: Style, constants: tuple[str, str, str]) -> Lines:
    """As codegen.c.kernels.scaling says, and the clamp where it is one saturation."""
    multiplier, offset, shift = constants
    if style.way == "single":
        lines = [f"smmla {register},{register},{multiplier},{offset}"]
    elif style.way == "double":
        lines = [
            f"smmlar {register},{register},{multiplier},{register}",
            f"add {register},{register},{register},asr #31",
            f"add {register},{offset}",
        ]
    else:
        lines = [f"add {register},{offset}"] if style.adds else []
    saturate = [] if style.bits is None else [f"usat {register},#{style.bits},{register}"]
    return [*lines, f"asrs {register},{shift}", *saturate]


def _limit(register: str) -> Lines:
    """To r4..r5."""
    lines = [f"cmp {register},r4", "it lt", f"movlt {register},r4"]
    return [*lines, f"cmp {register},r5", "it gt", f"movgt {register},r5"]


def stream(layers: tuple[DenseLayer, ...], style: Style) -> list[int]:
    """The 32-bit words that the routine reads."""
    words = [word for layer in layers for word in _layer_words(layer, style)]
    return [word & 0xFFFFFFFF for word in (*words, 0)]


def _layer_words(layer: DenseLayer, style: Style) -> list[int]:
    n_pairs, row_items = -(-layer.n_out // 2), layer.n_in + -layer.n_in % style.step
    item_bytes = SUM_BYTES if layer.finish is None else ITEM_BYTES
    words = [ITEM_BYTES * row_items, item_bytes * 2 * n_pairs]
    if style.bits is None:
        words += layer.finish.limits if layer.finish is not None else (0, 0)
    scalings = layer.finish.scalings if layer.finish is not None else (_NO_SCALING,) * layer.n_out
    assert scalings is not None
    if style.is_shared:
        words += _constants(scalings[0])
    weight = np.zeros((2 * n_pairs, row_items), dtype=np.int64)
    weight[: layer.n_out, : layer.n_in] = layer.weight
    bias = [*map(int, layer.bias), 0]
    for first in range(0, layer.n_out, 2):
        words += [256 * bias[first] + bias[first + 1], bias[first + 1]]
        words += paired([int(half) for half in 256 * weight[first] + weight[first + 1]])
        if not style.is_shared:
            words += _constants(scalings[first]) + _constants(scalings[min(first + 1, layer.n_out - 1)])
    return words


def _constants(one: ChannelScaling) -> list[int]:
    return [one.multiplier, one.offset, one.shift]
