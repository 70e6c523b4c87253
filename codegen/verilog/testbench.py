"""The self-checking testbench of an emitted module and its vectors."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from codegen.ir.evaluate import Codes, evaluate
from codegen.ir.network import Network
from codegen.verilog.ports import Port, Ports
from codegen.verilog.templates import render
from codegen.verilog.vectors import vectors_hex


@dataclass(frozen=True, slots=True)
class _Slice:
    """A port and where it stands in a vector."""

    port: Port
    low: int

    @property
    def bits(self) -> str:
        high = self.low + self.port.width - 1
        return f"[{self.low}]" if high == self.low else f"[{high}:{self.low}]"

    def value(self, word: str) -> str:
        """Its bits in a word, as $display should show them."""
        return f"$signed({word}{self.bits})" if self.port.signed else f"{word}{self.bits}"


def testbench(module: str, files: tuple[str, ...], n_vectors: int, ports: Ports) -> str:
    """The text of the testbench. files: what must be compiled with it."""
    slices = _slices((*ports.inputs, *ports.outputs))
    inputs, outputs = slices[: len(ports.inputs)], slices[len(ports.inputs) :]
    n_output_bits = sum(port.width for port in ports.outputs)
    return render(
        "testbench.v.j2",
        module=module,
        files=files,
        n_vectors=n_vectors,
        n_bits=slices[0].low + slices[0].port.width,
        n_output_bits=n_output_bits,
        inputs=inputs,
        outputs=outputs,
    )


def _slices(ports: tuple[Port, ...]) -> list[_Slice]:
    """The first port in the highest bits."""
    low = sum(port.width for port in ports)
    slices = []
    for port in ports:
        low -= port.width
        slices.append(_Slice(port, low))
    return slices


def network_vectors(network: Network, codes: Codes, ports: Ports) -> str:
    """The memory file: for each row of codes, its features and what `evaluate` says to them."""
    expected = evaluate(network, codes).reshape(len(codes), -1)
    columns: npt.NDArray[np.int64] = np.hstack([np.asarray(codes, dtype=np.int64), expected])
    return vectors_hex(columns, [port.width for port in (*ports.inputs, *ports.outputs)])
