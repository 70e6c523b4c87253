"""A tensor network as C: one arena, the plan's offsets, a function for each operator."""

from codegen.c.tensor.body import TensorText, tensor_text

__all__ = ["TensorText", "tensor_text"]
