"""Gate netlists over many samples at once: 64 samples a word, one numpy operation a gate.

A `GateNetlist` does not say how many input bits it has; the samples do, and their bits are the signals
from number 2 on.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from codegen.cells import CellLibrary
from codegen.errors import CodegenError
from codegen.ir.network import GATE_KINDS, Gate, GateKind, GateNetlist

Words: TypeAlias = npt.NDArray[np.uint64]
Int64Array: TypeAlias = npt.NDArray[np.int64]
IntArray: TypeAlias = npt.NDArray[np.integer[Any]]

MAX_GROUP_BITS = 64
_BLOCK_WORDS = 1024  # 8 KiB a signal: the signals of a few hundred gates stay in the cache


@dataclass(frozen=True, slots=True, eq=False)
class BitSamples:
    """words: (n_bits, n_words) uint64; sample s is bit s % 64 of word s // 64, padding is 0."""

    words: Words
    n_samples: int


def pack_codes(codes: IntArray, widths: Sequence[int]) -> BitSamples:
    """(n_samples, n_ports) integers to bits, port by port, lowest bit first, in two's complement.

    Raises CodegenError for another shape. Bits above a port's width are dropped.
    """
    if codes.ndim != 2 or codes.shape[1] != len(widths):
        raise CodegenError(f"samples: shape must be (n_samples, {len(widths)}), not {codes.shape}")
    n_samples, n_words = len(codes), -(-len(codes) // 64)
    bits = np.zeros((sum(widths), 64 * n_words), dtype=np.uint8)
    row = 0
    for port, width in enumerate(widths):
        column = codes[:, port].astype(np.int64)
        for bit in range(width):
            bits[row, :n_samples] = column >> min(bit, 63) & 1
            row += 1
    return BitSamples(_pack(bits), n_samples)


def random_samples(n_bits: int, n_samples: int, rng: np.random.Generator) -> BitSamples:
    """Samples whose bits are independent and 0 or 1 with equal chance."""
    bits = np.zeros((n_bits, 64 * -(-n_samples // 64)), dtype=np.uint8)
    bits[:, :n_samples] = rng.integers(0, 2, (n_bits, n_samples), dtype=np.uint8)
    return BitSamples(_pack(bits), n_samples)


def _pack(bits: npt.NDArray[np.uint8]) -> Words:
    return np.packbits(bits, axis=1, bitorder="little").view("<u8").astype(np.uint64)


def simulate(netlist: GateNetlist, samples: BitSamples) -> Words:
    """All signals (n_signals, n_words) uint64; what stands in the padding is undefined."""
    first = 2 + len(samples.words)
    signals = np.empty((first + len(netlist.gates), samples.words.shape[1]), dtype=np.uint64)
    signals[0], signals[1], signals[2:first] = 0, ~np.uint64(0), samples.words
    for out, gate in zip(signals[first:], netlist.gates, strict=True):
        _apply(gate, signals, out)
    return signals


def _apply(gate: Gate, signals: Words, out: Words) -> None:
    a, b = signals[gate.a], signals[gate.b]
    match gate.kind:
        case "inv":
            np.invert(a, out=out)
        case "and" | "nand":
            np.bitwise_and(a, b, out=out)
        case "or" | "nor":
            np.bitwise_or(a, b, out=out)
        case "xor" | "xnor":
            np.bitwise_xor(a, b, out=out)
    if gate.kind in ("nand", "nor", "xnor"):
        np.invert(out, out=out)


def _blocks(samples: BitSamples) -> Iterator[BitSamples]:
    for start in range(0, samples.words.shape[1], _BLOCK_WORDS):
        left = samples.n_samples - 64 * start
        yield BitSamples(samples.words[:, start : start + _BLOCK_WORDS], min(left, 64 * _BLOCK_WORDS))


def evaluate_netlist(netlist: GateNetlist, samples: BitSamples, *, signed: bool) -> Int64Array:
    """The integers (n_samples, n_groups) that the output groups hold, in two's complement where signed.

    Raises CodegenError for a group of more than `MAX_GROUP_BITS` bits.
    """
    widest = max(len(group) for group in netlist.outputs)
    if widest > MAX_GROUP_BITS:
        raise CodegenError(f"netlist: an output must have at most {MAX_GROUP_BITS} bits, not {widest}")
    blocks = [_group_values(netlist, block, signed) for block in _blocks(samples)]
    return np.concatenate([np.empty((0, len(netlist.outputs)), dtype=np.int64), *blocks])


def _group_values(netlist: GateNetlist, samples: BitSamples, signed: bool) -> Int64Array:
    signals = simulate(netlist, samples)
    values = np.zeros((samples.n_samples, len(netlist.outputs)), dtype=np.int64)
    for column, group in enumerate(netlist.outputs):
        rows = signals[list(group)].astype("<u8").view(np.uint8)
        bits = np.unpackbits(rows, axis=1, bitorder="little", count=samples.n_samples).astype(np.int64)
        for position, row in enumerate(bits):
            values[:, column] |= row << position
        if signed and len(group) < MAX_GROUP_BITS:
            values[:, column] -= bits[-1] << len(group)
    return values


def state_counts(netlist: GateNetlist, samples: BitSamples) -> Int64Array:
    """(n_gates, 4): in how many samples the inputs of each gate are in state a + 2*b."""
    counts = np.zeros((len(netlist.gates), 4), dtype=np.int64)
    left = [gate.a for gate in netlist.gates]
    right = [gate.b for gate in netlist.gates]
    for block in _blocks(samples):
        signals = simulate(netlist, block) & _valid(block)
        ones = np.bitwise_count(signals).sum(axis=1, dtype=np.int64)
        both = np.bitwise_count(signals[left] & signals[right]).sum(axis=1, dtype=np.int64)
        counts[:, 3] += both
        counts[:, 1] += ones[left] - both
        counts[:, 2] += ones[right] - both
    counts[:, 0] = samples.n_samples - counts[:, 1:].sum(axis=1)
    return counts


def _valid(samples: BitSamples) -> Words:
    """(n_words,) with a 1 for each sample and a 0 for each bit of padding."""
    bits = np.zeros((1, 64 * samples.words.shape[1]), dtype=np.uint8)
    bits[0, : samples.n_samples] = 1
    return _pack(bits).reshape(-1)


def cell_counts(netlist: GateNetlist) -> dict[GateKind, int]:
    """How many gates there are of each kind, in the order of `GATE_KINDS`, without the kinds not used."""
    counted = Counter(gate.kind for gate in netlist.gates)
    return {kind: counted[kind] for kind in GATE_KINDS if counted[kind]}


def area_cm2(netlist: GateNetlist, library: CellLibrary) -> float:
    """Sum of the cell areas. Raises CellLibraryError where the library lacks a gate."""
    return sum(library.area_cm2(kind) * count for kind, count in cell_counts(netlist).items())


def leakage_mw(netlist: GateNetlist, samples: BitSamples, library: CellLibrary, *, supply_v: float) -> float:
    """Mean static power over the samples: each gate leaks by the state of its inputs.

    Within 0.5 % of a commercial power analysis on ten of eleven published EGFET netlists (docs/verilog.md).
    Raises CodegenError where there is no sample.
    """
    return _leakage_mw(_shares_of_states(netlist, samples), library, supply_v)


def leakage_by_supply(
    netlist: GateNetlist, samples: BitSamples, library: CellLibrary
) -> Mapping[float, float]:
    """Supply in V to what `leakage_mw` gives there, for every tabulated supply, rising."""
    shares = _shares_of_states(netlist, samples)
    return {supply_v: _leakage_mw(shares, library, supply_v) for supply_v in library.supplies}


def _shares_of_states(netlist: GateNetlist, samples: BitSamples) -> Mapping[tuple[GateKind, int], float]:
    """How many gates of a kind are in an input state, on average."""
    if samples.n_samples == 0:
        raise CodegenError("leakage: at least one sample is needed")
    counts = state_counts(netlist, samples)
    shares: dict[tuple[GateKind, int], float] = {}
    for kind in cell_counts(netlist):
        rows = [index for index, gate in enumerate(netlist.gates) if gate.kind == kind]
        states = counts[rows].sum(axis=0)
        if kind == "inv":
            states = states[[0, 3]]  # an inverter has b equal to a
        shares |= {(kind, state): int(count) / samples.n_samples for state, count in enumerate(states)}
    return shares


def _leakage_mw(shares: Mapping[tuple[GateKind, int], float], library: CellLibrary, supply_v: float) -> float:
    return sum(library.leakage_mw(kind, state, supply_v) * count for (kind, state), count in shares.items())


def critical_path_ns(netlist: GateNetlist, n_inputs: int, library: CellLibrary, *, supply_v: float) -> float:
    """The longest path to an output, each gate with the slowest arc of its cell at a supply.

    n_inputs: number of input bits. Raises CellLibraryError where the library lacks a gate.
    """
    delay_ns = {kind: library.delay_ns(kind, supply_v) for kind in cell_counts(netlist)}
    settled_ns = [0.0] * (2 + n_inputs)
    for gate in netlist.gates:
        latest = max(settled_ns[gate.a], settled_ns[gate.b])
        settled_ns.append(latest + delay_ns[gate.kind])
    return max(settled_ns[signal] for group in netlist.outputs for signal in group)


def remove_dead_gates(netlist: GateNetlist, n_inputs: int) -> GateNetlist:
    """The netlist without the gates that no output depends on. n_inputs: number of input bits."""
    first = 2 + n_inputs
    live = {signal for group in netlist.outputs for signal in group}
    for index in reversed(range(len(netlist.gates))):
        if first + index in live:
            live |= {netlist.gates[index].a, netlist.gates[index].b}
    number = {signal: signal for signal in range(first)}
    gates: list[Gate] = []
    for index, gate in enumerate(netlist.gates):
        if first + index in live:
            number[first + index] = first + len(gates)
            gates.append(Gate(gate.kind, number[gate.a], number[gate.b]))
    return GateNetlist(
        tuple(gates), tuple(tuple(number[signal] for signal in group) for group in netlist.outputs)
    )
