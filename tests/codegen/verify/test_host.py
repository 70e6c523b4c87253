"""The compiled network answers as the definition does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.c import EmitError
from codegen.ir import IrError, Network
from codegen.ir.evaluate import evaluate
from codegen.ir.testing import network_of_kinds, samples_of
from codegen.verify.host import evaluate_on_host
from tests.networks import bespoke_mlps, codes_for
from tests.tensor_networks import tensor_networks

SLOW = settings(max_examples=6, deadline=None)


@SLOW
@given(tensor_networks(), st.integers(0, 99))
def test_tensor_networks_answer_as_they_are_defined(requires_tool, network: Network, seed: int) -> None:  # type: ignore[no-untyped-def]
    requires_tool("gcc")
    codes = samples_of(network, seed)
    try:
        found = evaluate_on_host(network, codes)
    except EmitError:
        return
    assert np.array_equal(found, evaluate(network, codes))


@SLOW
@given(bespoke_mlps())
def test_other_networks_do_too(requires_tool, network: Network) -> None:  # type: ignore[no-untyped-def]
    requires_tool("gcc")
    codes = codes_for(network.interface, 40, 0)
    for rows in (codes, codes[:1], codes[:0]):
        assert np.array_equal(evaluate_on_host(network, rows), evaluate(network, rows))


def test_wrong_codes_are_refused() -> None:
    network = network_of_kinds(["add"], np.random.default_rng(0))
    with pytest.raises(IrError, match="codes: shape must be"):
        evaluate_on_host(network, np.zeros((2, 9999), np.int64))
