"""Pieces of Thumb assembler: functions inside C, constants in registers, requantization."""

from collections.abc import Sequence

from codegen.c.kernels.scaling import FastScaling

Lines = list[str]


def function_text(name: str, arguments: str, lines: Sequence[str]) -> str:
    """`void name(arguments)` in a section of its own: its prototype and a top-level `__asm`.

    A line may be a label. C++ must not change the name.
    """
    head = [
        ".syntax unified",
        f'.section .text.{name},\\"ax\\",%progbits',
        ".thumb",
        ".align 2",
        f".type {name},%function",
        ".thumb_func",
        f"{name}:",
    ]
    body = [*head, *lines, f".size {name},.-{name}", ".text"]
    prototype = f'#ifdef __cplusplus\nextern "C"\n#endif\nvoid {name}({arguments});\n'
    return prototype + "__asm(\n" + "".join(f'    "{line}\\n"\n' for line in body) + ");\n\n"


def add_constant(target: str, source: str, value: int, spare: str) -> Lines:
    """target = source + value, for 0 <= value < 2**32; spare is clobbered where value is above 4095."""
    if value < 4096:
        return [f"add {target},{source},#{value}"]
    top = [f"movt {spare},#{value >> 16}"] if value >> 16 else []
    return [f"movw {spare},#{value & 0xFFFF}", *top, f"add {target},{source},{spare}"]


def dsp_requantize(register: str, scaling: FastScaling, constants: tuple[str, str, str]) -> Lines:
    """The sum in a register to an int8 in it. constants: registers of multiplier, offset, shift."""
    multiplier, offset, shift = constants
    high = {
        "single": [f"smmla {register},{register},{multiplier},{offset}"],
        "double": [
            f"smmlar {register},{register},{multiplier},{register}",
            f"add {register},{register},{register},asr #31",
            f"add {register},{offset}",
        ],
        "double_floor": [
            f"smmlar {register},{register},{multiplier},{register}",
            f"add {register},{offset}",
        ],
        "power_of_two": [f"add {register},{offset}"],
    }[scaling.way]
    return [
        *high,
        f"asr {register},{register},{shift}",
        f"ssat {register},#8,{register}",
        *clamp(register, scaling.limits),
    ]


def clamp(register: str, limits: tuple[int, int]) -> Lines:
    """What limits inside int8 need beyond saturation to int8."""
    lo, hi = limits
    lines: Lines = []
    if lo > -128:
        lines += [f"cmp {register},#{lo}", "it lt", f"movlt {register},#{lo}"]
    if hi < 127:
        lines += [f"cmp {register},#{hi}", "it gt", f"movgt {register},#{hi}"]
    return lines


def byte_requantize(
    register: str, scaling: FastScaling, constants: tuple[str, str, str], spare: tuple[str, str]
) -> Lines:
    """As dsp_requantize, by the long products of Armv7-M. spare: two registers that are clobbered."""
    multiplier, offset, shift = constants
    low, high = spare
    if scaling.way == "power_of_two":
        lines = [f"add {high},{register},{offset}"]
    elif scaling.way == "single":
        lines = [f"mov {high},{offset}", f"mov {low},#0", f"smlal {low},{high},{register},{multiplier}"]
    else:
        lines = [
            f"mov {high},{register}",
            f"mov {low},#0x80000000",
            f"smlal {low},{high},{register},{multiplier}",
            *([f"add {high},{high},{high},asr #31"] if scaling.way == "double" else []),
            f"add {high},{offset}",
        ]
    lines += [f"asr {high},{high},{shift}", f"ssat {register},#8,{high}"]
    return lines + clamp(register, scaling.limits)
