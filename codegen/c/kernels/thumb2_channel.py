"""Assembler of M3 for all outputs of one depthwise channel.

Registers: r0 plane, r1 {multiplier, offset, shift, bias, weights}, r2 output, r3-r11 weights, r12 an
activation, lr the sum. r8-r11 serve the requantization too, so weights in them are loaded again from the
stack. Windows with more taps load each weight where it is used. On the stack: weights of r8-r11, the plane's
end, the end of a row's loop.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.c.kernels.assembler import Lines, add_constant, byte_requantize, function_text
from codegen.c.kernels.scaling import FastScaling
from codegen.plan.buffers import Planes
from codegen.plan.geometry import Geometry

WEIGHTS = ("r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11")
MAX_TAPS = 64
UNROLLED = 4
"""Outputs in a run of the loop."""
MAX_OFFSET = 4095
WEIGHT_OFFSET = 16
"""Of the weights behind the other constants."""


@dataclass(frozen=True, slots=True)
class ByteChannel:
    """planes: of bytes."""

    name: str
    sizes: Geometry
    planes: Planes
    scaling: FastScaling

    @property
    def offsets(self) -> list[int]:
        """Of each tap from the window's first."""
        (kh, kw), (dy, dx) = self.sizes.window.size, self.sizes.window.dilation
        return [ky * dy * self.planes.row_items + kx * dx for ky in range(kh) for kx in range(kw)]

    @property
    def held(self) -> bool:
        return self.sizes.n_taps <= len(WEIGHTS)

    @property
    def fits(self) -> bool:
        """Whether immediate offsets reach, and the taps unroll."""
        reach = self.offsets[-1] + UNROLLED * self.sizes.window.stride[1]
        return self.sizes.n_taps <= MAX_TAPS and max(reach, UNROLLED * self.sizes.n_out) <= MAX_OFFSET


def byte_channel_function(channel: ByteChannel) -> str:
    """`void name(const int8_t *plane, const int32_t *constants, int8_t *output)`."""
    sizes = channel.sizes
    row_bytes = channel.planes.row_items * sizes.window.stride[0]
    lines = [
        "push {r4-r11,lr}",
        "sub sp,#28",
        *add_constant("r12", "r0", sizes.out_size[0] * row_bytes, "r12"),
    ]
    lines.append("str r12,[sp,#16]")
    if channel.held:
        lines += [f"ldrsb {one},[r1,#{WEIGHT_OFFSET + at}]" for at, one in enumerate(_held(channel))]
        lines.append("strd r8,r9,[sp]")
        lines.append("strd r10,r11,[sp,#8]")
    lines += ["1:", *_row(channel, row_bytes), "ldr r12,[sp,#16]", "cmp r0,r12", "bne 1b"]
    arguments = "const int8_t *plane, const int32_t *constants, int8_t *output"
    return function_text(channel.name, arguments, [*lines, "add sp,#28", "pop {r4-r11,pc}"])


def _held(channel: ByteChannel) -> Sequence[str]:
    return WEIGHTS[: channel.sizes.n_taps]


def _row(channel: ByteChannel, row_bytes: int) -> Lines:
    ow, sx = channel.sizes.out_size[1], channel.sizes.window.stride[1]
    loops = ow // UNROLLED if ow > UNROLLED else 0
    lines: Lines = []
    if loops:
        lines += [*add_constant("r12", "r0", loops * UNROLLED * sx, "r12"), "str r12,[sp,#20]", "2:"]
        lines += _run(channel, UNROLLED, UNROLLED * sx)
        lines += ["ldr r12,[sp,#20]", "cmp r0,r12", "bne 2b"]
    rest = ow - loops * UNROLLED
    return lines + _run(channel, rest, row_bytes - loops * UNROLLED * sx)


def _run(channel: ByteChannel, n: int, advance: int) -> Lines:
    """Some outputs one after the other, then r0 and r2 move on."""
    lines: Lines = []
    for number in range(n):
        lines += _output(channel, number * channel.sizes.window.stride[1])
        lines.append(f"strb lr,[r2,#{number * channel.sizes.n_out}]")
        reloaded = [one for one in _held(channel)[5:] if channel.held]
        if reloaded:
            lines.append(f"ldm sp,{{{','.join(reloaded)}}}")
    lines += add_constant("r0", "r0", advance, "r12")
    return lines + (add_constant("r2", "r2", n * channel.sizes.n_out, "r12") if n else [])


def _output(channel: ByteChannel, offset: int) -> Lines:
    """One output, in lr."""
    lines = ["ldr lr,[r1,#12]"]
    for tap, place in enumerate(channel.offsets):
        weight = WEIGHTS[tap] if channel.held else "r3"
        if not channel.held:
            lines.append(f"ldrsb r3,[r1,#{WEIGHT_OFFSET + tap}]")
        lines += [f"ldrsb r12,[r0,#{place + offset}]", f"mla lr,r12,{weight},lr"]
    lines.append("ldm r1,{r9,r10,r11}")
    return lines + byte_requantize("lr", channel.scaling, ("r9", "r10", "r11"), ("r8", "r12"))
