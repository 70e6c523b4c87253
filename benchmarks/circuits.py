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
from dataclasses import dataclass
from pathlib import Path

from harness import RESULTS, ROOT, Arguments, Bar, code_fingerprint, report_bars

from codegen.cells import load_cells
from codegen.ir.serialize import from_json, to_json
from codegen.synthesis import THOROUGH, synthesize
from codegen.verilog import emit_verilog
from nas.archive import FORMAT_VERSION, Archive, RunHeader
from nas.evaluate import score_network
from nas.finish import choose, final_front, gene_finalists, read_test_part
from nas.loop import drive
from nas.parts import make_part
from nas.problem import Problem, build_problem, gene_problem
from nas.specfile import read_spec, spec_text
from nas.stage import Sitting

KEPT = RESULTS / "circuits"
CODE = (
    "codegen/ir",
    "codegen/verilog",
    "codegen/synthesis",
    "hwmodels/printed",
    "searchspaces",
    "nas/search",
)


@dataclass(frozen=True, slots=True)
class Published:
    """Accuracy and area in cm2 of a published circuit."""

    accuracy: float
    area_cm2: float


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


def problem_of(case: Case, seed: int, data: Path, minutes: float | None) -> Problem:
    """The example on the file, with its own or another budget."""
    overrides = [f"data={{csv: {data / case.file}, target: class}}", f"seed={seed}"]
    if minutes is not None:
        overrides.append(f"search.minutes={minutes}")
    return build_problem(read_spec(ROOT / "examples" / f"{case.example}.yaml", overrides), allow_code=False)


def run_case(case: Case, seed: int, data: Path, minutes: float | None) -> dict[str, object]:
    """Searches; gives for each winner its figures and the network itself."""
    problem = problem_of(case, seed, data, minutes)
    with tempfile.TemporaryDirectory() as folder:
        header = RunHeader(FORMAT_VERSION, spec_text(problem.spec), problem.dataset.fingerprint, seed, {}, "")
        with Archive.create(Path(folder) / "run", header) as archive:
            drive(problem, Sitting(archive, lambda facts: None, lambda: False))
            finalists = gene_finalists(gene_problem(problem, problem.stages[0]), archive)
    front = final_front(finalists, problem.goals)
    chosen = choose(front, problem.goals, problem.spec.emit.winners)
    library = load_cells("egfet")
    winners: dict[str, object] = {}
    for winner, finalist, _ in read_test_part(problem, chosen):
        codes = finalist.network.interface.quantize(problem.dataset.table.x[:16])
        verilog = emit_verilog(finalist.network, name="top", vectors=codes).files[0].text
        mapped = synthesize(verilog, None, library, recipes=THOROUGH)
        winners[winner.role] = {
            "accuracy": winner.test["accuracy"],
            "area_cm2": mapped.area_cm2,
            "analytic_area_cm2": finalist.entry.metrics["egfet.area_cm2"],
            "network": json.loads(to_json(finalist.network)),
        }
    return winners


def kept_path(case: Case, seed: int) -> Path:
    return KEPT / f"{case.example}-{seed}.json"


def measure(case: Case, seeds: list[int], data: Path, minutes: float | None) -> None:
    """Runs what is not kept yet, and keeps it."""
    KEPT.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        path = kept_path(case, seed)
        if path.is_file() and json.loads(path.read_text())["code"] == code_fingerprint(CODE):
            continue
        winners = run_case(case, seed, data, minutes)
        path.write_text(json.dumps({"code": code_fingerprint(CODE), "winners": winners}) + "\n")
        shown = {role: (w["accuracy"], w["area_cm2"]) for role, w in winners.items()}  # type: ignore[index]
        print(f"{case.example} seed {seed}: {shown}", flush=True)


def kept_figures(case: Case, role: str) -> list[tuple[float, float]]:
    """(test accuracy, area) of the kept winners of a role."""
    kept = [json.loads(path.read_text()) for path in sorted(KEPT.glob(f"{case.example}-*.json"))]
    winners = [each["winners"][role] for each in kept if role in each["winners"]]
    return [(winner["accuracy"], winner["area_cm2"]) for winner in winners]


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
            if kept["code"] != code_fingerprint(CODE):
                wrong.append(f"{path.name}: belongs to other code; run without --quick")
                continue
            problem = problem_of(case, int(path.stem.rpartition("-")[2]), data, None)
            for role, winner in kept["winners"].items():
                network = from_json(json.dumps(winner["network"]))
                part = make_part(problem.dataset, problem.dataset.test, network.interface)
                found = score_network(network, part)["accuracy"]
                if found != winner["accuracy"]:
                    wrong.append(f"{path.name}: {role}: {found} on the test part, kept {winner['accuracy']}")
    return wrong


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
        print("\n".join(wrong) or "every kept winner scores on its test rows what is kept of it")
        small = run_case(CASES[0], 0, given.data, 0.1)
        print("one small case:", {role: w["accuracy"] for role, w in small.items()})  # type: ignore[index]
        print_table(CASES)
        return int(bool(wrong))
    cases = tuple(case for case in CASES if case.example in given.only)
    for case in cases:
        measure(case, given.seeds, given.data, given.minutes)
    return report_bars(print_table(cases), Arguments(check=given.check, quick=False))


if __name__ == "__main__":
    sys.exit(main())
