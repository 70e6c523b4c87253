"""The rows that a network is trained on or judged by."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.ir import ClassOutput, Interface, Network
from codegen.ir.evaluate import evaluate
from nas.errors import RunError

Codes: TypeAlias = npt.NDArray[np.integer[Any]]
Targets: TypeAlias = npt.NDArray[np.number[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class TrainingRows:
    """codes: (n_rows, n_features) int32. targets: (n_rows,) int64 classes, or (n_rows, n_outputs) float64."""

    codes: npt.NDArray[np.int32]
    targets: npt.NDArray[np.int64] | npt.NDArray[np.float64]

    def error(self, network: Network) -> float:
        """Share of wrong classes, or mean squared error over all values."""
        found = evaluate(network, self.codes)
        output = network.interface.output
        if isinstance(output, ClassOutput):
            return float((found != self.targets).mean())
        scale = np.array([value.scale for value in output.values])
        offset = np.array([value.offset for value in output.values])
        return float(((found * scale + offset - self.targets) ** 2).mean())


def check_rows(interface: Interface, codes: Codes, targets: Targets) -> TrainingRows:
    """The rows in the types of training. targets: (n_rows,), or for values also (n_rows, n_outputs).

    Raises RunError where shapes do not fit, a class does not exist or a value is not finite.
    """
    if codes.ndim != 2 or codes.shape[1] != interface.n_features or not len(codes):
        raise RunError(f"training: codes must be (n_rows, {interface.n_features}), not {codes.shape}")
    if len(targets) != len(codes):
        raise RunError(f"training: {len(codes)} targets are needed, one a row, not {len(targets)}")
    if isinstance(interface.output, ClassOutput):
        if targets.ndim != 1 or targets.min() < 0 or targets.max() >= interface.n_outputs:
            raise RunError(f"training: targets must be class indices in 0..{interface.n_outputs - 1}")
        return TrainingRows(codes.astype(np.int32), targets.astype(np.int64))
    values = targets.reshape(len(targets), -1).astype(np.float64)
    if values.shape[1] != interface.n_outputs or not np.isfinite(values).all():
        raise RunError(f"training: {interface.n_outputs} finite values a row are needed as targets")
    return TrainingRows(codes.astype(np.int32), values)
