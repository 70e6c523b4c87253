"""Annealing of a mapped netlist on training rows: errors against exact area.

The method is Cartesian genetic programming in its simplest form (Miller and Thomson, EuroGP 2000: gates in
a row, dead ones drift) with the acceptance of simulated annealing, started from a circuit that works.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.ir.network import GATE_KINDS, Gate, GateNetlist
from searchspaces.gate_netlist.kernels import (
    INV,
    MAX_CHANGES,
    N_KINDS,
    N_TOTALS,
    NAND,
    Schedule,
    State,
    Task,
    anneal,
    settle,
)
from searchspaces.parse import IntRange
from searchspaces.space import SpaceError

Words: TypeAlias = npt.NDArray[np.uint64]
Labels: TypeAlias = npt.NDArray[np.integer[Any]]
Areas: TypeAlias = npt.NDArray[np.float64]

COLD = 0.1
"""Last temperature in errors: a move that costs half an error more is taken once in 150 times."""
HOT, HOT_MANY, MANY_ROWS = 0.5, 1.0, 4096
"""First temperature in errors, and that of sets with many rows. Much above it the start itself melts."""
SLACK, SPARE_SLOTS = 1.3, 10
"""Slots for each gate of the start, and on top of them: room for gates that drift."""


@dataclass(frozen=True, slots=True)
class Objective:
    """What a netlist costs. errors: rows whose code is not their class. area_cm2: of the live cells.

    cost: errors + price * n_rows * area_cm2.
    """

    errors: int
    area_cm2: float
    cost: float


def temperatures_for(n_rows: int) -> tuple[float, float]:
    """The first and the last temperature, in errors, that suit a number of rows."""
    return (HOT_MANY if n_rows > MANY_ROWS else HOT), COLD


def objective(
    netlist: GateNetlist, inputs: Words, labels: Labels, n_classes: int, gate_areas: Areas, price: float
) -> Objective:
    """Errors and area of a netlist, by the same code that anneals it; arguments as `anneal_netlist`."""
    task = _task(netlist, inputs, labels, n_classes, gate_areas, price)
    state = _state(netlist, inputs, np.arange(len(netlist.gates)), len(netlist.gates), 0)
    errors = int(settle(state, task))
    area_cm2 = _area(state, task)
    return Objective(errors, area_cm2, errors + task.weight * area_cm2)


def anneal_netlist(
    netlist: GateNetlist,
    inputs: Words,
    labels: Labels,
    n_classes: int,
    gate_areas: Areas,
    price: float,
    *,
    moves: int,
    seed: int,
    temperatures: tuple[float, float],
    changes: IntRange = IntRange(1, 3),
) -> GateNetlist:
    """The best netlist that an annealing sees, without dead gates; the start where it sees no better one.

    netlist: one group of outputs, the class index. inputs: (n_bits, n_words) uint64, row r of the training
    set at bit r % 64 of word r // 64. labels: (n_rows,) classes; a row whose code is another one, or no
    class, is an error. gate_areas: (len(GATE_KINDS),) cm2 in that order, infinite for a kind that the
    library lacks. price: accuracy, as a share of 1, that a cm2 must earn, at least 0: what is minimized is
    errors + price * n_rows * area. temperatures: first and last, in errors. changes: of one move.
    The result depends on the arguments alone. Raises SpaceError for arguments that do not fit.
    """
    _check_search(moves, temperatures, changes)
    task = _task(netlist, inputs, labels, n_classes, gate_areas, price)
    rng = np.random.default_rng(seed)
    n_gates = len(netlist.gates)
    n_slots = int(n_gates * SLACK) + SPARE_SLOTS
    slots = np.sort(rng.choice(n_slots, n_gates, replace=False))
    state = _state(netlist, inputs, slots, n_slots, int(rng.integers(1 << 63)))
    _fill_spare_slots(state, slots, task.inputs, rng)
    kinds, reads, outputs = state.kinds.copy(), state.reads.copy(), state.outputs.copy()
    schedule = Schedule(moves, float(temperatures[0]), float(temperatures[1]), changes.lower, changes.upper)
    anneal(state, task, schedule, kinds, reads, outputs)
    return _netlist(kinds, reads, outputs, task.first)


def _check_search(moves: int, temperatures: tuple[float, float], changes: IntRange) -> None:
    hot, cold = temperatures
    if moves < 0:
        raise SpaceError(f"gate_netlist: moves must be at least 0, not {moves}")
    if not (0 < cold <= hot < np.inf):
        raise SpaceError(f"gate_netlist: temperatures must be hot >= cold > 0, not {hot} and {cold}")
    if not (changes.lower >= 1 and changes.upper <= MAX_CHANGES):
        raise SpaceError(f"gate_netlist: changes must lie in 1..{MAX_CHANGES}, not {changes}")


def _task(
    netlist: GateNetlist, inputs: Words, labels: Labels, n_classes: int, gate_areas: Areas, price: float
) -> Task:
    n_rows = len(labels)
    _check_rows(inputs, labels, n_classes)
    _check_areas(netlist, gate_areas, price)
    if len(netlist.outputs) != 1:
        raise SpaceError(
            f"gate_netlist: one group of outputs, the class, is needed, not {len(netlist.outputs)}"
        )
    if any(signal >= 2 + len(inputs) + len(netlist.gates) for signal in netlist.outputs[0]):
        raise SpaceError("gate_netlist: the netlist reads more input bits than the rows have")
    n_bits, n_words = len(netlist.outputs[0]), inputs.shape[1]
    wanted = labels.astype(np.int64)
    sayable = wanted >> min(n_bits, 62) == 0
    bits = [_pack_row(wanted >> min(bit, 62) & 1, n_words) for bit in range(n_bits)]
    read = {signal for gate in netlist.gates for signal in (gate.a, gate.b)} | set(netlist.outputs[0])
    used = sorted(signal for signal in read if 2 <= signal < 2 + len(inputs))
    chances = np.where(np.isfinite(gate_areas), 1 / gate_areas, 0.0)
    shares = np.cumsum(chances) / chances.sum()
    shares[np.flatnonzero(chances)[-1] :] = 1.0
    return Task(
        2 + len(inputs),
        n_rows,
        np.array(bits),
        _pack_row(sayable, n_words),
        gate_areas.astype(np.float64),
        float(price * n_rows),
        shares,
        np.array(used or range(2, 2 + len(inputs)), dtype=np.int32),
    )


def _check_rows(inputs: Words, labels: Labels, n_classes: int) -> None:
    n_rows = len(labels)
    if n_rows == 0:
        raise SpaceError("gate_netlist: at least one row is needed")
    if inputs.ndim != 2 or len(inputs) == 0 or inputs.shape[1] != -(-n_rows // 64):
        raise SpaceError(
            f"gate_netlist: inputs must be (n_bits, {-(-n_rows // 64)}) words for {n_rows} rows, "
            f"not {inputs.shape}"
        )
    if not 0 <= int(labels.min()) <= int(labels.max()) < n_classes:
        raise SpaceError(
            f"gate_netlist: labels must lie in 0..{n_classes - 1}, not {labels.min()}..{labels.max()}"
        )


def _check_areas(netlist: GateNetlist, gate_areas: Areas, price: float) -> None:
    if gate_areas.shape != (N_KINDS,) or not (gate_areas > 0).all():
        raise SpaceError(f"gate_netlist: gate_areas must be {N_KINDS} positive numbers, not {gate_areas}")
    if not 0 <= price < np.inf:
        raise SpaceError(f"gate_netlist: price must be a number of at least 0, not {price}")
    lacking = [kind for kind, cm2 in zip(GATE_KINDS, gate_areas, strict=True) if not np.isfinite(cm2)]
    found = sorted({gate.kind for gate in netlist.gates}.intersection(lacking))
    if found:
        raise SpaceError(f"gate_netlist: the start has a gate of kind {found[0]!r}, which has no area")


def _pack_row(bits: npt.NDArray[Any], n_words: int) -> Words:
    padded = np.zeros(64 * n_words, dtype=np.uint8)
    padded[: len(bits)] = bits
    return np.packbits(padded, bitorder="little").view("<u8").astype(np.uint64)


def _state(
    netlist: GateNetlist, inputs: Words, slots: npt.NDArray[np.int64], n_slots: int, seed: int
) -> State:
    """The netlist with its gates in the given slots; spare slots read constant 0."""
    first, n_words = 2 + len(inputs), inputs.shape[1]
    number = np.concatenate([np.arange(first), first + slots])
    kinds, reads = np.full(n_slots, NAND, dtype=np.int8), np.zeros((n_slots, 2), dtype=np.int32)
    for slot, gate in zip(slots, netlist.gates, strict=True):
        kinds[slot], reads[slot] = GATE_KINDS.index(gate.kind), (number[gate.a], number[gate.b])
    n_signals = first + n_slots
    values = np.zeros((2 * n_signals, n_words), dtype=np.uint64)
    values[2], values[4 : 2 * first : 2] = ~np.uint64(0), inputs
    return State(
        kinds=kinds,
        reads=reads,
        outputs=number[list(netlist.outputs[0])].astype(np.int32),
        uses=np.zeros(n_slots, dtype=np.int32),
        live=np.zeros(n_slots, dtype=np.int32),
        place=np.full(n_slots, -1, dtype=np.int32),
        totals=np.zeros(N_TOTALS, dtype=np.int64),
        values=values,
        side=np.zeros(n_signals, dtype=np.int8),
        marked=np.full(n_slots, -1, dtype=np.int64),
        changed=np.full(n_signals, -1, dtype=np.int64),
        turned=np.zeros(n_signals, dtype=np.int32),
        stack=np.zeros(n_slots + 2, dtype=np.int32),
        right=np.zeros(n_words, dtype=np.uint64),
        journal=np.zeros((MAX_CHANGES, 3), dtype=np.int64),
        random=np.array([seed], dtype=np.uint64),
    )


def _fill_spare_slots(
    state: State, slots: npt.NDArray[np.int64], inputs: npt.NDArray[np.int32], rng: np.random.Generator
) -> None:
    """NANDs of inputs, for a live gate to find."""
    spare = np.setdiff1d(np.arange(len(state.kinds)), slots)
    state.reads[spare] = rng.choice(inputs, (len(spare), 2))


def _netlist(
    kinds: npt.NDArray[np.int8],
    reads: npt.NDArray[np.int32],
    outputs: npt.NDArray[np.int32],
    first: int,
) -> GateNetlist:
    """The slots that an output depends on, as a netlist."""
    live = {int(signal) for signal in outputs}
    for slot in reversed(range(len(kinds))):
        if first + slot in live:
            live |= {int(reads[slot, 0]), int(reads[slot, 0 if kinds[slot] == INV else 1])}
    number = {signal: signal for signal in range(first)}
    gates: list[Gate] = []
    for slot in range(len(kinds)):
        if first + slot in live:
            a, b = reads[slot, 0], reads[slot, 0 if kinds[slot] == INV else 1]
            number[first + slot] = first + len(gates)
            gates.append(Gate(GATE_KINDS[kinds[slot]], number[int(a)], number[int(b)]))
    return GateNetlist(tuple(gates), (tuple(number[int(signal)] for signal in outputs),))


def _area(state: State, task: Task) -> float:
    """Summed kind by kind, as the kernel does."""
    counts = zip(state.totals[:N_KINDS], task.areas, strict=True)
    return float(sum(count * cm2 for count, cm2 in counts if count))
