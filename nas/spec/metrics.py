"""Names of the metrics that a spec may use."""

from collections.abc import Mapping

from nas.data.dataset import Task

TASK_METRICS: Mapping[Task, tuple[str, ...]] = {
    "classification": ("accuracy", "balanced_accuracy", "macro_f1"),
    "regression": ("r2",),
}
"""Measured on the validation part; larger is better."""

SHARE_METRICS = frozenset(TASK_METRICS["classification"])
"""Metrics between 0 and 1."""

STRUCTURE_METRICS: tuple[str, ...] = ("macs", "flops", "parameters")
"""Counted on the network itself, whatever it runs on."""
