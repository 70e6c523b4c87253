"""A module computes its graph, and norms can be folded without changing what comes out."""

import numpy as np
import pytest
import torch

from codegen.ir import Conv2d, DepthwiseConv2d, FullyConnected
from codegen.ir.graph import TensorGraph
from nas.train.convnet.module import GraphModule, graph_layout, torch_shape
from searchspaces.convnet import Architecture, Block, Stem, build_graph
from tests.nas.train.convnet import stripes


def module(graph: TensorGraph) -> GraphModule:
    made = GraphModule(graph, torch.Generator().manual_seed(0))
    for layer in made.layers.values():
        if layer.norm is not None:  # type: ignore[union-attr]
            layer.norm.running_mean.uniform_(-0.5, 0.5)  # type: ignore[union-attr]
            layer.norm.running_var.uniform_(0.5, 2.0)  # type: ignore[union-attr]
            torch.nn.init.uniform_(layer.norm.weight, 0.5, 2.0)  # type: ignore[union-attr]
            torch.nn.init.uniform_(layer.norm.bias, -1.0, 1.0)  # type: ignore[union-attr]
    return made.eval()


@pytest.mark.parametrize("shape", [(8, 8, 1), (7, 5, 3), (1, 16, 2)])
def test_folding_keeps_the_answers(shape: tuple[int, int, int]) -> None:
    graph = build_graph(Architecture(shape, Stem(8), stripes.BLOCKS, 8, 3)).graph
    made = module(graph)
    images = torch.rand(4, shape[2], *shape[:2], generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        before = made(images)
        made.fold()
        after = made(images)
    assert before.shape == (4, 3)
    assert torch.allclose(before, after, atol=1e-4)


def test_constants_have_the_shapes_of_the_graph() -> None:
    graph = stripes.graph()
    made = module(graph)
    made.fold()
    constants = made.constants()
    assert {number: value.shape for number, value in constants.items()} == {
        number: graph.tensors[number].shape for number in graph.constants
    }


def test_layouts_of_torch_and_graph_are_transposed() -> None:
    graph = stripes.graph(Block("separable", 8, kernel=5))
    for operator in graph.operators:
        if isinstance(operator, FullyConnected | Conv2d | DepthwiseConv2d):
            weight = np.zeros(torch_shape(operator, graph))
            assert graph_layout(operator, weight).shape == graph.tensors[operator.weight].shape


def test_gates_start_half_open() -> None:
    made = module(stripes.graph(Block("separable", 8, squeeze=2)))
    biases = [float(layer.bias.detach().mean()) for layer in made.layers.values()]  # type: ignore[union-attr, operator]
    assert biases == [0.0, 0.0, 0.0, 3.0, 0.0, 0.0]
