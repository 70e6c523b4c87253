"""Where the tensors of a network lie when the emitted C runs."""

from dataclasses import dataclass

import numpy as np

from codegen.c.kernels.render import array
from codegen.ir.graph import TensorNet
from codegen.ir.operators import Reshape, activations_read
from codegen.plan import Plan

ARENA, INPUT = "arena", "input"
"""Names of the two pointers, `int8_t *` and `const int8_t *`, in the emitted function."""


@dataclass(frozen=True, slots=True)
class Places:
    """C expressions of type `int8_t *`, or `const int8_t *` where nothing is written, by tensor number."""

    plan: Plan
    net: TensorNet
    prefix: str

    def tensor(self, number: int, offset_bytes: int = 0) -> str:
        """The first byte of a tensor, or one after it."""
        root = self.root(number)
        if root in self.net.graph.inputs:
            return plus(INPUT, offset_bytes)
        place = self.plan.placement("tensor", root)
        if place is None:
            return plus(f"{self.prefix}_tensor{root}", offset_bytes)
        return plus(ARENA, place.offset_bytes + offset_bytes)

    def scratch(self, operator: int, offset_bytes: int = 0) -> str:
        """The first byte of an operator's scratch, or one after it; a null pointer where it has none."""
        place = self.plan.placement("scratch", operator)
        return "0" if place is None else plus(ARENA, place.offset_bytes + offset_bytes)

    def root(self, number: int) -> int:
        """The tensor whose bytes a tensor is: itself, but for reshapes."""
        sources = {
            operator.output: operator.input
            for operator in self.net.graph.operators
            if isinstance(operator, Reshape)
        }
        while number in sources:
            number = sources[number]
        return number

    def constants(self) -> str:
        """Arrays of the constants that operators read as activations."""
        read = {
            self.root(tensor)
            for operator in self.net.graph.operators
            for tensor in activations_read(operator)
        }
        texts = []
        for constant in self.net.constants:
            if constant.tensor in read:
                values = map(int, np.frombuffer(constant.data, dtype=np.int8))
                texts.append(array("int8_t", f"{self.prefix}_tensor{constant.tensor}", values))
        return "".join(texts)


def plus(pointer: str, offset: int) -> str:
    """A pointer and an offset in bytes."""
    return f"{pointer} + {offset}" if offset else pointer
