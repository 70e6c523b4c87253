"""The integer arithmetic of tensor operators, one group of operators a file; docs/ir.md says it in words."""

from codegen.ir.integer.dispatch import evaluate_operator

__all__ = ["evaluate_operator"]
