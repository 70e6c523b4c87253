"""The error of the Verilog emitter."""

from codegen.errors import CodegenError


class VerilogError(CodegenError):
    """A network can't be emitted as Verilog. The text says why and what would do."""
