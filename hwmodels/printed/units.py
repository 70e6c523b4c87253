"""The building blocks of a printed arithmetic circuit, as lists of gates.

Where several lists compute the same, the cell library decides which one is built: nine NAND gates make a
full adder where XOR is dear. No block has a cost of its own; see `hwmodels.printed.costs`.
"""

from dataclasses import dataclass
from typing import TypeAlias

from codegen.ir.network import GATE_KINDS, GateKind

Form: TypeAlias = str
"""Gates in order, `name = kind a b; ...`; the names of the outputs are among them."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A block. meaning: in words. inputs, outputs: names. forms: equivalent lists of gates."""

    name: str
    meaning: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    forms: tuple[Form, ...]


_XOR = "n = nand a b; p = nand a n; q = nand b n; "
_XOR3 = _XOR + "x = nand p q; m = nand x c; r = nand x m; s = nand c m; sum = nand r s"

_BLOCKS: tuple[Unit, ...] = (
    Unit("inverter", "not a", ("a",), ("y",), ("y = inv a",)),
    Unit("nand", "not (a and b)", ("a", "b"), ("y",), ("y = nand a b",)),
    Unit("nor", "not (a or b)", ("a", "b"), ("y",), ("y = nor a b", "p = or a b; y = inv p")),
    Unit("and", "a and b", ("a", "b"), ("y",), ("y = and a b", "n = nand a b; y = inv n")),
    Unit(
        "or",
        "a or b",
        ("a", "b"),
        ("y",),
        ("y = or a b", "n = nor a b; y = inv n", "p = inv a; q = inv b; y = nand p q"),
    ),
    Unit(
        "and_not",
        "a and not b",
        ("a", "b"),
        ("y",),
        ("q = inv b; y = and a q", "p = inv a; y = nor p b", "n = nand a b; p = nand a n; y = inv p"),
    ),
    Unit(
        "or_not",
        "a or not b",
        ("a", "b"),
        ("y",),
        ("p = inv a; y = nand p b", "q = inv b; y = or a q", "n = nand a b; y = nand b n"),
    ),
    Unit("xor", "sum of a + b", ("a", "b"), ("sum",), (_XOR + "sum = nand p q", "sum = xor a b")),
    Unit(
        "xnor",
        "sum of a + b + 1",
        ("a", "b"),
        ("sum",),
        ("o = or a b; n = nand a b; sum = nand o n", _XOR + "x = nand p q; sum = inv x", "sum = xnor a b"),
    ),
    Unit(
        "half_adder",
        "a + b",
        ("a", "b"),
        ("sum", "carry"),
        (_XOR + "sum = nand p q; carry = inv n", "sum = xor a b; carry = and a b"),
    ),
    Unit(
        "half_adder_one",
        "a + b + 1",
        ("a", "b"),
        ("sum", "carry"),
        (
            "carry = or a b; n = nand a b; sum = nand carry n",
            "m = nor a b; carry = inv m; n = nand a b; sum = nand carry n",
            "sum = xnor a b; carry = or a b",
        ),
    ),
    Unit(
        "full_adder",
        "a + b + c",
        ("a", "b", "c"),
        ("sum", "carry"),
        (
            _XOR3 + "; carry = nand n m",
            "x = xor a b; sum = xor x c; n = nand a b; m = nand x c; carry = nand n m",
        ),
    ),
    Unit(
        "full_adder_sum",
        "sum of a + b + c",
        ("a", "b", "c"),
        ("sum",),
        (_XOR3, "x = xor a b; sum = xor x c"),
    ),
    Unit(
        "full_adder_carry",
        "carry of a + b + c",
        ("a", "b", "c"),
        ("carry",),
        (
            "n = nand a b; o = or a b; m = nand o c; carry = nand n m",
            "n = nand a b; k = nor a b; o = inv k; m = nand o c; carry = nand n m",
            _XOR + "x = nand p q; m = nand x c; carry = nand n m",
        ),
    ),
    Unit(
        "compare",
        "a > b, or equal and c",
        ("a", "b", "c"),
        ("y",),
        (
            "n = nand a b; p = nand a n; q = nand b n; m = nand q c; y = nand p m",
            "d = inv b; p = nand a d; o = or a d; m = nand o c; y = nand p m",
        ),
    ),
    Unit(
        "mux",
        "b where s, else a; t is not s",
        ("a", "b", "s", "t"),
        ("y",),
        ("p = nand b s; q = nand a t; y = nand p q", "p = and b s; q = and a t; y = or p q"),
    ),
)

(
    INVERTER,
    NAND,
    NOR,
    AND,
    OR,
    AND_NOT,
    OR_NOT,
    XOR,
    XNOR,
    HALF_ADDER,
    HALF_ADDER_ONE,
    FULL_ADDER,
    FULL_ADDER_SUM,
    FULL_ADDER_CARRY,
    COMPARE,
    MUX,
) = range(len(_BLOCKS))

_GATES = tuple(
    Unit(f"{kind} cell", f"the gate {kind} of a netlist", ("a",), ("y",), ("y = inv a",))
    if kind == "inv"
    else Unit(f"{kind} cell", f"the gate {kind} of a netlist", ("a", "b"), ("y",), (f"y = {kind} a b",))
    for kind in GATE_KINDS
)
UNITS: tuple[Unit, ...] = _BLOCKS + _GATES
CELL_UNITS: dict[GateKind, int] = {kind: len(_BLOCKS) + i for i, kind in enumerate(GATE_KINDS)}
"""The unit that is just the cell of a kind, whatever could stand for it in less area."""

EXPANSIONS: dict[GateKind, tuple[Form, ...]] = {
    "nand": ("n = and a b; y = inv n", "p = inv a; q = inv b; y = or p q"),
    "nor": ("n = or a b; y = inv n", "p = inv a; q = inv b; y = and p q"),
    "and": ("n = nand a b; y = inv n", "p = inv a; q = inv b; y = nor p q"),
    "or": ("n = nor a b; y = inv n", "p = inv a; q = inv b; y = nand p q"),
    "xor": (_XOR + "y = nand p q",),
    "xnor": ("x = xor a b; y = inv x",),
}
"""What stands for a gate that a library does not have."""
