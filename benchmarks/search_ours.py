"""Our searchers in benchmarks/searchers.py, and peers behind our free-limit filter."""
from search_meter import Meter
from search_problems import BenchProblem
OURS = ("auto",)
FILTERED = ()
def run_ours(name: str, problem: BenchProblem, meter: Meter, seed: int) -> None: ...
def run_filtered_peer(name: str, problem: BenchProblem, meter: Meter, seed: int) -> None: ...
