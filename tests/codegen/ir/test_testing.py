"""Random networks: what they are made of, and that they say something."""

import numpy as np
import pytest

from codegen.ir import ClassOutput, TensorNet
from codegen.ir.evaluate import evaluate
from codegen.ir.testing import KINDS, network_of_kinds, random_network, samples_of


def operators_of(seed: int) -> list[str]:
    body = random_network(seed).body
    assert isinstance(body, TensorNet)
    return [type(operator).__name__ for operator in body.graph.operators]


def test_a_network_is_made_of_its_seed_alone() -> None:
    assert random_network(5) == random_network(5)
    assert random_network(5) != random_network(6)


def test_all_kinds_of_operators_and_outputs_come_up() -> None:
    found = {kind for seed in range(120) for kind in operators_of(seed)}
    assert len(found) == len(KINDS) - 1  # a sum with a constant is a sum too
    classes = [isinstance(random_network(seed).interface.output, ClassOutput) for seed in range(40)]
    assert any(classes)
    assert not all(classes)


def test_most_networks_tell_their_inputs_apart() -> None:
    n_flat = 0
    for seed in range(60):
        network = random_network(seed)
        answers = evaluate(network, samples_of(network, seed)).reshape(24, -1)
        n_flat += len(np.unique(answers, axis=0)) == 1
    assert n_flat < 15


@pytest.mark.parametrize(
    ("kind", "style"),
    [
        (kind, style)
        for kind in KINDS
        for style in ("any", "tflite")
        if (kind, style) != ("multiply", "tflite")
    ],
)
def test_an_operator_of_each_kind_can_be_asked_for(kind: str, style: str) -> None:
    made = []
    for seed in range(20):
        body = network_of_kinds([kind], np.random.default_rng(seed), style).body  # type: ignore[arg-type]
        assert isinstance(body, TensorNet)
        made.append(type(body.graph.operators[-1]).__name__.lower())
    assert any(name in kind.replace("_", "") or kind.replace("_", "") in name for name in made)


def test_samples_hold_both_ends_and_extremes() -> None:
    network = random_network(3)
    samples = samples_of(network, 1)
    assert (samples[0] == -128).all()
    assert (samples[1] == 127).all()
    assert set(np.unique(samples[2:8])) <= {-128, 127}
    assert samples.shape == (24, network.interface.n_features)
