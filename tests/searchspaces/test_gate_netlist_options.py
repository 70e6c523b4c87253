"""The options of gate_netlist: what is read, and the text of every error."""

import pytest

from searchspaces.gate_netlist import GateNetlistOptions, parse_options, read_options
from searchspaces.parse import IntRange, RealRange
from searchspaces.space import SpaceError


def test_no_options_are_the_defaults() -> None:
    assert parse_options({}) == GateNetlistOptions()


def test_every_option_is_read_and_prices_are_put_in_rising_order() -> None:
    options = parse_options(
        {
            "start": ["knee", "cart"],
            "distill": False,
            "prices": [2, 0.5, 1],
            "moves": 1000,
            "rounds": 3,
            "changes": "1..2",
            "temperatures": "0.05..0.7",
        }
    )
    assert options == GateNetlistOptions(
        ("knee", "cart"), None, (0.5, 1.0, 2.0), 1000, 3, IntRange(1, 2), RealRange(0.05, 0.7)
    )


def test_one_price_and_automatic_temperatures_are_read() -> None:
    assert parse_options({"prices": 0.3, "temperatures": "auto"}) == GateNetlistOptions(prices=(0.3,))


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ({"price": 3}, "unknown key 'price'; did you mean 'prices'?"),
        (
            {"zzz": 3},
            "unknown key 'zzz'; known are start, distill, prices, moves, rounds, changes, temperatures",
        ),
        (
            {"start": "cards"},
            "start: must be winners, knee, best_accuracy, front or cart, not 'cards'; did you mean 'cart'?",
        ),
        ({"start": []}, "start: must name at least one and none twice, not []"),
        ({"start": ["cart", "cart"]}, "start: must name at least one and none twice, not ['cart', 'cart']"),
        ({"distill": True}, "distill: must be false or the teacher, not true; did you mean 'forest'?"),
        ({"prices": []}, "prices: must have 1 to 32 prices, not 0"),
        ({"prices": [1, 1.0]}, "prices: must name no price twice, not [1, 1.0]"),
        ({"prices": "0.1..2"}, "prices: must be a list of numbers such as [0.1, 0.3, 1], not '0.1..2'"),
        ({"prices": [0]}, "prices: must lie in 1e-06..1e+06, not 0"),
        ({"moves": 0}, "moves: must lie in 1..10000000000, not 0"),
        ({"moves": 1e6}, "moves: must be an integer in 1..10000000000, not 1000000.0"),
        ({"rounds": 101}, "rounds: must lie in 1..100, not 101"),
        ({"changes": "1..9"}, "changes: must lie in 1..8, not '1..9'"),
        ({"temperatures": "0..1"}, "temperatures: must lie in 0.001..10000, not '0..1'"),
    ],
)
def test_a_wrong_option_is_named_with_what_must_hold(option: dict[str, object], text: str) -> None:
    with pytest.raises(SpaceError) as caught:
        parse_options(option)
    assert str(caught.value) == f"gate_netlist: {text}"


def test_all_problems_are_reported_at_once_and_the_rest_is_read() -> None:
    options, problems = read_options({"moves": 0, "rounds": 0, "start": "knee"})
    assert [problem.key for problem in problems] == ["moves", "rounds"]
    assert options == GateNetlistOptions(start=("knee",))
