"""Masks over a trained network: what varies, what does not, and how a search starts."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.ir import BespokeMlp, Clip, Layer, Network, Neuron, Term
from searchspaces.approximate_mlp import MaskGenes, parse_options
from searchspaces.space import SpaceError
from searchspaces.testing import check_space
from tests.searchspaces.spaces import genes, interface


def base_of(options: dict[str, object], seed: int = 0) -> Network:
    """A network with full masks, as training leaves it."""
    space = genes(options)
    masks = MaskGenes(space.decode(space.sample(np.random.default_rng(seed), 1)[0]))
    return masks.decode(masks.domain.upper)


BASE = base_of({"hidden": 3, "input_bits": 4})


@pytest.mark.parametrize(
    "options",
    [{"hidden": 3}, {"hidden": 4, "argmax": "reduced"}, {"hidden": 2, "weights": {"signed_digits": 2}}],
)
def test_the_space_keeps_the_rules_of_all_spaces(options: dict[str, object]) -> None:
    space = MaskGenes(base_of(options))
    assert [one for one in check_space(space, np.random.default_rng(0)) if not one.passed] == []


def test_a_gene_is_any_mask_of_its_input() -> None:
    space = MaskGenes(BASE)
    assert set(space.domain.upper.tolist()) == {15, 255}
    assert space.domain.variables[0].name == "layer0.neuron0.input0.mask"


def test_full_masks_are_the_base_and_empty_ones_are_constants() -> None:
    space = MaskGenes(BASE)
    assert space.decode(space.domain.upper) == BASE
    empty = space.decode(np.zeros_like(space.domain.upper))
    assert isinstance(empty.body, BespokeMlp)
    assert all(not neuron.terms for layer in empty.body.layers for neuron in layer.neurons)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1000), kept=st.floats(0.0, 1.0))
def test_sparse_networks_find_their_neurons_again(seed: int, kept: float) -> None:
    space, rng = MaskGenes(base_of({"hidden": 4}, seed)), np.random.default_rng(seed)
    row = space.domain.upper * (rng.random(space.domain.n_variables) < kept)
    network = space.decode(row.astype(np.int32))
    assert space.decode(space.encode(network)) == network


def test_the_first_population_is_half_uniform_a_quarter_near_full_and_a_quarter_near_zero() -> None:
    space = MaskGenes(BASE)
    rows, upper = space.sample(np.random.default_rng(0), 400), space.domain.upper
    assert 0.4 < (rows[:200] / upper).mean() < 0.6
    assert (rows[200:300] >= upper - 2).all()
    assert (rows[300:] <= np.where(upper == 15, 4, 10)).all()


def with_hidden(network: Network, *, bias: int) -> Network:
    assert isinstance(network.body, BespokeMlp)
    hidden, last = network.body.layers
    neurons = (replace(hidden.neurons[0], bias=bias), *hidden.neurons[1:])
    return replace(network, body=replace(network.body, layers=(replace(hidden, neurons=neurons), last)))


def test_a_network_with_another_bias_is_refused() -> None:
    with pytest.raises(SpaceError, match="layer 0, neuron 0: no neuron of the base differs by masks only"):
        MaskGenes(BASE).encode(with_hidden(BASE, bias=12345))


def test_a_network_over_other_features_is_refused() -> None:
    changed = replace(BASE, interface=interface(4, bits=5))
    with pytest.raises(SpaceError, match="must have the interface and the activations of the base"):
        MaskGenes(BASE).encode(changed)


def test_a_base_needs_one_hidden_layer() -> None:
    with pytest.raises(SpaceError, match="the network must have one hidden layer, not 2"):
        MaskGenes(base_of({"hidden": [2, 2]}))


def test_rows_of_another_shape_are_refused() -> None:
    with pytest.raises(SpaceError, match=r"rows must be \(n_rows, \d+\) int32, not \(2, 3\) int64"):
        MaskGenes(BASE).decode_batch(np.zeros((2, 3), np.int64))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"genes": "masks", "detail": "axes"}, "genes: masks needs detail: genes, not axes"),
        ({"genes": "masks", "hidden": [3, 2]}, "hidden: must be one layer where genes is masks, not 2"),
        ({"genes": "masks", "masks": False}, "masks: must be true where genes is masks, not false"),
        ({"genes": "mask"}, "genes: must be all or masks, not 'mask'; did you mean 'masks'?"),
    ],
)
def test_options_that_do_not_go_with_masks_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(SpaceError) as caught:
        parse_options(options)
    assert str(caught.value) == f"approximate_mlp: {message}"


def test_equal_neurons_are_told_apart_by_who_reads_them() -> None:
    neuron = Neuron(5, (Term(0, 0, 15, 1),))
    hidden = Layer((neuron, neuron), Clip(0, 8))
    outputs = (Neuron(0, (Term(0, 0, 31, 1), Term(1, 2, 31, -1))), Neuron(1, ()), Neuron(2, ()))
    space = MaskGenes(Network(interface(), BespokeMlp((hidden, Layer(outputs)))))
    second = np.array([0, 15, 0, 255], np.int32)
    assert space.encode(space.decode(second)).tolist() == [0, 15, 0, 31]
