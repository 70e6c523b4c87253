"""Assembler of M4 and M7 for all outputs of one depthwise channel.

Registers: r0 plane, r1 constants, r2 output, r3-r8 weight words, r9, r10 sums, r11, r12, lr columns and the
constants of the requantization. On the stack: the plane's end, the end of a row's loop.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from codegen.c.kernels.assembler import Lines, add_constant, dsp_requantize, function_text
from codegen.c.kernels.dsp_pairs import PairStep, row_steps, row_weights
from codegen.c.kernels.scaling import FastScaling
from codegen.plan.buffers import LDRD_REACH, Planes
from codegen.plan.geometry import Geometry

MAX_OFFSET = 4095
"""Of loads and stores of words and bytes."""
MAX_UNROLLED = 8
"""Steps of a row that are unrolled completely."""
SUMS = {"a": "r9", "b": "r10"}
COLUMNS = ("r11", "r12")
CONSTANTS = ("r11", "r12", "lr")
WEIGHTS = ("r3", "r4", "r5", "r6", "r7", "r8")


@dataclass(frozen=True, slots=True)
class ChannelLoop:
    """What the function loops over. scaling: None where there is no assembler."""

    name: str
    sizes: Geometry
    planes: Planes
    scaling: FastScaling | None

    @property
    def per_row(self) -> int:
        return len(row_weights([0] * self.sizes.window.size[1], self.sizes.window.stride[1]))

    @property
    def weight_words(self) -> int:
        return self.per_row * self.sizes.window.size[0]

    @property
    def held(self) -> bool:
        """All weights stay in registers."""
        return self.weight_words <= len(WEIGHTS)

    @property
    def steps(self) -> list[int]:
        """Outputs of each step of a row."""
        ow = self.sizes.out_size[1]
        return [2] * (ow // 2) + [1] * (ow % 2) if self.sizes.window.stride[1] == 1 else [1] * ow

    @property
    def unrolled(self) -> int:
        """Steps that immediate offsets allow in a straight run, 0 where not even one."""
        for n in (MAX_UNROLLED, 4, 2, 1):
            if self._reach(n) <= LDRD_REACH and 2 * n * self.sizes.n_out <= MAX_OFFSET:
                return n
        return 0

    def _reach(self, n: int) -> int:
        """The largest offset of a load in a run of n steps."""
        window = self.sizes.window
        words = window.size[1] // 2 + n
        return 4 * (words + (window.size[0] - 1) * window.dilation[0] * self.planes.row_items // 2)


def fits(loop: ChannelLoop) -> bool:
    """Whether the immediate offsets of the function reach."""
    return loop.unrolled > 0 and 4 * loop.weight_words + 12 <= MAX_OFFSET


def channel_function(loop: ChannelLoop) -> str:
    """`void name_channel(const int16_t *plane, const int32_t *constants, int8_t *output)`."""
    sizes = loop.sizes
    row_bytes = 2 * loop.planes.row_items * sizes.window.stride[0]
    lines = [
        "push {r4-r11,lr}",
        "sub sp,#12",
        *add_constant("r12", "r0", sizes.out_size[0] * row_bytes, "r12"),
    ]
    lines.append("str r12,[sp]")
    if loop.held:
        lines.append(f"ldm r1!,{{{','.join(WEIGHTS[: loop.weight_words])}}}")
    lines += ["1:", *_row(loop, row_bytes), "ldr r11,[sp]", "cmp r0,r11", "bne 1b"]
    arguments = "const int16_t *plane, const int32_t *constants, int8_t *output"
    return function_text(f"{loop.name}_channel", arguments, [*lines, "add sp,#12", "pop {r4-r11,pc}"])


def _row(loop: ChannelLoop, row_bytes: int) -> Lines:
    """A loop of equal runs where the row is long, then the rest in a straight run."""
    steps, n = loop.steps, loop.unrolled
    if len(steps) <= n:
        return _run(loop, steps, row_bytes)
    per_run = next((size for size in range(min(n, 4), 1, -1) if len(steps) % size == 0), min(n, 4))
    equal = steps.count(steps[0])
    loops = equal // per_run
    rest = steps[loops * per_run :]
    lines = [*add_constant("r11", "r0", 4 * loops * per_run, "r11"), "str r11,[sp,#4]", "2:"]
    lines += _run(loop, steps[:per_run], 4 * per_run)
    lines += ["ldr r11,[sp,#4]", "cmp r0,r11", "bne 2b"]
    return lines + _run(loop, rest, row_bytes - 4 * loops * per_run)


def _run(loop: ChannelLoop, steps: Iterable[int], advance: int) -> Lines:
    """Steps one after the other, then r0 and r2 move on."""
    lines, place = list[str](), 0
    for number, outputs in enumerate(steps):
        lines += _step(loop, outputs, 4 * number, place)
        place += outputs * loop.sizes.n_out
    lines += add_constant("r0", "r0", advance, "r11")
    return lines + (add_constant("r2", "r2", place, "r11") if place else [])


def _step(loop: ChannelLoop, outputs: int, offset: int, place: int) -> Lines:
    assert loop.scaling is not None
    window = loop.sizes.window
    weight_bytes = 0 if loop.held else 4 * loop.weight_words
    lines = [f"ldr lr,[r1,#{weight_bytes + 12}]"]
    started: set[str] = set()
    for ky in range(window.size[0]):
        start = offset + 2 * ky * window.dilation[0] * loop.planes.row_items
        lines += _window_row(loop, ky, outputs, start, started)
    lines.append("ldm r1,{r11,r12,lr}")
    if weight_bytes:
        lines.append(f"sub r1,#{weight_bytes}")
    for number, register in enumerate(("r9", "r10")[:outputs]):
        lines += dsp_requantize(register, loop.scaling, CONSTANTS)
        lines.append(f"strb {register},[r2,#{place + number * loop.sizes.n_out}]")
    return lines


def _window_row(loop: ChannelLoop, ky: int, outputs: int, start: int, started: set[str]) -> Lines:
    """The multiply-accumulates of a row of the window; a sum starts from the bias in lr."""
    steps = row_steps(loop.sizes.window.size[1], loop.sizes.window.stride[1], outputs)
    lines = [] if loop.held else [f"ldm r1!,{{{','.join(WEIGHTS[: loop.per_row])}}}"]
    first_weight = ky * loop.per_row if loop.held else 0
    last = max(one.word for one in steps)
    for pair, group in groupby(steps, key=lambda one: one.word // 2):
        at = start + 8 * pair
        lines.append(f"ldrd r11,r12,[r0,#{at}]" if 2 * pair < last else f"ldr r11,[r0,#{at}]")
        lines += [_multiply(one, first_weight, started) for one in group]
    return lines


def _multiply(one: PairStep, first_weight: int, started: set[str]) -> str:
    target = SUMS[one.sum]
    addend = target if one.sum in started else "lr"
    started.add(one.sum)
    return f"{one.instruction} {target},{COLUMNS[one.word % 2]},{WEIGHTS[first_weight + one.weight]},{addend}"
