"""Proofs that emitted files compute what `codegen.ir.evaluate` says, bit for bit."""

from codegen.verify.c import verify_c
from codegen.verify.measure import FirmwareMeasurement, measure_firmware
from codegen.verify.verilog import verify_verilog

__all__ = ["FirmwareMeasurement", "measure_firmware", "verify_c", "verify_verilog"]
