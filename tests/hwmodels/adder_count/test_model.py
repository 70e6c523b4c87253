"""The published adder count: examples by hand, and that populations count what their networks count."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.ir import BespokeMlp, ClassOutput, Clip, Design, Feature, Interface, Layer, Network, Neuron, Term
from codegen.ir.batch import network_of
from hwmodels.adder_count import AdderCountModel
from hwmodels.adder_count.columns import NeuronAdders, count_columns, count_neuron
from hwmodels.model import HardwareModelError, Workload
from hwmodels.testing import check_model
from tests.networks import decision_trees, mlp_batches

MODEL = AdderCountModel()
INTERFACE = Interface(
    tuple(Feature(f"x{index}", 0.0, 1.0, 4) for index in range(5)), ClassOutput(("no", "yes"))
)


def full_adders(network: Network) -> float:
    return dict(MODEL.price(Design(network), Workload()).metrics)["full_adders"]


def test_the_model_keeps_the_rules_of_all_models() -> None:
    assert [result for result in check_model(MODEL) if not result.passed] == []


@pytest.mark.parametrize(
    ("summands", "adders"),
    [
        ([], 0),
        ([15, 15], 0),  # two in each column are left to the subtraction
        ([1, 1, 1], 1),
        # column 0: 3 -> 1; columns 1 to 3: 3 and 1 carried -> 2; column 4: 1 carried
        ([15, 15, 15], 4),
        # column 0: 5 -> 3 -> 1, two adders; column 1: 2 carried
        ([1, 1, 1, 1, 1], 2),
        # column 0: 9 -> 3 -> 1, 3 + 1 adders; column 1: 4 carried -> 2, 1 adder; column 2: 1
        ([1] * 9, 5),
    ],
)
def test_columns_are_reduced_from_the_lowest_up(summands: list[int], adders: int) -> None:
    assert count_columns(summands) == adders


@given(st.lists(st.integers(0, 2**20), max_size=30))
def test_an_adder_takes_three_bits_and_leaves_two(summands: list[int]) -> None:
    total = sum(summands)
    left = sum(value.bit_count() for value in summands) - count_columns(summands)
    assert total.bit_count() <= left <= 2 * total.bit_length()


def test_a_neuron_by_hand() -> None:
    # 15 x0 + (x1 & 5) * 2 + (x2 & 12) + 3, less (x3 & 15) * 4
    terms = (Term(0, 0, 15, 1), Term(1, 1, 5, 1), Term(2, 0, 12, 1), Term(3, 2, 15, -1))
    # positive: 1111 1010 1100 0011: column 0 has 2, 1 has 3 -> 1, 2 has 2 + 1 -> 1, 3 has 3 + 1 -> 2
    # negative: one summand, no adder. largest sums 40 and 60: six bits, and one for the sign
    assert count_neuron(Neuron(3, terms)) == NeuronAdders(positive=3, negative=0, subtraction=7)


def test_the_subtraction_is_as_wide_as_the_whole_sum_not_as_its_last_summand() -> None:
    terms = tuple(Term(index, shift, 15, 1) for index, shift in enumerate((6, 0)))
    assert count_neuron(Neuron(0, terms)).subtraction == (15 * 64 + 15).bit_length() + 1


def test_constants_clips_and_the_argmax_are_free() -> None:
    hidden = Layer((Neuron(1, (Term(0, 0, 15, 1),)), Neuron(7, ())), Clip(0, 4))
    last = Layer((Neuron(0, (Term(0, 0, 15, 1),)), Neuron(9, ())))
    assert full_adders(Network(INTERFACE, BespokeMlp((hidden, last)))) == (5 + 1) + (4 + 1)


@settings(max_examples=60, deadline=None)
@given(drawn=mlp_batches(max_shift=8))
def test_a_population_is_counted_as_its_networks_are(drawn) -> None:
    batch, interface = drawn
    counts = MODEL.price_batch(batch, interface, Workload())["full_adders"]
    assert counts.tolist() == [
        full_adders(network_of(batch, index, interface)) for index in range(batch.n_networks)
    ]


@settings(max_examples=5, deadline=None)
@given(network=decision_trees())
def test_a_tree_is_refused(network: Network) -> None:
    assert MODEL.accepts(Design(network)) is not None
    with pytest.raises(HardwareModelError, match="adder_count: adders are counted of bespoke MLPs only"):
        MODEL.price(Design(network), Workload())
