"""Compiled annealing of a netlist; `searchspaces.gate_netlist.anneal` is its interface.

A netlist lies in slots, more than it has gates; a slot that no output depends on is dead. Dead slots take
changes like live ones but are not simulated, so that what they hold drifts until a live gate reads it.

Every signal has two rows of values, and its side says which one holds. A move writes into the other rows,
only for gates whose inputs changed or that came alive; to accept it is to turn sides, to reject it is free.
"""
# mypy: disable-error-code="untyped-decorator,no-any-return,return-value"

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit
from numba.extending import intrinsic

from codegen.ir.network import GATE_KINDS

Array: TypeAlias = npt.NDArray[Any]

OUTER: dict[str, Any] = {"cache": True, "error_model": "numpy"}
INNER: dict[str, Any] = {**OUTER, "no_cpython_wrapper": True, "forceinline": True}
"""Inlined: to pass the arrays of a state from function to function would take longer than most of them do."""

MAX_CHANGES = 8
KIND, LEFT, RIGHT, OUTPUT = 0, 1, 2, 3
"""What a change is made to; the first three are the columns of `State.gates`."""
USES, PLACE, MARKED, LIVE = 0, 1, 2, 3
"""Columns of `State.slots`."""
SIDE, CHANGED, TURNED = 0, 1, 2
"""Columns of `State.signals`."""

N_KINDS = len(GATE_KINDS)
INV, NAND, NOR, AND, OR, XOR, XNOR = (
    GATE_KINDS.index(kind) for kind in ("inv", "nand", "nor", "and", "or", "xor", "xnor")
)
N_LIVE, LOWEST, N_TURNED = N_KINDS, N_KINDS + 1, N_KINDS + 2
"""Places in `State.totals` behind the live gates of each kind."""
N_TOTALS = N_KINDS + 3

OUTPUT_SHARE, KIND_SHARE = 0.03, 0.30
"""Changes to an output, and to an output or a kind; all others rewire an input."""
LIVE_SHARE = 0.7
"""Changes that pick among live gates; the others among all slots."""
COOLING_STEP = 256
"""Moves between two changes of the temperature."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S11, _S27, _S30, _S31, _S32 = (np.uint64(shift) for shift in (11, 27, 30, 31, 32))
_ONES, _NONE = ~np.uint64(0), np.uint64(0)
_PAIRS, _FOURS = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333)
_EIGHTS, _BYTES = np.uint64(0x0F0F0F0F0F0F0F0F), np.uint64(0x0101010101010101)
_S1, _S2, _S4, _S56 = (np.uint64(shift) for shift in (1, 2, 4, 56))


class State(NamedTuple):
    """A netlist in slots, with the values of its signals; G slots, S signals, W words of rows.

    gates (G, 3) int32: kind, by index into `GATE_KINDS`, and the two signals that are read, of which an
    inverter ignores the second. outputs (n_outputs,) int32. slots (G, 4) int64: live readers and outputs;
    place in the list of live slots, or -1; the last move that asked for a new value; that list, of which the
    first `totals[N_LIVE]` count. signals (S, 3) int64: which of the two rows holds; the last move that gave
    a new value; list of signals with one, of which the first `totals[N_TURNED]` count. values (2 * S, W)
    uint64: rows 2 * s and 2 * s + 1 are of signal s. totals (N_TOTALS,) int64. stack (G + 2,) int64.
    right (W,) uint64. journal (MAX_CHANGES, 3) int64: what, where, before. random (1,) uint64.
    """

    gates: Array
    outputs: Array
    slots: Array
    signals: Array
    values: Array
    totals: Array
    stack: Array
    right: Array
    journal: Array
    random: Array


class Task(NamedTuple):
    """What a netlist is judged by. first: number of the first gate's signal.

    labels (n_outputs, W) uint64: the bits of the classes. asked (W,) uint64: a 1 for each row that can be
    right. areas (N_KINDS,) float64: cm2, infinite for a kind that there is none of. weight: errors that a
    cm2 must earn. shares (N_KINDS,) float64: rising sums of the chances of a new kind. inputs (n,) int32:
    the input signals that are worth reading.
    """

    first: int
    n_rows: int
    labels: Array
    asked: Array
    areas: Array
    weight: float
    shares: Array
    inputs: Array


class Schedule(NamedTuple):
    """moves: how many. hot, cold: first and last temperature in errors. fewest, most: changes of a move."""

    moves: int
    hot: float
    cold: float
    fewest: int
    most: int


class Best(NamedTuple):
    """The best netlist seen: gates and outputs as in `State`."""

    gates: Array
    outputs: Array


def _without_reference_count(typing_context: object, array: Any) -> Any:
    """Numba's recipe for `_borrow`."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        borrowed = context.make_array(signature.return_type)(context, builder, args[0])
        borrowed.meminfo = borrowed.meminfo.type(None)
        borrowed.parent = borrowed.parent.type(None)
        return borrowed._getvalue()

    return array(array), generate


_borrow: Callable[[Array], Array] = intrinsic(_without_reference_count)  # type: ignore[assignment]
"""The same array without a reference count, which would cost several times what a move does.

Valid while somebody else holds the array.
"""


@njit(**OUTER)
def anneal(state: State, task: Task, schedule: Schedule, best: Best) -> int:
    """Leaves the best netlist seen in `best`, which holds that of the state before; gives its errors.

    state: fresh, without a live slot or a value of a gate. With no moves it finds both, and the errors.
    """
    return _anneal(
        State(
            _borrow(state.gates),
            _borrow(state.outputs),
            _borrow(state.slots),
            _borrow(state.signals),
            _borrow(state.values),
            _borrow(state.totals),
            _borrow(state.stack),
            _borrow(state.right),
            _borrow(state.journal),
            _borrow(state.random),
        ),
        Task(
            task.first,
            task.n_rows,
            _borrow(task.labels),
            _borrow(task.asked),
            _borrow(task.areas),
            task.weight,
            _borrow(task.shares),
            _borrow(task.inputs),
        ),
        schedule,
        Best(_borrow(best.gates), _borrow(best.outputs)),
    )


@njit(**INNER)
def _anneal(state: State, task: Task, schedule: Schedule, best: Best) -> int:
    errors = _settle(state, task)
    cost = errors + task.weight * _area(state.totals, task.areas)
    best_errors, best_cost = errors, cost
    temperature = schedule.hot
    for move in range(1, schedule.moves + 1):
        if move % COOLING_STEP == 1:
            temperature = schedule.hot * (schedule.cold / schedule.hot) ** (move / schedule.moves)
        state.totals[LOWEST], state.totals[N_TURNED] = len(state.gates), 0
        n_changes = _propose(state, task, schedule, move)
        limit = cost - temperature * math.log(_unit(state.random))
        new_area = task.weight * _area(state.totals, task.areas)
        new_errors = errors
        if new_area <= limit:
            new_errors = _count_again(state, task, n_changes, move, errors)
        if new_errors + new_area > limit:
            _take_back(state, task.first, n_changes, move)
            continue
        _turn(state)
        errors, cost = new_errors, new_errors + new_area
        if cost < best_cost:
            best_errors, best_cost = errors, cost
            _keep(state, best)
    return best_errors


@njit(**INNER)
def _settle(state: State, task: Task) -> int:
    """Finds what is live, gives every live gate its value, and counts the errors."""
    state.totals[LOWEST], state.totals[N_TURNED] = len(state.gates), 0
    for output in range(len(state.outputs)):
        _use(state, task.first, state.outputs[output], 0)
    _simulate(state, task.first, 0)
    _turn(state)
    return _errors(state, task, 0)


@njit(**INNER)
def _keep(state: State, best: Best) -> None:
    for slot in range(len(state.gates)):
        for column in range(3):
            best.gates[slot, column] = state.gates[slot, column]
    for output in range(len(state.outputs)):
        best.outputs[output] = state.outputs[output]


@njit(**INNER)
def _area(totals: Array, areas: Array) -> float:
    """cm2 of the live gates; summed kind by kind, so that equal netlists have equal areas."""
    total = 0.0
    for kind in range(N_KINDS):
        if totals[kind] > 0:
            total += totals[kind] * areas[kind]
    return total


@njit(**INNER)
def _next(random: Array) -> np.uint64:
    """SplitMix64: Steele, Lea and Flood, Fast splittable pseudorandom number generators, OOPSLA 2014."""
    random[0] += _GOLDEN
    z = random[0]
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return z ^ (z >> _S31)


@njit(**INNER)
def _unit(random: Array) -> float:
    """Above 0, up to 1."""
    return (np.float64(_next(random) >> _S11) + 1.0) * 2.0**-53


@njit(**INNER)
def _below(random: Array, n: int) -> int:
    """0 to n - 1; n below 2**32."""
    return np.int64(((_next(random) >> _S32) * np.uint64(n)) >> _S32)


@njit(**INNER)
def _propose(state: State, task: Task, schedule: Schedule, move: int) -> int:
    """Changes the netlist in a few places, written down in the journal; gives how many."""
    wanted = schedule.fewest
    while wanted < schedule.most and _unit(state.random) < 0.5:
        wanted += 1
    for index in range(wanted):
        what, where, new = _draw_change(state, task)
        state.journal[index, 0], state.journal[index, 1] = what, where
        state.journal[index, 2] = state.outputs[where] if what == OUTPUT else state.gates[where, what]
        _change(state, task.first, what, where, new, move)
    return wanted


@njit(**INNER)
def _draw_change(state: State, task: Task) -> tuple[int, int, int]:
    """What to change, where, and into what."""
    random, n_slots = state.random, len(state.gates)
    chance = _unit(random)
    if chance < OUTPUT_SHARE:
        return OUTPUT, _below(random, len(state.outputs)), _below(random, task.first + n_slots)
    slot = _below(random, n_slots)
    n_live = state.totals[N_LIVE]
    if n_live > 0 and _unit(random) < LIVE_SHARE:
        slot = state.slots[_below(random, n_live), LIVE]
    if chance < KIND_SHARE:
        share, kind = _unit(random), 0
        while share > task.shares[kind]:
            kind += 1
        return KIND, slot, kind
    pin = LEFT + _below(random, 2)
    return pin, slot, _draw_source(state, task, slot)


@njit(**INNER)
def _draw_source(state: State, task: Task, slot: int) -> int:
    """A signal that a slot may read: an earlier slot, a constant, an input, or what its input reads."""
    random, first = state.random, task.first
    chance = _unit(random)
    if chance < 0.45 and slot > 0:
        return first + _below(random, slot)
    if chance < 0.50:
        return _below(random, 2)
    if chance < 0.75:
        return np.int64(task.inputs[_below(random, len(task.inputs))])
    if chance < 0.80:
        return 2 + _below(random, first - 2)
    signal = np.int64(state.gates[slot, LEFT + _below(random, 2)])
    return np.int64(state.gates[signal - first, LEFT + _below(random, 2)]) if signal >= first else signal


@njit(**INNER)
def _take_back(state: State, first: int, n_changes: int, move: int) -> None:
    """Undoes the changes of a move, the last one first."""
    for index in range(n_changes - 1, -1, -1):
        journal = state.journal
        _change(state, first, journal[index, 0], journal[index, 1], journal[index, 2], move)


@njit(**INNER)
def _change(state: State, first: int, what: int, where: int, new: int, move: int) -> None:
    """Sets one part and keeps the uses, live gates and totals right."""
    gates, used, released = state.gates, np.int64(new), np.int64(0)
    if what == OUTPUT:
        released = np.int64(state.outputs[where])
        state.outputs[where] = new
    else:
        before = np.int64(gates[where, what])
        gates[where, what] = new
        if state.slots[where, PLACE] < 0:
            return
        _mark(state, where, move)
        if what == KIND:
            state.totals[before] -= 1
            state.totals[new] += 1
            second = np.int64(gates[where, RIGHT])
            used = second if before == INV and new != INV else np.int64(0)
            released = second if before != INV and new == INV else np.int64(0)
        elif what == LEFT or gates[where, KIND] != INV:
            released = before
        else:
            return
    _use(state, first, used, move)
    _release(state, first, released)


@njit(**INNER)
def _mark(state: State, slot: int, move: int) -> None:
    state.slots[slot, MARKED] = move
    state.totals[LOWEST] = min(state.totals[LOWEST], slot)


@njit(**INNER)
def _use(state: State, first: int, signal: int, move: int) -> None:
    """One more live reader; a slot that so comes alive uses what it reads. Inputs count none."""
    slots, totals = state.slots, state.totals
    state.stack[0], top = signal, 1
    while top > 0:
        top -= 1
        slot = state.stack[top] - first
        if slot < 0:
            continue
        slots[slot, USES] += 1
        if slots[slot, USES] > 1:
            continue
        slots[totals[N_LIVE], LIVE], slots[slot, PLACE] = slot, totals[N_LIVE]
        totals[N_LIVE] += 1
        totals[state.gates[slot, KIND]] += 1
        _mark(state, slot, move)
        top = _push_reads(state, slot, top)


@njit(**INNER)
def _release(state: State, first: int, signal: int) -> None:
    """One live reader less; a slot that so dies releases what it reads."""
    slots, totals = state.slots, state.totals
    state.stack[0], top = signal, 1
    while top > 0:
        top -= 1
        slot = state.stack[top] - first
        if slot < 0:
            continue
        slots[slot, USES] -= 1
        if slots[slot, USES] > 0:
            continue
        totals[N_LIVE] -= 1
        last, place = slots[totals[N_LIVE], LIVE], slots[slot, PLACE]
        slots[place, LIVE], slots[last, PLACE] = last, place
        slots[slot, PLACE] = -1
        totals[state.gates[slot, KIND]] -= 1
        top = _push_reads(state, slot, top)


@njit(**INNER)
def _push_reads(state: State, slot: int, top: int) -> int:
    """Puts the signals that a slot reads on the stack; gives its new height."""
    state.stack[top] = state.gates[slot, LEFT]
    if state.gates[slot, KIND] == INV:
        return top + 1
    state.stack[top + 1] = state.gates[slot, RIGHT]
    return top + 2


@njit(**INNER)
def _count_again(state: State, task: Task, n_changes: int, move: int, errors: int) -> int:
    """The errors after the changes of a move; as before where no output has another value."""
    _simulate(state, task.first, move)
    affected = False
    for index in range(n_changes):
        affected |= state.journal[index, 0] == OUTPUT
    for output in range(len(state.outputs)):
        affected |= state.signals[state.outputs[output], CHANGED] == move
    return _errors(state, task, move) if affected else errors


@njit(**INNER)
def _simulate(state: State, first: int, move: int) -> None:
    """New values for live gates that are marked or read a new value; lists those that differ."""
    gates, signals, values, totals = state.gates, state.signals, state.values, state.totals
    for slot in range(totals[LOWEST], len(gates)):
        if state.slots[slot, PLACE] < 0:
            continue
        kind, left, right = gates[slot, KIND], gates[slot, LEFT], gates[slot, RIGHT]
        if kind == INV:
            right = left
        new_left, new_right = signals[left, CHANGED] == move, signals[right, CHANGED] == move
        if not (new_left or new_right or state.slots[slot, MARKED] == move):
            continue
        signal = first + slot
        a, b = 2 * left + (signals[left, SIDE] ^ new_left), 2 * right + (signals[right, SIDE] ^ new_right)
        if _gate(values, kind, a, b, 2 * signal + signals[signal, SIDE]):
            signals[signal, CHANGED] = move
            signals[totals[N_TURNED], TURNED] = signal
            totals[N_TURNED] += 1


@njit(**INNER)
def _gate(values: Array, kind: int, a: int, b: int, held: int) -> bool:
    """Fills the row that is not held, and tells whether it differs from the one that is."""
    out, differ = held ^ 1, _NONE
    flip = _NONE if kind in (AND, OR, XOR) else _ONES
    if kind in (XOR, XNOR):
        for word in range(values.shape[1]):
            value = values[a, word] ^ values[b, word] ^ flip
            differ |= value ^ values[held, word]
            values[out, word] = value
    elif kind in (OR, NOR):
        for word in range(values.shape[1]):
            value = (values[a, word] | values[b, word]) ^ flip
            differ |= value ^ values[held, word]
            values[out, word] = value
    else:  # an inverter is a NAND of its input with itself
        for word in range(values.shape[1]):
            value = (values[a, word] & values[b, word]) ^ flip
            differ |= value ^ values[held, word]
            values[out, word] = value
    return differ != _NONE


@njit(**INNER)
def _errors(state: State, task: Task, move: int) -> int:
    """Rows whose output code is not their class."""
    right, values = state.right, state.values
    for word in range(len(right)):
        right[word] = task.asked[word]
    for output in range(len(state.outputs)):
        signal = state.outputs[output]
        row = 2 * signal + (state.signals[signal, SIDE] ^ (state.signals[signal, CHANGED] == move))
        for word in range(len(right)):
            right[word] &= ~(values[row, word] ^ task.labels[output, word])
    count = np.int64(0)
    for word in range(len(right)):
        count += _ones(right[word])
    return task.n_rows - count


@njit(**INNER)
def _ones(word: np.uint64) -> int:
    """Number of ones; compilers know this form and use the processor's own instruction."""
    word = word - ((word >> _S1) & _PAIRS)
    word = (word & _FOURS) + ((word >> _S2) & _FOURS)
    word = (word + (word >> _S4)) & _EIGHTS
    return np.int64((word * _BYTES) >> _S56)


@njit(**INNER)
def _turn(state: State) -> None:
    """Makes the new values the held ones."""
    signals = state.signals
    for index in range(state.totals[N_TURNED]):
        signal = signals[index, TURNED]
        signals[signal, SIDE] ^= 1
        signals[signal, CHANGED] = -1
