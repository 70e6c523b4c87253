"""Populations equal the definition network by network, whatever their depth, terms and widths."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.ir import (
    BatchArgmax,
    BatchLayer,
    BespokeMlp,
    ClassOutput,
    Clip,
    DecisionTree,
    Feature,
    Interface,
    IrError,
    Layer,
    MlpBatch,
    Network,
    Neuron,
    Term,
)
from codegen.ir.batch import (
    batch_of,
    confusion_batch,
    network_of,
    outputs_batch,
    pack_samples,
    predict_batch,
    squared_error_batch,
)
from codegen.ir.evaluate import evaluate, outputs
from codegen.ir.lowering import NARROW, WIDE, WIDEST, lower
from tests.networks import bespoke_mlps, codes_for, mlp_batches

Population = tuple[MlpBatch, Interface]


@given(mlp_batches(), st.integers(1, 200), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_every_network_predicts_what_evaluate_says(population: Population, n_samples: int, seed: int) -> None:
    batch, interface = population
    codes = codes_for(interface, n_samples, seed)
    found = predict_batch(batch, pack_samples(codes))
    assert (found.dtype, found.shape) == (np.uint8, (batch.n_networks, n_samples))
    for index in range(batch.n_networks):
        network = network_of(batch, index, interface)
        if isinstance(interface.output, ClassOutput):
            assert np.array_equal(found[index], evaluate(network, codes))


@given(mlp_batches(max_shift=24, max_terms=3), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_every_network_has_the_sums_of_the_definition(population: Population, seed: int) -> None:
    batch, interface = population
    codes = codes_for(interface, 40, seed)
    found = outputs_batch(batch, pack_samples(codes))
    for index in range(batch.n_networks):
        assert np.array_equal(found[index].T, outputs(network_of(batch, index, interface), codes))


def one_layer(masks: list[int], weights: list[int], bias: int, input_hi: int, n_outputs: int = 1) -> MlpBatch:
    """One network of `n_outputs` equal neurons over len(masks) inputs."""
    shape = (1, n_outputs, len(masks), 1)
    layer = BatchLayer(
        np.broadcast_to(np.array(masks, dtype=np.int32)[:, None], shape).copy(),
        np.broadcast_to(np.array(weights, dtype=np.int32)[:, None], shape).copy(),
        np.full((1, n_outputs), bias, dtype=np.int32),
        None,
        None,
    )
    return MlpBatch((layer,), np.full(len(masks), input_hi, dtype=np.int32))


@pytest.mark.parametrize(
    ("masks", "weights", "bias", "input_hi", "width"),
    [
        ([255, 255], [64, 64], 127, 255, NARROW),  # up to 32767
        ([255, 255], [64, 64], 128, 255, WIDE),
        ([255, 255], [-64, -64], -128, 255, NARROW),  # down to -32768
        ([255, 255], [-64, -64], -129, 255, WIDE),
        ([255] * 3, [256, -256, 1], -30000, 255, WIDE),  # one term alone is beyond 16 bits
        ([255] * 9, [64, 64, -64, 64, -64, 64, 64, 64, 1], 5, 255, WIDE),
        ([65535], [1], -32768, 65535, NARROW),  # a term beyond int16 that the bias brings back
        ([65535, 65535], [1 << 14, -(1 << 14)], 0, 65535, WIDE),
        ([65535] * 3, [1 << 14] * 3, 0, 65535, WIDEST),
    ],
)
def test_sums_are_exact_at_the_edges_of_each_width(
    masks: list[int], weights: list[int], bias: int, input_hi: int, width: int
) -> None:
    batch = one_layer(masks, weights, bias, input_hi)
    assert lower(batch).layer_widths.tolist() == [[width]]
    corners = np.array(np.meshgrid(*[(0, input_hi)] * len(masks))).reshape(len(masks), -1).T
    codes = np.concatenate([corners, np.random.default_rng(1).integers(0, input_hi + 1, (50, len(masks)))])
    expected = bias + ((codes & masks) * np.array(weights, dtype=np.int64)).sum(axis=1)
    assert np.array_equal(outputs_batch(batch, pack_samples(codes))[0, 0], expected)


@pytest.mark.parametrize("n_samples", [1, 63, 64, 65, 1023, 1024, 1025, 2049])
def test_any_number_of_samples_fills_its_blocks(n_samples: int) -> None:
    codes = np.random.default_rng(1).integers(0, 16, (n_samples, 2))
    found = outputs_batch(one_layer([7, 12], [2, -1], 3, 15), pack_samples(codes))
    assert np.array_equal(found[0, 0], 3 + 2 * (codes[:, 0] & 7) - (codes[:, 1] & 12))


def test_more_than_256_outputs_are_predicted_as_int32() -> None:
    batch = one_layer([1], [1], 0, 1, n_outputs=300)
    batch.layers[0].biases[0, 299] = 1
    found = predict_batch(batch, pack_samples(np.array([[0], [1]])))
    assert (found.dtype, found.tolist()) == (np.int32, [[299, 299]])


@given(mlp_batches(), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_confusions_count_true_classes_by_predicted_ones(population: Population, seed: int) -> None:
    batch, interface = population
    samples = pack_samples(codes_for(interface, 101, seed))
    labels = np.random.default_rng(seed).integers(0, batch.n_outputs, 101)
    expected = np.zeros((batch.n_networks, batch.n_outputs, batch.n_outputs), dtype=np.int64)
    for index, predicted in enumerate(predict_batch(batch, samples)):
        np.add.at(expected[index], (labels, predicted), 1)
    assert np.array_equal(confusion_batch(batch, samples, labels, batch.n_outputs), expected)


def test_squared_errors_are_of_the_scaled_output() -> None:
    batch = one_layer([15], [1], 0, 15)
    samples = pack_samples(np.array([[0], [4], [15]]))
    # 0.5 * x + 1 is 1, 3, 8.5.
    assert squared_error_batch(batch, samples, np.array([1.0, 1.0, 8.0]), 0.5, 1.0).tolist() == [4.25]


@given(bespoke_mlps())
@settings(deadline=None)
def test_a_network_survives_the_way_through_a_population(network: Network) -> None:
    codes = codes_for(network.interface, 50, 1)
    canonical = network_of(batch_of([network]), 0, network.interface)
    assert np.array_equal(outputs(canonical, codes), outputs(network, codes))
    assert network_of(batch_of([canonical]), 0, network.interface) == canonical
    assert network_of(batch_of([network, network]), 1, network.interface) == canonical


def test_the_canonical_form_drops_what_is_always_zero_or_unread_and_cuts_masks() -> None:
    # The hidden sums are at most 0 and 5: activation 0 is always 0 and so unread, activation 1 has 3 bits.
    hidden = BatchLayer(
        np.array([[[[15]], [[0]]], [[[0]], [[29]]]], dtype=np.int32).reshape(1, 2, 2, 1),
        np.array([-1, 8, 8, 1], dtype=np.int32).reshape(1, 2, 2, 1),
        np.array([[0, -8]], dtype=np.int32),
        np.array([0], dtype=np.int32),
        np.array([255], dtype=np.int32),
    )
    last = BatchLayer(
        np.full((1, 2, 2, 1), 250, dtype=np.int32),
        np.full((1, 2, 2, 1), -4, dtype=np.int32),
        np.zeros((1, 2), dtype=np.int32),
        None,
        None,
    )
    interface = Interface((Feature("a", 0.0, 1.0, 4), Feature("b", 0.0, 1.0, 4)), ClassOutput(("no", "yes")))
    body = network_of(MlpBatch((hidden, last), np.array([15, 15], dtype=np.int32)), 0, interface).body
    assert isinstance(body, BespokeMlp)
    assert body.layers[0].neurons == (Neuron(-8, (Term(1, 0, 13, 1),)),)
    assert body.layers[1].neurons == (Neuron(0, (Term(0, 2, 2, -1),)),) * 2


def test_a_hidden_layer_that_nothing_reads_keeps_one_empty_neuron() -> None:
    hidden = Layer((Neuron(5, (Term(0, 0, 3, 1),)), Neuron(6, ())), Clip(0, 4))
    whole = Network(INTERFACE, BespokeMlp((hidden, Layer((Neuron(1, ()), Neuron(2, ()))))))
    body = network_of(batch_of([whole]), 0, INTERFACE).body
    assert isinstance(body, BespokeMlp)
    assert body.layers[0].neurons == (Neuron(0, ()),)


@pytest.mark.parametrize(
    "mask", [-1, -4, 3, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, -0x8001, -(1 << 31)]
)
def test_match_masks_see_the_sign_bits_of_the_definition(mask: int) -> None:
    batch = one_layer([15], [1], -8, 15, n_outputs=2)
    batch.layers[0].weights[0, 1] = -1
    batch.layers[0].biases[0, 1] = 7
    argmax = BatchArgmax(np.array([[[1, 0]]], dtype=np.int32), np.array([[mask]], dtype=np.int32))
    batch, codes = replace(batch, argmax=argmax), np.arange(16)[:, None]
    interface = Interface((Feature("x", 0.0, 1.0, 4),), ClassOutput(("no", "yes")))
    expected = evaluate(network_of(batch, 0, interface), codes)
    assert np.array_equal(predict_batch(batch, pack_samples(codes))[0], expected)


BATCH = one_layer([3], [1], 0, 3, n_outputs=2)
LAYER = BATCH.layers[0]
SAMPLES = pack_samples(np.array([[0], [3]]))


def changed(**fields: object) -> MlpBatch:
    return replace(BATCH, layers=(replace(LAYER, **fields),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("batch", "text"),
    [
        (changed(masks=-LAYER.masks), r"batch: layer 0: masks must be in 0\.\.2147483647, not -3\.\.-3"),
        (changed(weights=LAYER.weights << 25), r"layer 0: weights must be in -16777216\.\.16777216"),
        (changed(biases=LAYER.biases.astype(np.int64)), r"biases must be \(1, 2\) int32, not \(1, 2\) int64"),
        (changed(clip_shift=np.zeros(1, dtype=np.int32)), "layer 0: every layer but the last has a clip"),
        (replace(BATCH, input_hi=np.array([3, 3], dtype=np.int32)), r"masks must be \(1, 2, 2, 1\) int32"),
        (replace(BATCH, layers=(LAYER, LAYER)), "layer 0: every layer but the last has a clip"),
        (
            replace(
                BATCH,
                argmax=BatchArgmax(np.array([[[0, 2]]], dtype=np.int32), np.zeros((1, 1), dtype=np.int32)),
            ),
            "argmax.sides: a comparison uses a winner that is not decided yet",
        ),
        (
            replace(
                BATCH,
                argmax=BatchArgmax(np.zeros((1, 2, 2), dtype=np.int32), np.zeros((1, 2), dtype=np.int32)),
            ),
            r"argmax.masks must be \(1, 1\) int32, not \(1, 2\) int32",
        ),
    ],
)
def test_arrays_that_do_not_fit_are_refused_before_any_kernel_runs(batch: MlpBatch, text: str) -> None:
    with pytest.raises(IrError, match=text):
        predict_batch(batch, SAMPLES)


def test_samples_that_do_not_fit_are_refused() -> None:
    with pytest.raises(IrError, match="samples: the networks have 1 features, the samples 2"):
        predict_batch(BATCH, pack_samples(np.array([[0, 0]])))
    with pytest.raises(IrError, match="samples: feature 0 must be at most 3, not 4"):
        predict_batch(BATCH, pack_samples(np.array([[4]])))
    with pytest.raises(IrError, match=r"samples: codes must be in 0\.\.65535, not -1\.\.0"):
        pack_samples(np.array([[0], [-1]]))
    with pytest.raises(
        IrError, match=r"samples: must be \(n_samples, n_features\) integers, not \(0, 2\) int64"
    ):
        pack_samples(np.zeros((0, 2), dtype=np.int64))


def test_labels_and_targets_that_do_not_fit_are_refused() -> None:
    with pytest.raises(IrError, match=r"labels must be \(2,\) integers, not \(3,\) int64"):
        confusion_batch(BATCH, SAMPLES, np.zeros(3, dtype=np.int64), 2)
    with pytest.raises(IrError, match=r"labels must be in 0\.\.1, not 0\.\.2"):
        confusion_batch(BATCH, SAMPLES, np.array([0, 2]), 2)
    with pytest.raises(IrError, match="the networks have 2 outputs, but there are 3 classes"):
        confusion_batch(BATCH, SAMPLES, np.array([0, 2]), 3)
    with pytest.raises(IrError, match=r"one output and \(2,\) targets are needed, not 2 and \(2,\)"):
        squared_error_batch(BATCH, SAMPLES, np.zeros(2), 1.0, 0.0)


INTERFACE = Interface((Feature("x", 0.0, 1.0, 2),), ClassOutput(("no", "yes")))


def network(*biases: int, interface: Interface = INTERFACE) -> Network:
    return Network(interface, BespokeMlp((Layer(tuple(Neuron(bias, ()) for bias in biases)),)))


def test_networks_that_make_no_population_are_refused() -> None:
    wider = Interface((Feature("x", 0.0, 1.0, 3),), ClassOutput(("no", "yes")))
    with pytest.raises(IrError, match="batch: at least one network is needed"):
        batch_of([])
    with pytest.raises(IrError, match="batch: all networks must have the same widths and input ranges"):
        batch_of([network(0, 1), network(0, 1, interface=wider)])
    with pytest.raises(IrError, match="batch: the body must be a BespokeMlp, not a DecisionTree"):
        batch_of([Network(INTERFACE, DecisionTree((), (0,)))])
    with pytest.raises(IrError, match=r"batch: numbers must fit 32 bits, not 0\.\.4294967296"):
        batch_of([network(0, 1 << 32)])
    with pytest.raises(
        IrError, match="batch: input_hi must be the largest codes of the interface's features"
    ):
        network_of(batch_of([network(0, 1)]), 0, wider)


def test_the_contract_itself_does_not_import_numba() -> None:
    code = (
        "import sys, codegen.ir, codegen.ir.evaluate, codegen.ir.serialize, codegen.ir.members;"
        "sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
