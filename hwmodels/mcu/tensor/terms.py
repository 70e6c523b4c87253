"""The quantities that the cost of one kernel is linear in."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

Terms = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class KernelTerms:
    """Of one operator on one core.

    kernel: the form whose coefficients apply. instructions: quantities of one run. code: quantities of its
    machine code. constant_bytes: of its tables, exactly. routines: of the compiler's library that it calls
    besides those of its form. twin: what another operator must have in
    common with it to share code, since the compiler merges equal functions.
    """

    kernel: str
    instructions: Terms
    code: Terms
    constant_bytes: int
    routines: tuple[str, ...] = ()
    twin: Hashable = None
