"""All passes at once: on random networks every one gives the same integers, and none fails."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.ir import Network, TensorNet
from codegen.ir.counts import count
from codegen.ir.errors import IrError
from codegen.ir.evaluate import evaluate
from codegen.ir.passes import PASSES, simplify
from codegen.ir.serialize import content_hash, from_json, to_json
from codegen.ir.testing import KINDS, network_of_kinds, samples_of
from tests.tensor_networks import tensor_networks


@given(tensor_networks(max_operators=8), st.integers(0, 2**32 - 1))
def test_every_pass_keeps_every_answer(network: Network, seed: int) -> None:
    assert isinstance(network.body, TensorNet)
    samples = samples_of(network, seed)
    try:
        expected = evaluate(network, samples)
    except IrError:
        return
    for improve in (*PASSES, simplify):
        improved = replace(network, body=improve(network.body))
        assert evaluate(improved, samples).tolist() == expected.tolist(), improve.__name__
        assert count(improved).macs <= count(network).macs


@given(tensor_networks())
def test_nothing_is_left_to_do_after_all_passes(network: Network) -> None:
    assert isinstance(network.body, TensorNet)
    simple = simplify(network.body)
    assert all(improve(simple) == simple for improve in PASSES)


@given(tensor_networks())
def test_tensor_networks_survive_a_file(network: Network) -> None:
    text = to_json(network)
    assert from_json(text) == network
    assert content_hash(from_json(text)) == content_hash(network)


@pytest.mark.parametrize("kind", KINDS)
def test_every_operator_survives_a_file_and_is_evaluated(kind: str) -> None:
    for seed in range(50):
        network = network_of_kinds([kind], np.random.default_rng(seed))
        samples = samples_of(network, seed)
        read = from_json(to_json(network))
        assert read == network
        assert evaluate(read, samples).tolist() == evaluate(network, samples).tolist()
