"""Random gene rows that a search starts well from."""

import numpy as np
import numpy.typing as npt

from searchspaces.approximate_mlp.layout import GeneLayout, Int32Array, LayerColumns

FEWEST_KEPT = 0.02
"""Share of terms that the sparsest rows keep."""


def sample_rows(layout: GeneLayout, rng: np.random.Generator, n_rows: int) -> Int32Array:
    """(n_rows, n_genes): even rows with all terms, odd rows with a random share of them.

    Biases balance the sum that uniform inputs give, up to noise, so that most neurons are active.
    A reduced argmax mostly drops nothing.
    """
    lower = np.array([variable.lower for variable in layout.variables], np.int64)
    upper = np.array([variable.upper for variable in layout.variables], np.int64)
    rows = rng.integers(lower, upper + 1, (n_rows, len(lower))).astype(np.int32)
    kept = np.where(
        np.arange(n_rows) % 2 == 0, 1.0, FEWEST_KEPT + (1 - FEWEST_KEPT) * rng.random(n_rows) ** 2
    )
    for layer in layout.layers:
        _drop_terms(rows, layer, kept, rng)
        _center_biases(rows, layer, rng)
    if layout.argmax is not None:
        rows[:, layout.argmax] *= rng.random((n_rows, 1)) < 0.1
    return rows


def _drop_terms(
    rows: Int32Array, layer: LayerColumns, kept: npt.NDArray[np.float64], rng: np.random.Generator
) -> None:
    masks = rows[:, layer.masks]
    masks[rng.random(masks.shape) >= kept[:, None]] = 0


def _center_biases(rows: Int32Array, layer: LayerColumns, rng: np.random.Generator) -> None:
    terms = layer.decode_weights(rows) * layer.decode_masks(rows) / 2
    spread = np.sqrt((terms**2).sum(axis=(2, 3)))
    biases = np.round(rng.normal(-terms.sum(axis=(2, 3)), spread / 2))
    rows[:, layer.biases] = np.clip(biases, -layer.bias_bound, layer.bias_bound - 1)
