"""The options of decision_tree: what is read, and the text of every error."""

import pytest

from searchspaces.decision_tree import DecisionTreeOptions, parse_options, read_options, tree_jobs
from searchspaces.parse import IntRange
from searchspaces.space import SpaceError


def test_no_options_are_the_defaults() -> None:
    assert parse_options({}) == DecisionTreeOptions()


def test_every_option_is_read() -> None:
    options = parse_options(
        {
            "leaves": "4..32",
            "depth": 6,
            "input_bits": 3,
            "pairs": True,
            "distill": "forest",
            "prices": [2, 0.25],
            "moves": 1000,
        }
    )
    assert options == DecisionTreeOptions(
        leaves=IntRange(4, 32),
        depth=6,
        input_bits=IntRange(3, 3),
        pairs=True,
        distill="forest",
        prices=(2.0, 0.25),
        moves=1000,
    )


def test_one_number_of_leaves_is_the_largest() -> None:
    assert parse_options({"leaves": 16}).leaves == IntRange(2, 16)


def test_there_is_a_job_for_each_price_in_order() -> None:
    assert tree_jobs(parse_options({"prices": [1, 0.5, 0.1]})) == (1.0, 0.5, 0.1)


def test_pairs_may_be_left_to_the_rows() -> None:
    assert parse_options({"pairs": "auto"}).pairs == "auto"


def test_distill_may_be_switched_off() -> None:
    assert parse_options({"distill": False}).distill is None


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ({"leafs": 3}, "unknown key 'leafs'; did you mean 'leaves'?"),
        ({"leaves": 1}, "leaves: must lie in 2..256, not 1"),
        ({"leaves": "many"}, "leaves: must be an integer or a range such as 2..256, not 'many'"),
        ({"depth": 0}, "depth: must lie in 1..32, not 0"),
        ({"depth": "2..4"}, "depth: must be an integer in 1..32, not '2..4'"),
        ({"input_bits": 17}, "input_bits: must lie in 1..16, not 17"),
        ({"pairs": "yes"}, "pairs: must be true or false, not 'yes'"),
        ({"distill": True}, "distill: must be false or the teacher, not true; did you mean 'forest'?"),
        ({"distill": "forrest"}, "distill: must be auto or forest, not 'forrest'; did you mean 'forest'?"),
        ({"prices": []}, "prices: must have 1 to 32 prices, not 0"),
        ({"prices": [1, 0]}, "prices: must be numbers above 0 such as [2, 1, 0.5], not 0"),
        ({"prices": [1, "x"]}, "prices: must be numbers above 0 such as [2, 1, 0.5], not 'x'"),
        (
            {"prices": [0.1, 1]},
            "prices: must fall, since each tree starts from the one before, not [0.1, 1]",
        ),
        ({"moves": 0}, "moves: must lie in 1..1000000000, not 0"),
        ({"moves": 0.5}, "moves: must be an integer in 1..1000000000, not 0.5"),
    ],
)
def test_each_error_names_the_key_what_must_hold_and_what_came(option: dict[str, object], text: str) -> None:
    with pytest.raises(SpaceError) as error:
        parse_options(option)
    assert str(error.value) == f"decision_tree: {text}"


def test_an_unknown_key_without_a_near_name_lists_the_known_ones() -> None:
    with pytest.raises(SpaceError, match="unknown key 'zzz'; known are leaves, depth, input_bits, pairs"):
        parse_options({"zzz": 1})


def test_all_problems_come_at_once_with_their_keys() -> None:
    options, problems = read_options({"pairs": 1, "moves": 3, "depth": "x", "colour": 1})
    assert [problem.key for problem in problems] == ["pairs", "depth", "colour"]
    assert options == DecisionTreeOptions(moves=3)
