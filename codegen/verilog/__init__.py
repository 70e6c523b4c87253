"""Verilog-2001 of a bespoke network, with a self-checking testbench."""

from codegen.verilog.emit import Style, emit_verilog, output_ports
from codegen.verilog.errors import VerilogError
from codegen.verilog.testbench import network_vectors

__all__ = ["Style", "VerilogError", "emit_verilog", "network_vectors", "output_ports"]
