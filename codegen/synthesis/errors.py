"""The error of synthesis."""

from codegen.errors import CodegenError


class SynthesisError(CodegenError):
    """A Verilog text can't be turned into gates. The text says where, and gives yosys's own line."""
