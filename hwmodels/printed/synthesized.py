"""What a printed circuit costs after synthesis: its mapped netlist, weighed gate by gate."""

import numpy as np

from codegen.cells import CellLibrary
from codegen.circuit.netlist import (
    BitSamples,
    cell_counts,
    critical_path_s,
    leakage_by_kind_mw,
    pack_codes,
    random_samples,
)
from codegen.ir import Interface, Network
from codegen.ir.network import GateKind
from codegen.synthesis import MappedNetlist, SynthesisError, synthesize_cached
from codegen.toolchain import ToolError
from hwmodels.model import Cost, CostItem, Metric, RefineError, Source, Workload

N_RANDOM_SAMPLES = 4096
"""Samples that leakage is averaged over where the workload brings none."""

SYNTHESIZED_METRICS = (
    Metric(
        "synthesized_area_cm2",
        "cm2",
        "min",
        "network",
        "cells of the netlist after synthesis",
        proxy="area_cm2",
    ),
    Metric(
        "synthesized_power_mw",
        "mW",
        "min",
        "network",
        "leakage of the netlist by the states that the data brings its cells to, and switching",
        proxy="power_mw",
    ),
    Metric("synthesized_latency_s", "s", "min", "network", "longest path of the netlist", proxy="latency_s"),
)


def synthesized_cost(
    network: Network, workload: Workload, library: CellLibrary, *, supply_v: float, power_by_leakage: float
) -> Cost:
    """The metrics of `SYNTHESIZED_METRICS`, with shares by kind of cell.

    Leakage is the mean over `workload.samples`, or over `N_RANDOM_SAMPLES` with equally likely bits.
    power_by_leakage: total power over leakage. Raises RefineError where synthesis fails.
    """
    try:
        mapped = synthesize_cached(network, library)
    except (SynthesisError, ToolError) as error:
        raise RefineError(f"printed: synthesis: {error}") from None
    samples = _samples(network.interface, workload)
    leakage = leakage_by_kind_mw(mapped.netlist, samples, library, supply_v=supply_v)
    area = {kind: library.area_cm2(kind) * n for kind, n in cell_counts(mapped.netlist).items()}
    power = {kind: amount * power_by_leakage for kind, amount in leakage.items()}
    n_inputs = network.interface.n_input_bits
    metrics = {
        "synthesized_area_cm2": sum(area.values()),
        "synthesized_power_mw": sum(power.values()),
        "synthesized_latency_s": critical_path_s(mapped.netlist, n_inputs, library, supply_v=supply_v),
    }
    items = (*_items("synthesized_area_cm2", area), *_items("synthesized_power_mw", power))
    return Cost({name: float(value) for name, value in metrics.items()}, items, _sources(mapped, workload))


def _samples(interface: Interface, workload: Workload) -> BitSamples:
    if workload.samples is None or not len(workload.samples):
        return random_samples(interface.n_input_bits, N_RANDOM_SAMPLES, np.random.default_rng(0))
    return pack_codes(workload.samples, [feature.bits for feature in interface.features])


def _items(metric: str, amounts: dict[GateKind, float]) -> tuple[CostItem, ...]:
    return tuple(CostItem(f"cells/{kind}", metric, amount) for kind, amount in amounts.items())


def _sources(mapped: MappedNetlist, workload: Workload) -> tuple[Source, ...]:
    n_given = 0 if workload.samples is None else len(workload.samples)
    brought = "training rows" if n_given else "equally likely random samples, since there is no data"
    by = f"{mapped.recipe} by {mapped.tool}" if mapped.tool else f"{mapped.recipe}, which no recipe improved"
    return (
        Source("cells after synthesis", float(sum(mapped.cell_counts.values())), "1", by),
        Source("samples of the leakage", float(n_given or N_RANDOM_SAMPLES), "1", brought),
    )
