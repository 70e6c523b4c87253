"""Networks to start from, stage by stage, as their papers give them."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from codegen.ir.operators import Activation
from searchspaces.convnet.architecture import BlockKind, Stem

PresetName: TypeAlias = Literal["mobilenetv2", "efficientnet_b0", "ds_cnn", "conv1d"]


@dataclass(frozen=True, slots=True)
class Stage:
    """Blocks of one kind in a row. stride: of the first one. squeeze: whether each has squeeze-and-excite."""

    kind: BlockKind
    channels: int
    repeats: int
    kernel: int = 3
    stride: int = 1
    expansion: int = 1
    squeeze: bool = False


@dataclass(frozen=True, slots=True)
class Preset:
    """stem, stages and head before scaling.

    scales_stem: whether the width multiplier holds for the stem. least_head: the head is never narrower
    than this, whatever the width.
    """

    stem: Stem
    stages: tuple[Stage, ...]
    head: int
    scales_stem: bool = True
    least_head: int = 0
    activation: Activation = "relu6"


def _inverted(
    expansion: int, channels: int, repeats: int, stride: int, kernel: int = 3, *, squeeze: bool = False
) -> Stage:
    return Stage("inverted", channels, repeats, kernel, stride, expansion, squeeze)


MOBILENETV2 = Preset(
    Stem(32),
    (
        _inverted(1, 16, 1, 1),
        _inverted(6, 24, 2, 2),
        _inverted(6, 32, 3, 2),
        _inverted(6, 64, 4, 2),
        _inverted(6, 96, 3, 1),
        _inverted(6, 160, 3, 2),
        _inverted(6, 320, 1, 1),
    ),
    head=1280,
)
"""Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018, table 2."""

EFFICIENTNET_B0 = Preset(
    Stem(32),
    (
        _inverted(1, 16, 1, 1, 3, squeeze=True),
        _inverted(6, 24, 2, 2, 3, squeeze=True),
        _inverted(6, 40, 2, 2, 5, squeeze=True),
        _inverted(6, 80, 3, 2, 3, squeeze=True),
        _inverted(6, 112, 3, 1, 5, squeeze=True),
        _inverted(6, 192, 4, 2, 5, squeeze=True),
        _inverted(6, 320, 1, 1, 3, squeeze=True),
    ),
    head=1280,
    scales_stem=False,
    least_head=1280,
)
"""Tan and Le, "EfficientNet", ICML 2019, table 1; scaled as Han et al., "Model Rubik's Cube: Twisting
Resolution, Depth and Width for TinyNets", NeurIPS 2020, do it: stem and head keep their widths."""

DS_CNN = Preset(
    Stem(64, kernel=(10, 4)),
    (Stage("separable", 64, 4),),
    head=0,
)
"""Zhang et al., "Hello Edge: Keyword Spotting on Microcontrollers", 2017, in the size of MLPerf Tiny: for
audio features of (frames, bands, 1)."""

CONV1D = Preset(
    Stem(16, kernel=(9, 9)),
    (
        Stage("separable", 32, 1, kernel=7, stride=2),
        Stage("separable", 64, 2, kernel=5, stride=2),
        Stage("separable", 96, 2, kernel=5, stride=2),
    ),
    head=0,
)
"""For windows of sensor signals, (1, steps, channels)."""

PRESETS: MappingProxyType[PresetName, Preset] = MappingProxyType(
    {
        "mobilenetv2": MOBILENETV2,
        "efficientnet_b0": EFFICIENTNET_B0,
        "ds_cnn": DS_CNN,
        "conv1d": CONV1D,
    }
)
