"""Names of the metrics that a spec may use; those of the hardware come from its models."""

from nas.scores import TASK_METRICS

SHARE_METRICS = frozenset(TASK_METRICS["classification"])
"""Metrics between 0 and 1."""

STRUCTURE_METRICS: tuple[str, ...] = ("macs", "flops", "parameters")
"""Counted on the network itself, whatever it runs on."""

__all__ = ["SHARE_METRICS", "STRUCTURE_METRICS", "TASK_METRICS"]
