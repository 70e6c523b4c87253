"""Makes benchmarks/results/searchers/cells.npz: 15,625 small networks for handwritten digits, each one
fitted.

A cell has four nodes; each of its six edges is one of five operations, as in NAS-Bench-201 (X. Dong, Y. Yang,
ICLR 2020). Its input is the image through four fixed random filters; filters inside the cell are fixed and
random too, and a ridge regression on the last node answers, so that a network is fitted exactly and at once.
Kept are the error on the rows left out, the multiplications of one image, and the weights.
"""

import sys
from itertools import product

import numpy as np
import numpy.typing as npt
from harness import RESULTS
from sklearn.datasets import load_digits

FloatArray = npt.NDArray[np.float32]
OPERATIONS = ("none", "skip", "conv1", "conv3", "pool3")
EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
CHANNELS, SIDE, N_TRAIN = 4, 8, 1000
RIDGE = 3.0
TABLE = RESULTS / "searchers" / "cells.npz"


def windows(images: FloatArray) -> FloatArray:
    """(n, 8, 8, channels, 9) the neighborhood of every pixel, 0 beyond the border."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    return np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2)).reshape(*images.shape, 9)


def apply(operation: str, images: FloatArray, filters: FloatArray) -> FloatArray | None:
    match operation:
        case "none":
            return None
        case "skip":
            return images
        case "pool3":
            return windows(images).mean(axis=-1)
        case "conv1":
            return np.maximum(images @ filters[:, 4], 0)
    mixed = np.einsum("nxyck,ckd->nxyd", windows(images), filters, optimize=True)
    return np.maximum(mixed, 0)


def cell_figures(
    cell: tuple[int, ...], nodes: dict[tuple[int, ...], FloatArray], filters: FloatArray
) -> FloatArray:
    """The last node of a cell; nodes of the same edges are made once."""
    values = [nodes[()]]
    for node in (1, 2, 3):
        edges = tuple(cell[i] for i, (_, end) in enumerate(EDGES) if end <= node)
        if edges not in nodes:
            total = np.zeros_like(values[0])
            for i, (start, end) in enumerate(EDGES):
                made = apply(OPERATIONS[cell[i]], values[start], filters[i]) if end == node else None
                if made is not None:
                    total = total + made
            if node == 3:
                return total
            nodes[edges] = total
        values.append(nodes[edges])
    raise AssertionError


def error_of(features: FloatArray, labels: npt.NDArray[np.int64]) -> float:
    """Of a ridge regression onto the classes, on the rows from N_TRAIN on."""
    flat = features.reshape(len(features), -1)
    flat = np.column_stack((flat / (flat[:N_TRAIN].std() + 1e-6), np.ones(len(flat), np.float32)))
    train = flat[:N_TRAIN]
    targets = np.eye(10, dtype=np.float32)[labels[:N_TRAIN]]
    weights = np.linalg.solve(train.T @ train + RIDGE * np.eye(train.shape[1]), train.T @ targets)
    return float((np.argmax(flat[N_TRAIN:] @ weights, axis=1) != labels[N_TRAIN:]).mean())


def costs(cell: tuple[int, ...]) -> tuple[float, float]:
    """(multiplications of one image, weights of the cell in bytes)."""
    weights = {"none": 0, "skip": 0, "conv1": CHANNELS**2, "conv3": 9 * CHANNELS**2, "pool3": 0}
    work = {**{name: SIDE**2 * n for name, n in weights.items()}, "pool3": SIDE**2 * CHANNELS}
    names = [OPERATIONS[each] for each in cell]
    return float(sum(work[name] for name in names)), float(sum(weights[name] for name in names))


def main() -> int:
    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    images, labels = images[order].reshape(-1, SIDE, SIDE, 1).astype(np.float32) / 16, labels[order]
    rng = np.random.default_rng(1)
    stem = rng.standard_normal((1, 9, CHANNELS)).astype(np.float32) / 3
    filters = rng.standard_normal((len(EDGES), CHANNELS, 9, CHANNELS)).astype(np.float32) / 6
    first = np.einsum("nxyck,ckd->nxyd", windows(images), stem, optimize=True)
    cells = list(product(range(len(OPERATIONS)), repeat=len(EDGES)))
    nodes: dict[tuple[int, ...], FloatArray] = {(): first}
    figures = []
    for cell in cells:
        if len(nodes) > 300:
            nodes = {(): first}
        figures.append((error_of(cell_figures(cell, nodes, filters), labels), *costs(cell)))
    TABLE.parent.mkdir(exist_ok=True, parents=True)
    np.savez_compressed(TABLE, figures=np.array(figures, np.float32))
    return 0


if __name__ == "__main__":
    sys.exit(main())
