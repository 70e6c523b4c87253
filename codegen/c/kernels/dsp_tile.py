"""Assembler tile of M4 and M7: the sums of up to four outputs for two channels at a time.

Registers: r0 activations, r1 the stream of constants, r2-r5 sums of the first channel, r6-r9 of the second,
r10, r11 activations, r12, lr weights. On the stack: output, first activation, end of the stream, end of the
loop. The stream of a pair of channels: two biases, weights in the order of use, {multiplier, offset, shift}
twice; of a last single channel: a bias, weights, {multiplier, offset, shift}.

Mixed weights: a halfword is 256 * first + second. SMLAD on the raw word sums 256 * A + B, after SXTB16 it
sums B, so A is the difference / 256: four weights for one load and one extension.
Plain weights: a halfword is first << 8 | second as bytes, and each channel takes an SXTB16.
A single channel has its weights in 16 bits each.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from codegen.c.kernels.assembler import Lines, add_constant, dsp_requantize, function_text
from codegen.c.kernels.scaling import FastScaling
from codegen.plan.buffers import PhaseRows

FIRST, SECOND = ("r2", "r3", "r4", "r5"), ("r6", "r7", "r8", "r9")
CONSTANTS = ("r10", "r11", "r12")
ARGUMENTS = "const int32_t *start, const int32_t *stream, int8_t *output, const int32_t *end"
UNROLLED_STEPS = 8
WHOLE_STEPS = 16
"""Up to so many steps are unrolled completely."""


@dataclass(frozen=True, slots=True)
class Tile:
    """n_outputs: 1, 2 or 4 outputs a call, n_out items apart. mixed: how weights are packed."""

    name: str
    n_outputs: int
    n_out: int
    mixed: bool
    scaling: FastScaling

    @property
    def n_pairs(self) -> int:
        return self.n_out // 2


Body = Callable[[int], Lines]
"""For 2 or 1 channels: from the bias in the stream to the sums."""


def columns_tile(tile: Tile, n_words: int) -> str:
    """A tile over interleaved columns of n_words words each."""
    return _tile(tile, lambda channels: _column_sums(tile, channels, n_words), _column_end(n_words))


def direct_tile(tile: Tile, rows: PhaseRows) -> str:
    """A tile over rows in place; r0 is the first column of the first output."""
    n_bytes = rows.geometry.n_in // 2 * rows.pair_words * 4
    end = [*add_constant("r12", "r0", n_bytes, "r12"), "str r12,[sp,#12]"]
    return _tile(tile, lambda channels: _direct_sums(tile, channels, rows), end)


def _tile(tile: Tile, body: Body, end: Lines) -> str:
    lines = ["push {r4-r11,lr}", "sub sp,#16", "strd r2,r0,[sp]", "str r3,[sp,#8]", *end]
    if tile.n_pairs:
        lines += ["1:", *body(2), *_finish_pair(tile), "ldrd r0,r10,[sp,#4]", "cmp r1,r10", "bne 1b"]
    if tile.n_out % 2:
        lines += [*body(1), *_finish_single(tile)]
    return function_text(tile.name, ARGUMENTS, [*lines, "add sp,#16", "pop {r4-r11,pc}"])


def _finish_pair(tile: Tile) -> Lines:
    first, second = FIRST[: tile.n_outputs], SECOND[: tile.n_outputs]
    lines: Lines = []
    if tile.mixed:
        lines += [f"sub {a},{a},{b}" for a, b in zip(first, second, strict=True)]
        if tile.scaling.way.startswith("double"):
            lines += [f"asr {a},{a},#8" for a in first]
    lines.append("ldr lr,[sp]")
    for sums in (first, second):
        lines += ["ldm r1!,{r10,r11,r12}", *_finish(tile, sums)]
    return [*lines, "str lr,[sp]"]


def _finish_single(tile: Tile) -> Lines:
    return ["ldr lr,[sp]", "ldm r1!,{r10,r11,r12}", *_finish(tile, FIRST[: tile.n_outputs])]


def _finish(tile: Tile, sums: Sequence[str]) -> Lines:
    """Requantizes one channel's sums and stores them; lr moves on to the next channel."""
    lines = [line for one in sums for line in dsp_requantize(one, tile.scaling, CONSTANTS)]
    lines += [f"strb {one},[lr,#{place * tile.n_out}]" for place, one in enumerate(sums) if place]
    return [*lines, f"strb {sums[0]},[lr],#1"]


def _load_weights(tile: Tile, channels: int) -> Lines:
    if channels == 1:
        return ["ldr r12,[r1],#4"]
    if tile.mixed:
        return ["ldr r12,[r1],#4", "sxtb16 lr,r12"]
    return ["ldr lr,[r1],#4", "sxtb16 r12,lr,ror #8", "sxtb16 lr,lr"]


def _multiply(places: Sequence[int], channels: int, bias: bool) -> Lines:
    """Adds the words in r10, r11 to the sums of these outputs. bias: the sums start from r2 and r6."""
    pairs = [(FIRST, "r12"), (SECOND, "lr")][:channels]
    return [
        f"smlad {sums[place]},{weight},{value},{sums[0 if bias else place]}"
        for sums, weight in pairs
        for place, value in _ordered(places, bias)
    ]


def _ordered(places: Sequence[int], bias: bool) -> list[tuple[int, str]]:
    """Output 0 comes last where its register holds the bias for the others."""
    values = list(zip(places, ("r10", "r11"), strict=False))
    return values[::-1] if bias and 0 in places else values


def _column_end(n_words: int) -> Lines:
    if n_words <= WHOLE_STEPS:
        return []
    return [*add_constant("r12", "r0", 16 * n_words, "r12"), "str r12,[sp,#12]"]


def _column_sums(tile: Tile, channels: int, n_words: int) -> Lines:
    """The first step takes the bias as its addend; then a loop of equal blocks follows."""
    load_bias = ["ldrd r2,r6,[r1],#8"] if channels == 2 else ["ldr r2,[r1],#4"]
    peeled = n_words if n_words <= WHOLE_STEPS else (n_words - 1) % UNROLLED_STEPS + 1
    step = _column_step(tile, channels)
    lines = [*load_bias, *_column_first(tile, channels), *step * (peeled - 1)]
    if peeled < n_words:
        lines += ["2:", *step * UNROLLED_STEPS, "ldr r10,[sp,#12]", "cmp r0,r10", "bne 2b"]
    return lines


def _column_first(tile: Tile, channels: int) -> Lines:
    lines = _load_weights(tile, channels)
    if tile.n_outputs == 1:
        return [*lines, "ldr r10,[r0],#16", *_multiply((0,), channels, True)]
    if tile.n_outputs == 4:
        lines += ["ldrd r10,r11,[r0,#8]", *_multiply((2, 3), channels, True)]
    return [*lines, "ldrd r10,r11,[r0],#16", *_multiply((0, 1), channels, True)]


def _column_step(tile: Tile, channels: int) -> Lines:
    lines = _load_weights(tile, channels)
    if tile.n_outputs == 1:
        return [*lines, "ldr r10,[r0],#16", *_multiply((0,), channels, False)]
    if tile.n_outputs == 2:
        return [*lines, "ldrd r10,r11,[r0],#16", *_multiply((0, 1), channels, False)]
    lines += ["ldrd r10,r11,[r0],#8", *_multiply((0, 1), channels, False)]
    return [*lines, "ldrd r10,r11,[r0],#8", *_multiply((2, 3), channels, False)]


def _direct_sums(tile: Tile, channels: int, rows: PhaseRows) -> Lines:
    """A loop over channel pairs with all taps unrolled."""
    load_bias = ["ldrd r2,r6,[r1],#8"] if channels == 2 else ["ldr r2,[r1],#4"]
    copies = [f"mov {one},r2" for one in FIRST[1 : tile.n_outputs]]
    copies += [f"mov {one},r6" for one in SECOND[1 : tile.n_outputs] if channels == 2]
    lines = [*load_bias, *copies, "2:"]
    base = 0
    for ky in range(rows.geometry.window.size[0]):
        start = 4 * ky * rows.geometry.window.dilation[0] * rows.row_words
        if start + 4 * rows.row_words - base > 1020:
            lines += add_constant("r0", "r0", start - base, "r10")
            base = start
        for kx in range(rows.geometry.window.size[1]):
            lines += _direct_tap(tile, channels, 4 * rows.word(ky, kx) - base)
    lines += add_constant("r0", "r0", 4 * rows.pair_words - base, "r10")
    return [*lines, "ldr r10,[sp,#12]", "cmp r0,r10", "bne 2b"]


def _direct_tap(tile: Tile, channels: int, offset: int) -> Lines:
    lines = _load_weights(tile, channels)
    if tile.n_outputs == 1:
        return [*lines, f"ldr r10,[r0,#{offset}]", *_multiply((0,), channels, False)]
    for place in range(0, tile.n_outputs, 2):
        lines.append(f"ldrd r10,r11,[r0,#{offset + 4 * place}]")
        lines += _multiply((place, place + 1), channels, False)
    return lines
