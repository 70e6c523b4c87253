"""The network contract. docs/ir.md says what every type means."""

from codegen.ir.design import Design, PatchSchedule, Schedule
from codegen.ir.errors import IrError
from codegen.ir.graph import Constant, FullyConnected, Operator, Quantization, Tensor, TensorGraph, TensorNet
from codegen.ir.interface import ClassOutput, Feature, Interface, Output, Value, ValueOutput
from codegen.ir.network import (
    BespokeMlp,
    Body,
    Clip,
    Comparison,
    DecisionTree,
    Gate,
    GateNetlist,
    Layer,
    Network,
    Neuron,
    PairTest,
    Term,
    ThresholdTest,
    TreeNode,
)
from codegen.ir.population import BatchArgmax, BatchLayer, MlpBatch

__all__ = [
    "BatchArgmax",
    "BatchLayer",
    "BespokeMlp",
    "Body",
    "ClassOutput",
    "Clip",
    "Comparison",
    "Constant",
    "DecisionTree",
    "Design",
    "Feature",
    "FullyConnected",
    "Gate",
    "GateNetlist",
    "Interface",
    "IrError",
    "Layer",
    "MlpBatch",
    "Network",
    "Neuron",
    "Operator",
    "Output",
    "PairTest",
    "PatchSchedule",
    "Quantization",
    "Schedule",
    "Tensor",
    "TensorGraph",
    "TensorNet",
    "Term",
    "ThresholdTest",
    "TreeNode",
    "Value",
    "ValueOutput",
]
