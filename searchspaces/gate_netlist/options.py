"""The options of the family `gate_netlist`; docs/spaces.md explains them line by line."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from searchspaces.parse import (
    IntRange,
    OptionProblem,
    Parsers,
    RealRange,
    faultless,
    parse_choice,
    parse_int,
    parse_int_range,
    parse_real_range,
    parse_teacher,
    read_values,
)
from searchspaces.space import SpaceError

FAMILY = "gate_netlist"
Start: TypeAlias = Literal["winners", "knee", "best_accuracy", "front", "cart"]
STARTS: tuple[Start, ...] = ("winners", "knee", "best_accuracy", "front", "cart")
DEFAULT_STARTS: tuple[Start, ...] = ("front", "cart")
Teacher: TypeAlias = Literal["auto", "forest"]
TEACHERS: tuple[Teacher, ...] = ("auto", "forest")

PRICES = RealRange(1e-6, 1e6)
MAX_PRICES = 32
MOVES = IntRange(1, 10**10)
ROUNDS = IntRange(1, 100)
CHANGES = IntRange(1, 8)
DEFAULT_CHANGES = IntRange(1, 3)
DEFAULT_PRICES = (0.1, 0.2, 0.35, 0.6, 1.0, 1.8, 3.2)
TEMPERATURES = RealRange(1e-3, 1e4)


@dataclass(frozen=True, slots=True)
class GateNetlistOptions:
    """How the gates of a netlist are searched. Made from a spec by `parse_options`.

    start: the designs of earlier families to start from, and whether from scikit-learn's CART too. distill:
    whose answers to made-up rows are learnt too; auto searches with and without a forest's where rows are
    few. prices: rising, accuracy (as a share of 1) that a cm2 must earn. moves: of one annealing. rounds:
    of annealing and mapping. changes: of one move. temperatures: last and first, in errors; None chooses by
    the number of rows (`temperatures_for`).
    """

    start: tuple[Start, ...] = DEFAULT_STARTS
    distill: Teacher | None = "auto"
    prices: tuple[float, ...] = DEFAULT_PRICES
    moves: int = 1_250_000
    rounds: int = 1
    changes: IntRange = DEFAULT_CHANGES
    temperatures: RealRange | None = None


def parse_options(mapping: Mapping[str, object]) -> GateNetlistOptions:
    """The options of a spec. Raises SpaceError with one line for each problem."""
    return faultless(read_options(mapping))


def read_options(mapping: Mapping[str, object]) -> tuple[GateNetlistOptions, tuple[OptionProblem, ...]]:
    """The options as far as they can be read (defaults elsewhere), and everything wrong with them."""
    read, problems = read_values(FAMILY, mapping, PARSERS)
    return GateNetlistOptions(**read), tuple(problems)  # type: ignore[arg-type]


def _parse_start(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list | tuple) else [value]
    starts = tuple(parse_choice(item, STARTS) for item in items)
    if not starts or len(set(starts)) != len(starts):
        raise SpaceError(f"must name at least one and none twice, not {value!r}")
    return starts


def _parse_prices(value: object) -> tuple[float, ...]:
    items = value if isinstance(value, list | tuple) else [value]
    if not 1 <= len(items) <= MAX_PRICES:
        raise SpaceError(f"must have 1 to {MAX_PRICES} prices, not {len(items)}")
    prices = [_parse_price(item) for item in items]
    if len(set(prices)) != len(prices):
        raise SpaceError(f"must name no price twice, not {value!r}")
    return tuple(sorted(prices))


def _parse_price(value: object) -> float:
    price = parse_real_range(value, PRICES)
    if not price.is_fixed:
        raise SpaceError(f"must be a list of numbers such as [0.1, 0.3, 1], not {value!r}")
    return price.lower


def _parse_temperatures(value: object) -> RealRange | None:
    return None if value == "auto" else parse_real_range(value, TEMPERATURES)


PARSERS: Parsers = {
    "start": _parse_start,
    "distill": lambda value: parse_teacher(value, TEACHERS),
    "prices": _parse_prices,
    "moves": lambda value: parse_int(value, MOVES),
    "rounds": lambda value: parse_int(value, ROUNDS),
    "changes": lambda value: parse_int_range(value, CHANGES),
    "temperatures": _parse_temperatures,
}
"""How each option is read; the order is that of the documentation."""
