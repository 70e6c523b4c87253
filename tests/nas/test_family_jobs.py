"""The jobs of annealed families: no validated network depends on the rows that validate it."""

from dataclasses import replace

from nas.data.dataset import Dataset
from nas.family_jobs import GateJobs, Start
from tests.nas.annealed import EGFET, N_FOLDS, chain, gate_jobs_on, iris, tree_jobs_on, with_other_labels


def start_of(dataset: Dataset) -> Start:
    """The last tree of a stage with the trees that validate it."""
    jobs = tree_jobs_on(dataset)
    return Start(chain(jobs, None)[-1], tuple(chain(jobs, fold)[-1] for fold in range(N_FOLDS)))


def test_a_tree_for_a_fold_is_the_same_whatever_the_fold_holds() -> None:
    dataset = iris()
    for fold in range(N_FOLDS):
        changed = with_other_labels(dataset, dataset.folds[fold])
        assert chain(tree_jobs_on(changed), fold) == chain(tree_jobs_on(dataset), fold)
        other = (fold + 1) % N_FOLDS
        assert chain(tree_jobs_on(changed), other) != chain(tree_jobs_on(dataset), other)


def test_the_forest_that_a_tree_for_a_fold_learns_from_has_not_seen_the_fold() -> None:
    dataset = iris()
    changed = with_other_labels(dataset, dataset.folds[1])
    trees = [tree_jobs_on(each, distill=True).make(0, {}, 1) for each in (dataset, changed)]
    assert trees[0] == trees[1]


def test_a_netlist_for_a_fold_is_the_same_whatever_the_fold_holds() -> None:
    dataset = iris()
    fold = 1
    changed = with_other_labels(dataset, dataset.folds[fold])
    netlists = [chain(gate_jobs_on(each, start_of(each)), fold) for each in (dataset, changed)]
    assert netlists[0] == netlists[1]


def test_no_network_depends_on_the_test_part() -> None:
    dataset = iris()
    changed = with_other_labels(dataset, dataset.test)
    assert chain(tree_jobs_on(changed), None) == chain(tree_jobs_on(dataset), None)


def test_the_last_network_of_a_job_depends_on_every_fold() -> None:
    dataset = iris()
    trees = chain(tree_jobs_on(dataset), None)
    for rows in dataset.folds:
        assert chain(tree_jobs_on(with_other_labels(dataset, rows)), None) != trees


def test_a_netlist_is_validated_by_the_folds_that_its_start_has_not_seen() -> None:
    start = start_of(iris())
    jobs = gate_jobs_on(iris(), start, Start(start.folds[0], start.folds[:1]))
    assert [list(jobs.folds(number)) for number in range(4)] == [[0, 1, 2], [0, 1, 2], [0], [0]]


def test_a_netlist_for_a_fold_starts_from_the_design_made_for_it() -> None:
    dataset = iris()
    start = start_of(dataset)
    jobs = gate_jobs_on(dataset, start)
    for fold in range(N_FOLDS):
        assert jobs.make(0, {}, fold).interface == start.folds[fold].interface
    assert jobs.make(0, {}, None).interface == start.network.interface


def test_designs_of_one_interface_make_one_chain_and_cart_another() -> None:
    dataset = iris()
    start = start_of(dataset)
    both = gate_jobs_on(dataset, start, start)
    assert [values["start"] for values in both.values] == ["designs 0"] * 2
    with_cart = GateJobs(dataset, replace(both.options, start=("front", "cart")), both.starts, EGFET, seed=5)
    assert [values["start"] for values in with_cart.values] == ["cart"] * 2 + ["designs 0"] * 2
    assert list(with_cart.folds(3)) == list(range(N_FOLDS))


def test_each_teacher_has_trees_and_chains_of_its_own() -> None:
    dataset = iris()
    trees = replace(tree_jobs_on(dataset), options=replace(tree_jobs_on(dataset).options, distill="auto"))
    assert [values["teacher"] for values in trees.values] == ["data"] * 2 + ["forest"] * 2
    gates = gate_jobs_on(dataset, start="cart")
    gates = replace(gates, options=replace(gates.options, distill="auto"))
    assert [values["teacher"] for values in gates.values] == ["data"] * 2 + ["forest"] * 2


def test_the_first_tree_of_a_teacher_does_not_start_from_another_teachers_last() -> None:
    dataset = iris()
    jobs = replace(tree_jobs_on(dataset), options=replace(tree_jobs_on(dataset).options, distill="auto"))
    done = {number: jobs.make(number, {}, None) for number in (0, 1)}
    assert jobs.make(2, done, None) == jobs.make(2, {}, None)


def test_a_chain_of_designs_goes_on_from_any_result_before_it_and_carts_from_its_own() -> None:
    dataset = iris()
    start = start_of(dataset)
    jobs = gate_jobs_on(dataset, start)
    jobs = GateJobs(dataset, replace(jobs.options, start=("front", "cart")), jobs.starts, EGFET, seed=5)
    better = jobs.make(1, {}, None)
    done = {0: better}
    names = [values["start"] for values in jobs.values]
    assert names == ["cart", "cart", "designs 0", "designs 0"]
    assert jobs._results(1, done, None) == [better]
    assert jobs._results(2, done, None) == [better]
    assert jobs._results(0, {3: better}, None) == []


def test_a_chain_from_cart_sees_no_row_of_its_fold() -> None:
    dataset = iris()
    changed = with_other_labels(dataset, dataset.folds[1])
    found = [chain(gate_jobs_on(each, start="cart"), 1) for each in (dataset, changed)]
    assert found[0] == found[1]
    assert found[0] != chain(gate_jobs_on(dataset, start="cart"), 0)
