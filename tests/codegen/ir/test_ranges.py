"""Intervals hold every sum, and no smaller ones do."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.ir import (
    BespokeMlp,
    ClassOutput,
    Clip,
    DecisionTree,
    Feature,
    Interface,
    IrError,
    Network,
    Neuron,
)
from codegen.ir.evaluate import outputs
from codegen.ir.ranges import masked_range, mlp_ranges, signed_bits, unsigned_bits
from tests.networks import bespoke_mlps


def all_codes(network: Network) -> np.ndarray:
    features = network.interface.features
    return np.array(list(itertools.product(*(range(feature.code_hi + 1) for feature in features))))


def clipped_by_hand(neuron: Neuron, clip: Clip, codes: np.ndarray) -> list[int]:
    sums = np.full(len(codes), neuron.bias)
    for term in neuron.terms:
        sums += term.sign * ((codes[:, term.input] & term.mask) << term.shift)
    return [min(max(int(total), 0) >> clip.shift, (1 << clip.bits) - 1) for total in sums]


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 600))
def test_a_masked_range_is_exact(one: int, other: int, mask: int) -> None:
    lo, hi = sorted((one, other))
    values = [x & mask for x in range(lo, hi + 1)]
    assert masked_range(lo, hi, mask) == (min(values), max(values))


@given(bespoke_mlps(max_hidden_layers=2))
def test_no_input_leaves_the_ranges(network: Network) -> None:
    codes = all_codes(network)[:4096]
    sums, ranges = outputs(network, codes), mlp_ranges(network)
    for position, (lo, hi) in enumerate(ranges.layers[-1].accumulators):
        assert lo <= sums[:, position].min()
        assert sums[:, position].max() <= hi
    assert ranges.layers[-1].outputs == ranges.layers[-1].accumulators


@given(bespoke_mlps(max_hidden_layers=0, max_terms=1))
def test_with_one_term_an_input_some_input_attains_both_ends(network: Network) -> None:
    sums = outputs(network, all_codes(network))
    for position, found in enumerate(mlp_ranges(network).layers[0].accumulators):
        assert found == (sums[:, position].min(), sums[:, position].max())


@given(bespoke_mlps(max_hidden_layers=1, max_terms=1))
def test_the_range_after_a_clip_is_attained_too(network: Network) -> None:
    assert isinstance(network.body, BespokeMlp)
    clip = network.body.layers[0].clip
    if clip is None:
        return
    codes = all_codes(network)
    for neuron, found in zip(
        network.body.layers[0].neurons, mlp_ranges(network).layers[0].outputs, strict=True
    ):
        kept = clipped_by_hand(neuron, clip, codes)
        assert found == (min(kept), max(kept))


@pytest.mark.parametrize(
    ("lo", "hi", "bits"),
    [
        (0, 0, 1),
        (0, 1, 2),
        (-1, 0, 1),
        (-1, 1, 2),
        (-8, 7, 4),
        (-9, 7, 5),
        (-8, 8, 5),
        (3, 9, 5),
        (-5, -3, 4),
    ],
)
def test_signed_bits_hold_both_ends(lo: int, hi: int, bits: int) -> None:
    assert signed_bits(lo, hi) == bits


@pytest.mark.parametrize(("hi", "bits"), [(0, 0), (1, 1), (7, 3), (8, 4)])
def test_unsigned_bits_hold_the_highest(hi: int, bits: int) -> None:
    assert unsigned_bits(hi) == bits


def test_impossible_ranges_are_refused() -> None:
    with pytest.raises(IrError, match="signed_bits: lo <= hi must hold, but got 2 and 1"):
        signed_bits(2, 1)
    with pytest.raises(IrError, match="unsigned_bits: hi must be at least 0, not -1"):
        unsigned_bits(-1)


def test_another_body_is_refused_by_name() -> None:
    interface = Interface((Feature("x", 0.0, 1.0, 1),), ClassOutput(("no", "yes")))
    with pytest.raises(IrError, match="ranges: the body must be a BespokeMlp, not a DecisionTree"):
        mlp_ranges(Network(interface, DecisionTree((), (0,))))
