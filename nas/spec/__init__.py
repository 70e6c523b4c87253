"""The spec of a run: its model, its problems, its JSON schema, and its text."""

from nas.spec.model import (
    CSpec,
    DataSpec,
    EmitSpec,
    HardwareSpec,
    LimitSpec,
    OperatorsSpec,
    SearchSpec,
    SpaceSpec,
    Spec,
    SplitSpec,
    ValidationSpec,
    VerilogSpec,
)
from nas.spec.problems import Problem, SpecError

__all__ = [
    "CSpec",
    "DataSpec",
    "EmitSpec",
    "HardwareSpec",
    "LimitSpec",
    "OperatorsSpec",
    "Problem",
    "SearchSpec",
    "SpaceSpec",
    "Spec",
    "SpecError",
    "SplitSpec",
    "ValidationSpec",
    "VerilogSpec",
]
