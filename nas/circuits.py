"""A winner as a synthesized circuit: its cells, its power at every supply, and what can feed it."""

from codegen.circuit.netlist import BitSamples, pack_codes
from codegen.ir import Design
from codegen.synthesis import MappedNetlist, synthesize_cached
from hwmodels.printed import PrintedModel
from hwmodels.printed.batteries import batteries, sufficient_batteries
from hwmodels.printed.supplies import power_by_supply
from nas.finish import Finalist
from nas.problem import Problem
from nas.report.data import BatteryFacts, SupplyFacts, SynthesizedCircuit


def synthesized_circuits(problem: Problem, finalist: Finalist) -> tuple[SynthesizedCircuit, ...]:
    """The circuit of a design for each printed model that accepts it; empty where there is none.

    Leakage is the mean over the rows that the network was fitted on. Raises ToolError where no tool that
    maps is installed, SynthesisError where it fails.
    """
    network, codes = finalist.network, finalist.workload.samples
    printed = {
        alias: model
        for alias, model in problem.models.items()
        if isinstance(model, PrintedModel) and model.accepts(Design(network)) is None
    }
    if not printed or codes is None:
        return ()
    samples = pack_codes(codes, [feature.bits for feature in network.interface.features])
    return tuple(
        _circuit(alias, model, synthesize_cached(network, model.library), samples)
        for alias, model in printed.items()
    )


def _circuit(
    alias: str, model: PrintedModel, mapped: MappedNetlist, samples: BitSamples
) -> SynthesizedCircuit:
    rows = power_by_supply(mapped.netlist, samples, model.library, power_by_leakage=model.power_by_leakage)
    return SynthesizedCircuit(
        alias=alias,
        library=model.library.name,
        recipe=mapped.recipe,
        tool=mapped.tool,
        area_cm2=mapped.area_cm2,
        cells=dict(mapped.cell_counts),
        batteries=tuple(BatteryFacts(battery.name, battery.power_mw) for battery in batteries()),
        supplies=tuple(
            SupplyFacts(
                row.supply_v,
                row.leakage_mw,
                row.power_mw,
                tuple(battery.name for battery in sufficient_batteries(row.power_mw)),
            )
            for row in rows
        ),
    )
