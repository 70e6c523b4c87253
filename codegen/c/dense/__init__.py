"""Chains of fully connected layers on one routine that reads shapes and weights from tables."""

from codegen.c.dense.body import DenseText, dense_text
from codegen.c.dense.layers import program_layers, tensor_layers

__all__ = ["DenseText", "dense_text", "program_layers", "tensor_layers"]
