"""The errors of the bit level."""

from codegen.errors import CodegenError


class CircuitError(CodegenError):
    """A network can't be lowered to gates. The text says why and what would do."""


class CertificateError(CodegenError):
    """An adder network does not add up to what the network says. The text names the sum."""
