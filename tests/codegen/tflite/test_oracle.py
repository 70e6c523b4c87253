"""Bit for bit against LiteRT's reference kernels: two models of MLPerf Tiny, and random networks."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.ir import ClassOutput, Network, TensorNet, ValueOutput
from codegen.ir.counts import count
from codegen.ir.evaluate import evaluate
from codegen.ir.passes import simplify
from codegen.ir.tensors import evaluate_tensor_net
from codegen.ir.testing import KINDS, network_of_kinds, samples_of
from codegen.tflite import network_of, read_tflite
from tests.codegen.tflite.models import file_of, run_reference
from tests.tensor_networks import tensor_networks


@pytest.mark.parametrize(
    ("name", "n_features", "output", "macs"),
    [
        ("kws_ref_model.tflite", 49 * 10, ClassOutput, 2_656_768),
        ("ad01_int8.tflite", 640, ValueOutput, 264_192),
    ],
)
def test_a_reference_model_gives_the_oracles_numbers(
    shared_data: Path, name: str, n_features: int, output: type, macs: int
) -> None:
    path = shared_data / "mlperf_tiny" / name
    network = read_tflite(path)
    assert isinstance(network.body, TensorNet)
    assert network.interface.n_features == n_features
    assert isinstance(network.interface.output, output)
    assert count(network).macs == macs
    codes = samples_of(network, seed=5, n_samples=40)
    expected = run_reference(path.read_bytes(), codes)
    for body in (network.body, simplify(network.body)):
        got = evaluate_tensor_net(body, network.interface, codes)
        assert got.tolist() == expected.tolist()


@given(tensor_networks("tflite", max_operators=5), st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_a_random_network_gives_the_oracles_numbers(network: Network, seed: int) -> None:
    assert_like_the_oracle(network, seed)


@pytest.mark.parametrize("kind", KINDS)
def test_each_operator_gives_the_oracles_numbers(kind: str) -> None:
    for seed in range(8):
        assert_like_the_oracle(network_of_kinds([kind, kind], np.random.default_rng(seed), "tflite"), seed)


def assert_like_the_oracle(network: Network, seed: int) -> None:
    """The network, and what is read again from its file, give what LiteRT computes from the file."""
    file, codes = file_of(network), samples_of(network, seed)
    expected = run_reference(file, codes).tolist()
    assert evaluate(network, codes).tolist() == expected
    assert evaluate(network_of(file, answer="values"), codes).tolist() == expected
