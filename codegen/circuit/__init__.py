"""The bit level of bespoke networks."""

from codegen.circuit.aig import Aig
from codegen.circuit.certificate import Certificate, certify
from codegen.circuit.covering import cover, prefers_xor
from codegen.circuit.errors import CertificateError, CircuitError
from codegen.circuit.lowering import Circuit, lower, lower_netlist
from codegen.circuit.netlist import (
    BitSamples,
    area_cm2,
    cell_counts,
    critical_path_ns,
    evaluate_netlist,
    leakage_by_supply,
    leakage_mw,
    pack_codes,
    random_samples,
    remove_dead_gates,
    simulate,
    state_counts,
)

__all__ = [
    "Aig",
    "BitSamples",
    "Certificate",
    "CertificateError",
    "Circuit",
    "CircuitError",
    "area_cm2",
    "cell_counts",
    "certify",
    "cover",
    "critical_path_ns",
    "evaluate_netlist",
    "leakage_by_supply",
    "leakage_mw",
    "lower",
    "lower_netlist",
    "pack_codes",
    "prefers_xor",
    "random_samples",
    "remove_dead_gates",
    "simulate",
    "state_counts",
]
