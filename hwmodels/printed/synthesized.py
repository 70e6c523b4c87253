"""What a printed circuit costs after synthesis: the price of its mapped netlist, which is exact.

Each metric is called after the one that it refines, with `PREFIX` before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from codegen.cells import CellLibrary
from codegen.ir import Interface, Network
from codegen.synthesis import MappedNetlist, SynthesisError, synthesize_cached
from codegen.toolchain import ToolError
from hwmodels.model import Cost, Metric, RefineError, Source, Workload

PREFIX = "synthesized_"
REFINED = ("area_cm2", "power_mw", "latency_s", "total_area_cm2", "total_power_mw", "battery_share")
N_RANDOM_SAMPLES = 4096
"""Samples that leakage is averaged over where the workload brings none."""


def synthesized_metrics(metrics: Sequence[Metric]) -> tuple[Metric, ...]:
    """The refined form of those of a model's metrics that have one."""
    return tuple(
        replace(
            metric,
            name=PREFIX + metric.name,
            description=f"{metric.description}; of the netlist after synthesis",
            proxy=metric.name,
        )
        for metric in metrics
        if metric.name in REFINED
    )


@dataclass(frozen=True, slots=True, eq=False)
class Synthesized:
    """A network as the netlist that synthesis makes of it. workload: the samples that it leaks on."""

    network: Network
    workload: Workload
    sources: tuple[Source, ...]


def synthesize_for_price(network: Network, workload: Workload, library: CellLibrary) -> Synthesized:
    """The netlist with the samples of the workload, or `N_RANDOM_SAMPLES` with equally likely bits.

    Raises RefineError where synthesis fails.
    """
    try:
        mapped = synthesize_cached(network, library)
    except (SynthesisError, ToolError) as error:
        raise RefineError(f"printed: synthesis: {error}") from None
    n_given = 0 if workload.samples is None else len(workload.samples)
    return Synthesized(
        replace(network, body=mapped.netlist),
        workload if n_given else _random_samples(network.interface),
        _sources(mapped, n_given),
    )


def refined_cost(cost: Cost, sources: tuple[Source, ...]) -> Cost:
    """The refined metrics of the price of a mapped netlist. sources: of the netlist, besides the price's."""
    return Cost(
        {PREFIX + name: value for name, value in cost.metrics.items() if name in REFINED},
        tuple(replace(item, metric=PREFIX + item.metric) for item in cost.items if item.metric in REFINED),
        sources,
    )


def _random_samples(interface: Interface) -> Workload:
    rng = np.random.default_rng(0)
    lowest = [feature.code_lo for feature in interface.features]
    highest = [feature.code_hi for feature in interface.features]
    shape = (N_RANDOM_SAMPLES, interface.n_features)
    return Workload(rng.integers(lowest, highest, shape, endpoint=True).astype(np.int32))


def _sources(mapped: MappedNetlist, n_given: int) -> tuple[Source, ...]:
    brought = "given samples" if n_given else "equally likely random samples, since none were given"
    by = f"{mapped.recipe} by {mapped.tool}" if mapped.tool else f"{mapped.recipe}, which no recipe improved"
    return (
        Source("cells after synthesis", float(sum(mapped.cell_counts.values())), "1", by),
        Source("samples of the leakage", float(n_given or N_RANDOM_SAMPLES), "1", brought),
    )
