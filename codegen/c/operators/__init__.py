"""C functions of the operators without weights, each made for one shape and one quantization."""

from codegen.c.operators.emit import emit_operator
from codegen.c.operators.function import Function

__all__ = ["Function", "emit_operator"]
