"""Axes of approximate MLPs: decisions, their canonical values, and the structure they imply."""

import numpy as np
import pytest

from codegen.ir import FullyConnected, TensorGraph
from codegen.ir.counts import count
from searchspaces.approximate_mlp import ApproximateMlpAxes, MlpRecipe, WeightForm, mlp_graph
from searchspaces.axes import AxisTable, ChoiceAxis, IntAxis, RealAxis
from searchspaces.space import SpaceError
from tests.searchspaces.spaces import axes, genes

ALL_FREE: dict[str, object] = {
    "hidden": ["0..8", "0..4"],
    "weights": ["power_of_two", {"signed_digits": 2}],
    "activation_bits": "4..8",
    "argmax": ["exact", "reduced"],
}


def values_of(space: ApproximateMlpAxes, **changes: int | float | str) -> dict[str, int | float | str]:
    base = {
        "hidden0": 5,
        "hidden1": 3,
        "input_bits": 3,
        "weights": "signed_digits_2",
        "activation_bits": 6,
        "activation_shift": 2,
        "argmax": "reduced",
        "pressure": 0.25,
    }
    return dict(space.values(space.row({**base, **changes})))


def test_every_free_decision_is_a_column_and_fixed_ones_are_values_only() -> None:
    space = axes({"hidden": 4, "input_bits": 4, "activation_shift": "auto"})
    assert [variable.name for variable in space.domain.variables] == ["pressure"]
    assert space.values(np.array([0.5])) == {
        "hidden0": 4,
        "input_bits": 4,
        "weights": "power_of_two",
        "activation_bits": 8,
        "activation_shift": "auto",
        "argmax": "exact",
        "pressure": 0.5,
    }
    assert space.recipe(np.array([0.5])).activation_shift is None


def test_a_space_without_a_real_decision_has_whole_rows() -> None:
    space = axes({"pressure": 0})
    assert space.domain.dtype is np.int32
    assert space.sample(np.random.default_rng(0), 3).dtype == np.int32


def test_a_recipe_says_how_to_train() -> None:
    space = axes(ALL_FREE)
    row = space.row(values_of(space))
    assert space.recipe(row) == MlpRecipe(
        hidden=(5, 3),
        input_bits=3,
        weights=WeightForm("signed_digits", 2),
        max_shift=6,
        activation_bits=6,
        activation_shift=2,
        argmax="reduced",
        pressure=0.25,
    )


def test_decisions_without_effect_take_their_lowest_value() -> None:
    space = axes(ALL_FREE)
    assert values_of(space, hidden0=0) == values_of(
        space, hidden0=0, hidden1=0, activation_bits=4, activation_shift=0
    )
    assert values_of(axes(ALL_FREE, n_outputs=1))["argmax"] == "exact"


def test_the_structure_knows_macs_and_parameters_before_training() -> None:
    space = axes(ALL_FREE, n_features=7, n_outputs=3)
    counts = count(space.structure(space.row(values_of(space))).content)
    assert counts.macs == 7 * 5 + 5 * 3 + 3 * 3
    assert counts.parameters == counts.macs + 5 + 3 + 3
    linear = count(space.structure(space.row(values_of(space, hidden0=0))).content)
    assert linear.macs == 7 * 3


def test_the_structure_names_formats() -> None:
    graph = mlp_graph(MlpRecipe(hidden=(2,), activation_bits=10, max_shift=7), 3, 4)
    assert isinstance(graph, TensorGraph)
    assert [(tensor.name, tensor.shape, tensor.dtype) for tensor in graph.tensors] == [
        ("input", (3,), "uint8"),
        ("layer0.weight", (2, 3), "int16"),
        ("layer0.bias", (2,), "int32"),
        ("layer0", (2,), "int16"),
        ("layer1.weight", (4, 2), "int16"),
        ("layer1.bias", (4,), "int32"),
        ("layer1", (4,), "int32"),
    ]
    assert [operator.activation for operator in graph.operators] == ["relu", "none"]
    assert all(isinstance(operator, FullyConnected) for operator in graph.operators)


def test_axes_and_genes_are_told_apart() -> None:
    with pytest.raises(SpaceError, match="detail: must be axes for an axis space, not 'genes'"):
        ApproximateMlpAxes(genes({}).options, 4, 3)


TABLE = AxisTable(
    (IntAxis("width", 2, 8), ChoiceAxis("form", ("a", "b")), RealAxis("rate", 0.1, 10, log=True))
)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"width": 9, "form": "a", "rate": 1}, "width: must be an integer in 2..8, not 9"),
        ({"width": 2.5, "form": "a", "rate": 1}, "width: must be an integer in 2..8, not 2.5"),
        ({"width": 2, "form": "c", "rate": 1}, "form: must be a or b, not 'c'"),
        ({"width": 2, "form": "a", "rate": 11}, "rate: must be a number in 0.1..10, not 11"),
        ({"width": 2, "form": "a"}, "rate: a value is needed"),
        ({"widht": 2, "form": "a", "rate": 1}, "unknown decision 'widht'; did you mean 'width'?"),
    ],
)
def test_impossible_values_name_the_decision(values: dict[str, int | float | str], text: str) -> None:
    with pytest.raises(SpaceError) as error:
        TABLE.row(values)
    assert str(error.value) == text


def test_a_row_of_another_shape_or_outside_the_domain_is_refused() -> None:
    with pytest.raises(SpaceError, match=r"a row must have shape \(3,\), not \(2,\)"):
        TABLE.values(np.array([2.0, 0.0]))
    with pytest.raises(SpaceError, match=r"rate: must be a number in 0.1..10, not 99.0"):
        TABLE.values(np.array([2.0, 0.0, 99.0]))


def test_ratios_are_sampled_evenly() -> None:
    rates = TABLE.sample(np.random.default_rng(0), 400)[:, 2]
    assert 0.4 < (rates < 1).mean() < 0.6
