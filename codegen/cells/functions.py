"""Boolean functions in the syntax of Liberty, and which of them are gates.

Operators, the strongest first: `!A` and `A'`; `A^B`; `A*B`, `A&B` and `A B`; `A+B` and `A|B`.
Source: Liberty User Guide, attribute `function`.
"""

import re
from collections.abc import Mapping, Sequence

from codegen.cells.library import CellLibraryError
from codegen.ir.network import GateKind

GATE_TABLES: Mapping[tuple[int, ...], GateKind] = {
    (1, 0): "inv",
    (1, 1, 1, 0): "nand",
    (1, 0, 0, 0): "nor",
    (0, 0, 0, 1): "and",
    (0, 1, 1, 1): "or",
    (0, 1, 1, 0): "xor",
    (1, 0, 0, 1): "xnor",
}
"""Output by input state a + 2*b -> gate."""

MAX_CHARACTERS = 1000
MAX_DEPTH = 50
_TOKEN = re.compile(r"\s*([A-Za-z_][\w\[\]]*|[01]|[!'^*&+|()])")


def evaluate(expression: str, values: Mapping[str, int]) -> int:
    """The value of an expression where its names have the given values, 0 or 1.

    Raises CellLibraryError where it can't be read or has another name.
    """
    return _Parser(expression, values).result()


def truth_table(expression: str, pins: Sequence[str]) -> tuple[int, ...]:
    """The value in each state of the pins, the first being the lowest bit of the state."""
    return tuple(
        evaluate(expression, {pin: state >> bit & 1 for bit, pin in enumerate(pins)})
        for state in range(1 << len(pins))
    )


class _Parser:
    """Evaluates by recursive descent, a method for each strength of operator."""

    def __init__(self, expression: str, values: Mapping[str, int]) -> None:
        self._expression, self._values = expression, values
        self._tokens, self._at, self._depth = self._split(), 0, 0

    def result(self) -> int:
        value = self._or()
        if self._next():
            raise self._error(f"{self._next()!r} is not expected")
        return value

    def _split(self) -> list[str]:
        text, tokens, start = self._expression.rstrip(), list[str](), 0
        if len(text) > MAX_CHARACTERS:
            raise CellLibraryError(
                f"function: must have at most {MAX_CHARACTERS} characters, not {len(text)}"
            )
        while start < len(text):
            found = _TOKEN.match(text, start)
            if found is None:
                raise self._error(f"{text[start:].strip()[:1]!r} is not expected")
            tokens.append(found[1])
            start = found.end()
        return tokens

    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._next()
        self._at += 1
        return token

    def _or(self) -> int:
        value = self._and()
        while self._next() in ("+", "|"):
            self._at += 1
            value |= self._and()
        return value

    def _and(self) -> int:
        value = self._xor()
        while self._next() and self._next() not in ("+", "|", ")"):
            self._at += self._next() in ("*", "&")
            value &= self._xor()
        return value

    def _xor(self) -> int:
        value = self._inverted()
        while self._next() == "^":
            self._at += 1
            value ^= self._inverted()
        return value

    def _inverted(self) -> int:
        n_inversions = 0
        while self._next() == "!":
            n_inversions += 1
            self._at += 1
        value = self._operand()
        while self._next() == "'":
            n_inversions += 1
            self._at += 1
        return value ^ n_inversions & 1

    def _operand(self) -> int:
        token = self._take()
        if token == "(":
            return self._bracket()
        if token in ("0", "1"):
            return int(token)
        if token not in self._values:
            known = ", ".join(self._values)
            raise self._error(f"an operand must be 0, 1 or one of {known}, not {token or 'the end'!r}")
        return self._values[token]

    def _bracket(self) -> int:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._error(f"must have at most {MAX_DEPTH} brackets inside each other")
        value = self._or()
        if self._take() != ")":
            raise self._error("a closing bracket is missing")
        self._depth -= 1
        return value

    def _error(self, problem: str) -> CellLibraryError:
        return CellLibraryError(f"function {self._expression[:60]!r}: {problem}")
