"""The options of the family `convnet`; docs/convnets.md explains them line by line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias, cast

from searchspaces.convnet.architecture import BLOCK_KINDS, BlockKind
from searchspaces.convnet.presets import PRESETS, Preset, PresetName, Stage
from searchspaces.parse import (
    IntRange,
    OptionProblem,
    Parsers,
    RealRange,
    did_you_mean,
    faultless,
    parse_choice,
    parse_flag,
    parse_int,
    parse_int_range,
    parse_real_range,
    read_values,
)
from searchspaces.space import SpaceError

FAMILY = "convnet"
Ints: TypeAlias = tuple[int, ...]

SIZES = IntRange(1, 1024)
MULTIPLIERS = RealRange(0.05, 4.0)
KERNELS = (3, 5, 7)
EXPANSIONS = IntRange(1, 6)
CHANNELS = IntRange(1, 4096)
MAX_STAGES = 12
ONE = RealRange(1.0, 1.0)
NONE_ADDED = IntRange(0, 0)
PATCH_BLOCKS = IntRange(1, 6)


@dataclass(frozen=True, slots=True)
class ConvnetOptions:
    """What of a convolutional network may vary. Made from a spec by `parse_options`.

    resolution: heights of the input; empty keeps that of the data. depth, width: multipliers. stages: how
    many of the preset's are kept, from the first on; None keeps all. stem_stride, head: choices; empty keeps
    the preset's. kernel, expansion, squeeze: choices of every stage; empty keeps the preset's. stage_depth:
    blocks added to each stage before the depth multiplier. stage_width: of each stage, on top of the width.
    patches: along each side of an image. patch_blocks: that run patch by patch. round_to: channels are
    multiples of it.
    """

    preset: Preset = PRESETS["mobilenetv2"]
    resolution: Ints = ()
    depth: RealRange = ONE
    width: RealRange = ONE
    stages: IntRange | None = None
    stem_stride: Ints = ()
    head: Ints = ()
    kernel: Ints = ()
    expansion: Ints = ()
    squeeze: tuple[bool, ...] = ()
    stage_depth: IntRange = NONE_ADDED
    stage_width: RealRange = ONE
    patches: Ints = (1,)
    patch_blocks: IntRange = PATCH_BLOCKS
    round_to: int = 8

    @property
    def n_stages(self) -> IntRange:
        n = len(self.preset.stages)
        return IntRange(n, n) if self.stages is None else self.stages


def parse_options(mapping: Mapping[str, object]) -> ConvnetOptions:
    """The options of a spec. Raises SpaceError with one line for each problem."""
    return faultless(read_options(mapping))


def read_options(mapping: Mapping[str, object]) -> tuple[ConvnetOptions, tuple[OptionProblem, ...]]:
    """The options as far as they can be read (defaults elsewhere), and everything wrong with them."""
    read, problems = read_values(FAMILY, mapping, PARSERS)
    preset = PRESETS[cast("PresetName", read.pop("preset", "mobilenetv2"))]
    if "layout" in read:
        preset = replace(preset, stages=cast("tuple[Stage, ...]", read.pop("layout")))
    if "stem" in read:
        preset = replace(preset, stem=replace(preset.stem, channels=cast("int", read.pop("stem"))))
    options = ConvnetOptions(preset=preset, **read)  # type: ignore[arg-type]
    return options, (*problems, *_contradictions(options))


def _contradictions(options: ConvnetOptions) -> list[OptionProblem]:
    n = len(options.preset.stages)
    if options.stages is not None and options.stages.upper > n:
        return [OptionProblem(FAMILY, "stages", f"there are {n} to keep, not {options.stages}")]
    return []


def _ints(limits: IntRange, allowed: Ints = ()) -> Callable[[object], Ints]:
    """Whole numbers in ascending order: one, a list, or for limits a range such as 3..6."""

    def parse(value: object) -> Ints:
        items = value if isinstance(value, list | tuple) else [value]
        numbers: set[int] = set()
        for item in items:
            found = parse_int_range(item, limits)
            numbers |= set(range(found.lower, found.upper + 1))
        if not numbers:
            raise SpaceError(f"must hold at least one number, not {value!r}")
        if allowed and not numbers <= set(allowed):
            raise SpaceError(f"must be some of {', '.join(map(str, allowed))}, not {value!r}")
        return tuple(sorted(numbers))

    return parse


def _parse_squeeze(value: object) -> tuple[bool, ...]:
    items = value if isinstance(value, list | tuple) else [value]
    flags = {parse_flag(item) for item in items}
    if not flags:
        raise SpaceError(f"must be true, false or both, not {value!r}")
    return tuple(sorted(flags))


def _parse_preset(value: object) -> str:
    return parse_choice(value, tuple(PRESETS))


def _parse_layout(value: object) -> tuple[Stage, ...]:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= MAX_STAGES:
        raise SpaceError(f"must be a list of 1 to {MAX_STAGES} stages, not {value!r}")
    return tuple(_parse_stage(index, item) for index, item in enumerate(value))


def _parse_stage(index: int, value: object) -> Stage:
    if not isinstance(value, Mapping):
        raise SpaceError(f"stage {index}: must be a mapping such as {{block: separable, channels: 32}}")
    read: dict[str, object] = {"kind": "separable", "repeats": 1}
    for key, item in value.items():
        if key not in _STAGE_PARSERS:
            known = did_you_mean(key, _STAGE_PARSERS) or f"; known are {', '.join(_STAGE_PARSERS)}"
            raise SpaceError(f"stage {index}: unknown key {key!r}{known}")
        name, parse = _STAGE_PARSERS[key]
        try:
            read[name] = parse(item)
        except SpaceError as error:
            raise SpaceError(f"stage {index}: {key}: {error}") from None
    if "channels" not in read:
        raise SpaceError(f"stage {index}: channels are needed")
    return Stage(**read)  # type: ignore[arg-type]


def _parse_kernel(value: object) -> int:
    if value not in KERNELS or isinstance(value, bool):
        raise SpaceError(f"must be 3, 5 or 7, not {value!r}")
    return int(str(value))


def _parse_kind(value: object) -> BlockKind:
    return cast("BlockKind", parse_choice(value, BLOCK_KINDS))


_STAGE_PARSERS: Mapping[str, tuple[str, Callable[[object], object]]] = {
    "block": ("kind", _parse_kind),
    "channels": ("channels", lambda value: parse_int(value, CHANNELS)),
    "repeats": ("repeats", lambda value: parse_int(value, IntRange(1, 32))),
    "kernel": ("kernel", _parse_kernel),
    "stride": ("stride", lambda value: parse_int(value, IntRange(1, 2))),
    "expansion": ("expansion", lambda value: parse_int(value, EXPANSIONS)),
    "squeeze": ("squeeze", parse_flag),
}
"""How the keys of one stage are read, and what they are called in `Stage`."""

PARSERS: Parsers = {
    "preset": _parse_preset,
    "stem": lambda value: parse_int(value, CHANNELS),
    "layout": _parse_layout,
    "resolution": _ints(SIZES),
    "depth": lambda value: parse_real_range(value, MULTIPLIERS),
    "width": lambda value: parse_real_range(value, MULTIPLIERS),
    "stages": lambda value: parse_int_range(value, IntRange(1, MAX_STAGES)),
    "stem_stride": _ints(IntRange(1, 2)),
    "head": _ints(IntRange(0, 4096)),
    "kernel": _ints(IntRange(3, 7), KERNELS),
    "expansion": _ints(EXPANSIONS),
    "squeeze": _parse_squeeze,
    "stage_depth": lambda value: parse_int_range(value, IntRange(-8, 8)),
    "stage_width": lambda value: parse_real_range(value, MULTIPLIERS),
    "patches": _ints(IntRange(1, 8)),
    "patch_blocks": lambda value: parse_int_range(value, IntRange(1, 32)),
    "round_to": lambda value: parse_int(value, IntRange(1, 64)),
}
"""How each option is read; the order is that of the documentation."""
