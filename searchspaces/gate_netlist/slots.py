"""Between netlists and rows of training data, and the arrays that the kernels work on."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.ir.network import GATE_KINDS, Gate, GateNetlist
from searchspaces.gate_netlist.kernels import (
    INV,
    KIND,
    LEFT,
    MAX_CHANGES,
    N_TOTALS,
    NAND,
    Best,
    State,
    Task,
)

Words: TypeAlias = npt.NDArray[np.uint64]
Labels: TypeAlias = npt.NDArray[np.integer[Any]]
Areas: TypeAlias = npt.NDArray[np.float64]

SLACK, SPARE_SLOTS = 1.3, 10
"""Slots for each gate of the start, and on top of them: room for gates that drift."""


def make_task(netlist: GateNetlist, inputs: Words, labels: Labels, gate_areas: Areas, price: float) -> Task:
    """What the kernels judge by. A new gate is the likelier of a kind, the smaller the kind's cell is."""
    first, n_words = 2 + len(inputs), inputs.shape[1]
    classes = labels.astype(np.int64)
    bits = [_pack_row(classes >> min(bit, 63) & 1, n_words) for bit in range(len(netlist.outputs[0]))]
    sayable = classes >> min(len(bits), 63) == 0
    read = {signal for gate in netlist.gates for signal in (gate.a, gate.b)} | set(netlist.outputs[0])
    used = sorted(signal for signal in read if 2 <= signal < first)
    shares = np.cumsum(1 / gate_areas) / (1 / gate_areas).sum()
    shares[np.flatnonzero(np.isfinite(gate_areas))[-1] :] = 1.0
    return Task(
        first=first,
        n_rows=len(labels),
        labels=np.array(bits),
        asked=_pack_row(sayable, n_words),
        areas=gate_areas.astype(np.float64),
        weight=float(price * len(labels)),
        shares=shares,
        inputs=np.array(used or range(2, first), dtype=np.int32),
    )


def _pack_row(bits: npt.NDArray[Any], n_words: int) -> Words:
    padded = np.zeros(64 * n_words, dtype=np.uint8)
    padded[: len(bits)] = bits
    return np.packbits(padded, bitorder="little").view("<u8").astype(np.uint64)


def tight_state(netlist: GateNetlist, inputs: Words) -> State:
    """One slot a gate, for what does not change."""
    return _state(netlist, inputs, np.arange(len(netlist.gates)), len(netlist.gates), 0)


def roomy_state(netlist: GateNetlist, inputs: Words, used: npt.NDArray[np.int32], seed: int) -> State:
    """Spare slots between the gates: NANDs of the used inputs, for a live gate to find."""
    rng = np.random.default_rng(seed)
    n_gates = len(netlist.gates)
    n_slots = int(n_gates * SLACK) + SPARE_SLOTS
    slots = np.sort(rng.choice(n_slots, n_gates, replace=False))
    state = _state(netlist, inputs, slots, n_slots, int(rng.integers(1 << 63)))
    spare = np.setdiff1d(np.arange(n_slots), slots)
    state.gates[spare, LEFT:] = rng.choice(used, (len(spare), 2))
    return state


def _state(
    netlist: GateNetlist, inputs: Words, slots: npt.NDArray[np.int64], n_slots: int, seed: int
) -> State:
    first, n_words = 2 + len(inputs), inputs.shape[1]
    number = np.concatenate([np.arange(first), first + slots])
    gates = np.zeros((n_slots, 3), dtype=np.int32)
    gates[:, KIND] = NAND
    for slot, gate in zip(slots, netlist.gates, strict=True):
        gates[slot] = GATE_KINDS.index(gate.kind), number[gate.a], number[gate.b]
    n_signals = first + n_slots
    values = np.zeros((2 * n_signals, n_words), dtype=np.uint64)
    values[2], values[4 : 2 * first : 2] = ~np.uint64(0), inputs
    return State(
        gates=gates,
        outputs=number[list(netlist.outputs[0])].astype(np.int32),
        slots=np.full((n_slots, 4), (0, -1, -1, 0), dtype=np.int64),
        signals=np.full((n_signals, 3), (0, -1, 0), dtype=np.int64),
        values=values,
        totals=np.zeros(N_TOTALS, dtype=np.int64),
        stack=np.zeros(n_slots + 2, dtype=np.int64),
        right=np.zeros(n_words, dtype=np.uint64),
        journal=np.zeros((MAX_CHANGES, 3), dtype=np.int64),
        random=np.array([seed], dtype=np.uint64),
    )


def netlist_of(best: Best, first: int) -> GateNetlist:
    """The slots that an output depends on, as a netlist. first: number of the first gate's signal."""
    outputs = [int(signal) for signal in best.outputs]
    slots = [(kind, left, left if kind == INV else right) for kind, left, right in best.gates.tolist()]
    live = set(outputs)
    for signal in reversed(range(first, first + len(slots))):
        if signal in live:
            live |= set(slots[signal - first][LEFT:])
    number = {signal: signal for signal in range(first)}
    gates: list[Gate] = []
    for signal, (kind, left, right) in enumerate(slots, first):
        if signal in live:
            number[signal] = first + len(gates)
            gates.append(Gate(GATE_KINDS[kind], number[left], number[right]))
    return GateNetlist(tuple(gates), (tuple(number[signal] for signal in outputs),))
