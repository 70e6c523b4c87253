"""What proofs of Verilog say of a difference."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.artifact import Proof
from codegen.ir.network import Network
from codegen.verilog import output_ports

IntArray: TypeAlias = npt.NDArray[np.integer[Any]]


def refused(target: str, tool: str, n_vectors: int, words: str) -> Proof:
    """A module that a tool does not take computes nothing right."""
    return Proof(target, tool, "mismatch", n_vectors, n_vectors, detail=words.strip()[:500])


def mismatch_text(
    network: Network, vectors: IntArray, expected: IntArray, row: int, found: Sequence[str]
) -> str:
    """ "vector 12: age=3, weight=9: expected class_index=1, found class_index=0"."""
    ports = output_ports(network)
    inputs = ", ".join(f"{port.name}={code}" for port, code in zip(ports.inputs, vectors[row], strict=True))
    names = [port.name for port in ports.outputs]
    wanted = ", ".join(f"{name}={value}" for name, value in zip(names, expected[row], strict=True))
    got = ", ".join(f"{name}={value}" for name, value in zip(names, found, strict=True))
    return f"vector {row}: {inputs}: expected {wanted}, found {got}"
