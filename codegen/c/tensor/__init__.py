"""A tensor network as C: one arena, the plan's offsets, a function for each operator."""

from codegen.c.tensor.body import TensorText, output_bytes, tensor_text

__all__ = ["TensorText", "output_bytes", "tensor_text"]
