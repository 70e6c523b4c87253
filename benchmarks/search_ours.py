"""Our searchers in benchmarks/searchers.py, and peers behind our free-limit filter."""

import warnings
from dataclasses import replace

import numpy as np
import optuna
from search_meter import Meter
from search_peers import SAMPLERS
from search_problems import BenchProblem

from nas.search.optuna_adapter import OptunaSearch
from nas.search.protocol import FreeFigures, Screen, SearcherFactory, SearchProblem, Told
from nas.search.registry import searcher_factory
from nas.search.screening import screened_search
from searchspaces.space import Rows

OURS = ("auto",)
FILTERED = (
    "random+filter",
    "optuna_nsga2+filter",
    "optuna_tpe_multivariate+filter",
    "pymoo_nsga2+filter",
    "pymoo_sms_emoa+filter",
)
POPULATION = 20
BATCH_SHARE = 50
"""Candidates are asked for one at a time at first, later as for workers: one more for each 50 evaluated."""


def run_ours(name: str, problem: BenchProblem, meter: Meter, seed: int) -> None:
    """Until the meter raises BudgetSpent, or nothing is left to ask."""
    _run(searcher_factory(name), problem, meter, seed, None)


def run_filtered_peer(name: str, problem: BenchProblem, meter: Meter, seed: int) -> None:
    """The peer, but what breaks a free limit is told to it without an evaluation."""
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    peer = name.removesuffix("+filter")
    if peer == "random" or peer.startswith("pymoo"):
        _run(searcher_factory(peer), problem, meter, seed, POPULATION)
    else:
        _run(_around_sampler(peer), problem, meter, seed, 1)


def _around_sampler(peer: str) -> SearcherFactory:
    def make(
        problem: SearchProblem, *, seed: int, initial: Rows | None = None, population: int | None = None
    ) -> OptunaSearch:
        return OptunaSearch(problem, peer, SAMPLERS[peer], seed=seed, initial=initial, population=population)

    return make


def _run(
    factory: SearcherFactory, problem: BenchProblem, meter: Meter, seed: int, population: int | None
) -> None:
    known = SearchProblem(problem.domain, problem.n_objectives, problem.n_limits)
    if problem.free:
        known = replace(known, screen=screen_of(problem))
    searcher = screened_search(factory, known, seed=seed, population=population)
    while True:
        n = population or 1 + meter.n_evaluations // BATCH_SHARE
        asked = searcher.ask(min(n, meter.budgets[-1] - meter.n_evaluations))
        if not len(asked.rows):
            return
        objectives, margins = meter.evaluate(asked.rows)
        searcher.tell(Told(asked.numbers, objectives, margins, np.zeros(len(margins), np.bool_)))


def screen_of(problem: BenchProblem) -> Screen:
    """Limits are known for free, objectives are not."""

    def screen(rows: Rows) -> FreeFigures:
        return FreeFigures(problem.margins(rows), np.full((len(rows), problem.n_objectives), np.nan))

    return screen
