"""A preset under its multipliers: resolution, depth and width, and what each stage decides by itself."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from searchspaces.convnet.architecture import Architecture, Block, ImageShape, Stem
from searchspaces.convnet.presets import Preset, Stage

LEAST_SIZE = 3
"""Strides that would leave fewer rows and columns than this are left out."""
SQUEEZE_SHARE = 0.25
"""Channels of a squeeze for each input channel of its block."""


@dataclass(frozen=True, slots=True)
class StageChoice:
    """What a stage decides; None keeps the preset's.

    repeats_added: before the depth multiplier. width: on top of the network's.
    """

    kernel: int | None = None
    expansion: int | None = None
    squeeze: bool | None = None
    repeats_added: int = 0
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Scale:
    """How a preset is scaled.

    stages: one for each stage that is kept, from the first on; None keeps all as they are. stem_stride: 1 or
    2; None keeps the preset's. head: channels before the width multiplier; None keeps the preset's.
    round_to: channels are multiples of it.
    """

    depth: float = 1.0
    width: float = 1.0
    stages: tuple[StageChoice, ...] | None = None
    stem_stride: int | None = None
    head: int | None = None
    round_to: int = 8


def scale_preset(preset: Preset, scale: Scale, input_shape: ImageShape, n_outputs: int) -> Architecture:
    """The architecture of a preset at a scale, for inputs of this shape."""
    choices = scale.stages or (StageChoice(),) * len(preset.stages)
    stages = [_chosen(stage, choice) for stage, choice in zip(preset.stages, choices, strict=False)]
    stem, stages = _with_strides(preset, stages, scale.stem_stride, input_shape)
    width = scale.width if preset.scales_stem else 1.0
    stem = replace(stem, channels=round_channels(stem.channels * width, scale.round_to))
    blocks: list[Block] = []
    n_in = stem.channels
    for number, (stage, choice) in enumerate(zip(stages, choices, strict=False)):
        channels = round_channels(stage.channels * scale.width * choice.width, scale.round_to)
        for index in range(scaled_repeats(stage.repeats, scale.depth)):
            blocks.append(replace(_block(stage, channels, n_in, index), stage=number))
            n_in = channels
    head = _head(preset, scale)
    return Architecture(input_shape, stem, tuple(blocks), head, n_outputs, preset.activation)


def round_channels(channels: float, multiple: int = 8) -> int:
    """The nearest multiple, at least one, and never below 0.9 of what was asked for.

    Source: `make_divisible` of the reference models of MobileNetV2 and EfficientNet.
    """
    rounded = max(multiple, int(channels + multiple / 2) // multiple * multiple)
    return rounded + multiple if rounded < 0.9 * channels else rounded


def scaled_repeats(repeats: int, depth: float) -> int:
    """`repeats * depth`, rounded half to even, at least 1."""
    return max(1, round(repeats * depth))


def scaled_shape(shape: ImageShape, height: int) -> ImageShape:
    """The shape of an image that is resized to this height, its proportions kept."""
    return height, max(1, round(shape[1] * height / shape[0])), shape[2]


def halvings(shape: ImageShape) -> int:
    """How often the longer side can be halved, rounding up, and keep `LEAST_SIZE`."""
    size, times = max(shape[:2]), 0
    while (size := math.ceil(size / 2)) >= LEAST_SIZE:
        times += 1
    return times


def stem_may_keep_size(preset: Preset, n_stages: int, shape: ImageShape) -> bool:
    """Whether the stem's stride can be left to a stage: those that halve have use for all halvings."""
    places = sum(stage.stride > 1 for stage in preset.stages[:n_stages])
    return places > 0 and max(preset.stem.stride) > 1 and halvings(shape) <= places


def _chosen(stage: Stage, choice: StageChoice) -> Stage:
    kernel, expansion, squeeze = choice.kernel, choice.expansion, choice.squeeze
    return replace(
        stage,
        kernel=stage.kernel if kernel is None else kernel,
        expansion=stage.expansion if expansion is None else expansion,
        squeeze=stage.squeeze if squeeze is None else squeeze,
        repeats=max(1, stage.repeats + choice.repeats_added),
    )


def _with_strides(
    preset: Preset, stages: Sequence[Stage], stem_stride: int | None, shape: ImageShape
) -> tuple[Stem, list[Stage]]:
    """Strides from the first on, as many as the input has halvings; a stem without leaves its to the next."""
    left, stem = halvings(shape), preset.stem
    if stem_stride == 1 or not left:
        stem = replace(stem, stride=(1, 1))
    left -= max(stem.stride) > 1
    kept = []
    for stage in stages:
        halves = stage.stride > 1 and left > 0
        left -= halves
        kept.append(replace(stage, stride=stage.stride if halves else 1))
    return stem, kept


def _block(stage: Stage, channels: int, n_in: int, index: int) -> Block:
    """squeeze as the reference models have it: a share of the block's input channels."""
    squeeze = max(1, round(SQUEEZE_SHARE * n_in)) if stage.squeeze else 0
    stride = stage.stride if index == 0 else 1
    return Block(stage.kind, channels, stage.kernel, stride, stage.expansion, squeeze)


def _head(preset: Preset, scale: Scale) -> int:
    wanted = preset.head if scale.head is None else scale.head
    if not wanted:
        return 0
    return max(
        preset.least_head if scale.head is None else 0, round_channels(wanted * scale.width, scale.round_to)
    )
