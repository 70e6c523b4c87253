"""TinyNet-A to E and EfficientNet-B0: MACs and parameters equal those of the published models.

Source: shared/reference/tinynet.json, from huawei-noah's tinynet_pytorch and timm.
"""

import json
from pathlib import Path

import pytest

from codegen.ir.counts import count
from searchspaces.convnet import PRESETS, Scale, build_graph, scale_preset, trained_parameters

FILE = Path(__file__).parents[3] / "shared" / "reference" / "tinynet.json"
NAMES = ("TinyNet-A", "TinyNet-B", "TinyNet-C", "TinyNet-D", "TinyNet-E", "EfficientNet-B0")


@pytest.mark.parametrize("name", NAMES)
def test_costs_equal_the_published_ones(name: str) -> None:
    if not FILE.is_file():
        pytest.skip(f"{FILE} is not there")
    known = json.loads(FILE.read_text(encoding="utf-8"))["nets"][name]
    scale = Scale(depth=known["d"], width=known["w"])
    pixels = int(224 * known["r"])
    graph = build_graph(
        scale_preset(PRESETS["efficientnet_b0"], scale, (pixels, pixels, 3), n_outputs=1000)
    ).graph
    assert (count(graph).macs, trained_parameters(graph)) == (known["macs"], known["params"])
