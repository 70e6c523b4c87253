"""What is priced and shipped: a network, or a structure that is still without numbers, and its schedule."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from codegen.ir.graph import TensorGraph
from codegen.ir.network import Network

FormObjective: TypeAlias = Literal["balanced", "instructions", "flash"]
"""What code is chosen for where there are several forms: few instructions, few bytes of flash, or both."""


@dataclass(frozen=True, slots=True)
class PatchSchedule:
    """Patch-based execution of the first `n_operators` operators, in `rows` x `columns` patches."""

    n_operators: int
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """How a tensor design runs; it changes the cost, never the values.

    order: operator numbers in the order of execution; None is the order of the graph.
    patches: None where every operator runs whole. Bespoke networks have no order and no patches.
    """

    order: tuple[int, ...] | None = None
    patches: PatchSchedule | None = None
    objective: FormObjective = "balanced"


@dataclass(frozen=True, slots=True)
class Design:
    """content: the trained network, or the structure of one before training."""

    content: Network | TensorGraph
    schedule: Schedule = Schedule()
