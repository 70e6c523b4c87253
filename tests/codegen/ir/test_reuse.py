"""What a network shares with the one before it in its population is computed once, and changes no answer."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.ir import BatchArgmax, BatchLayer, Interface, MlpBatch
from codegen.ir.batch import network_of, outputs_batch, pack_samples, predict_batch
from codegen.ir.evaluate import outputs
from codegen.ir.lowering import lower
from codegen.ir.reuse import unchanged_neurons
from tests.networks import codes_for, mlp_batches

Population = tuple[MlpBatch, Interface]


def mutants(batch: MlpBatch, n: int, seed: int) -> MlpBatch:
    """n networks in small steps from the first of a population."""
    rng = np.random.default_rng(seed)
    walk = batch.take(np.zeros(n, dtype=np.int64))
    for index in range(1, n):
        layer = walk.layers[rng.integers(len(walk.layers))]
        place = tuple(int(rng.integers(size)) for size in layer.masks.shape[1:])
        layer.masks[(slice(index, None), *place)] = rng.integers(16)
        layer.weights[(slice(index, None), *place)] *= rng.choice([1, -1])
        if rng.random() < 0.3:
            layer.biases[index:, rng.integers(layer.biases.shape[1])] += 1
        if layer.clip_shift is not None and rng.random() < 0.2:
            layer.clip_shift[index:] = rng.integers(4)
    return walk


@given(mlp_batches(max_shift=24, max_terms=2), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_networks_in_small_steps_have_the_sums_of_the_definition(population: Population, seed: int) -> None:
    batch, interface = population
    walk, codes = mutants(batch, 9, seed), codes_for(interface, 70, seed)
    found = outputs_batch(walk, pack_samples(codes))
    for index in range(walk.n_networks):
        assert np.array_equal(found[index].T, outputs(network_of(walk, index, interface), codes))


@given(mlp_batches(), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_the_answers_of_a_population_do_not_depend_on_its_order(population: Population, seed: int) -> None:
    batch, interface = population
    walk, samples = mutants(batch, 9, seed), pack_samples(codes_for(interface, 3000, seed))
    order = np.random.default_rng(seed).permutation(walk.n_networks)
    assert np.array_equal(predict_batch(walk, samples)[order], predict_batch(walk.take(order), samples))


def two_layers(n: int) -> MlpBatch:
    """n equal networks of two features, two hidden neurons and two outputs; output j reads neuron j."""
    hidden = BatchLayer(
        np.full((n, 2, 2, 1), 3, dtype=np.int32),
        np.ones((n, 2, 2, 1), dtype=np.int32),
        np.zeros((n, 2), dtype=np.int32),
        np.zeros(n, dtype=np.int32),
        np.full(n, 15, dtype=np.int32),
    )
    masks = np.zeros((n, 2, 2, 1), dtype=np.int32)
    masks[:, 0, 0], masks[:, 1, 1] = 7, 7
    last = BatchLayer(
        masks, np.ones((n, 2, 2, 1), dtype=np.int32), np.zeros((n, 2), dtype=np.int32), None, None
    )
    return MlpBatch((hidden, last), np.array([3, 3], dtype=np.int32))


def unchanged(batch: MlpBatch) -> list[list[bool]]:
    flags: list[list[bool]] = unchanged_neurons(lower(batch)).tolist()
    return flags


def test_the_first_network_shares_nothing_and_an_equal_one_all() -> None:
    assert unchanged(two_layers(2)) == [[False] * 4, [True] * 4]


def test_a_changed_neuron_changes_those_that_read_it_alone() -> None:
    batch = two_layers(2)
    batch.layers[0].masks[1, 0, 1, 0] = 1
    assert unchanged(batch)[1] == [False, True, False, True]


def test_a_changed_bias_or_weight_changes_its_neuron() -> None:
    batch = two_layers(3)
    batch.layers[1].biases[1:, 1] = 5
    batch.layers[1].weights[2, 0, 0, 0] = -2
    assert unchanged(batch)[1:] == [[True, True, True, False], [True, True, False, True]]


def test_a_changed_clip_changes_its_whole_layer() -> None:
    batch = two_layers(2)
    assert batch.layers[0].clip_shift is not None
    batch.layers[0].clip_shift[1] = 1
    assert unchanged(batch)[1] == [False] * 4


def test_sums_of_another_width_are_made_anew() -> None:
    batch = two_layers(2)
    batch.layers[1].weights[1, 0, 0, 0] = 1 << 20
    assert unchanged(batch)[1] == [True, True, False, False]


def test_nothing_is_shared_with_a_network_beyond_32_bits() -> None:
    batch = two_layers(3)
    batch.layers[1].weights[1, 0, 0, 0] = 1 << 30
    batch.layers[1].weights[1, 0, 1, 0] = 1 << 30
    batch.layers[1].masks[1, 0, 1, 0] = 7
    assert unchanged(batch)[1:] == [[False] * 4] * 2


def test_another_argmax_reads_the_same_sums() -> None:
    batch = two_layers(2)
    sides = np.zeros((2, 1, 2), dtype=np.int32)
    sides[:, 0] = [0, 1]
    reduced = MlpBatch(
        batch.layers, batch.input_hi, BatchArgmax(sides, np.array([[-1], [-8]], dtype=np.int32))
    )
    codes = np.array([[0, 0], [3, 3], [1, 2]])
    assert unchanged(reduced)[1] == [True] * 4
    assert predict_batch(reduced, pack_samples(codes)).tolist() == [[0, 0, 0], [0, 0, 0]]
