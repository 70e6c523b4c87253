"""The options of approximate_mlp: what is read, and the text of every error."""

import pytest

from searchspaces.approximate_mlp import ApproximateMlpOptions, WeightForm, parse_options, read_options
from searchspaces.parse import IntRange, RealRange
from searchspaces.space import SpaceError


def test_no_options_are_the_defaults() -> None:
    assert parse_options({}) == ApproximateMlpOptions()


def test_every_option_is_read() -> None:
    options = parse_options(
        {
            "hidden": ["4..8", 3],
            "input_bits": 4,
            "weights": [{"signed_digits": 2}, "ternary"],
            "max_shift": 5,
            "masks": False,
            "activation_bits": "4..8",
            "activation_shift": "auto",
            "argmax": ["exact", "reduced"],
            "pressure": "0.1..0.5",
            "detail": "axes",
        }
    )
    assert options == ApproximateMlpOptions(
        hidden=(IntRange(4, 8), IntRange(3, 3)),
        input_bits=IntRange(4, 4),
        weights=(WeightForm("signed_digits", 2), WeightForm("ternary")),
        max_shift=5,
        masks=False,
        activation_bits=IntRange(4, 8),
        activation_shift=None,
        argmax=("exact", "reduced"),
        pressure=RealRange(0.1, 0.5),
        detail="axes",
    )


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ({"hiden": 3}, "unknown key 'hiden'; did you mean 'hidden'?"),
        ({"hidden": []}, "hidden: must have 1 to 4 layers, not 0"),
        ({"hidden": 0}, "hidden: the upper end of a width must be at least 1, not 0"),
        ({"hidden": "0..4"}, "hidden: widths must be at least 1 where detail is genes, not 0"),
        ({"hidden": "2..999"}, "hidden: must lie in 0..256, not '2..999'"),
        (
            {"hidden": ["0..4", 3], "detail": "axes"},
            "hidden: a layer after one that may be absent (0) must be one too",
        ),
        ({"input_bits": 17}, "input_bits: must lie in 1..16, not 17"),
        (
            {"weights": "power_of_to"},
            "weights: must be power_of_two or ternary, not 'power_of_to'; did you mean 'power_of_two'?",
        ),
        ({"weights": "signed_digits"}, "weights: signed digits need their number: write {signed_digits: 2}"),
        ({"weights": {"signed_digits": 0}}, "weights: signed_digits must lie in 1..8, not 0"),
        (
            {"weights": {"digits": 2}},
            "weights: must be power_of_two, ternary or {signed_digits: 2}, not {'digits': 2}",
        ),
        (
            {"weights": ["ternary", "power_of_two"]},
            "weights: one form is needed where detail is genes, not ternary, power_of_two",
        ),
        (
            {"weights": ["ternary", "ternary"]},
            "weights: must name at least one form and none twice, not ['ternary', 'ternary']",
        ),
        ({"max_shift": 25}, "max_shift: must lie in 0..24, not 25"),
        ({"masks": "yes"}, "masks: must be true or false, not 'yes'"),
        ({"activation_bits": 0}, "activation_bits: must lie in 1..16, not 0"),
        (
            {"activation_shift": "auto"},
            "activation_shift: must be a range such as 0..6 where detail is genes, not 'auto'",
        ),
        (
            {"argmax": "reduce"},
            "argmax: must be exact or reduced, not 'reduce'; did you mean 'reduced'?",
        ),
        ({"argmax": []}, "argmax: must name at least one form and none twice, not []"),
        ({"pressure": 2}, "pressure: must lie in 0..1, not 2"),
        ({"distill": True}, "distill: must be false or the teacher, not true; did you mean 'forest'?"),
        ({"distill": "forest", "detail": "axes"}, "distill: must be false where detail is axes"),
        ({"detail": "gene"}, "detail: must be genes or axes, not 'gene'; did you mean 'genes'?"),
    ],
)
def test_each_error_names_the_key_what_must_hold_and_what_came(option: dict[str, object], text: str) -> None:
    with pytest.raises(SpaceError) as error:
        parse_options(option)
    assert str(error.value) == f"approximate_mlp: {text}"


def test_an_unknown_key_without_a_near_name_lists_the_known_ones() -> None:
    with pytest.raises(SpaceError, match="unknown key 'zzz'; known are hidden, input_bits, weights"):
        parse_options({"zzz": 1})


def test_all_problems_come_at_once_with_their_keys() -> None:
    options, problems = read_options({"masks": 1, "max_shift": 3, "pressure": "x", "colour": 1})
    assert [problem.key for problem in problems] == ["masks", "pressure", "colour"]
    assert options == ApproximateMlpOptions(max_shift=3)


def test_a_ternary_form_has_no_shift() -> None:
    options = ApproximateMlpOptions()
    assert options.max_shift_of(WeightForm("ternary")) == 0
    assert options.max_shift_of(WeightForm("signed_digits", 2)) == 6
