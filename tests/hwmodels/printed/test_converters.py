"""Converters: which bits of which features need one, what it costs, and the totals."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.ir import (
    BespokeMlp,
    ClassOutput,
    DecisionTree,
    Design,
    Feature,
    Gate,
    GateNetlist,
    Interface,
    Layer,
    MlpBatch,
    Network,
    Neuron,
    PairTest,
    Term,
    ThresholdTest,
    TreeNode,
)
from codegen.ir.batch import network_of
from codegen.ir.evaluate import evaluate
from hwmodels.model import HardwareModelError, Workload
from hwmodels.printed import PrintedModel
from hwmodels.printed.converters import ConverterFigure, find_converters, price_converters
from hwmodels.testing import check_model
from tests.networks import bespoke_mlps, codes_for, decision_trees, gate_netlists, mlp_batches

MODEL = PrintedModel(converters="egfet_flash")
FEATURES = tuple(Feature(f"x{n}", 0.0, 1.0, 4) for n in range(3))
FACE = Interface(FEATURES, ClassOutput(("no", "yes")))
LEVEL_CM2 = 0.0042


def price(body: BespokeMlp | DecisionTree | GateNetlist, model: PrintedModel = MODEL) -> dict[str, float]:
    return dict(model.price(Design(Network(FACE, body)), Workload()).metrics)


def parts(network: Network) -> set[str]:
    cost = MODEL.price(Design(network), Workload())
    return {item.part for item in cost.items if item.metric == "converter_area_cm2"}


def levels(body: BespokeMlp | DecisionTree | GateNetlist) -> int:
    return round(price(body)["converter_area_cm2"] / LEVEL_CM2)


def sign_of(*terms: Term) -> BespokeMlp:
    """Class 1 where the sum of the terms is above 0."""
    return BespokeMlp((Layer((Neuron(0, ()), Neuron(0, terms))),))


@pytest.mark.parametrize(
    ("mask", "n_levels"), [(0b1000, 1), (0b1100, 3), (0b0100, 3), (0b1111, 15), (0b0001, 15)]
)
def test_a_feature_needs_the_levels_down_to_its_lowest_bit_that_is_read(mask: int, n_levels: int) -> None:
    assert levels(sign_of(Term(0, 0, mask, 1))) == n_levels


def test_terms_on_one_feature_share_its_converter() -> None:
    assert levels(sign_of(Term(0, 0, 0b1000, 1), Term(0, 1, 0b0100, 1), Term(2, 0, 0b1000, -1))) == 3 + 1


def test_a_threshold_needs_no_bits_below_its_lowest_zero() -> None:
    def tree(threshold: int, bits: int = 4) -> DecisionTree:
        return DecisionTree((TreeNode(ThresholdTest(1, bits, threshold), -1, -2),), (0, 1))

    assert [levels(tree(threshold)) for threshold in (7, 3, 11, 6)] == [1, 3, 3, 15]
    assert levels(tree(0, bits=2)) == 3


def test_a_pair_test_needs_the_highest_bits_of_both_features() -> None:
    assert levels(DecisionTree((TreeNode(PairTest(0, 2, 2), -1, -2),), (0, 1))) == 3 + 3


def test_a_netlist_needs_the_bits_that_an_output_depends_on() -> None:
    first = 2 + 12
    gates = (Gate("and", 5, 13), Gate("or", 6, 7))
    assert levels(GateNetlist(gates, ((first,),))) == 1 + 1  # the highest bits of x0 and x2
    assert levels(GateNetlist((), ((6,),))) == 15  # a wire from the lowest bit of x1


def test_without_converters_the_totals_are_those_of_the_circuit() -> None:
    found = price(sign_of(Term(0, 0, 15, 1), Term(1, 0, 15, -1)), PrintedModel())
    assert found["converter_area_cm2"] == found["converter_power_mw"] == 0
    assert (found["total_area_cm2"], found["total_power_mw"]) == (found["area_cm2"], found["power_mw"])


def test_totals_and_the_battery_share_count_the_converters() -> None:
    model = PrintedModel(converters="egfet_flash", battery="blue_spark_3mw")
    found = price(sign_of(Term(0, 0, 15, 1), Term(1, 0, 15, -1)), model)
    assert found["total_area_cm2"] == found["area_cm2"] + 30 * LEVEL_CM2
    assert found["total_power_mw"] == found["power_mw"] + found["converter_power_mw"]
    assert found["battery_share"] == found["total_power_mw"] / 3


@settings(max_examples=40, deadline=None)
@given(mlp_batches())
def test_each_row_of_a_population_has_the_converters_of_its_network(
    drawn: tuple[MlpBatch, Interface],
) -> None:
    batch, face = drawn
    priced = MODEL.price_batch(batch, face, Workload())
    for row in range(batch.n_networks):
        single = MODEL.price(Design(network_of(batch, row, face)), Workload()).metrics
        assert single == {name: values[row] for name, values in priced.items()}


@settings(max_examples=60, deadline=None)
@given(st.one_of(bespoke_mlps(), decision_trees(), gate_netlists()))
def test_a_feature_without_a_converter_does_not_matter(network: Network) -> None:
    codes = codes_for(network.interface, 50, 0)
    with_converter = parts(network)
    changed = codes.copy()
    for number, feature in enumerate(network.interface.features):
        if f"converters/feature {number}" not in with_converter:
            changed[:, number] = feature.code_lo
    np.testing.assert_array_equal(evaluate(network, changed), evaluate(network, codes))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 15), min_size=3, max_size=3), st.integers(0, 3))
def test_one_bit_more_never_makes_converters_cheaper(masks: list[int], bit: int) -> None:
    figure = ConverterFigure(1.0, 0.1, 0.01)
    before = np.array([masks], dtype=np.int64)
    after = before | 1 << bit
    assert (price_converters(figure, after, FACE) >= price_converters(figure, before, FACE)).all()
    assert (price_converters(figure, before, FACE) > 1).all()


def test_converters_of_ones_own_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    facts = {"area_cm2": {"per_input": 1, "per_bit": 0.5}, "power_mw": {"per_bit": 2}, "source": "data sheet"}
    path.write_text(json.dumps({"mine": facts}))
    cost = PrintedModel(converters=str(path)).price(
        Design(Network(FACE, sign_of(Term(0, 0, 3, 1)))), Workload()
    )
    assert (cost.metrics["converter_area_cm2"], cost.metrics["converter_power_mw"]) == (2.0, 4.0)
    assert {s.constant for s in cost.sources if s.source == "data sheet"} == {
        "converter area per input",
        "converter area per bit",
        "converter power per bit",
    }


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "must map names to converters, not []"),
        ({}, "must hold one kind, not 0"),
        ({"a": {}}, "a: must have exactly the keys area_cm2, power_mw, source"),
        (
            {"a": {"area_cm2": {}, "power_mw": {}, "source": ""}},
            "a.area_cm2: must map one or more of per_input",
        ),
        (
            {"a": {"area_cm2": {"per_bit": -1}, "power_mw": {}, "source": ""}},
            "a.area_cm2.per_bit: must be a number that is not negative, not -1",
        ),
        (
            {"a": {"area_cm2": {"per_bit": 0}, "power_mw": {}, "source": ""}},
            "a.area_cm2: a converter must cost something, but all numbers are 0",
        ),
    ],
)
def test_a_damaged_file_is_refused_at_its_place(tmp_path: Path, document: object, message: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(document))
    with pytest.raises(HardwareModelError) as error:
        find_converters(str(path))
    assert message in str(error.value)


def test_unknown_converters_are_refused_with_the_nearest_and_the_list() -> None:
    with pytest.raises(HardwareModelError) as error:
        PrintedModel(converters="egfet_flesh")
    assert str(error.value) == (
        "printed: converters must be one of none, egfet_flash, or a path to a .json file, not 'egfet_flesh'; "
        "did you mean 'egfet_flash'?"
    )


@pytest.mark.parametrize("cells", ["egfet", "sky130_hd"])
def test_a_model_with_converters_and_a_battery_passes_every_rule(cells: str) -> None:
    model = PrintedModel(cells, converters="egfet_flash", battery="molex_30mw")
    assert [result for result in check_model(model) if not result.passed] == []
