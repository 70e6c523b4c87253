"""What a report says of a winner: figures, limits, structure and what was handed over."""

from collections.abc import Mapping
from dataclasses import dataclass

from codegen.artifact import Proof
from codegen.ir import Network
from codegen.ir.counts import count
from nas.finish import Finalist, describe, is_gate_level
from nas.objectives import Goals
from nas.records import Winner
from nas.report.data import (
    EmittedFile,
    HardwareCost,
    LimitCheck,
    SynthesizedCircuit,
    WinnerReport,
)


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What became of a network: its files, their proofs, and its circuit for each printed model."""

    files: tuple[EmittedFile, ...]
    proofs: tuple[Proof, ...]
    circuits: tuple[SynthesizedCircuit, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ProvenWinner:
    """A winner with what was handed over of it."""

    winner: Winner
    finalist: Finalist
    confusion: tuple[tuple[int, ...], ...] | None
    handed: HandedOver


def winner_report(goals: Goals, proven: ProvenWinner) -> WinnerReport:
    """Everything about a winner."""
    entry, network = proven.finalist.entry, proven.finalist.network
    return WinnerReport(
        role=proven.winner.role,
        id=entry.id,
        network=entry.network,
        family=entry.family,
        design=describe(network),
        metrics=dict(entry.metrics),
        test=dict(proven.winner.test),
        structure=_structure(network),
        costs=tuple(
            HardwareCost(alias, dict(cost.metrics), cost.items, cost.sources)
            for alias, cost in proven.finalist.priced.costs.items()
        ),
        limits=_limit_checks(goals, entry.metrics),
        confusion=proven.confusion,
        files=proven.handed.files,
        proofs=proven.handed.proofs,
        gate_level=is_gate_level(network),
        circuits=proven.handed.circuits,
    )


def _structure(network: Network) -> dict[str, int | float | str | bool]:
    counts = count(network)
    used = sum(1 for feature in network.interface.features if feature.bits)
    return {
        "features": used,
        "input_bits": network.interface.n_input_bits,
        "macs": counts.macs,
        "flops": counts.flops,
        "parameters": counts.parameters,
    }


def _limit_checks(goals: Goals, metrics: Mapping[str, float]) -> tuple[LimitCheck, ...]:
    checks = []
    for limit in goals.limits:
        if limit.minimum is not None:
            checks.append(LimitCheck(limit.metric, "min", limit.minimum, metrics[limit.metric]))
        if limit.maximum is not None:
            checks.append(LimitCheck(limit.metric, "max", limit.maximum, metrics[limit.metric]))
    return tuple(checks)
