"""The interface of networks for a dataset: ranges from training rows, labels or a value."""

import numpy as np

from codegen.ir import ClassOutput, Feature, Interface, Value, ValueOutput
from nas.data.dataset import Dataset, IndexArray

VALUE_STEPS = 256
"""Steps that the range of a regression's target is divided into before a quantizer knows better."""


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
