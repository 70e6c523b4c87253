"""Fast evaluation of a population of bespoke MLPs, equal to `codegen.ir.evaluate` network by network.

One thread; several searches at once are several processes.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.ir.errors import IrError
from codegen.ir.evaluate import Codes, decide, mlp_sums
from codegen.ir.kernels import STEP, Answers, count_confusions, evaluate_population
from codegen.ir.lowering import WIDEST, lower
from codegen.ir.members import batch_of, check_batch, mlp_of, network_of
from codegen.ir.population import BatchArgmax, BatchLayer, MlpBatch

__all__ = [
    "PackedSamples",
    "batch_of",
    "confusion_batch",
    "network_of",
    "outputs_batch",
    "pack_samples",
    "predict_batch",
    "squared_error_batch",
]

Labels: TypeAlias = npt.NDArray[np.integer[Any]]
FloatVector: TypeAlias = npt.NDArray[np.floating[Any]]

BLOCK_CODES = 24576
"""Codes of one block: more than a first-level cache holds, since short blocks cost more than misses."""

CHUNK_BYTES = 16 << 20
"""Answers that are held at once while they are counted."""


@dataclass(frozen=True, slots=True, eq=False)
class PackedSamples:
    """Codes as the kernels read them.

    blocks: (n_blocks, n_features, block) uint16, samples innermost, filled up with zeros; block is
    a multiple of 64. hi: (n_features,)
    int64, the largest code of each feature.
    """

    blocks: npt.NDArray[np.uint16]
    n_samples: int
    hi: npt.NDArray[np.int64]


def pack_samples(codes: Codes) -> PackedSamples:
    """Packs (n_samples, n_features) unsigned codes of at most 16 bits, once for many evaluations.

    Raises IrError for no samples, another shape or type, or codes outside 0..65535.
    """
    array = np.asarray(codes)
    if array.ndim != 2 or 0 in array.shape or array.dtype.kind not in "iu":
        raise IrError(f"samples: must be (n_samples, n_features) integers, not {array.shape} {array.dtype}")
    if array.min() < 0 or array.max() > 0xFFFF:
        raise IrError(f"samples: codes must be in 0..65535, not {array.min()}..{array.max()}")
    n_samples, n_features = array.shape
    n_blocks = -(-n_samples // int(np.clip(BLOCK_CODES // n_features, 256, 2048)))
    block = -(-n_samples // (n_blocks * STEP)) * STEP
    padded = np.zeros((n_blocks * block, n_features), dtype=np.uint16)
    padded[:n_samples] = array
    blocks = np.ascontiguousarray(padded.reshape(n_blocks, block, n_features).transpose(0, 2, 1))
    return PackedSamples(blocks, n_samples, array.max(axis=0).astype(np.int64))


def predict_batch(batch: MlpBatch, samples: PackedSamples) -> npt.NDArray[np.uint8] | npt.NDArray[np.int32]:
    """The class index each network gives each sample: (n_networks, n_samples).

    uint8 for up to 256 outputs, else int32. Raises IrError where samples and population do not fit.
    """
    kind = np.uint8 if batch.n_outputs <= 256 else np.int32
    winners = np.empty((batch.n_networks, samples.n_samples), dtype=kind)
    _run(batch, samples, winners, np.empty((batch.n_networks, batch.n_outputs, 0), dtype=np.int64))
    return winners


def outputs_batch(batch: MlpBatch, samples: PackedSamples) -> npt.NDArray[np.int64]:
    """The last layer's sums: (n_networks, n_outputs, n_samples). Raises IrError as `predict_batch`."""
    sums = np.empty((batch.n_networks, batch.n_outputs, samples.n_samples), dtype=np.int64)
    _run(batch, samples, np.empty((batch.n_networks, 0), dtype=np.uint8), sums)
    return sums


def confusion_batch(
    batch: MlpBatch, samples: PackedSamples, labels: Labels, n_classes: int
) -> npt.NDArray[np.int64]:
    """Confusion matrices (n_networks, n_classes, n_classes), rows are the true classes.

    labels: (n_samples,) in 0..n_classes - 1. Raises IrError for other labels, or where the networks do not
    have n_classes outputs.
    """
    truth = np.asarray(labels)
    if truth.shape != (samples.n_samples,) or truth.dtype.kind not in "iu":
        raise IrError(
            f"confusion: labels must be ({samples.n_samples},) integers, not {truth.shape} {truth.dtype}"
        )
    if truth.min() < 0 or truth.max() >= n_classes:
        raise IrError(f"confusion: labels must be in 0..{n_classes - 1}, not {truth.min()}..{truth.max()}")
    if batch.n_outputs != n_classes:
        raise IrError(
            f"confusion: the networks have {batch.n_outputs} outputs, but there are {n_classes} classes"
        )
    counts = np.zeros((batch.n_networks, n_classes * n_classes), dtype=np.int64)
    offsets = truth.astype(np.uint32) * np.uint32(n_classes)
    for part in _chunks(batch.n_networks, samples.n_samples):
        count_confusions(predict_batch(_slice(batch, part), samples), offsets, counts[part])
    return counts.reshape(-1, n_classes, n_classes)


def squared_error_batch(
    batch: MlpBatch, samples: PackedSamples, targets: FloatVector, scale: float, offset: float
) -> npt.NDArray[np.float64]:
    """(n_networks,) sums over the samples of `(output * scale + offset - target)**2`, one output each.

    targets: (n_samples,). Raises IrError for another shape, or networks with several outputs.
    """
    if batch.n_outputs != 1 or targets.shape != (samples.n_samples,):
        raise IrError(
            f"squared error: one output and ({samples.n_samples},) targets are needed, "
            f"not {batch.n_outputs} and {targets.shape}"
        )
    errors = np.empty(batch.n_networks)
    for part in _chunks(batch.n_networks, 8 * samples.n_samples):
        differences = outputs_batch(_slice(batch, part), samples)[:, 0] * scale
        differences += offset - np.asarray(targets, dtype=np.float64)
        errors[part] = np.einsum("ps,ps->p", differences, differences)
    return errors


def _chunks(n_networks: int, bytes_each: int) -> list[slice]:
    size = max(1, CHUNK_BYTES // max(1, bytes_each))
    return [slice(start, start + size) for start in range(0, n_networks, size)]


def _slice(batch: MlpBatch, part: slice) -> MlpBatch:
    return MlpBatch(
        tuple(_slice_layer(layer, part) for layer in batch.layers),
        batch.input_hi,
        None if batch.argmax is None else BatchArgmax(batch.argmax.sides[part], batch.argmax.masks[part]),
    )


def _slice_layer(layer: BatchLayer, part: slice) -> BatchLayer:
    return BatchLayer(
        layer.masks[part],
        layer.weights[part],
        layer.biases[part],
        None if layer.clip_shift is None else layer.clip_shift[part],
        None if layer.clip_hi is None else layer.clip_hi[part],
    )


def _run(
    batch: MlpBatch,
    samples: PackedSamples,
    winners: npt.NDArray[np.uint8] | npt.NDArray[np.int32],
    sums: npt.NDArray[np.int64],
) -> None:
    check_batch(batch)
    n_features = samples.blocks.shape[1]
    if n_features != len(batch.input_hi):
        raise IrError(f"samples: the networks have {len(batch.input_hi)} features, the samples {n_features}")
    if (samples.hi > batch.input_hi).any():
        feature = int(np.argmax(samples.hi > batch.input_hi))
        raise IrError(
            f"samples: feature {feature} must be at most {batch.input_hi[feature]}, not {samples.hi[feature]}"
        )
    program = lower(batch)
    evaluate_population(program, samples.blocks, Answers(winners, sums))
    for index in np.flatnonzero(program.layer_widths.max(axis=1) == WIDEST):
        _define(batch, int(index), samples, Answers(winners, sums))


def _define(batch: MlpBatch, index: int, samples: PackedSamples, answers: Answers) -> None:
    """A network with sums beyond 32 bits, which no search meets: by the definition."""
    n_features = samples.blocks.shape[1]
    codes = samples.blocks.transpose(0, 2, 1).reshape(-1, n_features)[: samples.n_samples].astype(np.int64)
    mlp = mlp_of(batch, index)
    found = mlp_sums(mlp, codes)
    if answers.sums.shape[2]:
        answers.sums[index] = found.T
    if answers.winners.shape[1]:
        answers.winners[index] = decide(found, mlp.argmax)
