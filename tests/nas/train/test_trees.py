"""Trees as a run trains them: CART, the prices of the printed model, and the jobs of the family."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.cells import load_cells
from codegen.ir import (
    ClassOutput,
    DecisionTree,
    Design,
    Feature,
    Interface,
    Network,
    ThresholdTest,
    TreeNode,
    Value,
    ValueOutput,
)
from codegen.ir.evaluate import evaluate
from hwmodels.model import Workload
from hwmodels.printed import PrintedModel
from nas.errors import RunError
from nas.train.trees import cart_tree, mapped_tree_costs, train_tree, tree_costs, tree_rows
from searchspaces.decision_tree import fit_leaves, parse_options, tree_jobs
from tests.networks import codes_for, decision_trees

COSTS = tree_costs(load_cells("egfet"))
MODEL = PrintedModel()

class_trees = decision_trees().filter(lambda network: isinstance(network.interface.output, ClassOutput))


def area_cm2(network: Network) -> float:
    return MODEL.price(Design(network), Workload()).metrics["area_cm2"]


def face(n_features: int, n_classes: int, bits: int = 4) -> Interface:
    features = tuple(Feature(f"x{n}", 0.0, 1.0, bits) for n in range(n_features))
    return Interface(features, ClassOutput(tuple(f"c{n}" for n in range(n_classes))))


def wine(shared_data: Path) -> tuple[Interface, npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Red wine in 4-bit codes of its whole range, every third row."""
    table = np.genfromtxt(shared_data / "uci" / "red_wine.csv", delimiter=",", skip_header=1)[::3]
    x, labels = table[:, :-1].astype(np.float32), np.unique(table[:, -1], return_inverse=True)[1]
    features = tuple(
        Feature(f"x{n}", float(x[:, n].min()), float(x[:, n].max()), 4) for n in range(x.shape[1])
    )
    interface = Interface(features, ClassOutput(tuple(str(c) for c in range(labels.max() + 1))))
    return interface, interface.quantize(x), labels.astype(np.int64)


@settings(max_examples=150, deadline=None)
@given(class_trees, st.integers(0, 2**16), st.integers(2, 60))
def test_annealing_prices_a_tree_as_the_printed_model_does(network: Network, seed: int, n_rows: int) -> None:
    codes = codes_for(network.interface, n_rows, seed)
    labels = np.random.default_rng(seed).integers(0, network.interface.n_outputs, n_rows)
    fit = fit_leaves(network, codes, labels, costs=COSTS)
    assert fit.area_cm2 == pytest.approx(area_cm2(fit.network), abs=1e-12)


def test_the_prices_agree_for_grown_trees_with_many_classes(shared_data: Path) -> None:
    interface, codes, labels = wine(shared_data)
    cart = cart_tree(interface, codes, labels, max_leaves=60)
    fit = fit_leaves(cart, codes, labels, costs=COSTS)
    assert fit.area_cm2 == pytest.approx(area_cm2(fit.network), abs=1e-12)
    assert fit.area_cm2 <= area_cm2(cart) + 1e-12


def test_areas_after_mapping_are_below_those_of_the_printed_model() -> None:
    mapped = mapped_tree_costs(load_cells("egfet"))
    names = [field.name for field in fields(mapped)]
    assert all(getattr(mapped, name) <= getattr(COSTS, name) + 1e-12 for name in names)
    assert mapped.and_ == pytest.approx(0.0024786)
    assert mapped.inverter == pytest.approx(0.0011421)


def test_cart_of_a_rule_is_the_rule() -> None:
    codes = np.arange(16)[:, None]
    tree = cart_tree(face(1, 2), codes, (codes[:, 0] > 6).astype(np.int64), max_leaves=4)
    assert tree.body == DecisionTree((TreeNode(ThresholdTest(0, 4, 6), -1, -2),), (0, 1))


def test_cart_keeps_its_bounds_and_knows_absent_classes() -> None:
    rng = np.random.default_rng(0)
    codes, labels = rng.integers(0, 16, (200, 3)), rng.choice((0, 2), 200)
    tree = cart_tree(face(3, 4), codes, labels, max_leaves=8)
    assert isinstance(tree.body, DecisionTree)
    assert len(tree.body.nodes) == 7
    assert tree.body.leaves == (0, 2)
    shallow = cart_tree(face(3, 4), codes, labels, max_leaves=8, max_depth=1)
    assert isinstance(shallow.body, DecisionTree)
    assert len(shallow.body.nodes) == 1


def test_cart_of_one_class_is_a_leaf() -> None:
    tree = cart_tree(face(1, 3), np.arange(4)[:, None], np.full(4, 2), max_leaves=4)
    assert tree.body == DecisionTree((), (2,))


def test_values_are_refused_by_name() -> None:
    interface = Interface((Feature("x", 0.0, 1.0, 4),), ValueOutput((Value("y", 1.0, 0.0),)))
    with pytest.raises(RunError, match="a decision tree needs classes to answer with, not values"):
        cart_tree(interface, np.arange(4)[:, None], np.arange(4.0), max_leaves=4)


@pytest.mark.parametrize("price", [1.0, 0.1])
def test_a_job_is_better_than_cart_at_its_price(shared_data: Path, price: float) -> None:
    interface, codes, labels = wine(shared_data)
    options = parse_options({"moves": 20_000, "leaves": 32})
    found = train_tree(
        tree_rows(interface, codes, labels, options, "data", seed=0),
        price=price,
        costs=COSTS,
        options=options,
        seed=0,
    )

    def loss(network: Network) -> float:
        wrong = float((evaluate(network, codes) != labels).sum())
        return wrong + price * len(labels) * area_cm2(network)

    assert loss(found) < min(
        loss(cart_tree(interface, codes, labels, max_leaves=leaves)) for leaves in (2, 4, 8, 16, 32)
    )


def test_jobs_follow_each_other_the_same_way_each_time(shared_data: Path) -> None:
    interface, codes, labels = wine(shared_data)
    options = parse_options({"moves": 3000, "prices": [1, 0.1]})

    def chain() -> list[Network]:
        rows, found = tree_rows(interface, codes, labels, options, "forest", seed=3), list[Network]()
        for price in tree_jobs(options):
            previous = found[-1] if found else None
            found.append(
                train_tree(rows, price=price, costs=COSTS, options=options, seed=3, previous=previous)
            )
        return found

    first = chain()
    assert first == chain()
    assert area_cm2(first[0]) < area_cm2(first[1])
