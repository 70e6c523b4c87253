"""Annealing of a mapped netlist on training rows: errors against exact area.

The method is Cartesian genetic programming in its simplest form (Miller and Thomson, EuroGP 2000: gates in
a row, dead ones drift) with the acceptance of simulated annealing, started from a circuit that works.
"""

from dataclasses import dataclass

import numpy as np

from codegen.ir.network import GATE_KINDS, GateNetlist
from searchspaces.gate_netlist.kernels import MAX_CHANGES, N_KINDS, Best, Schedule, anneal
from searchspaces.gate_netlist.options import DEFAULT_CHANGES
from searchspaces.gate_netlist.slots import (
    Areas,
    Labels,
    Words,
    make_task,
    netlist_of,
    roomy_state,
    tight_state,
)
from searchspaces.parse import IntRange
from searchspaces.space import SpaceError

COLD = 0.1
"""Last temperature in errors: a move that costs half an error more is taken once in 150 times."""
HOT, HOT_MANY, MANY_ROWS = 0.4, 1.0, 4096
"""First temperature in errors, and that of sets with many rows. Much above it the start itself melts."""


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
    """Errors and area of a netlist as the annealing counts them; arguments and errors as there."""
    _check(netlist, inputs, labels, n_classes, gate_areas, price)
    task, state = make_task(netlist, inputs, labels, gate_areas, price), tight_state(netlist, inputs)
    errors = int(anneal(state, task, Schedule(0, 1.0, 1.0, 1, 1), Best(state.gates, state.outputs)))
    live = zip(state.totals[:N_KINDS].tolist(), gate_areas.tolist(), strict=True)
    area_cm2 = sum((count * cm2 for count, cm2 in live if count), 0.0)
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
    changes: IntRange = DEFAULT_CHANGES,
) -> GateNetlist:
    """The best netlist that an annealing sees, without dead gates; the start where it sees no better one.

    netlist: one group of outputs, the class index. inputs: (n_bits, n_words) uint64, row r of the training
    set at bit r % 64 of word r // 64. labels: (n_rows,) classes; a row whose code is another one, or no
    class, is an error. gate_areas: (len(GATE_KINDS),) cm2 in that order, infinite for a kind that the
    library lacks. price: accuracy, as a share of 1, that a cm2 must earn, at least 0: what is minimized is
    errors + price * n_rows * area. temperatures: first and last, in errors. changes: of one move, each
    further one with chance one half. The result depends on the arguments alone.
    Raises SpaceError for arguments that do not fit.
    """
    _check(netlist, inputs, labels, n_classes, gate_areas, price)
    _check_search(moves, temperatures, changes)
    task = make_task(netlist, inputs, labels, gate_areas, price)
    state = roomy_state(netlist, inputs, task.inputs, seed)
    best = Best(state.gates.copy(), state.outputs.copy())
    schedule = Schedule(moves, float(temperatures[0]), float(temperatures[1]), changes.lower, changes.upper)
    anneal(state, task, schedule, best)
    return netlist_of(best, task.first)


def _check_search(moves: int, temperatures: tuple[float, float], changes: IntRange) -> None:
    hot, cold = temperatures
    if moves < 0:
        raise SpaceError(f"gate_netlist: moves must be at least 0, not {moves}")
    if not 0 < cold <= hot < np.inf:
        raise SpaceError(f"gate_netlist: first >= last > 0 must hold for temperatures, not {hot} and {cold}")
    if not (changes.lower >= 1 and changes.upper <= MAX_CHANGES):
        raise SpaceError(f"gate_netlist: changes must lie in 1..{MAX_CHANGES}, not {changes}")


def _check(
    netlist: GateNetlist, inputs: Words, labels: Labels, n_classes: int, gate_areas: Areas, price: float
) -> None:
    _check_rows(inputs, labels, n_classes)
    if gate_areas.shape != (N_KINDS,) or not (gate_areas > 0).all() or not np.isfinite(gate_areas).any():
        raise SpaceError(f"gate_netlist: gate_areas must be {N_KINDS} positive numbers, not {gate_areas}")
    if not 0 <= price < np.inf:
        raise SpaceError(f"gate_netlist: price must be a number of at least 0, not {price}")
    if len(netlist.outputs) != 1:
        n_groups = len(netlist.outputs)
        raise SpaceError(f"gate_netlist: one group of outputs, the class, is needed, not {n_groups}")
    _check_signals(netlist, len(inputs))
    lacking = {kind for kind, cm2 in zip(GATE_KINDS, gate_areas, strict=True) if not np.isfinite(cm2)}
    found = sorted({gate.kind for gate in netlist.gates} & lacking)
    if found:
        raise SpaceError(f"gate_netlist: the start has a gate of kind {found[0]!r}, which has no area")


def _check_rows(inputs: Words, labels: Labels, n_classes: int) -> None:
    n_rows = len(labels)
    if n_rows == 0:
        raise SpaceError("gate_netlist: at least one row is needed")
    n_words = -(-n_rows // 64)
    if inputs.ndim != 2 or len(inputs) == 0 or inputs.shape[1] != n_words:
        raise SpaceError(
            f"gate_netlist: inputs of {n_rows} rows must have the shape (n_bits, {n_words}), "
            f"not {inputs.shape}"
        )
    if not 0 <= int(labels.min()) <= int(labels.max()) < n_classes:
        raise SpaceError(
            f"gate_netlist: labels must lie in 0..{n_classes - 1}, not {labels.min()}..{labels.max()}"
        )


def _check_signals(netlist: GateNetlist, n_bits: int) -> None:
    """The kernels do not check what they read."""
    for index, gate in enumerate(netlist.gates):
        if not (0 <= gate.a < 2 + n_bits + index and 0 <= gate.b < 2 + n_bits + index):
            raise SpaceError(
                f"gate_netlist: gate {index} reads signals {gate.a} and {gate.b}, which do not come before "
                f"it where the rows have {n_bits} bits"
            )
    n_signals = 2 + n_bits + len(netlist.gates)
    for signal in netlist.outputs[0]:
        if not 0 <= signal < n_signals:
            raise SpaceError(f"gate_netlist: output signal {signal} does not exist; there are {n_signals}")
