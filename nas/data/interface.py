"""The interface of networks for a dataset: ranges from training rows, labels or a value."""

from typing import Any

import numpy as np
import numpy.typing as npt

from codegen.ir import ClassOutput, Feature, Interface, Value, ValueOutput
from nas.data.dataset import Dataset, IndexArray

FloatArray = npt.NDArray[np.floating[Any]]
MAX_DEVIATIONS = 4.0
VALUE_STEPS = 256
"""Steps that the range of a regression's target is divided into before a quantizer knows better."""


def make_image_interface(dataset: Dataset, shape: tuple[int, int, int], rows: IndexArray) -> Interface:
    """Signed codes of 8 bits for the values of an image or a signal, as an int8 network reads them.

    shape: (height, width, channels) of the network's input, which may be the data's at another size. Bytes
    are taken as they are, less 128. Of other values, each channel reaches from its mean over `rows` as far
    down as up: to its farthest value, but no further than `MAX_DEVIATIONS` standard deviations.
    """
    table = dataset.table
    names = [f"{row}_{column}_{channel}" for row, column, channel in np.ndindex(shape)]
    if table.x.dtype == np.uint8:
        features = tuple(Feature(name, 0.0, 256.0, 8, signed=True) for name in names)
        return Interface(features, _output(dataset, rows))
    ranges = _channel_ranges(table.x[rows].reshape(-1, shape[2]).astype(np.float64))
    features = tuple(
        Feature(name, *ranges[channel], 8, signed=True)
        for name, (*_, channel) in zip(names, np.ndindex(shape), strict=True)
    )
    return Interface(features, _output(dataset, rows))


def _channel_ranges(values: FloatArray) -> list[tuple[float, float]]:
    """(lo, hi) of each channel of (n_values, n_channels)."""
    mean, reach = values.mean(axis=0), MAX_DEVIATIONS * values.std(axis=0)
    reach = np.minimum(reach, np.abs(values - mean).max(axis=0))
    reach = np.where(reach > 0, reach, 1.0)
    return [
        (float(np.float32(lo)), float(np.float32(hi)))
        for lo, hi in zip(mean - reach, mean + reach, strict=True)
    ]


def make_interface(dataset: Dataset, bits: int, rows: IndexArray) -> Interface:
    """Features from the smallest to the largest value in `rows`, `bits` wide each; labels or one value.

    rows: training rows, at least one. A constant feature gets a range that starts at its value, so that its
    code is 0. The value of a regression is centred on the mean target of the rows, in steps of 1/256
    of the targets' range; the quantizer of a trained network replaces both.
    """
    x = dataset.table.x[rows].astype(np.float32)
    features = tuple(
        _feature(name, float(lo), float(hi), bits)
        for name, lo, hi in zip(dataset.table.features, x.min(axis=0), x.max(axis=0), strict=True)
    )
    return Interface(features, _output(dataset, rows))


def _feature(name: str, lo: float, hi: float, bits: int) -> Feature:
    with np.errstate(over="ignore"):
        has_scale = hi > lo and bool(np.isfinite(np.float32((1 << bits) / (hi - lo))))
    return Feature(name, lo, hi if has_scale else float(np.float32(lo + max(1.0, abs(lo)))), bits)


def _output(dataset: Dataset, rows: IndexArray) -> ClassOutput | ValueOutput:
    if dataset.task == "classification":
        return ClassOutput(dataset.table.labels)
    target = dataset.table.y[rows].astype(np.float64)
    extent = float(target.max() - target.min()) or 1.0
    return ValueOutput((Value("value", extent / VALUE_STEPS, float(target.mean())),))
