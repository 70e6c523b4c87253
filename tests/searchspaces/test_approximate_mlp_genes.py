"""Genes of approximate MLPs: what each column means, and the way back from a network."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.ir import BespokeMlp, Clip, Comparison, DecisionTree, Layer, Network, Neuron, Term
from codegen.ir.evaluate import evaluate
from codegen.ir.ranges import mlp_ranges
from searchspaces.approximate_mlp import ApproximateMlpGenes, parse_options, reduced_argmax
from searchspaces.approximate_mlp.tournament import balanced_sides
from searchspaces.space import SpaceError
from tests.networks import codes_for
from tests.searchspaces.spaces import GENE_OPTIONS, axes, genes, interface, value_interface


def body(network: Network) -> BespokeMlp:
    assert isinstance(network.body, BespokeMlp)
    return network.body


def row_of(space: ApproximateMlpGenes, **genes_by_name: int) -> np.ndarray:
    """A row of zeros (or lowest values above) but for the named genes, with _ for every dot."""
    names = [variable.name.replace(".", "_") for variable in space.domain.variables]
    row = np.array([max(0, variable.lower) for variable in space.domain.variables], np.int32)
    for name, value in genes_by_name.items():
        row[names.index(name)] = value
    return row


def test_each_gene_is_one_property_of_a_term_or_neuron() -> None:
    space = genes({"hidden": 2})
    row = row_of(
        space,
        layer0_neuron0_bias=9,
        layer0_neuron1_input2_term0_mask=0b1010,
        layer0_neuron1_input2_term0_shift=5,
        layer0_neuron1_input2_term0_sign=1,
        layer0_neuron1_bias=400,
        layer0_clip_shift=3,
        layer1_neuron0_input1_term0_mask=0b11,
        layer1_neuron2_input0_term0_mask=1,
    )
    assert body(space.decode(row)) == BespokeMlp(
        (
            Layer((Neuron(9, ()), Neuron(400, (Term(2, 5, 0b1010, -1),))), Clip(3, 8)),
            Layer((Neuron(0, (Term(1, 0, 0b11, 1),)), Neuron(0, ()), Neuron(0, (Term(0, 0, 1, 1),)))),
        )
    )


def test_without_masks_a_gene_drops_a_synapse_or_keeps_its_top_bits() -> None:
    space = genes({"hidden": 1, "masks": False, "input_bits": "2..4"})
    masks = []
    for gene in range(4):
        row = row_of(space, layer0_neuron0_input0_term0_mask=gene, layer1_neuron0_input0_term0_mask=1)
        masks.append([term.mask for term in body(space.decode(row)).layers[0].neurons[0].terms])
    assert masks == [[], [0b1100], [0b1110], [0b1111]]
    assert space.domain.variables[space.layout.layers[1].masks.start].upper == 1


def test_ternary_weights_have_no_shift_genes() -> None:
    space = genes({"hidden": 2, "weights": "ternary"})
    assert not [variable for variable in space.domain.variables if variable.name.endswith(".shift")]


def test_signed_digits_have_a_gene_for_each_digit() -> None:
    space = genes({"hidden": 1, "weights": {"signed_digits": 2}})
    row = row_of(
        space,
        layer0_neuron0_input0_term0_mask=15,
        layer0_neuron0_input0_term0_shift=3,
        layer0_neuron0_input0_term1_mask=15,
        layer0_neuron0_input0_term1_sign=1,
        layer1_neuron0_input0_term0_mask=1,
    )
    assert body(space.decode(row)).layers[0].neurons[0].terms == (Term(0, 0, 15, -1), Term(0, 3, 15, 1))


def test_the_columns_of_a_neuron_are_a_block_and_layer_genes_are_apart() -> None:
    space = genes({"hidden": 2, "activation_bits": "4..8", "argmax": "reduced"})
    blocks: dict[str, set[int]] = {}
    for variable in space.domain.variables:
        owner = ".".join(variable.name.split(".")[:2]) if "neuron" in variable.name else variable.name
        blocks.setdefault(owner.replace("clip_shift", "clip").replace("clip_bits", "clip"), set()).add(
            variable.block
        )
    numbers = [found for owner, found in blocks.items() if "argmax" not in owner]
    assert all(len(found) == 1 for found in numbers)
    assert len(set().union(*numbers)) == len(numbers) == 2 + 1 + 3
    assert {tuple(found) for owner, found in blocks.items() if "argmax" in owner} == {(6,)}


def test_rows_of_another_shape_or_type_are_refused() -> None:
    space = genes({"hidden": 2})
    n = space.domain.n_variables
    with pytest.raises(SpaceError, match=rf"rows must have shape \(n_rows, {n}\), not \(2, 3\)"):
        space.decode_batch(np.zeros((2, 3), np.int32))
    with pytest.raises(SpaceError, match="rows must be int32, not float64"):
        space.decode_batch(np.zeros((2, n)))


def test_genes_and_axes_are_told_apart() -> None:
    with pytest.raises(SpaceError, match="detail: must be genes for a gene space, not 'axes'"):
        ApproximateMlpGenes(axes({}).options, interface())


def test_signed_features_are_refused() -> None:
    signed = replace(interface().features[0], signed=True, name="t")
    with pytest.raises(SpaceError, match="features must be unsigned codes, but 't' is signed"):
        ApproximateMlpGenes(parse_options({}), replace(interface(), features=(signed,)))


@pytest.mark.parametrize("options", GENE_OPTIONS)
def test_sampled_neurons_are_mostly_active(options: dict[str, object]) -> None:
    space = genes(options, interface(n_features=8))
    active = []
    for row in space.sample(np.random.default_rng(1), 40)[::2]:
        network = space.decode(row)
        for lo, hi in mlp_ranges(network).layers[0].accumulators:
            active.append(lo <= 0 < hi)
    assert np.mean(active) > 0.8


def test_sampled_rows_are_dense_and_sparse() -> None:
    space = genes({"hidden": 4}, interface(n_features=8))
    rows = space.sample(np.random.default_rng(2), 60)
    present = (rows[:, space.layout.layers[0].masks] > 0).mean(axis=1)
    assert present[::2].min() > 0.7
    assert present[1::2].min() < 0.1
    assert present[1::2].max() > 0.5


@given(st.integers(0, 2**32 - 1), st.sampled_from(GENE_OPTIONS))
def test_encoding_keeps_every_answer(seed: int, options: dict[str, object]) -> None:
    space = genes(options, value_interface() if seed % 2 else interface())
    network = space.decode(space.sample(np.random.default_rng(seed), 2)[seed % 2])
    codes = codes_for(space.interface, 50, seed)
    again = space.decode(space.encode(network))
    np.testing.assert_array_equal(evaluate(again, codes), evaluate(network, codes))


def test_a_smaller_network_is_encoded_with_empty_neurons() -> None:
    space = genes({"hidden": 3})
    small = genes({"hidden": 1})
    network = small.decode(small.sample(np.random.default_rng(0), 1)[0])
    row = space.encode(network)
    first = space.layout.layers[0]
    assert not row[first.masks].reshape(first.shape)[1:].any()
    again = space.decode(row)
    assert again == network
    codes = codes_for(space.interface, 40, 0)
    np.testing.assert_array_equal(evaluate(again, codes), evaluate(network, codes))


@pytest.mark.parametrize("n_outputs", [2, 3, 5, 10])
def test_a_tournament_that_drops_nothing_is_the_exact_argmax(n_outputs: int) -> None:
    over = interface(n_classes=n_outputs)
    exact, reduced = genes({"hidden": 3}, over), genes({"hidden": 3, "argmax": "reduced"}, over)
    network = exact.decode(exact.sample(np.random.default_rng(n_outputs), 1)[0])
    again = reduced.decode(reduced.encode(network))
    assert body(again).argmax == reduced_argmax((0,) * (n_outputs - 1))
    codes = codes_for(over, 200, 0)
    np.testing.assert_array_equal(evaluate(again, codes), evaluate(network, codes))


def test_neighbors_meet_first_in_the_tournament() -> None:
    assert balanced_sides(5) == ((0, 1), (2, 3), (5, 6), (7, 4))
    assert balanced_sides(1) == ()


def changed(network: Network, layer: int, **fields: object) -> Network:
    layers = list(body(network).layers)
    layers[layer] = replace(layers[layer], **fields)
    return replace(network, body=replace(body(network), layers=tuple(layers)))


def empty_network(space: ApproximateMlpGenes) -> Network:
    return space.decode(row_of(space))


def test_a_shift_beyond_the_largest_is_refused() -> None:
    space = genes({"hidden": 1})
    network = changed(empty_network(space), 0, neurons=(Neuron(0, (Term(0, 7, 15, 1),)),))
    with pytest.raises(SpaceError, match=r"layer 0, neuron 0: shift of input 0: must lie in 0..6, not 7"):
        space.encode(network)


def test_what_no_row_can_say_is_named_with_its_place() -> None:
    space = genes({"hidden": 1, "masks": False, "weights": "ternary", "activation_shift": "0..3"})
    empty = empty_network(space)
    tree = Network(space.interface, DecisionTree((), (0,)))
    two_layers = genes({"hidden": [1, 1]})
    twice = (Neuron(0, (Term(0, 0, 15, 1), Term(0, 0, 15, -1))),)
    tournament = (Comparison(0, 1), Comparison(3, 2))
    for network, text in (
        (replace(empty, interface=interface(5)), "the network must have the interface of the space"),
        (tree, "network: the body must be a BespokeMlp, not a DecisionTree"),
        (empty_network(two_layers), "network: must have 2 layers, not 3"),
        (changed(empty, 0, neurons=(Neuron(0, ()),) * 2), "layer 0: at most 1 neurons fit, not 2"),
        (
            changed(empty, 0, neurons=(Neuron(999, ()),)),
            "layer 0, neuron 0: bias: must lie in -32..31, not 999",
        ),
        (changed(empty, 0, neurons=twice), "layer 0, neuron 0: input 0 may have at most 1 terms"),
        (
            changed(empty, 0, neurons=(Neuron(0, (Term(0, 2, 15, 1),)),)),
            "layer 0, neuron 0: shift of input 0: must be 0, not 2",
        ),
        (
            changed(empty, 0, neurons=(Neuron(0, (Term(0, 0, 5, 1),)),)),
            "layer 0, neuron 0: mask 5 of input 0: must keep top bits only without masks",
        ),
        (
            changed(empty, 0, clip=Clip(5, 8)),
            "layer 0: activation shift: must lie in 0..3, not 5",
        ),
        (changed(empty, 0, clip=Clip(0, 7)), "layer 0: activation bits: must be 8, not 7"),
        (
            replace(empty, body=replace(body(empty), argmax=tournament)),
            "argmax: must be exact, not a tournament",
        ),
    ):
        with pytest.raises(SpaceError) as error:
            space.encode(network)
        assert str(error.value) == f"approximate_mlp: {text}"


def test_only_balanced_tournaments_that_drop_low_bits_can_be_encoded() -> None:
    space = genes({"hidden": 1, "argmax": "reduced"})
    empty = empty_network(space)
    for matches, text in (
        (
            (Comparison(1, 0), Comparison(3, 2)),
            "argmax: the tournament must be the balanced one, neighbors first",
        ),
        (
            (Comparison(0, 1, 6), Comparison(3, 2)),
            "argmax: comparison 0: must drop low bits only, not mask 6",
        ),
        (
            (Comparison(0, 1), Comparison(3, 2, -(1 << 20))),
            "argmax: comparison 1: dropped bits: must lie in 0..14, not 20",
        ),
    ):
        with pytest.raises(SpaceError) as error:
            space.encode(replace(empty, body=replace(body(empty), argmax=matches)))
        assert str(error.value) == f"approximate_mlp: {text}"
