"""Presets under their multipliers."""

import pytest

from codegen.ir.counts import count
from searchspaces.convnet import (
    PRESETS,
    Scale,
    StageChoice,
    build_graph,
    round_channels,
    scale_preset,
    scaled_repeats,
    trained_parameters,
)
from searchspaces.convnet.scaling import halvings, scaled_shape, stem_may_keep_size

MOBILENET = PRESETS["mobilenetv2"]


def strides(pixels: int, **options: object) -> list[int]:
    scale = Scale(**options)  # type: ignore[arg-type]
    network = scale_preset(MOBILENET, scale, (pixels, pixels, 3), 10)
    found = [network.stem.stride[0], *(block.stride for block in network.blocks)]
    return [index for index, stride in enumerate(found) if stride > 1]


def test_mobilenetv2_has_its_published_size() -> None:
    graph = build_graph(scale_preset(MOBILENET, Scale(), (224, 224, 3), 1000)).graph
    assert (count(graph).macs, trained_parameters(graph)) == (300_774_272, 3_504_872)


def test_ds_cnn_has_the_layers_of_mlperf_tiny() -> None:
    graph = build_graph(scale_preset(PRESETS["ds_cnn"], Scale(), (49, 10, 1), 12)).graph
    assert (count(graph).macs, count(graph).parameters) == (2_656_768, 22_604)


def test_small_images_keep_the_first_strides() -> None:
    assert strides(224) == [0, 2, 4, 7, 14]
    assert strides(28) == [0, 2, 4]
    assert strides(28, stem_stride=1) == [2, 4, 7]
    assert strides(3) == []


def test_a_stem_keeps_its_size_only_where_a_stage_can_take_its_stride() -> None:
    assert stem_may_keep_size(MOBILENET, 7, (28, 28, 1))
    assert not stem_may_keep_size(MOBILENET, 3, (28, 28, 1))
    assert not stem_may_keep_size(MOBILENET, 7, (224, 224, 3))


@pytest.mark.parametrize(
    ("channels", "multiple", "expected"), [(32, 8, 32), (11, 8, 16), (12, 8, 16), (3, 8, 8), (17.3, 4, 16)]
)
def test_channels_are_rounded_to_a_multiple(channels: float, multiple: int, expected: int) -> None:
    assert round_channels(channels, multiple) == expected


def test_repeats_are_rounded_half_to_even_and_never_vanish() -> None:
    assert [scaled_repeats(n, 0.5) for n in (1, 2, 3, 4, 5)] == [1, 1, 2, 2, 2]


def test_stages_choose_for_themselves() -> None:
    choices = (StageChoice(kernel=7), StageChoice(5, 2, squeeze=True, repeats_added=1, width=1.5))
    network = scale_preset(MOBILENET, Scale(stages=choices, head=64, width=0.5), (32, 32, 3), 10)
    assert [block.kernel for block in network.blocks] == [7, 5, 5, 5]
    assert [block.channels for block in network.blocks] == [8, 24, 24, 24]
    assert [block.expansion for block in network.blocks] == [1, 2, 2, 2]
    assert [block.squeeze for block in network.blocks] == [0, 2, 6, 6]
    assert (network.stem.channels, network.head) == (16, 32)


def test_shapes_and_halvings() -> None:
    assert scaled_shape((480, 640, 3), 96) == (96, 128, 3)
    assert [halvings((size, size, 1)) for size in (5, 6, 28, 106, 224)] == [1, 1, 3, 5, 6]
