"""Two published searches of printed MLPs and ours, on the same splits in about the same processor time.

For each seed, a stratified 70/30 split of cardio and three searches of a network 21-3-3: the genes, operators
and objectives of DATE 2024 and of ICCAD 2023 as their examples have them, and our own (array NSGA-II from
gradient-trained seeds, on the area of the printed model) in the space of DATE 2024. Of each front, two
designs are taken by validation rows: the most accurate, and the least by the search's own cost of those at
most `TOLERANCE` less accurate. Both are synthesized, and the test rows are read once for each. A search that
finds no design but ones that answer the same to all rows is named, and left out of the means.

Needs the UCI files (`--data FOLDER`). A search and seed that is kept under benchmarks/results/seed_papers/ is
not done again while the code is the same; `--quick` judges what is kept.
"""

import argparse
import json
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import RESULTS, ROOT, Arguments, Bar, StaleResultsError, code_fingerprint, report_bars

from codegen.cells import load_cells
from codegen.synthesis import synthesize_network
from nas.archive import Archive
from nas.archive.header import FORMAT_VERSION, RunHeader
from nas.evaluate import score_network
from nas.finish import Finalist, final_front, finalists_of
from nas.loop import drive
from nas.parts import make_part
from nas.problem import Problem, build_problem
from nas.specfile import read_spec, spec_text
from nas.stage import Sitting

KEPT = RESULTS / "seed_papers"
COUNT = ("hwmodels/adder_count", "nas/search/pymoo_adapter.py", "nas/search/pymoo_search.py")
TOLERANCE = 0.02
AS_ACCURATE = 0.01
"""How much less accurate on test rows a design of ours may be, in the bars."""


@dataclass(frozen=True, slots=True)
class Search:
    """A row of the table. example: whose spec it runs. cost: what it minimizes. overrides: of the spec.

    evaluations: what takes about half a minute of a processor. code: files on which the figures hang.
    """

    name: str
    example: str
    cost: str
    evaluations: int
    code: tuple[str, ...]
    overrides: tuple[str, ...] = ()


SEARCHES = (
    Search(
        "ICCAD 2023",
        "iccad23",
        "adders.full_adders",
        60_000,
        (*COUNT, "examples/iccad23.yaml", "nas/train/base.py", "searchspaces/approximate_mlp/masks.py"),
    ),
    Search(
        "DATE 2024",
        "date24",
        "adders.full_adders",
        100_000,
        (*COUNT, "examples/date24.yaml", "searchspaces/approximate_mlp/sampling.py"),
    ),
    Search(
        "ours",
        "date24",
        "egfet.area_cm2",
        480_000,
        ("examples/date24.yaml", "nas/search", "nas/train", "nas/refit.py", "searchspaces/approximate_mlp"),
        ("objectives={accuracy: max, egfet.area_cm2: min}", "limits=", "search={algorithm: auto}"),
    ),
)
ROLES = ("most accurate", f"within {TOLERANCE:.0%} of it")

Figures = dict[str, float]


def problem_of(search: Search, seed: int, data: Path) -> Problem:
    source = f"data={{csv: {data / 'cardio.csv'}, target: class}}"
    overrides = (source, f"seed={seed}", *search.overrides, f"search.evaluations={search.evaluations}")
    return build_problem(read_spec(ROOT / "examples" / f"{search.example}.yaml", overrides), allow_code=False)


def front_of(problem: Problem, seed: int) -> list[Finalist]:
    """The front by validation rows, from the most accurate on."""
    with tempfile.TemporaryDirectory() as folder:
        header = RunHeader(FORMAT_VERSION, spec_text(problem.spec), problem.dataset.fingerprint, seed, {}, "")
        with Archive.create(Path(folder) / "run", header) as archive:
            drive(problem, Sitting(archive, lambda facts: None, lambda: False))
            return final_front(finalists_of(problem, problem.stages, archive), problem.goals)


def figures(problem: Problem, design: Finalist) -> Figures:
    """Accuracies, the price by both models, and the area that synthesis gives."""
    test = make_part(problem.dataset, problem.dataset.test, design.network.interface)
    return {
        "fit": design.entry.metrics["fit_accuracy"],
        "validation": design.entry.metrics["accuracy"],
        "test": score_network(design.network, test)["accuracy"],
        "full_adders": design.entry.metrics["adders.full_adders"],
        "area_cm2": synthesize_network(design.network, load_cells("egfet")).area_cm2,
    }


def run_search(search: Search, seed: int, data: Path) -> dict[str, Figures]:
    """Figures of the chosen designs by role; none where every design answers the same to all rows."""
    problem = problem_of(search, seed, data)
    start = time.process_time()
    front = front_of(problem, seed)
    seconds = time.process_time() - start
    if not front:
        return {}
    enough = front[0].entry.metrics["accuracy"] - TOLERANCE
    near = [design for design in front if design.entry.metrics["accuracy"] >= enough]
    smallest = min(near, key=lambda design: design.entry.metrics[search.cost])
    chosen = zip(ROLES, (front[0], smallest), strict=True)
    return {role: {"seconds": seconds, **figures(problem, design)} for role, design in chosen}


def measure(search: Search, seed: int, data: Path, *, quick: bool) -> dict[str, Figures]:
    """The kept figures of a search and seed, or new ones, which are then kept."""
    path = KEPT / f"{search.name.replace(' ', '_').lower()}-{seed}.json"
    code = code_fingerprint(search.code) + repr((search, TOLERANCE))
    if path.is_file() and (kept := json.loads(path.read_text()))["code"] == code:
        return dict(kept["figures"])
    if quick:
        raise StaleResultsError(f"{path} is missing or of other code; run benchmarks/seed_papers.py")
    found = run_search(search, seed, data)
    KEPT.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"code": code, "figures": found}) + "\n")
    return found


def mean(runs: Sequence[dict[str, Figures]], role: str, name: str) -> float:
    return statistics.mean(run[role][name] for run in runs)


def print_rows(search: Search, runs: Sequence[dict[str, Figures]]) -> None:
    for role in ROLES:
        test, area = ([run[role][name] for run in runs] for name in ("test", "area_cm2"))
        spread = [statistics.stdev(values) if len(values) > 1 else 0.0 for values in (test, area)]
        print(
            f"{search.name:<12} {role:<14} {mean(runs, role, 'fit'):6.3f} "
            f"{mean(runs, role, 'validation'):6.3f} {statistics.mean(test):6.3f} +-{spread[0]:.3f} "
            f"{mean(runs, role, 'full_adders'):7.1f} {statistics.mean(area):7.3f} +-{spread[1]:.3f} "
            f"{mean(runs, role, 'seconds'):6.1f}"
        )


def bars(found: dict[str, list[dict[str, Figures]]]) -> list[Bar]:
    """For each design of the others, the area of our smallest one that is as accurate, by its area."""
    held = []
    for name in ("ICCAD 2023", "DATE 2024"):
        for role in ROLES:
            enough = mean(found[name], role, "test") - AS_ACCURATE
            areas = [
                mean(found["ours"], own, "area_cm2")
                for own in ROLES
                if mean(found["ours"], own, "test") >= enough
            ]
            share = min(areas, default=math.inf) / mean(found[name], role, "area_cm2")
            held.append(Bar(f"area of ours by that of {name}, {role}", share, 0.5, "", "min"))
    return held


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "uci")
    parser.add_argument("--seeds", nargs="*", type=int, default=list(range(10)))
    parser.add_argument("--check", action="store_true", help="exit 1 where a figure misses its bar")
    parser.add_argument("--quick", action="store_true", help="judge the kept results only")
    given = parser.parse_args()
    found: dict[str, list[dict[str, Figures]]] = {search.name: [] for search in SEARCHES}
    for seed in given.seeds:
        for search in SEARCHES:
            run = measure(search, seed, given.data, quick=given.quick)
            if run:
                found[search.name].append(run)
            else:
                print(
                    f"{search.name} finds no design on split {seed} that tells rows apart; not in its means"
                )
    print(f"cardio, {len(given.seeds)} splits")
    print("search       design            fit  valid.   test         adders     cm2            s")
    for search in SEARCHES:
        print_rows(search, found[search.name])
    return report_bars(bars(found), Arguments(check=given.check, quick=given.quick))


if __name__ == "__main__":
    sys.exit(main())
