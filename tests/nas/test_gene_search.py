"""Generations of a gene search on a small problem, with the real evaluators and models."""

from pathlib import Path

import numpy as np
import pytest

from codegen.ir import Design
from hwmodels.model import Workload
from nas.algorithms import make_searcher
from nas.evaluate import price_network, score_network
from nas.front import FIT_PREFIX, Scored, fit_figures, fit_front, front_indices, selectable
from nas.gene_search import GeneSearch
from nas.history import entered, in_order
from nas.objectives import Goals, Limit, Objective
from nas.problem import Problem, build_problem, gene_problem
from nas.records import Block
from nas.specfile import read_spec
from tests.e2e.specs import GENES, write_spec


@pytest.fixture(scope="module")
def problem(tmp_path_factory: pytest.TempPathFactory) -> Problem:
    text = GENES.replace("limits: {egfet.power_mw: {max: 30}}", "limits: {egfet.power_mw: {max: 6}}")
    return build_problem(read_spec(write_spec(tmp_path_factory.mktemp("spec"), text)), allow_code=False)


def make_search(problem: Problem) -> GeneSearch:
    genes = gene_problem(problem, problem.stages[0])
    rows = genes.space.sample(np.random.default_rng(0), 60)
    searcher = make_searcher("nsga2", genes.space.domain, problem.goals, problem.spec.search, 1, rows)
    return GeneSearch(genes, searcher)


def run(search: GeneSearch, n: int, budget: int = 10**9) -> list[Block]:
    blocks = [search.step(budget - search.evaluations, 0.0) for _ in range(n)]
    return [block for block in blocks if block is not None]


def test_only_designs_inside_the_free_limits_are_charged(problem: Problem) -> None:
    search = make_search(problem)
    run(search, 5)
    assert search.rejected > 0
    assert search.asked == search.evaluations + search.rejected


def test_the_front_holds_only_designs_inside_the_limits(problem: Problem) -> None:
    search = make_search(problem)
    run(search, 20)
    assert (search.elite.figures["egfet.power_mw"] <= 6).all()


def test_figures_of_the_front_are_those_of_the_decoded_networks(problem: Problem) -> None:
    search = make_search(problem)
    run(search, 20)
    genes = search.problem
    for index, row in enumerate(search.elite.rows):
        network = genes.space.decode(row)
        exact = score_network(network, genes.validation.part)
        priced = price_network(Design(network), genes.models, Workload(genes.fit.part.codes))
        fit = score_network(network, genes.fit.part)
        figures = {name: column[index] for name, column in search.elite.figures.items()}
        assert figures["accuracy"] == pytest.approx(exact["accuracy"])
        assert figures[FIT_PREFIX + "accuracy"] == pytest.approx(fit["accuracy"])
        assert figures["egfet.area_cm2"] == pytest.approx(priced.figures["egfet.area_cm2"])


def test_the_blocks_tell_the_front_again(problem: Problem) -> None:
    search = make_search(problem)
    blocks = run(search, 20)
    elite = entered(in_order(blocks, search.problem.name))
    assert elite is not None
    elite = elite.take(fit_front(elite, problem.goals))
    assert sorted(map(bytes, elite.rows)) == sorted(map(bytes, search.elite.rows))


def test_a_restored_search_goes_on_as_if_it_had_not_stopped(problem: Problem) -> None:
    whole, broken = make_search(problem), make_search(problem)
    run(whole, 10)
    run(broken, 4)
    restored = make_search(problem)
    restored.restore(broken.snapshot())
    run(restored, 6)
    assert restored.evaluations == whole.evaluations
    assert np.array_equal(restored.elite.rows, whole.elite.rows)


def test_the_last_generation_is_cut_to_the_budget(problem: Problem) -> None:
    search = make_search(problem)
    run(search, 1)
    charged = search.evaluations
    run(search, 1, budget=charged + 7)
    assert search.evaluations <= charged + 7


def test_generations_written_twice_count_once(problem: Problem) -> None:
    search = make_search(problem)
    blocks = run(search, 4)
    again = [*blocks, *blocks[2:]]
    assert in_order(again, search.problem.name) == blocks


def test_a_stage_without_a_front_has_no_elite() -> None:
    assert entered([]) is None


def test_fit_figures_replace_the_validation_figures_that_they_shadow() -> None:
    figures = {"accuracy": np.array([0.5]), "fit_accuracy": np.array([0.9]), "area": np.array([1.0])}
    assert {name: column.tolist() for name, column in fit_figures(figures).items()} == {
        "accuracy": [0.9],
        "area": [1.0],
    }


def test_of_designs_with_equal_objectives_the_first_is_on_the_front() -> None:
    goals = Goals((Objective("accuracy", "max"),), (Limit("area", None, 2.0),))
    figures = {"accuracy": np.array([0.9, 0.9, 0.9]), "area": np.array([3.0, 1.0, 1.5])}
    assert front_indices(figures, goals).tolist() == [1]


def test_designs_that_break_a_limit_by_validation_hide_none_that_keep_it() -> None:
    goals = Goals((Objective("area", "min"),), (Limit("accuracy", 0.9, None),))
    figures = {
        "accuracy": np.array([0.88, 0.93]),
        "fit_accuracy": np.array([0.90, 0.95]),
        "area": np.array([1.0, 2.0]),
    }
    scored = Scored(np.arange(2, dtype=np.int32)[:, None], figures)
    assert fit_front(scored, goals).tolist() == [0]
    assert selectable(scored, goals).rows.tolist() == [[1]]


def test_a_spec_file_is_all_that_a_problem_needs(tmp_path: Path) -> None:
    problem = build_problem(read_spec(write_spec(tmp_path, GENES)), allow_code=False)
    assert [stage.name for stage in problem.stages] == ["approximate_mlp"]
    assert problem.stages[0].budget.evaluations == 20000


def test_made_up_rows_drive_the_search_and_stay_out_of_what_is_reported(tmp_path: Path) -> None:
    text = GENES.replace("approximate_mlp: {", "approximate_mlp: {distill: forest, ", 1)
    taught = build_problem(read_spec(write_spec(tmp_path, text)), allow_code=False)
    genes, again = (gene_problem(taught, taught.stages[0]) for _ in range(2))
    n_known = genes.known.n_rows
    assert genes.fit.part.n_rows == 5 * n_known
    assert (genes.fit.part.codes[:n_known] == genes.known.codes).all()
    assert (genes.fit.part.codes == again.fit.part.codes).all()
    assert genes.validation.part.n_rows + n_known == len(taught.dataset.train)
    assert genes.workload.samples is genes.known.codes
