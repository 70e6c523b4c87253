"""Gradient training: what is trained is what is lowered, and it learns."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from codegen.ir import BespokeMlp, ClassOutput, Feature, Interface, Network, Value, ValueOutput
from codegen.ir.counts import count
from codegen.ir.evaluate import evaluate, outputs
from nas.errors import RunError
from nas.quantize import lower_mlp
from nas.train.argmax import ACCEPTED_LOSS, reduce_argmax
from nas.train.group import make_group, typical_shift
from nas.train.mlp import default_steps, train_mlps
from nas.train.seeds import seed_rows
from searchspaces.approximate_mlp import MlpRecipe, WeightForm, parse_options
from searchspaces.approximate_mlp.genes import ApproximateMlpGenes
from tests.networks import codes_for
from tests.searchspaces.spaces import interface

TWO_DIGITS = WeightForm("signed_digits", 2)
FORMS = [
    MlpRecipe(hidden=(4,)),
    MlpRecipe(hidden=(3, 2), weights=TWO_DIGITS, input_bits=2, activation_bits=5, activation_shift=1),
    MlpRecipe(hidden=(), weights=WeightForm("ternary")),
]


def rings(n_rows: int = 300) -> tuple[Interface, npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Two classes that no linear network can part: inside and outside of a circle."""
    over = interface(2, 2)
    codes = codes_for(over, n_rows, 5)
    return over, codes, (((codes - 7.5) ** 2).sum(axis=1) < 36).astype(np.int64)


def accuracy(network: Network, codes: npt.NDArray[np.int32], labels: npt.NDArray[np.int64]) -> float:
    return float((evaluate(network, codes) == labels).mean())


@pytest.mark.parametrize("recipe", FORMS)
def test_the_quantized_forward_pass_equals_the_lowered_network(recipe: MlpRecipe) -> None:
    over = interface(5, 3)
    codes = codes_for(over, 200, 1)
    rngs = [np.random.default_rng(seed) for seed in range(3)]
    columns = torch.from_numpy(codes.T.copy())
    group = make_group([recipe] * 3, over, columns, rngs)
    with torch.no_grad():
        for parameter in group.parameters:
            parameter += 0.3 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1))
        sums = group.forward(columns, quantized=True).numpy()
    bounds = [layer.bound for layer in group.layers]
    for index in range(3):
        network = lower_mlp(group.trained_layers(index), recipe, bounds, over)
        np.testing.assert_array_equal(outputs(network, codes), sums[index].T)


def test_a_hidden_layer_learns_what_is_not_linear() -> None:
    over, codes, labels = rings()
    linear, deep = train_mlps(
        [MlpRecipe(hidden=()), MlpRecipe(hidden=(6,))], over, codes, labels, seed=1, steps=250
    )
    assert accuracy(deep, codes, labels) > 0.88 > accuracy(linear, codes, labels)


def test_training_repeats_from_its_seed_whatever_the_threads() -> None:
    over, codes, labels = rings(100)
    threads = torch.get_num_threads()
    first, second, other = (
        train_mlps([MlpRecipe(hidden=(3,))], over, codes, labels, seed=seed, steps=60) for seed in (4, 4, 5)
    )
    assert first == second
    assert first != other
    assert torch.get_num_threads() == threads


def test_recipes_of_different_shapes_come_back_in_their_order() -> None:
    over, codes, labels = rings(100)
    recipes = [MlpRecipe(hidden=(width,), input_bits=bits) for width, bits in ((3, 4), (2, 4), (3, 1))]
    networks = train_mlps(recipes, over, codes, labels, seed=1, steps=40, starts=1)
    for recipe, network in zip(recipes, networks, strict=True):
        assert isinstance(network.body, BespokeMlp)
        assert len(network.body.layers[0].neurons) <= recipe.hidden[0]
        masks = {term.mask for neuron in network.body.layers[0].neurons for term in neuron.terms}
        assert masks <= ({0b1000} if recipe.input_bits == 1 else {0b1111})


def test_pressure_leaves_terms_out() -> None:
    over = interface(10, 3)
    codes = codes_for(over, 300, 2)
    labels = (codes[:, 0] // 6).astype(np.int64)
    loose, tight = train_mlps(
        [MlpRecipe(hidden=(4,), pressure=pressure) for pressure in (0.0, 0.4)],
        over,
        codes,
        labels,
        seed=1,
        steps=400,
    )
    assert count(tight).macs < count(loose).macs / 2
    assert accuracy(tight, codes, labels) > 0.9


def test_validation_rows_choose_among_the_starts() -> None:
    over, codes, labels = rings(200)
    recipe = [MlpRecipe(hidden=(2,))]
    upside_down = train_mlps(recipe, over, codes, labels, seed=3, steps=40, validation=(codes, 1 - labels))[0]
    upright = train_mlps(recipe, over, codes, labels, seed=3, steps=40)[0]
    assert accuracy(upside_down, codes, labels) < accuracy(upright, codes, labels)


def ramp() -> tuple[Interface, npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    """A value that depends on two features, far from 0."""
    over = replace(interface(3), output=ValueOutput((Value("price", 0.02, 40.0),)))
    codes = codes_for(over, 300, 6)
    return over, codes, 40 + 2.0 * codes[:, 0] - 1.5 * codes[:, 1]


@pytest.mark.parametrize("fit_output", [True, False])
def test_regressions_map_back_to_the_units_of_the_target(fit_output: bool) -> None:
    over, codes, targets = ramp()
    network = train_mlps(
        [MlpRecipe(hidden=(4,))], over, codes, targets, seed=1, steps=400, fit_output=fit_output
    )[0]
    assert isinstance(network.interface.output, ValueOutput)
    value = network.interface.output.values[0]
    found = evaluate(network, codes)[:, 0] * value.scale + value.offset
    assert 1 - ((found - targets) ** 2).mean() / targets.var() > 0.95
    assert value.name == "price"
    assert (network.interface == over) is not fit_output


def test_a_constant_target_is_answered_by_a_constant() -> None:
    over, codes, _ = ramp()
    network = train_mlps([MlpRecipe()], over, codes, np.full(len(codes), 3.0), seed=1, steps=5)[0]
    assert isinstance(network.interface.output, ValueOutput)
    value = network.interface.output.values[0]
    assert np.allclose((evaluate(network, codes) * value.scale + value.offset).mean(), 3.0)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"codes": np.zeros((4, 3), np.int32)}, r"training: codes must be \(n_rows, 2\), not \(4, 3\)"),
        ({"targets": np.zeros(3, np.int64)}, "training: 300 targets are needed, one a row, not 3"),
        ({"targets": np.full(300, 2)}, r"training: targets must be class indices in 0\.\.1"),
    ],
)
def test_unfit_arrays_are_refused(change: dict[str, npt.NDArray[np.int64]], text: str) -> None:
    over, codes, labels = rings()
    arrays = {"codes": codes, "targets": labels, **change}
    with pytest.raises(RunError, match=text):
        train_mlps([MlpRecipe()], over, arrays["codes"], arrays["targets"], seed=1)


def test_unfit_values_are_refused() -> None:
    over, codes, targets = ramp()
    with pytest.raises(RunError, match="training: 1 finite values a row are needed as targets"):
        train_mlps([MlpRecipe()], over, codes, targets * np.nan, seed=1)


def test_steps_grow_with_the_rows_inside_bounds() -> None:
    assert [default_steps(n) for n in (10, 4096, 6000, 100_000)] == [600, 600, 878, 1200]


def test_sums_of_middling_weights_fill_the_activation() -> None:
    assert typical_shift(4, 16, 6, 8) == 3
    assert typical_shift(1, 2, 0, 8) == 0


def test_a_reduced_argmax_drops_bits_at_little_cost() -> None:
    over = interface(6, 4)
    codes = codes_for(over, 400, 3)
    labels = codes[:, :4].argmax(axis=1)
    recipe = MlpRecipe(hidden=(5,))
    exact = train_mlps([recipe], over, codes, labels, seed=1, steps=150)[0]
    reduced = reduce_argmax(exact, recipe, codes, labels)
    assert isinstance(reduced.body, BespokeMlp)
    assert reduced.body.argmax is not None
    assert max(-match.mask for match in reduced.body.argmax) > 1
    assert accuracy(reduced, codes, labels) >= accuracy(exact, codes, labels) - ACCEPTED_LOSS
    trained = train_mlps([replace(recipe, argmax="reduced")], over, codes, labels, seed=1, steps=20)[0]
    assert isinstance(trained.body, BespokeMlp)
    assert trained.body.argmax is not None


@pytest.mark.parametrize(
    "options",
    [
        {"hidden": 3},
        {"hidden": [3, 2], "weights": {"signed_digits": 2}, "activation_bits": "4..6"},
        {"hidden": 3, "weights": "ternary", "masks": False, "argmax": "reduced", "activation_shift": 1},
    ],
)
def test_seeds_are_rows_of_the_space_that_learned(options: dict[str, object]) -> None:
    over, codes, labels = rings()
    space = ApproximateMlpGenes(parse_options(options), over)
    rows = seed_rows(space, over, codes, labels, seed=1, n_networks=5, steps=250)
    assert rows.shape == (5, space.domain.n_variables)
    assert rows.dtype == np.int32
    assert ((rows >= space.domain.lower) & (rows <= space.domain.upper)).all()
    best = max(accuracy(space.decode(row), codes, labels) for row in rows)
    assert best > max(labels.mean(), 1 - labels.mean()) + 0.05


def test_seeds_of_a_regression_keep_the_scale_of_the_space() -> None:
    over, codes, targets = ramp()
    space = ApproximateMlpGenes(parse_options({"hidden": 3}), over)
    rows = seed_rows(space, over, codes, targets, seed=1, n_networks=4, steps=250)
    errors = [
        ((evaluate(space.decode(row), codes)[:, 0] * 0.02 + 40.0 - targets) ** 2).mean() for row in rows
    ]
    assert 1 - min(errors) / targets.var() > 0.9


def test_cardio_is_learned_from_its_data(shared_data: Path) -> None:
    table = np.loadtxt(shared_data / "uci" / "cardio.csv", delimiter=",", skiprows=1)
    lo, hi = table[:, :-1].min(axis=0).astype(np.float32), table[:, :-1].max(axis=0).astype(np.float32)
    features = tuple(
        Feature(f"x{i}", float(low), float(max(high, low + 1)), 4)
        for i, (low, high) in enumerate(zip(lo, hi, strict=True))
    )
    over = Interface(features, ClassOutput(("1", "2", "3")))
    codes, labels = over.quantize(table[:, :-1]), table[:, -1].astype(np.int64) - 1
    network = train_mlps([MlpRecipe(hidden=(3,))], over, codes, labels, seed=1, steps=300)[0]
    assert accuracy(network, codes, labels) > 0.84
