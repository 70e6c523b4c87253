"""Assembler of M55 for all channels of one position.

Registers: r0 activations, r1 weights, r2 {biases, multipliers, offsets, negative shifts} of four channels
each, r3 output; q4, q5 the limits. A convolution sums into r4, r6, r8, r10, with r5 the end of the constants,
r11 the channels that are left and r12 a run's activations. A depthwise kernel has taps out of reach at r4.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.c.kernels.assembler import Lines, add_constant, function_text
from codegen.c.kernels.scaling import FastScaling

ARGUMENTS = "const int8_t *x, const int8_t *weights, const int32_t *scaling, int8_t *output"
SUMS = ("r4", "r6", "r8", "r10")
MAX_TAPS = 64
"""Of a depthwise window; all are unrolled."""
LANE_REACH = 127
"""Largest offset of a load that widens bytes."""
UNROLLED_BLOCKS = 12
GROUP_BYTES = 64
"""Constants of four channels."""


@dataclass(frozen=True, slots=True)
class DotPosition:
    """runs: offsets of the runs; whole, rest: items of a run in blocks of 16 and after them."""

    name: str
    runs: Sequence[int]
    whole: int
    rest: int
    n_out: int
    scaling: FastScaling


def dot_position(position: DotPosition) -> str:
    """`void name(x, weights, scaling, output)` of a convolution."""
    n_groups = -(-position.n_out // 4)
    lines = ["push {r4-r11,lr}", "vpush {d8-d11}", *_limits(position.scaling)]
    lines += add_constant("r5", "r2", GROUP_BYTES * n_groups, "r5")
    if position.n_out % 4:
        lines += [f"movw r11,#{position.n_out}"]
    if position.rest:
        lines += [f"movs r7,#{position.rest}"]
    lines += ["1:", "ldrd r4,r6,[r2],#8", "ldrd r8,r10,[r2],#8"]
    for number, run in enumerate(position.runs):
        lines += add_constant("r12", "r0", run, "r12") + _run(position, 2 + number)
    # Lane by lane: for the move of two lanes at a time QEMU 7.2 and the assembler disagree on their order.
    lines += [f"vmov.32 q0[{lane}],{one}" for lane, one in enumerate(SUMS)]
    lines += _scale(position.scaling)
    if position.n_out % 4:
        lines += ["vctp.32 r11", "vpst", "vstrbt.32 q0,[r3]", "adds r3,#4", "subs r11,#4"]
    else:
        lines += ["vstrb.32 q0,[r3],#4"]
    lines += ["cmp r2,r5", "bne 1b", "vpop {d8-d11}", "pop {r4-r11,pc}"]
    return function_text(position.name, ARGUMENTS, lines)


def _run(position: DotPosition, label: int) -> Lines:
    """Blocks of 16 items from r12, in a loop where there are many; a last block loads what there is."""
    blocks = position.whole // 16
    lines: Lines = []
    if blocks * len(position.runs) <= UNROLLED_BLOCKS:
        lines += _block(["vldrb.8 q0,[r12],#16"], 16) * blocks
    elif blocks:
        lines += [f"movw lr,#{blocks}", "dls lr,lr", f"{label}:"]
        lines += [*_block(["vldrb.8 q0,[r12],#16"], 16), f"le lr,{label}b"]
    if position.rest:
        lines += _block(["vctp.8 r7", "vpst", "vldrbt.8 q0,[r12]"], position.rest)
    return lines


def _block(load: Lines, n_weights: int) -> Lines:
    lines = [*load]
    for one in SUMS:
        lines += [f"vldrb.8 q1,[r1],#{n_weights}", f"vmladava.s8 {one},q0,q1"]
    return lines


def tap_position(name: str, offsets: Sequence[int], n_channels: int, scaling: FastScaling) -> str:
    """`void name(x, weights, scaling, output)` of a depthwise kernel; the loop is over lanes that exist."""
    lines = ["push {r4-r11,lr}", "vpush {d8-d11}", *_limits(scaling)]
    lines += [f"movw lr,#{n_channels}", "dlstp.32 lr,lr", "1:", "vldrw.32 q0,[r2],#16"]
    base = 0
    for offset in offsets:
        if offset - base > LANE_REACH:
            lines += add_constant("r4", "r0", offset, "r4")
            base = offset
        register = "r4" if base else "r0"
        lines += [f"vldrb.s32 q1,[{register},#{offset - base}]", "vldrb.s32 q2,[r1],#4"]
        lines += ["vmul.i32 q1,q1,q2", "vadd.i32 q0,q0,q1"]
    lines += ["adds r0,#4", *_scale(scaling), "vstrb.32 q0,[r3],#4", "letp lr,1b"]
    return function_text(name, ARGUMENTS, [*lines, "vpop {d8-d11}", "pop {r4-r11,pc}"])


def _limits(scaling: FastScaling) -> Lines:
    lines: Lines = []
    for vector, limit in zip(("q4", "q5"), scaling.limits, strict=True):
        lines += [f"mov r4,#{limit}", f"vdup.32 {vector},r4"]
    return lines


def _scale(scaling: FastScaling) -> Lines:
    """Four sums in q0 to outputs; r2 moves on to the next four channels."""
    lines = ["vldrw.32 q1,[r2],#16"]
    if scaling.way == "single":
        lines.append("vmulh.s32 q0,q0,q1")
    elif scaling.way != "power_of_two":
        lines.append("vqrdmulh.s32 q0,q0,q1")
        if scaling.way == "double":
            lines += ["vshr.s32 q1,q0,#31", "vadd.i32 q0,q0,q1"]
    lines += ["vldrw.32 q1,[r2],#16", "vadd.i32 q0,q0,q1", "vldrw.32 q1,[r2],#16", "vshl.s32 q0,q0,q1"]
    return [*lines, "vmax.s32 q0,q0,q4", "vmin.s32 q0,q0,q5"]
