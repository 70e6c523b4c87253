"""The examples on the published data sets: accuracy and synthesized area of their winners.

For each data set and seed, the example's spec is run on a stratified 70/30 split of that seed, and its
winners go through yosys and ABC, as the published circuits did whose figures stand beside them (DATE 2024
and ICCAD 2023, from their released Verilog through the same flow). Everything is chosen on training rows.
The published circuits were measured on one split, ours on several: mean and standard deviation are shown.

Needs the UCI files (`--data FOLDER`). A long run goes on where it stopped: what is kept under
benchmarks/results/circuits/ is not done again while the code is the same.
"""

import argparse
import json
import statistics
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from harness import RESULTS, ROOT, Arguments, Bar, code_fingerprint, report_bars

from codegen.cells import load_cells
from codegen.ir import Network
from codegen.ir.serialize import from_json, to_json
from codegen.synthesis import THOROUGH, synthesize
from codegen.verilog import emit_verilog
from nas.archive import FORMAT_VERSION, Archive, RunHeader
from nas.evaluate import score_network
from nas.finish import final_front, gene_finalists, read_test_part
from nas.loop import drive
from nas.parts import make_part
from nas.problem import Problem, build_problem, gene_problem
from nas.specfile import read_spec, spec_text
from nas.stage import Sitting
from nas.winners import choose

KEPT = RESULTS / "circuits"
SMALL = KEPT / "small.json"
SEARCH_CODE = (
    "codegen/ir",
    "hwmodels/printed",
    "searchspaces/approximate_mlp",
    "nas/search",
    "nas/train",
    "nas/gene_search.py",
    "nas/front.py",
)
CIRCUIT_CODE = ("codegen/verilog", "codegen/circuit", "codegen/synthesis", "codegen/cells")


@dataclass(frozen=True, slots=True)
class Published:
    """Accuracy and area in cm2 of a published circuit."""

    accuracy: float
    area_cm2: float


@dataclass(frozen=True, slots=True)
class Winner:
    """accuracy: on the test part. area_cm2: synthesized."""

    accuracy: float
    area_cm2: float
    network: Network


@dataclass(frozen=True, slots=True)
class Case:
    """An example, its file, and the circuits it is compared with: DATE 2024, ICCAD 2023."""

    example: str
    file: str
    date24: Published
    iccad23: Published


CASES = (
    Case("wisconsin", "breast_cancer.csv", Published(0.942, 0.0325), Published(0.946, 2.99)),
    Case("cardio", "cardio.csv", Published(0.873, 1.05), Published(0.862, 6.63)),
    Case("red_wine", "red_wine.csv", Published(0.519, 0.0317), Published(0.567, 2.35)),
    Case("white_wine", "white_wine.csv", Published(0.514, 0.171), Published(0.527, 5.33)),
    Case("pendigits", "pendigits.csv", Published(0.901, 10.5), Published(0.891, 13.8)),
)


def problem_of(case: Case, seed: int, data: Path, minutes: float | None, *, small: bool = False) -> Problem:
    """The example on the file, with its own or another budget."""
    overrides = [f"data={{csv: {data / case.file}, target: class}}", f"seed={seed}"]
    if minutes is not None:
        overrides.append(f"search.minutes={minutes}")
    if small:
        overrides.append("search={evaluations: 20000, seed_with_gradients: false}")
    return build_problem(read_spec(ROOT / "examples" / f"{case.example}.yaml", overrides), allow_code=False)


def run_case(
    case: Case, seed: int, data: Path, minutes: float | None, *, small: bool = False
) -> dict[str, Winner]:
    """Searches; gives the winners with their accuracy on the test part."""
    problem = problem_of(case, seed, data, minutes, small=small)
    with tempfile.TemporaryDirectory() as folder:
        header = RunHeader(FORMAT_VERSION, spec_text(problem.spec), problem.dataset.fingerprint, seed, {}, "")
        with Archive.create(Path(folder) / "run", header) as archive:
            drive(problem, Sitting(archive, lambda facts: None, lambda: False))
            finalists = gene_finalists(gene_problem(problem, problem.stages[0]), archive)
    chosen = choose(final_front(finalists, problem.goals), problem.goals, problem.spec.emit.winners)
    return {
        winner.role: Winner(winner.test["accuracy"], synthesized_area_cm2(finalist.network), finalist.network)
        for winner, finalist, _ in read_test_part(problem, chosen)
    }


def synthesized_area_cm2(network: Network) -> float:
    """Of the emitted Verilog, through yosys and ABC."""
    codes = np.zeros((1, network.interface.n_features), np.int32)
    verilog = emit_verilog(network, name="top", vectors=codes).files[0].text
    return synthesize(verilog, None, load_cells("egfet"), recipes=THOROUGH).area_cm2


def kept_path(case: Case, seed: int) -> Path:
    return KEPT / f"{case.example}-{seed}.json"


def measure(case: Case, seeds: list[int], data: Path, minutes: float | None) -> None:
    """Runs what is not kept yet; what is kept of the same search is only synthesized anew if need be."""
    KEPT.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        path = kept_path(case, seed)
        kept = json.loads(path.read_text()) if path.is_file() else {}
        if kept.get("search_code") != code_fingerprint(SEARCH_CODE):
            winners = run_case(case, seed, data, minutes)
        elif kept["circuit_code"] != code_fingerprint(CIRCUIT_CODE):
            winners = {role: anew(winner) for role, winner in read_winners(kept).items()}
        else:
            continue
        write_winners(path, winners)
        shown = {role: (round(w.accuracy, 4), round(w.area_cm2, 4)) for role, w in winners.items()}
        print(f"{case.example} seed {seed}: {shown}", flush=True)


def anew(winner: Winner) -> Winner:
    """The same network with its area by the current flow."""
    return replace(winner, area_cm2=synthesized_area_cm2(winner.network))


def read_winners(kept: dict[str, Any]) -> dict[str, Winner]:
    """The winners of one kept file."""
    return {
        role: Winner(each["accuracy"], each["area_cm2"], from_json(json.dumps(each["network"])))
        for role, each in kept["winners"].items()
    }


def write_winners(path: Path, winners: dict[str, Winner]) -> None:
    """With the fingerprints of the code that they come from."""
    content = {
        "search_code": code_fingerprint(SEARCH_CODE),
        "circuit_code": code_fingerprint(CIRCUIT_CODE),
        "winners": {
            role: {
                "accuracy": winner.accuracy,
                "area_cm2": winner.area_cm2,
                "network": json.loads(to_json(winner.network)),
            }
            for role, winner in winners.items()
        },
    }
    path.write_text(json.dumps(content) + "\n")


def kept_figures(case: Case, role: str) -> list[tuple[float, float]]:
    """(test accuracy, area) of the kept winners of a role."""
    kept = [
        read_winners(json.loads(path.read_text())) for path in sorted(KEPT.glob(f"{case.example}-*.json"))
    ]
    return [(each[role].accuracy, each[role].area_cm2) for each in kept if role in each]


def print_table(cases: tuple[Case, ...]) -> list[Bar]:
    """Mean and standard deviation by example and role; the bars: more accurate than DATE 2024, smaller."""
    bars = []
    head = f"{'data':<11} {'winner':<14} {'n':>2} {'test accuracy':>16} {'area cm2':>18}"
    print(f"{head}   DATE 2024       ICCAD 2023")
    for case in cases:
        for role in ("knee", "best_accuracy"):
            figures = kept_figures(case, role)
            if not figures:
                continue
            accuracy, area = ([row[column] for row in figures] for column in (0, 1))
            print(
                f"{case.example:<11} {role:<14} {len(figures):>2} "
                f"{_spread(accuracy, 4):>16} {_spread(area, 4):>18}   "
                f"{case.date24.accuracy:.3f} @ {case.date24.area_cm2:<6g} "
                f"{case.iccad23.accuracy:.3f} @ {case.iccad23.area_cm2:g}"
            )
            if role == "best_accuracy":
                bars += [
                    Bar(
                        f"{case.example}: accuracy against DATE 2024",
                        statistics.mean(accuracy),
                        case.date24.accuracy,
                        "",
                    ),
                    Bar(
                        f"{case.example}: area against ICCAD 2023",
                        statistics.mean(area),
                        case.iccad23.area_cm2,
                        "cm2",
                        "min",
                    ),
                ]
    return bars


def _spread(values: list[float], digits: int) -> str:
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.mean(values):.{digits}f} +- {deviation:.{digits}f}"


def check_kept(data: Path) -> list[str]:
    """Re-evaluates every kept winner exactly on its test rows; gives what does not agree."""
    wrong = []
    for case in CASES:
        for path in sorted(KEPT.glob(f"{case.example}-*.json")):
            kept = json.loads(path.read_text())
            found = (kept["search_code"], kept["circuit_code"])
            if found != (code_fingerprint(SEARCH_CODE), code_fingerprint(CIRCUIT_CODE)):
                wrong.append(f"{path.name}: belongs to other code; run without --quick")
                continue
            problem = problem_of(case, int(path.stem.rpartition("-")[2]), data, None)
            for role, winner in read_winners(kept).items():
                part = make_part(problem.dataset, problem.dataset.test, winner.network.interface)
                accuracy = score_network(winner.network, part)["accuracy"]
                if accuracy != winner.accuracy:
                    wrong.append(f"{path.name}: {role}: {accuracy} on the test part, kept {winner.accuracy}")
    return wrong


def check_small_case(data: Path) -> list[str]:
    """Searches one small case again; its winners must be the very networks that are kept."""
    kept = read_winners(json.loads(SMALL.read_text()))
    found = run_case(CASES[0], 0, data, None, small=True)
    if found == kept:
        return []
    shown = {role: (winner.accuracy, winner.area_cm2) for role, winner in found.items()}
    return [f"{SMALL.name}: the small case now ends in {shown}; run without --quick"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "uci")
    parser.add_argument("--only", nargs="*", default=[case.example for case in CASES])
    parser.add_argument("--seeds", nargs="*", type=int, default=list(range(10)))
    parser.add_argument("--minutes", type=float, help="of search, instead of the example's own")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--quick", action="store_true", help="re-evaluate what is kept, and one small case")
    given = parser.parse_args()
    if given.quick:
        wrong = check_kept(given.data)
        wrong += check_small_case(given.data)
        print(
            "\n".join(wrong) or "every kept winner scores what is kept of it, and the small case is the same"
        )
        print_table(CASES)
        return int(bool(wrong))
    cases = tuple(case for case in CASES if case.example in given.only)
    KEPT.mkdir(parents=True, exist_ok=True)
    write_winners(SMALL, run_case(CASES[0], 0, given.data, None, small=True))
    for case in cases:
        measure(case, given.seeds, given.data, given.minutes)
    return report_bars(print_table(cases), Arguments(check=given.check, quick=False))


if __name__ == "__main__":
    sys.exit(main())
