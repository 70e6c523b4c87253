"""The class of a bespoke MLP from its outputs, in C."""

from codegen.c.program import MlpProgram
from codegen.c.text import integer
from codegen.ir import Comparison, Interface

LOOP_FROM = 12
"""Number of classes from which the exact argmax is a loop."""


def argmax_lines(program: MlpProgram, interface: Interface, prefix: str) -> list[str]:
    """The last lines of `P_predict`: from the array y to `return`."""
    if program.argmax is not None:
        return tournament(program.argmax, interface.n_outputs, prefix)
    if interface.n_outputs >= LOOP_FROM:
        return argmax_loop(interface.n_outputs)
    return _chain(interface.n_outputs, prefix)


def _chain(n_classes: int, prefix: str) -> list[str]:
    lines = ["    {", "        /* The lowest index of the largest output. */"]
    lines += [f"        {prefix}_value_t best = y[0];", "        int winner = 0;"]
    for index in range(1, n_classes - 1):
        lines.append(f"        if (y[{index}] > best) {{ best = y[{index}]; winner = {index}; }}")
    last = n_classes - 1
    return [*lines, f"        return y[{last}] > best ? {last} : winner;", "    }"]


def argmax_loop(n_classes: int) -> list[str]:
    """The block that returns the lowest index of the largest item of the array y."""
    return [
        "    {",
        "        /* The lowest index of the largest output. */",
        "        int winner = 0;",
        "        int i;",
        f"        for (i = 1; i < {n_classes}; i++) {{",
        "            if (y[i] > y[winner]) {",
        "                winner = i;",
        "            }",
        "        }",
        "        return winner;",
        "    }",
    ]


def argmax_scan(n_classes: int) -> list[str]:
    """The same block in little code, of items of up to 32 bits."""
    if n_classes == 2:
        return ["return y[1] > y[0];"]
    return [
        "{",
        "    /* The lowest index of the largest output. */",
        "    int32_t best = y[0];",
        "    int winner = 0, i;",
        f"    for (i = 1; i < {n_classes}; i++) {{",
        "        if (y[i] > best) {",
        "            best = y[i];",
        "            winner = i;",
        "        }",
        "    }",
        "    return winner;",
        "}",
    ]


def tournament(matches: tuple[Comparison, ...], n_outputs: int, prefix: str) -> list[str]:
    """The block of a reduced argmax: every match keeps the index and the value of its winner."""
    entrants = [(str(index), f"y[{index}]") for index in range(n_outputs)]
    lines = ["    {", "        /* A reduced argmax: each match looks at some bits only. */"]
    for number, match in enumerate(matches):
        left, right = entrants[match.left], entrants[match.right]
        test = f"{_seen(right[1], match.mask)} > {_seen(left[1], match.mask)}"
        lines.append(f"        const int right{number} = {test};")
        lines.append(f"        const int winner{number} = right{number} ? {right[0]} : {left[0]};")
        if number < len(matches) - 1:
            value = f"right{number} ? {right[1]} : {left[1]}"
            lines.append(f"        const {prefix}_value_t value{number} = {value};")
        entrants.append((f"winner{number}", f"value{number}"))
    return [*lines, f"        return winner{len(matches) - 1};", "    }"]


def _seen(value: str, mask: int) -> str:
    """The masked value; int32_t and int64_t are two's complement, so `&` means what it should."""
    return value if mask == -1 else f"({value} & {integer(mask)})"
