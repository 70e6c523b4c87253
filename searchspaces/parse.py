"""Option values as they come from YAML: ranges, choices, flags, and the nearest right name."""

import difflib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from searchspaces.space import SpaceError

Options = TypeVar("Options")
Parsers: TypeAlias = Mapping[str, Callable[[object], object]]


@dataclass(frozen=True, slots=True)
class OptionProblem:
    """One thing wrong with the options of a family. key: the option. text: what must hold and what came."""

    family: str
    key: str
    text: str

    def __str__(self) -> str:
        where = self.family if self.text.startswith("unknown") else f"{self.family}: {self.key}"
        return f"{where}: {self.text}"


def read_values(
    family: str, mapping: Mapping[str, object], parsers: Parsers
) -> tuple[dict[str, object], list[OptionProblem]]:
    """What each option says, as far as its parser can read it, and everything wrong with the others."""
    read: dict[str, object] = {}
    problems: list[OptionProblem] = []
    for key, value in mapping.items():
        if key not in parsers:
            hint = did_you_mean(key, parsers) or f"; known are {', '.join(parsers)}"
            problems.append(OptionProblem(family, key, f"unknown key {key!r}{hint}"))
            continue
        try:
            read[key] = parsers[key](value)
        except SpaceError as error:
            problems.append(OptionProblem(family, key, str(error)))
    return read, problems


def faultless(read: tuple[Options, Sequence[OptionProblem]]) -> Options:
    """Options that were read without a problem. Raises SpaceError with one line for each problem."""
    options, problems = read
    if problems:
        raise SpaceError("\n".join(str(problem) for problem in problems))
    return options


@dataclass(frozen=True, slots=True)
class IntRange:
    """The integers from lower to upper, both included."""

    lower: int
    upper: int

    def __post_init__(self) -> None:
        if self.lower > self.upper:
            raise SpaceError(f"lower <= upper must hold, but got {self.lower}..{self.upper}")

    @property
    def is_fixed(self) -> bool:
        return self.lower == self.upper

    def __contains__(self, value: int) -> bool:
        return self.lower <= value <= self.upper

    def __str__(self) -> str:
        return str(self.lower) if self.is_fixed else f"{self.lower}..{self.upper}"


@dataclass(frozen=True, slots=True)
class RealRange:
    """The real numbers from lower to upper, both included and finite."""

    lower: float
    upper: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.lower) and math.isfinite(self.upper) and self.lower <= self.upper):
            raise SpaceError(f"finite lower <= upper must hold, but got {self.lower}..{self.upper}")

    @property
    def is_fixed(self) -> bool:
        return self.lower == self.upper

    def __str__(self) -> str:
        return f"{self.lower:g}" if self.is_fixed else f"{self.lower:g}..{self.upper:g}"


def parse_int_range(value: object, limits: IntRange) -> IntRange:
    """An integer, or text such as "2..8" or "4", inside `limits`. Raises SpaceError."""
    parsed = _ints(value)
    if parsed is None:
        raise SpaceError(f"must be an integer or a range such as {limits}, not {value!r}{_hint(value)}")
    for end in parsed:
        if end not in limits:
            raise SpaceError(f"must lie in {limits}, not {value!r}")
    return IntRange(*parsed)


def parse_int(value: object, limits: IntRange) -> int:
    """One integer inside `limits`. Raises SpaceError."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise SpaceError(f"must be an integer in {limits}, not {value!r}")
    if value not in limits:
        raise SpaceError(f"must lie in {limits}, not {value!r}")
    return value


def parse_real_range(value: object, limits: RealRange) -> RealRange:
    """A number, or text such as "0..1" or "0.2", inside `limits`. Raises SpaceError."""
    parsed = _reals(value)
    if parsed is None:
        raise SpaceError(f"must be a number or a range such as {limits}, not {value!r}{_hint(value)}")
    for end in parsed:
        if not limits.lower <= end <= limits.upper:
            raise SpaceError(f"must lie in {limits}, not {value!r}")
    return RealRange(*parsed)


def parse_flag(value: object) -> bool:
    """True or false, nothing else. Raises SpaceError."""
    if not isinstance(value, bool):
        raise SpaceError(f"must be true or false, not {value!r}")
    return value


def parse_choice(value: object, names: Sequence[str]) -> str:
    """One of `names`. Raises SpaceError with the nearest of them."""
    if not isinstance(value, str) or value not in names:
        raise SpaceError(f"must be {one_of(names)}, not {value!r}{did_you_mean(value, names)}")
    return value


def one_of(names: Sequence[str]) -> str:
    """The names in a sentence: "a", "a or b", "a, b or c"."""
    return " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def did_you_mean(value: object, names: Iterable[str]) -> str:
    """ "; did you mean 'x'?" for the nearest name, or nothing where none is near."""
    near = difflib.get_close_matches(str(value), list(names), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""


def _hint(value: object) -> str:
    if isinstance(value, list | tuple) and len(value) == 2:
        return f"; did you mean {value[0]}..{value[1]}?"
    return ""


def _ints(value: object) -> tuple[int, int] | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value, value
    if not isinstance(value, str):
        return None
    ends = value.split("..")
    try:
        numbers = [int(end) for end in ends]
    except ValueError:
        return None
    return (numbers[0], numbers[-1]) if len(numbers) in (1, 2) else None


def _reals(value: object) -> tuple[float, float] | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return (float(value), float(value)) if math.isfinite(value) else None
    if not isinstance(value, str):
        return None
    lower, dots, upper = value.partition("..")
    try:
        ends = (float(lower), float(upper if dots else lower))
    except ValueError:
        return None
    return ends if all(math.isfinite(end) for end in ends) else None


def parse_teacher(value: object, names: Sequence[str] = ("forest",)) -> str | None:
    """False, or one of `names`: whose answers to made-up rows are learnt too. Raises SpaceError."""
    if value is False:
        return None
    if value is True:
        raise SpaceError("must be false or the teacher, not true; did you mean 'forest'?")
    return parse_choice(value, names)
