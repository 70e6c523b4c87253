"""The bit level of bespoke networks."""

from codegen.circuit.netlist import (
    BitSamples,
    area_cm2,
    cell_counts,
    evaluate_netlist,
    leakage_mw,
    pack_codes,
    random_samples,
    remove_dead_gates,
    simulate,
    state_counts,
)

__all__ = [
    "BitSamples",
    "area_cm2",
    "cell_counts",
    "evaluate_netlist",
    "leakage_mw",
    "pack_codes",
    "random_samples",
    "remove_dead_gates",
    "simulate",
    "state_counts",
]
