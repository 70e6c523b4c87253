"""Searchers on problems that a few hundred evaluations must do: `auto` and the searchers that others use.

Hypervolume on a log scale of costs, as a share of a tight box around the front, after 50, 100, 200 and 500
evaluations, of ten seeds. Peers run as their users run them, and where limits are free a second time behind
our filter. What was run is kept by problem, algorithm and seed, and a run goes on where the last one stopped.
Random search, pymoo's and Optuna's algorithms pay for every design that breaks a limit.

Beside the table: the Compressor space without enumeration, and the cost of an ask and a tell.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from statistics import mean, stdev

import numpy as np
from harness import Arguments, Bar, code_fingerprint, machine_facts, report_bars
from search_meter import BudgetSpent, Meter
from search_ours import run_ours
from search_peers import PEERS
from search_problems import OPTIMA_GFLOPS, compressor, problems
from search_runs import (
    BUDGETS,
    FILTERED,
    KEPT,
    N_SEEDS,
    OUR_CODE,
    SLOW,
    Cell,
    algorithms_for,
    complete,
    load,
    run,
)

from nas.search.protocol import SearchProblem, Told
from nas.search.registry import searcher_factory
from searchspaces.space import Domain, Variable

AUTO = "auto"
COMPRESSOR_SEEDS, COMPRESSOR_BUDGET, COMPRESSOR_SHARE = 20, 3000, 0.99
COST_BARS_MS = {"nsga2": 1.0, "regularized_evolution": 1.0, "local_search": 1.0, "auto": 1.0, "tpe": 20.0}
TABLES = {
    "cells": "search_cells.py",
    "wine": "search_recordings.py wine",
    "wdbc": "search_recordings.py wdbc",
}
COST_EVALUATIONS, COST_LAST = 10_000, 200


@dataclass(frozen=True, slots=True)
class Score:
    """Mean and standard error over seeds."""

    mean: float
    error: float


def score(values: Sequence[float]) -> Score:
    return Score(mean(values), stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0)


def table(given: Arguments) -> dict[str, dict[str, Cell]]:
    """Problem -> algorithm -> what is kept; without `--quick` what is missing is run first."""
    cells: dict[str, dict[str, Cell]] = {}
    for name in recorded_names():
        problem = problems()[name]()
        names = algorithms_for(problem)
        cells[name] = {each: load(name, each) if given.quick else complete(problem, each) for each in names}
    return cells


def recorded_names() -> list[str]:
    """Problems that can be run: those that are tables have to be made first."""
    missing = [name for name in TABLES if not (KEPT / f"{name}.npz").is_file()]
    for name in missing:
        print(f"{name}: no table; make it with benchmarks/{TABLES[name]}")
    return [name for name in problems() if name not in missing]


def print_table(cells: dict[str, dict[str, Cell]]) -> None:
    for problem, row in cells.items():
        print(f"\n{problem:<32}" + "".join(f"{budget:>16}" for budget in BUDGETS))
        for algorithm, cell in row.items():
            shown = [score(cell.at(budget)) if cell.at(budget) else None for budget in BUDGETS]
            figures = "".join(f"{s.mean:>9.3f} ±{s.error:.3f}" if s else f"{'-':>16}" for s in shown)
            print(f"  {algorithm:<30}{figures}   {len(cell.shares)} seeds")


def win_bars(cells: dict[str, dict[str, Cell]]) -> list[Bar]:
    """`auto` against the peers as they come: nowhere worse, and better on the mean over the problems."""
    bars, wins = [], 0
    for budget in BUDGETS:
        worst = max(_shortfall(row, budget) for row in cells.values())
        bars.append(Bar(f"auto behind the best peer, {budget}", worst, 0.0, "beyond 2 errors", "min"))
        wins += _lead(cells, budget) > 0
    bars.append(Bar("budgets where auto leads on the mean", wins, 2, "of 4"))
    return bars


def _shortfall(row: dict[str, Cell], budget: int) -> float:
    """By how much the best peer on one problem beats `auto` beyond two standard errors of the difference."""
    ours = score(row[AUTO].at(budget)) if row[AUTO].at(budget) else Score(0.0, 0.0)
    rivals = [score(row[peer].at(budget)) for peer in PEERS if peer in row and row[peer].at(budget)]
    if not rivals:
        return float("inf")
    best = max(rivals, key=lambda each: each.mean)
    return best.mean - ours.mean - 2 * (best.error**2 + ours.error**2) ** 0.5


def _lead(cells: dict[str, dict[str, Cell]], budget: int) -> float:
    """By how much the mean of `auto` over all problems beats that of the best peer beyond two errors."""
    ours = _over_problems([row[AUTO] for row in cells.values()], budget)
    rivals = [
        found
        for peer in PEERS
        if (found := _over_problems([row[peer] for row in cells.values()], budget)) is not None
    ]
    if ours is None or not rivals:
        return float("-inf")
    best = max(rivals, key=lambda each: each.mean)
    return ours.mean - best.mean - 2 * (best.error**2 + ours.error**2) ** 0.5


def _over_problems(cells: Sequence[Cell], budget: int) -> Score | None:
    """Mean over problems of the means over seeds; None where one is missing."""
    if not all(cell.at(budget) for cell in cells):
        return None
    scores = [score(cell.at(budget)) for cell in cells]
    error = sum(each.error**2 for each in scores) ** 0.5 / len(scores)
    return Score(mean(each.mean for each in scores), error)


def seed_bar(cells: dict[str, dict[str, Cell]]) -> Bar:
    """A table of fewer seeds proves nothing; slow peers have fewer budgets, never fewer seeds."""
    fewest = min(len(cell.shares) for row in cells.values() for cell in row.values())
    return Bar("seeds of every algorithm and problem", fewest, N_SEEDS, "seeds")


def compressor_found(megabytes: int, seed: int) -> float:
    """The best GFLOPs under the limit, as a share of the optimum; raises where a design over it is
    evaluated."""
    problem = compressor(megabytes)
    meter = Meter(problem, (COMPRESSOR_BUDGET,))

    def evaluate(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if (problem.margins(rows) > 0).any():
            raise AssertionError(f"a design above {megabytes} MB was evaluated")
        found = Meter.evaluate(meter, rows)
        if np.exp(-meter.front.min()) >= COMPRESSOR_SHARE * OPTIMA_GFLOPS[megabytes]:
            raise BudgetSpent
        return found

    watched = _Watched(meter, evaluate)
    with suppress(BudgetSpent):
        run_ours(AUTO, problem, watched, seed)  # type: ignore[arg-type]
    return float(np.exp(-meter.front.min())) / OPTIMA_GFLOPS[megabytes]


@dataclass(frozen=True, slots=True, eq=False)
class _Watched:
    """A meter whose evaluations are checked and end early."""

    meter: Meter
    evaluate: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]

    @property
    def n_evaluations(self) -> int:
        return self.meter.n_evaluations

    @property
    def budgets(self) -> tuple[int, ...]:
        return self.meter.budgets


def compressor_bars(given: Arguments) -> list[Bar]:
    """Seeds of which the optimum is reached within 1 %, each size; kept by (size, seed) unless `--quick`."""
    path = KEPT / "compressor.json"
    code = code_fingerprint(OUR_CODE)
    content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    kept: dict[str, float] = content.get("shares", {}) if content.get("code") == code else {}
    for megabytes in OPTIMA_GFLOPS:
        for seed in range(COMPRESSOR_SEEDS):
            key = f"{megabytes} MB, seed {seed}"
            if key not in kept and not given.quick:
                kept[key] = compressor_found(megabytes, seed)
                content = {"code": code, "machine": machine_facts(), "shares": kept}
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return [
        Bar(
            f"Compressor under {megabytes} MB within 1 % of the optimum",
            sum(
                kept.get(f"{megabytes} MB, seed {s}", 0) >= COMPRESSOR_SHARE for s in range(COMPRESSOR_SEEDS)
            ),
            COMPRESSOR_SEEDS,
            "of 20 seeds",
        )
        for megabytes in OPTIMA_GFLOPS
    ]


def cost_ms(name: str, n_evaluations: int) -> float:
    """Processor milliseconds of an ask and a tell of one candidate, the mean of the last 200.

    15 whole numbers, two objectives, one limit.
    """
    domain = Domain(tuple(Variable(f"x{i}", "int", 0, 31) for i in range(15)))
    searcher = searcher_factory(name)(SearchProblem(domain, 2, 1, n_evaluations=n_evaluations), seed=1)
    spent: list[float] = []
    for _ in range(n_evaluations):
        start = time.thread_time()
        asked = searcher.ask(1)
        asking = time.thread_time() - start
        x = asked.rows.astype(float)
        distance = ((x[:, 1:] - 9) ** 2).sum(axis=1)
        objectives = np.column_stack((x[:, 0], (31 - x[:, 0]) ** 1.5 + distance))
        told = Told(asked.numbers, objectives, x.sum(axis=1, keepdims=True) / 200 - 1, np.zeros(1, np.bool_))
        start = time.thread_time()
        searcher.tell(told)
        spent.append(asking + time.thread_time() - start)
    return 1e3 * mean(spent[-COST_LAST:])


def cost_bars(given: Arguments) -> list[Bar]:
    """TPE's cost is flat from 225 evaluations on, so `--quick` takes fewer of it."""
    bars = []
    for name, bar in COST_BARS_MS.items():
        n = 1000 if name == "tpe" else 3000 if given.quick else COST_EVALUATIONS
        if name == "tpe" and given.quick:
            n = 400
        bars.append(Bar(f"ask and tell of {name} after {n}", cost_ms(name, n), bar, "ms", "min"))
    return bars


def repeat_bar() -> Bar:
    """One small case again: the same rows as were kept, so the same shares."""
    problem = problems()["compressor-25"]()
    kept = load(problem.name, AUTO).shares.get(0, {})
    again = run(AUTO, problem, 0, BUDGETS[:1])
    same = abs(again[BUDGETS[0]] - kept.get(BUDGETS[0], -1.0)) < 1e-9
    return Bar("a kept run, run again, gives the same", float(same), 1.0, "of 1")


def main() -> int:
    given = _arguments()
    if given.only:
        for name in given.only.split(","):
            problem = problems()[name]()
            for algorithm in algorithms_for(problem):
                if given.algorithm in (None, algorithm):
                    complete(problem, algorithm, given.seeds)
        return 0
    shared = Arguments(check=given.check, quick=given.quick)
    cells = table(shared)
    print_table(cells)
    print("\nbudgets above which a slow peer was not run:", SLOW, "\nbehind the filter:", ", ".join(FILTERED))
    problem_bar = Bar("problems of the table", len(cells), len(problems()), "problems")
    bars = [*win_bars(cells), problem_bar, seed_bar(cells), *compressor_bars(shared), *cost_bars(shared)]
    if shared.quick:
        bars.append(repeat_bar())
    return report_bars(bars, shared)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit 1 where a figure misses its bar")
    parser.add_argument("--quick", action="store_true", help="judge what is kept, and repeat one small case")
    parser.add_argument("--only", help="run what is missing of these problems, and stop")
    parser.add_argument("--algorithm", help="with --only: of this algorithm alone")
    parser.add_argument("--seeds", type=int, default=N_SEEDS, help="with --only: how many")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
