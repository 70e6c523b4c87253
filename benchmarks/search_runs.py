"""Runs of benchmarks/searchers.py by (problem, algorithm, seed), kept as they are made."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import RESULTS, code_fingerprint, machine_facts
from search_meter import BudgetSpent, Meter
from search_ours import FILTERED, OURS, run_filtered_peer, run_ours
from search_peers import PEERS, run_peer
from search_problems import BenchProblem

KEPT = RESULTS / "searchers"
BUDGETS = (50, 100, 200, 500)
N_SEEDS = 10
SLOW: dict[str, int] = {"optuna_tpe": 200, "optuna_gp": 50}
"""Last budget of algorithms that take minutes for one search."""
PEER_CODE = (
    "benchmarks/search_problems.py",
    "benchmarks/search_meter.py",
    "benchmarks/search_peers.py",
)
SEARCH_CODE = tuple(
    f"nas/search/{name}"
    for name in (
        "auto.py",
        "columns.py",
        "frame.py",
        "kept_rows.py",
        "kernels.py",
        "ledger.py",
        "nsga2.py",
        "operators.py",
        "population.py",
        "quasi_random.py",
        "screening.py",
        "surrogate",
        "visited.py",
    )
)
OUR_CODE = (
    "benchmarks/search_problems.py",
    "benchmarks/search_meter.py",
    "benchmarks/search_ours.py",
    *SEARCH_CODE,
)


@dataclass(frozen=True, slots=True)
class Cell:
    """Of the table: shares of each seed by budget, those that were run."""

    problem: str
    algorithm: str
    shares: dict[int, dict[int, float]]

    def at(self, budget: int) -> list[float]:
        """One share a seed."""
        return [shares[budget] for _, shares in sorted(self.shares.items()) if budget in shares]


def code_of(algorithm: str) -> tuple[str, ...]:
    """Files that the runs of an algorithm hang on; a peer behind the filter does not hang on our models."""
    if algorithm in PEERS:
        return PEER_CODE
    if algorithm in OURS:
        return OUR_CODE
    adapters = ("nas/search/optuna_adapter.py", "nas/search/optuna_study.py", "nas/search/pymoo_search.py")
    return (
        *PEER_CODE,
        "benchmarks/search_ours.py",
        "nas/search/screening.py",
        "nas/search/kept_rows.py",
        *adapters,
    )


def run(
    algorithm: str, problem: BenchProblem, seed: int, budgets: Sequence[int] = BUDGETS
) -> dict[int, float]:
    """Shares of the box by budget."""
    allowed = tuple(each for each in budgets if each <= SLOW.get(algorithm, budgets[-1]))
    meter = Meter(problem, allowed)
    try:
        if algorithm in PEERS:
            run_peer(algorithm, problem, meter, seed)
        elif algorithm in FILTERED:
            run_filtered_peer(algorithm, problem, meter, seed)
        else:
            run_ours(algorithm, problem, meter, seed)
    except BudgetSpent:
        pass
    meter.end()
    return meter.shares


def algorithms_for(problem: BenchProblem) -> tuple[str, ...]:
    """The filter changes nothing where no limit is free."""
    return (*OURS, *PEERS, *(FILTERED if problem.free else ()))


def path_of(problem: str, algorithm: str) -> Path:
    return KEPT / problem / f"{algorithm}.json"


def load(problem: str, algorithm: str, *, current: bool = True) -> Cell:
    """What is kept; nothing where the code has changed since. current=False takes it all the same."""
    path = path_of(problem, algorithm)
    if not path.is_file():
        return Cell(problem, algorithm, {})
    content = json.loads(path.read_text(encoding="utf-8"))
    if current and content["code"] != code_fingerprint(code_of(algorithm)):
        return Cell(problem, algorithm, {})
    shares = {
        int(seed): {int(budget): share for budget, share in each.items()}
        for seed, each in content["shares"].items()
    }
    return Cell(problem, algorithm, shares)


def complete(problem: BenchProblem, algorithm: str, n_seeds: int = N_SEEDS) -> Cell:
    """Runs the seeds that are missing; each is kept as soon as it is done."""
    cell = load(problem.name, algorithm)
    for seed in range(n_seeds):
        if seed not in cell.shares:
            cell.shares[seed] = run(algorithm, problem, seed)
            _save(cell)
    return cell


def _save(cell: Cell) -> None:
    path = path_of(cell.problem, cell.algorithm)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "code": code_fingerprint(code_of(cell.algorithm)),
        "machine": machine_facts(),
        "shares": {str(seed): cell.shares[seed] for seed in sorted(cell.shares)},
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
