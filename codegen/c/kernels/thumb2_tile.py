"""Assembler tile of M3: up to four outputs for two channels at a time, by MLA on extended bytes.

Registers: r0 activations, r1 the stream, r2-r5 sums of the first channel, r6-r9 of the second, r10, r11
weights, r12 an activation, lr the end of a run. On the stack: output, first activation, end of the stream,
end of the rows. The stream is that of codegen.c.kernels.thumb2.
"""

from dataclasses import dataclass

from codegen.c.kernels.assembler import Lines, add_constant, byte_requantize, function_text
from codegen.c.kernels.scaling import FastScaling
from codegen.plan.geometry import Geometry

FIRST, SECOND = ("r2", "r3", "r4", "r5"), ("r6", "r7", "r8", "r9")
UNROLLED = 8
"""Taps in a run of the loop."""
STRAIGHT = 12
"""Runs up to so many taps have no loop."""
MAX_OFFSET = 4095


@dataclass(frozen=True, slots=True)
class ByteTile:
    """n_outputs: 1, 2 or 4 a call. row_step: bytes from a row of the window to the next."""

    name: str
    n_outputs: int
    sizes: Geometry
    row_step: int
    scaling: FastScaling

    @property
    def run(self) -> int:
        """Taps that lie together: a row of the window."""
        return self.sizes.window.size[1] * self.sizes.n_in

    @property
    def step(self) -> int:
        """Bytes from an output's activations to the next's."""
        return self.sizes.window.stride[1] * self.sizes.n_in

    @property
    def fits(self) -> bool:
        """Whether immediate offsets reach."""
        return 3 * self.step + STRAIGHT <= MAX_OFFSET and 3 * self.sizes.n_out <= MAX_OFFSET


def byte_tile(tile: ByteTile) -> str:
    """The tile and its prototype."""
    lines = ["push {r4-r11,lr}", "sub sp,#16", "strd r2,r0,[sp]", "str r3,[sp,#8]"]
    n_rows = tile.sizes.window.size[0]
    if n_rows > 1:
        lines += [*add_constant("r12", "r0", n_rows * tile.row_step, "r12"), "str r12,[sp,#12]"]
    if tile.sizes.n_out > 1:
        lines += ["1:", *_sums(tile, 2), *_finish(tile, 2), "ldrd r0,r10,[sp,#4]", "cmp r1,r10", "bne 1b"]
    if tile.sizes.n_out % 2:
        lines += [*_sums(tile, 1), *_finish(tile, 1)]
    arguments = "const int8_t *start, const int32_t *stream, int8_t *output, const int32_t *end"
    return function_text(tile.name, arguments, [*lines, "add sp,#16", "pop {r4-r11,pc}"])


def _sums(tile: ByteTile, channels: int) -> Lines:
    lines = ["ldrd r2,r6,[r1],#8"] if channels == 2 else ["ldr r2,[r1],#4"]
    for sums in (FIRST, SECOND)[:channels]:
        lines += [f"mov {one},{sums[0]}" for one in sums[1 : tile.n_outputs]]
    n_rows = tile.sizes.window.size[0]
    if n_rows == 1:
        lines += _run(tile, channels)
    else:
        lines += ["3:", *_run(tile, channels), *add_constant("r0", "r0", tile.row_step - tile.run, "r12")]
        lines += ["ldr lr,[sp,#12]", "cmp r0,lr", "bne 3b"]
    filled = -channels * tile.sizes.n_taps % 4
    return [*lines, f"add r1,#{filled}"] if filled else lines


def _run(tile: ByteTile, channels: int) -> Lines:
    """One row of the window; r0 and r1 move behind it."""
    if tile.run <= STRAIGHT:
        return _taps(tile, channels, tile.run)
    rest = tile.run % UNROLLED
    lines = add_constant("lr", "r0", tile.run, "lr")
    lines += _taps(tile, channels, rest) if rest else []
    return [*lines, "2:", *_taps(tile, channels, UNROLLED), "cmp r0,lr", "bne 2b"]


def _taps(tile: ByteTile, channels: int, n: int) -> Lines:
    lines: Lines = []
    for tap in range(n):
        pairs = [("r10", FIRST), ("r11", SECOND)][:channels]
        lines += [f"ldrsb {w},[r1,#{channels * tap + side}]" for side, (w, _) in enumerate(pairs)]
        for output in range(tile.n_outputs):
            lines.append(f"ldrsb r12,[r0,#{tap + output * tile.step}]")
            lines += [f"mla {sums[output]},r12,{w},{sums[output]}" for w, sums in pairs]
    return [*lines, f"add r1,#{channels * n}", f"add r0,#{n}"]


def _finish(tile: ByteTile, channels: int) -> Lines:
    lines: Lines = []
    for sums in (FIRST, SECOND)[:channels]:
        some = sums[: tile.n_outputs]
        lines.append("ldm r1!,{r10,r11,r12}")
        for one in some:
            lines += byte_requantize(one, tile.scaling, ("r10", "r11", "r12"), ("r0", "lr"))
        lines.append("ldr lr,[sp]")
        lines += [f"strb {one},[lr,#{place * tile.sizes.n_out}]" for place, one in enumerate(some) if place]
        lines += [f"strb {some[0]},[lr],#1", "str lr,[sp]"]
    return lines
