"""Fully connected kernels of M4 and M7: the input widened once, then four outputs at a time.

The stream of four outputs: two biases of each pair, then for every four inputs the words of the first two and
of the last two, pair by pair (see dsp_tile for how a word holds two channels), then {multiplier, offset,
shift} of each output unless all outputs share them. Two outputs and a last single one are alike.
"""

from codegen.c.kernels.assembler import Lines, add_constant, clamp, dsp_requantize, function_text
from codegen.c.kernels.dsp_stream import Packing, choose_packing, pair_half, paired, stream
from codegen.c.kernels.portable import finish_constants, finish_text, window_values
from codegen.c.kernels.render import array, render
from codegen.c.kernels.scaling import ChannelScaling, FastScaling
from codegen.c.kernels.task import Form, FullyConnectedTask, folded_bias, geometry, weight_rows
from codegen.plan.buffers import PointColumns

UNROLLED_BLOCKS = 4
"""Blocks of eight inputs in one run of a loop."""
SUMS = ("r2", "r3", "r4", "r5")
INPUTS, WEIGHTS = ("r6", "r7", "r8", "r9"), ("r10", "r11", "r12", "lr")


def dsp_fully_connected(task: FullyConnectedTask, name: str, form: Form) -> tuple[tuple[str, str], Form]:
    """((constants, functions), form)."""
    packing = choose_packing(task)
    assembled = form == "asm" and packing.scaling is not None
    constants, rows = _assembler_rows(task, name, packing) if assembled else _c_rows(task, name, packing)
    sizes = geometry(task)
    n_whole = sizes.n_in - sizes.n_in % 4
    glue = render(
        "dsp_fully_connected.c.j2",
        name=name,
        n_in=sizes.n_in,
        whole=n_whole,
        n_words=len(_taps(task)) // 2,
        assembled=assembled,
        end=sizes.n_out // 2 * (2 + len(_taps(task)) // 2 + (6 if packing.scaling else 0)),
    )
    head = render("dsp_head.c.j2", name=name, odd=True, packs=True)
    return (constants, head + rows + glue), "asm" if assembled else "acle"


def _taps(task: FullyConnectedTask) -> list[int | None]:
    """The order of inputs, filled up to whole groups of four."""
    taps = list(PointColumns(geometry(task)).taps)
    return taps + [None] * (-len(taps) % 4)


def _c_rows(task: FullyConnectedTask, name: str, packing: Packing) -> tuple[str, str]:
    constants = array("int32_t", f"{name}_stream", stream(task, packing, _taps(task)))
    fast = packing.scaling is not None
    if packing.scaling is None:
        constants, scale = constants + finish_constants(task, name), finish_text(task, name)
    else:
        lo, hi = packing.scaling.limits
        scale = render("dsp_scale.c.j2", name=name, way=packing.scaling.way, lo=lo, hi=hi)
    tile = render(
        "dsp_tile.c.j2",
        **window_values(geometry(task)),
        name=name,
        n=1,
        mixed=packing.mixed,
        fast=fast,
        keeps_bits=packing.scaling is not None and not packing.scaling.way.startswith("double"),
        direct=False,
        n_words=len(_taps(task)) // 2,
        x_step=1,
    )
    return constants, scale + tile


def _assembler_rows(task: FullyConnectedTask, name: str, packing: Packing) -> tuple[str, str]:
    constants = array("int32_t", f"{name}_stream", _stream(task, packing))
    assert packing.scaling is not None
    lines = _function(task, packing, packing.scaling)
    return constants, function_text(
        f"{name}_rows", "const int32_t *x, const int32_t *stream, int8_t *output", lines
    )


def _groups(n_out: int) -> list[int]:
    """How many outputs each tile makes."""
    return [4] * (n_out // 4) + [2] * (n_out % 4 // 2) + [1] * (n_out % 2)


def _shared(scaling: FastScaling) -> bool:
    """Whether all outputs have the constants of the first of their place in a pair."""
    channels = scaling.channels
    places = channels[0], channels[min(1, len(channels) - 1)]
    last_alone = len(channels) % 2 == 1  # it is scaled like the second of a pair
    return places[0].multiplier == places[1].multiplier and all(
        one == places[1 if last_alone and at == len(channels) - 1 else at % 2]
        for at, one in enumerate(channels)
    )


def _stream(task: FullyConnectedTask, packing: Packing) -> list[int]:
    rows, bias, words, first = weight_rows(task), folded_bias(task), list[int](), 0
    placed = [[int(row[tap]) if tap is not None else 0 for tap in _taps(task)] for row in rows]
    assert packing.scaling is not None
    for n in _groups(len(rows)):
        sides = [(placed[at], placed[at + 1]) for at in range(first, first + n - n % 2, 2)]
        for at in range(first, first + n - n % 2, 2):
            a, b = int(bias[at]), int(bias[at + 1])
            words += [256 * a + b if packing.mixed else a, b]
        if n == 1:
            words += [int(bias[first]), *paired(placed[first])]
        columns = [
            paired([pair_half(x, y, packing.mixed) for x, y in zip(*side, strict=True)]) for side in sides
        ]
        words += [word for together in zip(*columns, strict=True) for word in together]
        if not _shared(packing.scaling):
            words += [
                value
                for one in packing.scaling.channels[first : first + n]
                for value in (one.multiplier, one.offset, one.shift)
            ]
        first += n
    return [word & 0xFFFFFFFF for word in words]


def _function(task: FullyConnectedTask, packing: Packing, scaling: FastScaling) -> Lines:
    """r0 inputs, r1 stream, r2 output. On the stack: output, inputs, end of a loop, end of the fours."""
    groups, n_words = _groups(len(task.weight)), len(_taps(task)) // 2
    lines = ["push {r4-r11,lr}", "sub sp,#16", "strd r2,r0,[sp]"]
    n_fours = groups.count(4)
    if n_fours > 1:
        lines += [*add_constant("r6", "r2", 4 * n_fours, "r6"), "str r6,[sp,#12]", "1:"]
    for n in [4] * min(n_fours, 1) + [n for n in groups if n < 4]:
        lines += [*_sums(n, n_words, packing.mixed), *_finish(n, packing, scaling)]
        lines.append("str r9,[sp]")
        if n == 4 and n_fours > 1:
            lines += ["ldr r10,[sp,#12]", "cmp r9,r10", "bne 1b"]
    return [*lines, "add sp,#16", "pop {r4-r11,pc}", ".ltorg"]


def _sums(n: int, n_words: int, mixed: bool) -> Lines:
    """Blocks of four words of input; what does not fill a loop's run goes before it."""
    blocks, rest = n_words // 4, n_words % 4
    looped = blocks // UNROLLED_BLOCKS if blocks > UNROLLED_BLOCKS else 0
    block = _block(n, 4, mixed)
    lines = [f"ldm r1!,{{{','.join(SUMS[:n])}}}" if n > 1 else "ldr r2,[r1],#4"]
    lines += _block(n, 2, mixed) if rest else []
    lines += block * (blocks - looped * UNROLLED_BLOCKS)
    if looped:
        end = add_constant("r6", "r0", 16 * looped * UNROLLED_BLOCKS, "r6")
        lines += [*end, "str r6,[sp,#8]", "3:", *block * UNROLLED_BLOCKS]
        lines += ["ldr r6,[sp,#8]", "cmp r0,r6", "bne 3b"]
    return lines


def _block(n: int, n_words: int, mixed: bool) -> Lines:
    """Some words of input for n outputs."""
    lines = [f"ldm r0!,{{{','.join(INPUTS[:n_words])}}}"]
    items = [(word, pair) for word in range(n_words) for pair in range(max(n // 2, 1))]
    at_once = 4 if mixed or n == 1 else 2
    for first in range(0, len(items), at_once):
        some = items[first : first + at_once]
        lines.append(f"ldm r1!,{{{','.join(WEIGHTS[: len(some)])}}}")
        for weight, (word, pair) in zip(WEIGHTS, some, strict=False):
            lines += _multiply(n, weight, INPUTS[word], SUMS[2 * pair : 2 * pair + 2], mixed)
    return lines


def _multiply(n: int, weight: str, value: str, sums: tuple[str, ...], mixed: bool) -> Lines:
    if n == 1:
        return [f"smlad r2,{weight},{value},r2"]
    first = [f"smlad {sums[0]},{weight},{value},{sums[0]}"]
    if not mixed:
        first = [f"sxtb16 r12,{weight},ror #8", f"smlad {sums[0]},r12,{value},{sums[0]}"]
    return [*first, f"sxtb16 {weight},{weight}", f"smlad {sums[1]},{weight},{value},{sums[1]}"]


def _finish(n: int, packing: Packing, scaling: FastScaling) -> Lines:
    """Requantizes and stores; r9 becomes the next output, r0 the first input."""
    lines: Lines = []
    if packing.mixed and n > 1:
        for pair in range(0, n, 2):
            lines.append(f"sub {SUMS[pair]},{SUMS[pair]},{SUMS[pair + 1]}")
            if scaling.way.startswith("double"):
                lines.append(f"asr {SUMS[pair]},{SUMS[pair]},#8")
    lines += _shared_scale(n, scaling) if _shared(scaling) else _own_scale(n, scaling)
    lines.append("ldrd r9,r0,[sp]")
    lines += [f"strb {one},[r9,#{place}]" for place, one in enumerate(SUMS[:n]) if place]
    return [*lines, f"strb r2,[r9],#{n}"]


def _own_scale(n: int, scaling: FastScaling) -> Lines:
    lines: Lines = []
    for pair in range(0, n, 2):
        registers = ("r6", "r7", "r8", "r9", "r10", "r11")[: 6 if n > 1 else 3]
        lines.append(f"ldm r1!,{{{','.join(registers)}}}")
        lines += dsp_requantize(SUMS[pair], scaling, ("r6", "r7", "r8"))
        if n > 1:
            lines += dsp_requantize(SUMS[pair + 1], scaling, ("r9", "r10", "r11"))
    return lines


def _shared_scale(n: int, scaling: FastScaling) -> Lines:
    """Constants that all outputs share come from literals, and the shift is a part of SSAT."""
    places = [scaling.channels[0], scaling.channels[min(1, len(scaling.channels) - 1)]]
    if n == 1:
        places = [places[1], places[1]]
    lines = [f"ldr r6,={places[0].multiplier & 0xFFFFFFFF:#x}", f"ldr r7,={places[0].offset & 0xFFFFFFFF:#x}"]
    offsets = ["r7", "r7"]
    if places[1].offset != places[0].offset:
        lines.append(f"ldr r8,={places[1].offset & 0xFFFFFFFF:#x}")
        offsets[1] = "r8"
    for place, one in enumerate(SUMS[:n]):
        lines += _scale_in_place(one, scaling, places[place % 2], offsets[place % 2])
    return lines


def _scale_in_place(register: str, scaling: FastScaling, one: ChannelScaling, offset: str) -> Lines:
    """As dsp_requantize, with the shift as a number."""
    general = dsp_requantize(register, scaling, ("r6", offset, "r0"))
    n_clamp = len(clamp(register, scaling.limits))
    high = general[: len(general) - n_clamp - 2]
    shift = f",asr #{one.shift}" if one.shift else ""
    return [*high, f"ssat {register},#8,{register}{shift}", *clamp(register, scaling.limits)]
