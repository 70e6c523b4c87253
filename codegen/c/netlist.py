"""A gate netlist as bitwise operations on words: bit r of every word belongs to row r."""

from codegen.c.mlp import predict_head
from codegen.c.text import EmitError
from codegen.ir import ClassOutput, Gate, GateNetlist, Interface

_OPERATORS = {"and": "&", "or": "|", "xor": "^"}
_INVERTED = {"nand": "&", "nor": "|", "xnor": "^"}
MAX_CLASS_BITS = 15
"""Bits of a class index that fit every `int`."""


def netlist_lines(netlist: GateNetlist, interface: Interface, prefix: str) -> list[str]:
    """The lines of all static functions, of `P_predict` and of `P_predict32`.

    Raises EmitError for a class index of more than `MAX_CLASS_BITS` or a value of more than 64 bits.
    """
    classes = isinstance(interface.output, ClassOutput)
    limit = MAX_CLASS_BITS if classes else 64
    for group in netlist.outputs:
        if len(group) > limit:
            raise EmitError(f"netlist: an output must have at most {limit} bits, not {len(group)}")
    bits = _input_bits(netlist, interface)
    lines = _load(bits, prefix) + _gates(netlist, interface, bits, prefix)
    lines += _number_functions(netlist, interface, prefix)
    return (
        lines
        + _predict(netlist, interface, len(bits), prefix)
        + _predict32(netlist, interface, len(bits), prefix)
    )


def live_gates(netlist: GateNetlist, interface: Interface) -> frozenset[int]:
    """Signals that some output depends on."""
    first = 2 + interface.n_input_bits
    live = {signal for group in netlist.outputs for signal in group}
    for index in reversed(range(len(netlist.gates))):
        if first + index in live:
            live |= {netlist.gates[index].a, netlist.gates[index].b}
    return frozenset(live)


def _input_bits(netlist: GateNetlist, interface: Interface) -> dict[int, tuple[int, int]]:
    """The signals of the input bits that are read, with their feature and bit."""
    live, signal, found = live_gates(netlist, interface), 2, {}
    for index, feature in enumerate(interface.features):
        for bit in range(feature.bits):
            if signal in live:
                found[signal] = (index, bit)
            signal += 1
    return found


def output_signals(netlist: GateNetlist) -> dict[int, int]:
    """The distinct output signals and their place in the array z."""
    distinct = dict.fromkeys(signal for group in netlist.outputs for signal in group)
    return {signal: place for place, signal in enumerate(distinct)}


def _load(bits: dict[int, tuple[int, int]], prefix: str) -> list[str]:
    lines = [
        "/* The input bits that the gates read, 0 or 1 each. */",
        f"static void {prefix}_load(const {prefix}_input_t x[], uint32_t b[])",
        "{",
    ]
    lines += [] if bits else ["    (void)x;", "    b[0] = 0;"]
    for place, (feature, bit) in enumerate(bits.values()):
        shift = f" >> {bit}" if bit else ""
        lines.append(f"    b[{place}] = ((uint32_t)x[{feature}]{shift}) & 1u;")
    return [*lines, "}", ""]


def _gates(
    netlist: GateNetlist, interface: Interface, bits: dict[int, tuple[int, int]], prefix: str
) -> list[str]:
    names = {0: "(uint32_t)0", 1: "~(uint32_t)0"}
    names |= {signal: f"b[{place}]" for place, signal in enumerate(bits)}
    lines = [
        "/* All gates, on 32 rows at once. */",
        f"{prefix.upper()}_OWN_FUNCTION",
        f"static void {prefix}_gates(const uint32_t b[], uint32_t z[])",
        "{",
    ]
    live, first = live_gates(netlist, interface), 2 + interface.n_input_bits
    body = [] if bits else ["    (void)b;"]
    for index, gate in enumerate(netlist.gates):
        if first + index in live:
            names[first + index] = f"g{index}"
            body.append(f"    const uint32_t g{index} = {_gate(gate, names)};")
    body += [f"    z[{place}] = {names[signal]};" for signal, place in output_signals(netlist).items()]
    return [*lines, *body, "}", ""]


def _gate(gate: Gate, names: dict[int, str]) -> str:
    a, b = names[gate.a], names[gate.b]
    if gate.kind == "inv":
        return f"~{a}" if a.isidentifier() else f"~({a})"
    if gate.kind in _OPERATORS:
        return f"{a} {_OPERATORS[gate.kind]} {b}"
    return f"~({a} {_INVERTED[gate.kind]} {b})"


def _number_functions(netlist: GateNetlist, interface: Interface, prefix: str) -> list[str]:
    places = output_signals(netlist)
    if isinstance(interface.output, ClassOutput):
        group = netlist.outputs[0]
        lines = [f"static int {prefix}_class(const uint32_t z[], unsigned row)", "{", "    int index = 0;"]
        for bit, signal in enumerate(group):
            lines.append(f"    index |= (int)((z[{places[signal]}] >> row) & 1u) << {bit};")
        return [*lines, "    return index;", "}", ""]
    lines = [
        f"static void {prefix}_values(const uint32_t z[], unsigned row, {prefix}_value_t y[])",
        "{",
        f"    {prefix}_value_t v;",
    ]
    for index, group in enumerate(netlist.outputs):
        lines += _value(group, index, places, prefix)
    return [*lines, "}", ""]


def _value(group: tuple[int, ...], index: int, places: dict[int, int], prefix: str) -> list[str]:
    """Two's complement without a shift into the sign: the low bits first, then the sign's weight."""

    def bit(signal: int) -> str:
        return f"({prefix}_value_t)((z[{places[signal]}] >> row) & 1u)"

    lines = ["    v = 0;"]
    lines += [f"    v |= {bit(signal)} << {place};" for place, signal in enumerate(group[:-1])]
    sign, top = bit(group[-1]), len(group) - 1
    if top:  # in two halves, since the weight of the highest bit of all is no positive number
        lines += [f"    v -= {sign} << {top - 1};"] * 2
    else:
        lines.append(f"    v -= {sign};")
    return [*lines, f"    y[{index}] = v;"]


def _predict(netlist: GateNetlist, interface: Interface, n_bits: int, prefix: str) -> list[str]:
    lines = predict_head(interface, prefix)
    lines += [f"    uint32_t b[{max(n_bits, 1)}];", f"    uint32_t z[{len(output_signals(netlist))}];"]
    lines += [f"    {prefix}_load(x, b);", f"    {prefix}_gates(b, z);"]
    if isinstance(interface.output, ClassOutput):
        return [*lines, f"    return {prefix}_class(z, 0);", "}", ""]
    return [*lines, f"    {prefix}_values(z, 0, y);", "}", ""]


def _predict32(netlist: GateNetlist, interface: Interface, n_bits: int, prefix: str) -> list[str]:
    classes = isinstance(interface.output, ClassOutput)
    kind = "int" if classes else f"{prefix}_value_t"
    upper = prefix.upper()
    size = "32" if classes else f"32 * {upper}_N_OUTPUTS"
    n_inputs, n_outputs = interface.n_features, 1 if classes else interface.n_outputs
    last = "y[row] = {0}_class(z, row)" if classes else f"{{0}}_values(z, row, y + {n_outputs}u * row)"
    return [
        f"void {prefix}_predict32(const {prefix}_input_t x[32 * {upper}_N_FEATURES], {kind} y[{size}])",
        "{",
        f"    uint32_t b[{max(n_bits, 1)}] = {{0}};",
        f"    uint32_t one[{max(n_bits, 1)}];",
        f"    uint32_t z[{len(output_signals(netlist))}];",
        "    unsigned row;",
        "    unsigned i;",
        "    for (row = 0; row < 32u; row++) {",
        f"        {prefix}_load(x + {n_inputs}u * row, one);",
        f"        for (i = 0; i < {max(n_bits, 1)}u; i++) {{",
        "            b[i] |= one[i] << row;",
        "        }",
        "    }",
        f"    {prefix}_gates(b, z);",
        "    for (row = 0; row < 32u; row++) {",
        f"        {last.format(prefix)};",
        "    }",
        "}",
    ]
