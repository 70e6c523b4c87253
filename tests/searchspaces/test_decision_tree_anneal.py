"""Annealed trees: what the compiled loops say of a tree, and what annealing promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.ir import (
    BespokeMlp,
    ClassOutput,
    DecisionTree,
    Feature,
    Interface,
    Layer,
    Network,
    Neuron,
    PairTest,
    ThresholdTest,
    TreeNode,
    Value,
    ValueOutput,
)
from codegen.ir.evaluate import evaluate
from searchspaces.decision_tree import TreeCosts, anneal_tree, fit_leaves, parse_options
from searchspaces.decision_tree.options import DecisionTreeOptions
from searchspaces.space import SpaceError
from tests.networks import codes_for, decision_trees

COSTS = TreeCosts(
    inverter=0.002, and_=0.004, or_=0.0056, or_not=0.005, and_not=0.0045, compare=0.011, mux=0.0085
)


def interface(n_features: int = 2, bits: int = 4, n_classes: int = 2) -> Interface:
    features = tuple(Feature(f"x{n}", 0.0, 1.0, bits) for n in range(n_features))
    return Interface(features, ClassOutput(tuple(f"c{n}" for n in range(n_classes))))


def blobs(n_rows: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Codes of three features, and three classes that two of them tell apart but for noise."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 16, (n_rows, 3))
    labels = np.where(codes[:, 0] <= 5, 0, np.where(codes[:, 1] <= 9, 1, 2))
    noisy = rng.random(n_rows) < 0.05
    return codes, np.where(noisy, rng.integers(0, 3, n_rows), labels)


def options(**given: object) -> DecisionTreeOptions:
    return parse_options({"moves": 3000, **given})


class_trees = decision_trees().filter(lambda network: isinstance(network.interface.output, ClassOutput))


@settings(max_examples=80, deadline=None)
@given(class_trees, st.integers(0, 2**16), st.integers(1, 150))
def test_errors_are_those_of_the_network(network: Network, seed: int, n_rows: int) -> None:
    codes = codes_for(network.interface, n_rows, seed)
    labels = np.random.default_rng(seed).integers(0, network.interface.n_outputs, n_rows)
    fit = fit_leaves(network, codes, labels, costs=COSTS)
    assert (evaluate(fit.network, codes) != labels).sum() == fit.errors
    assert fit.errors <= (evaluate(network, codes) != labels).sum()


@settings(max_examples=40, deadline=None)
@given(class_trees, st.integers(0, 2**16))
def test_a_fitted_tree_is_fitted_to_itself(network: Network, seed: int) -> None:
    codes = codes_for(network.interface, 100, seed)
    fit = fit_leaves(network, codes, evaluate(network, codes), costs=COSTS)
    assert fit.errors == 0
    assert fit_leaves(fit.network, codes, evaluate(network, codes), costs=COSTS) == fit


def test_the_area_counts_a_comparator_once_and_a_choice_a_bit() -> None:
    codes = np.array([[a, b] for a in range(16) for b in range(16)])
    labels = np.where(codes[:, 0] <= 4, np.where(codes[:, 1] <= 3, 0, 1), np.where(codes[:, 1] <= 3, 1, 0))
    first, second = ThresholdTest(0, 4, 4), ThresholdTest(1, 2, 0)
    nodes = (TreeNode(first, 1, 2), TreeNode(second, -1, -2), TreeNode(second, -2, -1))
    fit = fit_leaves(Network(interface(), DecisionTree(nodes, (0, 1))), codes, labels, costs=COSTS)
    first_area, second_area = 2 * COSTS.or_ + COSTS.and_, COSTS.or_
    choices = COSTS.inverter + COSTS.mux + COSTS.inverter  # the lower right node, and the root
    assert fit.errors == 0
    assert fit.area_cm2 == pytest.approx(first_area + second_area + choices)


def test_a_node_whose_leaves_answer_alike_vanishes() -> None:
    codes, labels = np.array([[0], [15]]), np.array([1, 1])
    tree = DecisionTree((TreeNode(ThresholdTest(0, 1, 0), -1, -2),), (0, 1))
    fit = fit_leaves(Network(interface(1), tree), codes, labels, costs=COSTS)
    assert fit.network.body == DecisionTree((), (1,))
    assert fit.area_cm2 == 0


def test_annealing_finds_the_rule_and_leaves_the_idle_feature_out() -> None:
    codes, labels = blobs()
    network = anneal_tree(
        codes, labels, interface(3, n_classes=3), price=0.5, costs=COSTS, options=options(), seed=1
    )
    tree = network.body
    assert isinstance(tree, DecisionTree)
    assert {test.feature for node in tree.nodes if isinstance(test := node.test, ThresholdTest)} == {0, 1}
    assert (evaluate(network, codes) == labels).mean() > 0.93


def test_equal_arguments_give_equal_trees_and_another_seed_another_search() -> None:
    codes, labels = blobs()
    trees = [
        anneal_tree(
            codes, labels, interface(3, n_classes=3), price=0.01, costs=COSTS, options=options(), seed=seed
        )
        for seed in (1, 1, 2)
    ]
    assert trees[0] == trees[1] != trees[2]


@settings(max_examples=25, deadline=None)
@given(class_trees, st.integers(0, 2**16), st.sampled_from((2.0, 0.3, 0.01)), st.booleans())
def test_annealing_never_ends_above_its_start(network: Network, seed: int, price: float, pairs: bool) -> None:
    codes = codes_for(network.interface, 80, seed)
    labels = np.random.default_rng(seed).integers(0, network.interface.n_outputs, 80)
    chosen = options(moves=300, pairs=pairs)
    found = anneal_tree(
        codes,
        labels,
        network.interface,
        price=price,
        costs=COSTS,
        options=chosen,
        seed=seed,
        starts=(network,),
    )
    before, after = (fit_leaves(each, codes, labels, costs=COSTS) for each in (network, found))
    assert after.loss(price, 80) <= before.loss(price, 80) + 1e-9


def test_of_several_starts_the_best_at_the_price_is_gone_on_from() -> None:
    codes, labels = blobs()
    face = interface(3, n_classes=3)
    good = anneal_tree(codes, labels, face, price=0.5, costs=COSTS, options=options(), seed=1)
    poor = Network(face, DecisionTree((), (0,)))
    found = [
        anneal_tree(
            codes, labels, face, price=0.5, costs=COSTS, options=options(moves=1), seed=0, starts=starts
        )
        for starts in ((good, poor), (poor, good))
    ]
    limit = fit_leaves(good, codes, labels, costs=COSTS).loss(0.5, 300)
    assert all(fit_leaves(each, codes, labels, costs=COSTS).loss(0.5, 300) <= limit for each in found)


def depth_of(tree: DecisionTree, child: int = 0) -> int:
    if child < 0 or not tree.nodes:
        return 0
    node = tree.nodes[child]
    return 1 + max(depth_of(tree, node.left), depth_of(tree, node.right))


def test_bounds_on_depth_and_leaves_are_kept() -> None:
    codes, labels = blobs()
    network = anneal_tree(
        codes,
        labels,
        interface(3, n_classes=3),
        price=0.001,
        costs=COSTS,
        options=options(depth=2, leaves=3),
        seed=0,
    )
    assert isinstance(network.body, DecisionTree)
    assert depth_of(network.body) == 2
    assert len(network.body.nodes) == 2


def test_a_rule_between_two_features_needs_one_pair_comparator() -> None:
    codes = np.random.default_rng(0).integers(0, 16, (400, 2))
    labels = (codes[:, 0] > codes[:, 1]).astype(np.int64)
    network = anneal_tree(
        codes, labels, interface(), price=0.1, costs=COSTS, options=options(pairs=True), seed=0
    )
    assert network.body == DecisionTree((TreeNode(PairTest(0, 1, 4), -1, -2),), (0, 1))


def test_made_up_rows_weigh_less() -> None:
    codes, labels = blobs()
    many = np.tile(codes, (4, 1)), np.tile(labels, 4)
    network = anneal_tree(
        *many,
        interface(3, n_classes=3),
        price=0.5,
        costs=COSTS,
        options=options(),
        seed=1,
        row_weight=0.25,
    )
    assert (evaluate(network, codes) == labels).mean() > 0.93


def test_rows_that_are_all_alike_give_a_leaf() -> None:
    codes, labels = np.full((5, 2), 3), np.ones(5, dtype=np.int64)
    network = anneal_tree(
        codes, labels, interface(), price=1.0, costs=COSTS, options=options(moves=50), seed=0
    )
    assert network.body == DecisionTree((), (1,))


def test_errors_say_what_must_hold() -> None:
    codes, labels = np.zeros((4, 2), dtype=np.int64), np.array([0, 1, 0, 1])
    face = interface()

    def refused(text: str, face: Interface = face, **changed: object) -> None:
        given: dict[str, object] = {"codes": codes, "labels": labels, "price": 1.0, "starts": (), **changed}
        with pytest.raises(SpaceError, match=text):
            anneal_tree(interface=face, costs=COSTS, options=options(), seed=0, **given)  # type: ignore[arg-type]

    refused("a price must be finite and above 0, not 0", price=0.0)
    refused(r"codes must be \(n_rows, 2\) with a row at least, not \(4, 1\)", codes=codes[:, :1])
    refused(r"codes must be .* with a row at least, not \(0, 2\)", codes=codes[:0], labels=labels[:0])
    refused(r"labels must be 4 class indices in 0\.\.1", labels=labels + 1)
    values = ValueOutput((Value("y", 1.0, 0.0),))
    refused(
        "the task must be classification, since leaves answer with a class", Interface(face.features, values)
    )
    signed = Interface((Feature("x", 0.0, 1.0, 4, signed=True),) * 2, face.output)
    refused("features must be unsigned codes", signed)
    mlp = Network(face, BespokeMlp((Layer((Neuron(0, ()), Neuron(0, ()))),)))
    refused("the body must be a DecisionTree, not a BespokeMlp", starts=(mlp,))
    refused(
        "a tree to start from must have the interface of the rows",
        starts=(Network(interface(3), DecisionTree((), (0,))),),
    )


def test_a_start_of_too_many_leaves_is_refused() -> None:
    codes, labels = blobs()
    face = interface(3, n_classes=3)
    large = anneal_tree(codes, labels, face, price=0.001, costs=COSTS, options=options(), seed=0)
    with pytest.raises(SpaceError, match="a tree to start from must have at most 2 leaves"):
        anneal_tree(
            codes, labels, face, price=1.0, costs=COSTS, options=options(leaves=2), seed=0, starts=(large,)
        )
