"""What a generation of NSGA-II costs beside the evaluations: ours and pymoo's, in one run.

The work: integer genes 0 to 15 in blocks of six, two objectives that can be counted in microseconds (a
distance to a random target, and the number of genes that are not 0). A generation is ask and tell of one
population, the evaluation left out; pymoo's is ask, setting F, and tell, with the operators that its
documentation gives for integers: simulated binary crossover and polynomial mutation with rounding, and
elimination of duplicates. Time is the thread's processor time; searches alternate, and figures are medians
over the generations after the first five of all rounds.
"""

import sys
import time
from collections.abc import Callable, Iterator
from statistics import median

import numpy as np
import numpy.typing as npt
from harness import Arguments, Bar, arguments, report_bars, save_results
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.problem import Problem
from pymoo.core.termination import NoTermination
from pymoo.operators.crossover.sbx import SBX
from pymoo.operators.mutation.pm import PM
from pymoo.operators.repair.rounding import RoundingRepair
from pymoo.operators.sampling.rnd import IntegerRandomSampling

from nas.search.nsga2 import Nsga2
from nas.search.protocol import SearchProblem, Told
from searchspaces.space import Domain, Variable

HIGHEST_GENE, BLOCK_SIZE = 15, 6
SMALL, LARGE = (200, 114), (1000, 600)
SMALL_BAR_MS, LARGE_BAR_MS = 1.0, 6.0
N_WARM = 5
CODE = (
    "nas/search/columns.py",
    "nas/search/frame.py",
    "nas/search/kernels.py",
    "nas/search/ledger.py",
    "nas/search/nsga2.py",
    "nas/search/operators.py",
    "nas/search/population.py",
    "nas/search/visited.py",
    "nas/pareto.py",
    "benchmarks/search_engine.py",
)
FloatArray = npt.NDArray[np.float64]


def objectives_of(n_genes: int) -> Callable[[npt.NDArray[np.number]], FloatArray]:
    """The two objectives of rows (n, n_genes), as (n, 2)."""
    target = np.random.default_rng(0).integers(0, HIGHEST_GENE + 1, n_genes)

    def evaluate(rows: npt.NDArray[np.number]) -> FloatArray:
        distance = np.abs(rows - target).sum(axis=1)
        return np.column_stack((distance, np.count_nonzero(rows, axis=1))).astype(np.float64)

    return evaluate


def ours(population: int, n_genes: int, n_generations: int, seed: int) -> Iterator[float]:
    """Milliseconds of each generation."""
    variables = [Variable(f"g{i}", "int", 0, HIGHEST_GENE, block=i // BLOCK_SIZE) for i in range(n_genes)]
    searcher = Nsga2(SearchProblem(Domain(tuple(variables)), 2), seed=seed, population=population)
    evaluate = objectives_of(n_genes)
    for _ in range(n_generations):
        start = time.thread_time()
        asked = searcher.ask(population)
        asking = time.thread_time() - start
        n = len(asked.rows)
        told = Told(asked.numbers, evaluate(asked.rows), np.zeros((n, 0)), np.zeros(n, dtype=np.bool_))
        start = time.thread_time()
        searcher.tell(told)
        yield 1e3 * (asking + time.thread_time() - start)


def pymoos(population: int, n_genes: int, n_generations: int, seed: int) -> Iterator[float]:
    """Milliseconds of each generation."""
    algorithm = NSGA2(
        pop_size=population,
        sampling=IntegerRandomSampling(),
        crossover=SBX(prob=1.0, eta=3.0, vtype=float, repair=RoundingRepair()),
        mutation=PM(prob=1.0, eta=3.0, vtype=float, repair=RoundingRepair()),
        eliminate_duplicates=True,
    )
    problem = Problem(n_var=n_genes, n_obj=2, xl=0, xu=HIGHEST_GENE, vtype=int)
    algorithm.setup(problem, termination=NoTermination(), seed=seed)
    evaluate = objectives_of(n_genes)
    for _ in range(n_generations):
        start = time.thread_time()
        infills = algorithm.ask()
        rows = infills.get("X")
        asking = time.thread_time() - start
        values = evaluate(rows)
        start = time.thread_time()
        infills.set("F", values)
        algorithm.tell(infills=infills)
        yield 1e3 * (asking + time.thread_time() - start)


def measure(given: Arguments) -> dict[str, float]:
    """Median milliseconds a generation of each search."""
    rounds, n_generations = (2, 30) if given.quick else (5, 80)
    searches: dict[str, Callable[[int], Iterator[float]]] = {
        "ours_small": lambda seed: ours(*SMALL, n_generations, seed),
        "pymoo_small": lambda seed: pymoos(*SMALL, n_generations // 2, seed),
        "ours_large": lambda seed: ours(*LARGE, n_generations, seed),
    }
    times: dict[str, list[float]] = {name: [] for name in searches}
    for seed in range(rounds):
        for name, search in searches.items():
            times[name].extend(list(search(seed))[N_WARM:])
    return {name: median(values) for name, values in times.items()}


def main() -> int:
    given = arguments(__doc__ or "")
    figures = measure(given)
    if not given.quick:
        save_results("search_engine", figures, CODE)
    ratio = figures["pymoo_small"] / figures["ours_small"]
    print(f"pymoo, population {SMALL[0]}, {SMALL[1]} genes: {figures['pymoo_small']:.1f} ms a generation")
    print(f"ours is {ratio:.0f} times as fast")
    bars = (
        Bar(
            f"ours, population {SMALL[0]}, {SMALL[1]} genes", figures["ours_small"], SMALL_BAR_MS, "ms", "min"
        ),
        Bar(
            f"ours, population {LARGE[0]}, {LARGE[1]} genes", figures["ours_large"], LARGE_BAR_MS, "ms", "min"
        ),
    )
    return report_bars(bars, given)


if __name__ == "__main__":
    sys.exit(main())
