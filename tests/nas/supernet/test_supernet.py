"""Networks of one space share weights, and each computes what it would with these weights alone."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from nas.data.images import resize
from nas.errors import RunError
from nas.supernet.sandwich import SandwichTraining, calibrated, graph_of, inherited_answers, shared_weights
from nas.supernet.weights import layer_forms
from nas.train.convnet.checkpoint import Checkpoint
from nas.train.convnet.module import GraphModule
from nas.train.convnet.recipe import ConvnetRecipe
from nas.train.convnet.rows import ImageRows
from searchspaces.convnet import Architecture, Block, ConvnetAxes, Stem, build_graph, parse_options
from tests.nas.train.convnet import stripes

SPACE = ConvnetAxes(
    parse_options(
        {
            "stem": 8,
            "layout": [
                {"block": "inverted", "channels": 8, "repeats": 2},
                {"block": "separable", "channels": 16, "stride": 2, "squeeze": True},
                {"block": "residual", "channels": 16},
            ],
            "resolution": [6, 8],
            "depth": "0.5..1",
            "width": "0.5..1",
            "kernel": [3, 5],
            "head": 0,
            "round_to": 4,
        }
    ),
    (8, 8, 1),
    3,
)
RECIPE = ConvnetRecipe(epochs=10, batch_rows=48, learning_rate=0.02)
SHORT = replace(RECIPE, epochs=2)


@cache
def rows_at(size: tuple[int, int], n_rows: int = 384, seed: int = 0) -> ImageRows:
    rows = stripes.rows(n_rows, seed)
    bytes_ = (rows.codes.astype(np.int16) + 128).astype(np.uint8)
    return replace(rows, codes=(resize(bytes_, size).astype(np.int16) - 128).astype(np.int8))


def training(recipe: ConvnetRecipe, **others: object) -> SandwichTraining:
    return SandwichTraining(SPACE, rows_at, recipe, 0, **others)  # type: ignore[arg-type]


def rows_of(n: int, seed: int = 3) -> list:  # type: ignore[type-arg]
    return list(SPACE.sample(np.random.default_rng(seed), n))


def test_a_network_computes_what_it_would_with_weights_of_its_own() -> None:
    weights = shared_weights(SPACE, 0)
    for row in (SPACE.domain.lower, SPACE.domain.upper, *rows_of(4)):
        graph = graph_of(SPACE, row)
        known = rows_at(graph.tensors[0].shape[:2], 64)
        statistics = calibrated(weights, graph, known)
        own = GraphModule(graph, torch.Generator().manual_seed(1))
        weights.give(own, statistics)
        images = known.images(np.arange(8))
        with torch.no_grad():
            assert torch.allclose(own.eval()(images), weights(graph, images, statistics), atol=1e-4)


def test_all_networks_learn_together() -> None:
    weights = training(RECIPE).run()
    shares = []
    for row in (SPACE.domain.lower, SPACE.domain.upper, *rows_of(4)):
        graph = graph_of(SPACE, row)
        size = graph.tensors[0].shape[:2]
        asked = rows_at(size, 200, 1)
        answers = inherited_answers(weights, graph, rows_at(size), asked)
        shares.append(float((answers == asked.targets).mean()))
    assert min(shares) > 0.6
    assert max(shares) > 0.85


def test_a_training_that_was_cut_off_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    class CutOffError(Exception):
        pass

    def cut_off(done: int) -> None:
        if done == 1:
            raise CutOffError

    whole = training(SHORT).run()
    checkpoint = Checkpoint(tmp_path / "supernet.npz", "key")
    with pytest.raises(CutOffError):
        training(SHORT, checkpoint=checkpoint, after_epoch=cut_off).run()
    again = training(SHORT, checkpoint=checkpoint).run()
    for one, two in zip(whole.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, two)


def test_shared_layers_are_as_large_as_the_largest() -> None:
    forms = layer_forms(graph_of(SPACE, row) for row in (SPACE.domain.lower, SPACE.domain.upper))
    assert forms["stem"].shape == (8, 1, 3, 3)
    assert forms["stage1.block0.depthwise"].shape == (8, 1, 5, 5)
    assert forms["stage1.block0.squeeze.gate"].first_bias == 3.0
    assert "stage0.block1.project" in forms


def test_networks_of_other_spaces_are_refused() -> None:
    weights, images = shared_weights(SPACE, 0), torch.zeros(2, 1, 8, 8)
    wide = build_graph(Architecture((8, 8, 1), Stem(64), (), 0, 3)).graph
    with pytest.raises(RunError, match=r"supernet: layer 'stem' must be at most \(8, 1, 3, 3\), not \(64, 1"):
        weights(wide, images)
    other = build_graph(Architecture((8, 8, 1), Stem(8), (Block("separable", 8, stage=9),), 0, 3)).graph
    with pytest.raises(RunError, match=r"supernet: there is no layer 'stage9\.block0\.depthwise'"):
        weights(other, images)
