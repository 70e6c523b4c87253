"""A small task for image networks: bars that lie, stand or cross, at any place, with noise."""

import numpy as np

from codegen.ir import ClassOutput, Feature, Interface
from codegen.ir.graph import TensorGraph
from nas.train.convnet.rows import ImageRows
from searchspaces.convnet import Architecture, Block, Stem, build_graph

SIZE = 8
INTERFACE = Interface(
    tuple(Feature(f"p{index}", 0.0, 256.0, 8, signed=True) for index in range(SIZE * SIZE)),
    ClassOutput(("lying", "standing", "both")),
)
BLOCKS = (
    Block("inverted", 8, expansion=2),
    Block("separable", 8, stride=2, squeeze=2),
    Block("residual", 12),
)


def graph(*blocks: Block) -> TensorGraph:
    """A network of some kilobytes; of every kind of block where none is named."""
    return build_graph(Architecture((SIZE, SIZE, 1), Stem(8), blocks or BLOCKS, 0, 3)).graph


def codes(n_rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """(n_rows, 64) codes and (n_rows,) classes."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, 3, n_rows)
    images = rng.integers(0, 90, (n_rows, SIZE, SIZE))
    for image, target in zip(images, targets, strict=True):
        if target != 1:
            image[rng.integers(1, SIZE - 1)] += 120
        if target != 0:
            image[:, rng.integers(1, SIZE - 1)] += 120
    return np.minimum(images, 255).reshape(n_rows, -1) - 128, targets.astype(np.int64)


def rows(n_rows: int = 384, seed: int = 0) -> ImageRows:
    x, y = codes(n_rows, seed)
    return ImageRows.of(x.astype(np.int32), y, graph().tensors[0], INTERFACE)
