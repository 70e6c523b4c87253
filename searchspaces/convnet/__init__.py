"""The family `convnet`: convolutional networks by resolution, depth and width; docs/convnets.md."""

from searchspaces.convnet.architecture import Architecture, Block, BlockKind, ImageShape, Stem
from searchspaces.convnet.axes import ConvnetAxes
from searchspaces.convnet.graph import BlockGraph, build_graph, trained_parameters
from searchspaces.convnet.options import FAMILY, ConvnetOptions, parse_options, read_options
from searchspaces.convnet.presets import PRESETS, Preset, PresetName, Stage
from searchspaces.convnet.scaling import Scale, StageChoice, round_channels, scale_preset, scaled_repeats

__all__ = [
    "FAMILY",
    "PRESETS",
    "Architecture",
    "Block",
    "BlockGraph",
    "BlockKind",
    "ConvnetAxes",
    "ConvnetOptions",
    "ImageShape",
    "Preset",
    "PresetName",
    "Scale",
    "Stage",
    "StageChoice",
    "Stem",
    "build_graph",
    "parse_options",
    "read_options",
    "round_channels",
    "scale_preset",
    "scaled_repeats",
    "trained_parameters",
]
