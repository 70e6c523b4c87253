"""The options of the family `decision_tree`; docs/spaces.md explains them line by line."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from searchspaces.parse import (
    IntRange,
    OptionProblem,
    Parsers,
    faultless,
    parse_flag,
    parse_int,
    parse_int_range,
    parse_teacher,
    read_values,
)
from searchspaces.space import SpaceError

FAMILY = "decision_tree"
Teacher: TypeAlias = Literal["auto", "forest"]
TEACHERS: tuple[Teacher, ...] = ("auto", "forest")

LEAVES = IntRange(2, 256)
DEPTHS = IntRange(1, 32)
CODE_BITS = IntRange(1, 16)
MOVES = IntRange(1, 1_000_000_000)
MAX_PRICES = 32

DEFAULT_LEAVES = IntRange(2, 128)
DEFAULT_INPUT_BITS = IntRange(2, 4)
DEFAULT_PRICES = (4.0, 2.0, 1.2, 0.7, 0.4, 0.25, 0.15, 0.09, 0.05)


@dataclass(frozen=True, slots=True)
class DecisionTreeOptions:
    """What of a decision tree may vary. Made from a spec by `parse_options`.

    leaves: of a tree while it is annealed; leaves that answer the same are merged afterwards. depth:
    tests on the longest way, or None for no bound of its own. input_bits: the upper end is the width of
    a feature's code, the lower end the fewest top bits that a comparator of two features looks at.
    pairs: whether there are such comparators; auto has them where trees trained on the rows gain from them,
    and none where trees are annealed without training. distill: whose answers to made-up rows are learnt too;
    auto anneals trees with and without a forest's where rows are few. prices: accuracy that each cm2 must
    earn, all above 0 and falling; one tree for each. moves: for each price.
    """

    leaves: IntRange = DEFAULT_LEAVES
    depth: int | None = None
    input_bits: IntRange = DEFAULT_INPUT_BITS
    pairs: bool | Literal["auto"] = "auto"
    distill: Teacher | None = "auto"
    prices: tuple[float, ...] = DEFAULT_PRICES
    moves: int = 100_000


def tree_jobs(options: DecisionTreeOptions) -> tuple[float, ...]:
    """The prices of the trees to anneal, in order; each starts from the tree of the one before."""
    return options.prices


def parse_options(mapping: Mapping[str, object]) -> DecisionTreeOptions:
    """The options of a spec. Raises SpaceError with one line for each problem."""
    return faultless(read_options(mapping))


def read_options(mapping: Mapping[str, object]) -> tuple[DecisionTreeOptions, tuple[OptionProblem, ...]]:
    """The options as far as they can be read (defaults elsewhere), and everything wrong with them."""
    read, problems = read_values(FAMILY, mapping, PARSERS)
    return DecisionTreeOptions(**read), tuple(problems)  # type: ignore[arg-type]


def _parse_leaves(value: object) -> IntRange:
    """A single number is the largest."""
    read = parse_int_range(value, LEAVES)
    return IntRange(LEAVES.lower, read.upper) if read.is_fixed else read


def _parse_prices(value: object) -> tuple[float, ...]:
    items = value if isinstance(value, list | tuple) else [value]
    if not 1 <= len(items) <= MAX_PRICES:
        raise SpaceError(f"must have 1 to {MAX_PRICES} prices, not {len(items)}")
    prices = tuple(_parse_price(item) for item in items)
    if list(prices) != sorted(set(prices), reverse=True):
        raise SpaceError(f"must fall, since each tree starts from the one before, not {value!r}")
    return prices


def _parse_price(value: object) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(float(value)) or float(value) <= 0:  # type: ignore[arg-type]
        raise SpaceError(f"must be numbers above 0 such as [2, 1, 0.5], not {value!r}")
    return float(value)  # type: ignore[arg-type]


PARSERS: Parsers = {
    "leaves": _parse_leaves,
    "depth": lambda value: parse_int(value, DEPTHS),
    "input_bits": lambda value: parse_int_range(value, CODE_BITS),
    "pairs": lambda value: value if value == "auto" else parse_flag(value),
    "distill": lambda value: parse_teacher(value, TEACHERS),
    "prices": _parse_prices,
    "moves": lambda value: parse_int(value, MOVES),
}
"""How each option is read; the order is that of the documentation."""
