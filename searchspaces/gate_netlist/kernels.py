"""Compiled annealing of a netlist; `searchspaces.gate_netlist.anneal` is its interface.

A netlist lies in slots, more than it has gates; a slot that no output depends on is dead. Dead slots take
changes like live ones but are not simulated, so that what they hold drifts until a live gate reads it.

Every signal has two rows of values, and `side` says which one holds. A move writes into the other rows, only
for gates whose inputs changed or that came alive; to accept it is to turn sides, to reject it costs nothing.
"""
# mypy: disable-error-code="untyped-decorator"

import math
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

from codegen.ir.network import GATE_KINDS

Array: TypeAlias = npt.NDArray[Any]

OUTER: dict[str, Any] = {"cache": True, "error_model": "numpy"}
INNER: dict[str, Any] = {**OUTER, "no_cpython_wrapper": True}

MAX_CHANGES = 8
KIND, LEFT, RIGHT, OUTPUT = 0, 1, 2, 3
"""What a change is made to."""

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

    kinds (G,) int8: index into `GATE_KINDS`. reads (G, 2) int32: signals; an inverter ignores the second.
    outputs (n_outputs,) int32. uses (G,) int32: live readers and outputs. live (G,) int32: the live slots,
    first `totals[N_LIVE]` of them; place (G,) int32: where a slot stands there, or -1. totals (N_TOTALS,)
    int64. values (2 * S, W) uint64, side (S,) int8: row 2 * s + side[s] holds signal s. marked (G,) int64:
    the last move that asked for a new value; changed (S,) int64: the last move that gave one. turned (S,)
    int32: signals with a new value. stack (G + 2,) int32. right (W,) uint64. journal (MAX_CHANGES, 3)
    int64: what, where, before. random (1,) uint64.
    """

    kinds: Array
    reads: Array
    outputs: Array
    uses: Array
    live: Array
    place: Array
    totals: Array
    values: Array
    side: Array
    marked: Array
    changed: Array
    turned: Array
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
    """moves: number of them. hot, cold: first and last temperature in errors. fewest, most: changes a move."""

    moves: int
    hot: float
    cold: float
    fewest: int
    most: int


@njit(**OUTER)
def anneal(state: State, task: Task, schedule: Schedule, kinds: Array, reads: Array, outputs: Array) -> int:
    """Leaves the best netlist seen in kinds, reads and outputs (of the state's shapes); gives its errors."""
    errors = settle(state, task)
    cost = errors + task.weight * area(state.totals, task.areas)
    best_errors, best_cost = errors, cost
    kinds[:], reads[:], outputs[:] = state.kinds, state.reads, state.outputs
    temperature = schedule.hot
    for move in range(1, schedule.moves + 1):
        if move % COOLING_STEP == 1:
            temperature = schedule.hot * (schedule.cold / schedule.hot) ** (move / schedule.moves)
        state.totals[LOWEST], state.totals[N_TURNED] = len(state.kinds), 0
        n_changes = _propose(state, task, schedule, move)
        if n_changes == 0:
            continue
        limit = cost - temperature * math.log(_unit(state.random))
        new_area = task.weight * area(state.totals, task.areas)
        if new_area > limit:
            _take_back(state, task.first, n_changes, move)
            continue
        new_errors = _count_again(state, task, n_changes, move, errors)
        if new_errors + new_area > limit:
            _take_back(state, task.first, n_changes, move)
            continue
        _turn(state)
        errors, cost = new_errors, new_errors + new_area
        if cost < best_cost:
            best_errors, best_cost = errors, cost
            kinds[:], reads[:], outputs[:] = state.kinds, state.reads, state.outputs
    return best_errors


@njit(**OUTER)
def settle(state: State, task: Task) -> int:
    """Finds what is live, gives every live gate its value, and counts the errors."""
    state.totals[LOWEST], state.totals[N_TURNED] = len(state.kinds), 0
    for output in range(len(state.outputs)):
        _use(state, task.first, state.outputs[output], 0)
    _simulate(state, task.first, 0)
    _turn(state)
    return _errors(state, task, 0)


@njit(**INNER)
def area(totals: Array, areas: Array) -> float:
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
    done = 0
    for _ in range(wanted):
        what, where, new = _draw_change(state, task)
        before = _part(state, what, where)
        if new == before:
            continue
        state.journal[done, 0], state.journal[done, 1], state.journal[done, 2] = what, where, before
        _change(state, task.first, what, where, new, move)
        done += 1
    return done


@njit(**INNER)
def _draw_change(state: State, task: Task) -> tuple[int, int, int]:
    """What to change, where, and into what."""
    random, n_slots = state.random, len(state.kinds)
    chance = _unit(random)
    if chance < OUTPUT_SHARE:
        return OUTPUT, _below(random, len(state.outputs)), _below(random, task.first + n_slots)
    slot = _below(random, n_slots)
    n_live = state.totals[N_LIVE]
    if n_live > 0 and _unit(random) < LIVE_SHARE:
        slot = state.live[_below(random, n_live)]
    if chance < KIND_SHARE:
        share, kind = _unit(random), 0
        while share > task.shares[kind]:
            kind += 1
        return KIND, slot, kind
    pin = _below(random, 2)
    return LEFT + pin, slot, _draw_source(state, task, slot)


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
        return task.inputs[_below(random, len(task.inputs))]
    if chance < 0.80:
        return 2 + _below(random, first - 2)
    signal = state.reads[slot, _below(random, 2)]
    return state.reads[signal - first, _below(random, 2)] if signal >= first else signal


@njit(**INNER)
def _part(state: State, what: int, where: int) -> int:
    if what == KIND:
        return state.kinds[where]
    return state.outputs[where] if what == OUTPUT else state.reads[where, what - LEFT]


@njit(**INNER)
def _change(state: State, first: int, what: int, where: int, new: int, move: int) -> None:
    """Sets one part and keeps the uses, live gates and totals right."""
    before = _part(state, what, where)
    if what == OUTPUT:
        state.outputs[where] = new
        _use(state, first, new, move)
        _release(state, first, before)
        return
    alive = state.place[where] >= 0
    if alive:
        _mark(state, where, move)
    if what == KIND:
        state.kinds[where] = new
        if alive:
            _change_live_kind(state, first, where, before, new, move)
        return
    state.reads[where, what - LEFT] = new
    if alive and (what == LEFT or state.kinds[where] != INV):
        _use(state, first, new, move)
        _release(state, first, before)


@njit(**INNER)
def _change_live_kind(state: State, first: int, slot: int, before: int, new: int, move: int) -> None:
    state.totals[before] -= 1
    state.totals[new] += 1
    if before == INV:
        _use(state, first, state.reads[slot, 1], move)
    elif new == INV:
        _release(state, first, state.reads[slot, 1])


@njit(**INNER)
def _mark(state: State, slot: int, move: int) -> None:
    state.marked[slot] = move
    state.totals[LOWEST] = min(state.totals[LOWEST], slot)


@njit(**INNER)
def _use(state: State, first: int, signal: int, move: int) -> None:
    """One more live reader; a slot that so comes alive uses what it reads."""
    state.stack[0], top = signal, 1
    while top > 0:
        top -= 1
        slot = state.stack[top] - first
        if slot < 0:
            continue
        state.uses[slot] += 1
        if state.uses[slot] > 1:
            continue
        n_live = state.totals[N_LIVE]
        state.live[n_live], state.place[slot] = slot, n_live
        state.totals[N_LIVE] += 1
        state.totals[state.kinds[slot]] += 1
        _mark(state, slot, move)
        top = _push_reads(state, slot, top)


@njit(**INNER)
def _release(state: State, first: int, signal: int) -> None:
    """One live reader less; a slot that so dies releases what it reads."""
    state.stack[0], top = signal, 1
    while top > 0:
        top -= 1
        slot = state.stack[top] - first
        if slot < 0:
            continue
        state.uses[slot] -= 1
        if state.uses[slot] > 0:
            continue
        state.totals[N_LIVE] -= 1
        last = state.live[state.totals[N_LIVE]]
        state.live[state.place[slot]], state.place[last] = last, state.place[slot]
        state.place[slot] = -1
        state.totals[state.kinds[slot]] -= 1
        top = _push_reads(state, slot, top)


@njit(**INNER)
def _push_reads(state: State, slot: int, top: int) -> int:
    state.stack[top] = state.reads[slot, 0]
    if state.kinds[slot] == INV:
        return top + 1
    state.stack[top + 1] = state.reads[slot, 1]
    return top + 2


@njit(**INNER)
def _take_back(state: State, first: int, n_changes: int, move: int) -> None:
    """Undoes the changes of a move, the last one first."""
    for index in range(n_changes - 1, -1, -1):
        what, where, before = state.journal[index]
        _change(state, first, what, where, before, move)


@njit(**INNER)
def _count_again(state: State, task: Task, n_changes: int, move: int, errors: int) -> int:
    """The errors after the changes of a move; as before where no output has another value."""
    _simulate(state, task.first, move)
    for index in range(n_changes):
        if state.journal[index, 0] == OUTPUT:
            return _errors(state, task, move)
    for output in state.outputs:
        if state.changed[output] == move:
            return _errors(state, task, move)
    return errors


@njit(**INNER)
def _simulate(state: State, first: int, move: int) -> None:
    """New values for live gates that are marked or read a new value; lists those that differ."""
    kinds, reads, changed, side = state.kinds, state.reads, state.changed, state.side
    for slot in range(state.totals[LOWEST], len(kinds)):
        if state.place[slot] < 0:
            continue
        left, right = reads[slot, 0], reads[slot, 1]
        if kinds[slot] == INV:
            right = left
        if state.marked[slot] != move and changed[left] != move and changed[right] != move:
            continue
        signal = first + slot
        held = 2 * signal + side[signal]
        if _gate(
            kinds[slot],
            state.values[2 * left + (side[left] ^ (changed[left] == move))],
            state.values[2 * right + (side[right] ^ (changed[right] == move))],
            state.values[held],
            state.values[held ^ 1],
        ):
            changed[signal] = move
            state.turned[state.totals[N_TURNED]] = signal
            state.totals[N_TURNED] += 1


@njit(**INNER)
def _gate(kind: int, a: Array, b: Array, held: Array, out: Array) -> bool:
    """Fills out, and tells whether it differs from what is held."""
    flip = _NONE if kind in (AND, OR, XOR) else _ONES
    differ = _NONE
    if kind in (XOR, XNOR):
        for word in range(len(out)):
            value = a[word] ^ b[word] ^ flip
            differ |= value ^ held[word]
            out[word] = value
    elif kind in (OR, NOR):
        for word in range(len(out)):
            value = (a[word] | b[word]) ^ flip
            differ |= value ^ held[word]
            out[word] = value
    else:  # an inverter is a NAND of its input with itself
        for word in range(len(out)):
            value = (a[word] & b[word]) ^ flip
            differ |= value ^ held[word]
            out[word] = value
    return differ != _NONE


@njit(**INNER)
def _errors(state: State, task: Task, move: int) -> int:
    """Rows whose output code is not their class."""
    right = state.right
    right[:] = task.asked
    for output in range(len(state.outputs)):
        signal = state.outputs[output]
        values = state.values[2 * signal + (state.side[signal] ^ (state.changed[signal] == move))]
        labels = task.labels[output]
        for word in range(len(right)):
            right[word] &= ~(values[word] ^ labels[word])
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
    for index in range(state.totals[N_TURNED]):
        signal = state.turned[index]
        state.side[signal] ^= 1
        state.changed[signal] = -1
