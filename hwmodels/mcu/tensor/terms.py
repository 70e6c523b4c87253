"""The quantities that the cost of one kernel is linear in."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

Terms = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class SharedFunction:
    """A function that a network holds once however many operators call it. text: tells it from others."""

    text: str
    n_bytes: int


@dataclass(frozen=True, slots=True)
class KernelTerms:
    """Of one operator on one core.

    kernel: the form whose coefficients apply. instructions: quantities of one run. code: quantities of its
    machine code. constant_bytes: of its tables, exactly. routines: of the compiler's library that it calls
    besides those of its form. functions: of assembler, whose bytes are in `code` too; equal ones are emitted
    once. twin: what another operator must have in common with it to share a part of its C. whole: what
    another must have in common to be the same function; tables: to have the same tables.
    """

    kernel: str
    instructions: Terms
    code: Terms
    constant_bytes: int
    routines: tuple[str, ...] = ()
    functions: tuple[SharedFunction, ...] = ()
    twin: Hashable = None
    whole: Hashable = None
    tables: Hashable = None
