"""The lowering of trained weights."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.ir import BespokeMlp, Clip, Layer, Neuron, Term, Value
from nas.quantize import TrainedLayer, fit_value, lower_mlp, nearest_digits, round_biases, top_bits_mask
from searchspaces.approximate_mlp import MlpRecipe, WeightForm
from tests.searchspaces.spaces import interface

POWER_OF_TWO = WeightForm("power_of_two")


@pytest.mark.parametrize(
    ("weight", "form", "value"),
    [
        (0.7, POWER_OF_TWO, 0),
        (0.71, POWER_OF_TWO, 1),
        (-1.4, POWER_OF_TWO, -1),
        (1.5, POWER_OF_TWO, 2),
        (-300.0, POWER_OF_TWO, -64),
        (5.0, WeightForm("ternary"), 1),
        (-0.8, WeightForm("ternary"), -1),
        (11.0, WeightForm("signed_digits", 1), 8),
        (11.0, WeightForm("signed_digits", 2), 12),
        (11.0, WeightForm("signed_digits", 3), 11),
        (float("nan"), POWER_OF_TWO, 0),
    ],
)
def test_a_weight_becomes_the_nearest_sum_of_digits(weight: float, form: WeightForm, value: int) -> None:
    assert nearest_digits(np.array([weight]), form, 6).values.tolist() == [value]


@given(st.floats(-100, 100), st.integers(1, 4), st.integers(0, 8))
def test_digits_have_falling_shifts_and_more_of_them_never_err_more(
    weight: float, n_digits: int, max_shift: int
) -> None:
    weight = float(np.clip(weight, -(2.0**max_shift), 2.0**max_shift))
    errors = []
    for digits in (n_digits, n_digits + 1):
        found = nearest_digits(np.array([weight]), WeightForm("signed_digits", digits), max_shift)
        shifts = found.shifts[0][found.signs[0] != 0]
        assert (np.diff(shifts) < 0).all()
        assert shifts.max(initial=0) <= max_shift
        errors.append(abs(int(found.values[0]) - weight))
    assert errors[1] <= errors[0]


def test_biases_are_rounded_into_their_bounds() -> None:
    biases = np.array([0.5, 1.5, -0.6, 99.0, -99.0, np.nan])
    assert round_biases(biases, 8).tolist() == [0, 2, -1, 7, -8, 0]


def test_the_top_bits_of_a_code_are_kept() -> None:
    assert [top_bits_mask(4, kept) for kept in (1, 2, 4, 9)] == [0b1000, 0b1100, 0b1111, 0b1111]


def test_trained_layers_become_a_canonical_network() -> None:
    layers = [
        TrainedLayer(np.array([[4.1, -0.2], [0.0, -2.0]]), np.array([3.4, 100.0]), Clip(1, 8)),
        TrainedLayer(np.array([[1.0, 0.0], [-1.0, 0.1], [0.0, 1.0]]), np.array([0.0, 1.0, -2.0])),
    ]
    network = lower_mlp(layers, MlpRecipe(hidden=(2,), input_bits=3), [64, 64], interface(2))
    assert network.body == BespokeMlp(
        (
            Layer((Neuron(3, (Term(0, 2, 0b1110, 1),)), Neuron(63, (Term(1, 1, 0b1110, -1),))), Clip(1, 8)),
            Layer(
                (
                    Neuron(0, (Term(0, 0, 0b11111, 1),)),
                    Neuron(1, (Term(0, 0, 0b11111, -1),)),
                    Neuron(-2, (Term(1, 0, 0b11111, 1),)),
                )
            ),
        )
    )


def test_integers_are_fitted_to_targets_by_least_squares() -> None:
    value = fit_value("y", np.array([0, 10, 20]), np.array([1.0, 2.0, 3.0]))
    assert (value.name, round(value.scale, 12), round(value.offset, 12)) == ("y", 0.1, 1.0)


def test_constant_integers_give_the_mean_target() -> None:
    assert fit_value("y", np.array([7, 7]), np.array([1.0, 2.0])) == Value("y", 1.0, -5.5)
