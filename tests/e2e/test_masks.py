"""A search of masks: over one trained network, which the run keeps."""

from pathlib import Path

import numpy as np
import pytest

import nas
from nas.api import Run
from nas.archive import Archive
from nas.base_network import keep_base, kept_base
from nas.problem import Problem, build_problem, gene_problem
from nas.specfile import read_spec
from searchspaces.approximate_mlp import MaskGenes
from tests.e2e.specs import MASKS, write_spec


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("masks")
    return nas.run(write_spec(folder, MASKS), folder / "run")


def base_of(run: Run) -> MaskGenes:
    with Archive.open(run.folder, writable=False) as archive:
        base = kept_base("approximate_mlp", archive)
    assert base is not None
    return MaskGenes(base)


def test_every_design_of_the_front_is_the_kept_network_but_for_its_masks(run: Run) -> None:
    space = base_of(run)
    assert run.report.front
    for point in run.report.front:
        network = run.network(point.id)
        assert space.decode(space.encode(network)) == network


def test_the_front_has_the_figures_of_the_adder_count_and_winners_the_real_area_beside_them(run: Run) -> None:
    assert all(point.metrics["adders.full_adders"] > 0 for point in run.report.front)
    assert all(winner.metrics["egfet.area_cm2"] > 0 for winner in run.report.winners)
    assert max(point.metrics["accuracy"] for point in run.report.front) > 0.85


def problem_of(run: Run, tmp_path: Path) -> Problem:
    return build_problem(read_spec(write_spec(tmp_path, MASKS)), allow_code=False)


def test_training_gives_the_kept_network_again(run: Run, tmp_path: Path) -> None:
    problem = problem_of(run, tmp_path)
    again = gene_problem(problem, problem.stages[0]).space
    assert isinstance(again, MaskGenes)
    assert again.base == base_of(run).base


def test_a_resumed_search_goes_on_over_the_kept_network_not_over_a_new_one(run: Run, tmp_path: Path) -> None:
    problem, space = problem_of(run, tmp_path), base_of(run)
    other = space.decode(space.sample(np.random.default_rng(0), 1)[0])
    with Archive.create(tmp_path / "other", read_header(run)) as archive:
        keep_base(gene_problem(problem, problem.stages[0], other), archive)
        found = gene_problem(problem, problem.stages[0], kept_base("approximate_mlp", archive)).space
    assert isinstance(found, MaskGenes)
    assert found.base == other


def read_header(run: Run):
    with Archive.open(run.folder, writable=False) as archive:
        return archive.header
