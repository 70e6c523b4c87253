"""Random int8 networks through `evaluate`, C under sanitizers, and six simulated cores: all must agree.

python benchmarks/random_networks.py [--check] [--quick] [--networks N]

Networks of codegen.ir.testing, the odd seeds in patches where their windows allow, each emitted for the core
that it runs on, many in one program. Results are kept after every block of seeds, so that a run which is
stopped goes on where it was. Instructions are counted on the way, and say how far off the price of whole
networks is, of which many are tiny or need the general requantization, which the price does not expect.
`--quick` judges the kept results and runs the first block again on the host and on a Cortex-M4.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from harness import RESULTS, ROOT, Arguments, Bar, StaleResultsError, load_results, report_bars, save_results

from codegen.cores import load_core
from codegen.errors import CodegenError
from codegen.ir import TensorNet
from codegen.verify.build import BuildError
from codegen.verify.kernels import KernelError
from codegen.verify.networks import HOST, TARGETS, Outcome, random_case, run_networks
from hwmodels.mcu.tensor import load_tensor_coefficients, tensor_cost

NAME = "random_networks"
N_NETWORKS, BLOCK, N_PRICED = 2000, 40, 200
TEMPLATES = tuple(
    path.relative_to(ROOT).as_posix()
    for folder in ("kernels", "operators", "tensor")
    for path in sorted((ROOT / "codegen" / "c" / "templates" / folder).iterdir())
)
CODE = (
    *("codegen/ir", "codegen/plan", "codegen/c/kernels", "codegen/c/operators", "codegen/c/tensor"),
    *("codegen/verify/networks.py", "codegen/data/cores/cores.json", *TEMPLATES),
)
Figures = dict[str, dict[str, Any]]
"""By target: networks and rows that ran, differences by seed, and instructions of a row by seed."""


def kept_figures() -> Figures:
    """Of the present code; nothing where there are none."""
    try:
        return dict(load_results(NAME, CODE))  # type: ignore[arg-type]
    except StaleResultsError:
        return {}


def run_block(target: str, first: int, n_networks: int) -> list[Outcome]:
    """Outcomes of seeds from `first` on; where a program as a whole fails, of each network on its own."""
    cases = [random_case(seed) for seed in range(first, first + n_networks)]
    try:
        return run_networks(cases, target)
    except (KernelError, BuildError, CodegenError) as error:
        if n_networks == 1:
            return [Outcome(first, len(cases[0].codes), len(cases[0].codes), str(error)[:300], 0)]
        return [one for case in cases for one in run_block(target, case.seed, 1)]


def add(figures: Figures, target: str, outcomes: list[Outcome]) -> None:
    one = figures.setdefault(target, {"networks": 0, "rows": 0, "wrong": {}, "instructions": []})
    one["networks"] += len(outcomes)
    one["rows"] += sum(outcome.n_rows for outcome in outcomes)
    one["wrong"] |= {str(outcome.seed): outcome.difference for outcome in outcomes if outcome.n_wrong}
    if target != HOST:
        one["instructions"] += [outcome.instructions for outcome in outcomes]


def run(n_networks: int) -> Figures:
    """All targets block by block, on from what is kept."""
    figures = kept_figures()
    for first in range(0, n_networks, BLOCK):
        for target in TARGETS:
            if figures.get(target, {"networks": 0})["networks"] > first:
                continue
            add(figures, target, run_block(target, first, min(BLOCK, n_networks - first)))
            save_results(NAME, figures, CODE)
        print(f"{min(first + BLOCK, n_networks)} of {n_networks} networks", flush=True)
    return figures


def price_errors(target: str, instructions: list[int]) -> list[float]:
    """In percent, of the networks that the model prices."""
    core, coefficients, errors = load_core(target), load_tensor_coefficients(target), []
    for seed, counted in enumerate(instructions[:N_PRICED]):
        case = random_case(seed)
        assert isinstance(case.network.body, TensorNet)
        cost = tensor_cost(case.network.body.graph, case.schedule, core, coefficients)
        if not isinstance(cost, str) and counted:
            errors.append(100 * (cost.instructions / counted - 1))
    return errors


def show(figures: Mapping[str, Mapping[str, Any]]) -> None:
    print("| target | networks | rows | differences | price: networks, median and mean error |")
    print("|---|---|---|---|---|")
    for target, one in figures.items():
        errors = np.abs(price_errors(target, one["instructions"])) if target != HOST else np.array([])
        price = f"{len(errors)}: {np.median(errors):.1f} %, {errors.mean():.1f} %" if len(errors) else ""
        print(f"| {target} | {one['networks']} | {one['rows']} | {len(one['wrong'])} | {price} |")
        for seed, difference in one["wrong"].items():
            print(f"  seed {seed}: {difference}")


def unlike(kept: Mapping[str, Any], again: Mapping[str, Any]) -> int:
    """How many networks that were run again take other instructions than those kept of their seeds."""
    pairs = zip(kept["instructions"], again["instructions"], strict=False)
    return sum(before != now for before, now in pairs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit 1 where a figure misses its bar")
    parser.add_argument("--quick", action="store_true", help="judge what is kept and run one block again")
    parser.add_argument("--networks", type=int, default=N_NETWORKS, help="how many seeds")
    given = parser.parse_args()
    if given.quick:
        figures: Figures = dict(load_results(NAME, CODE))  # type: ignore[arg-type]
        again: Figures = {}
        for target in (HOST, "cortex-m4"):
            add(again, target, run_block(target, 0, BLOCK))
    else:
        figures, again = run(given.networks), {}
        print(f"kept in {(Path(RESULTS) / f'{NAME}.json').relative_to(ROOT)}")
    show(figures)
    bars = [Bar(f"{target}: networks", figures[target]["networks"], N_NETWORKS, "") for target in TARGETS]
    bars += [
        Bar(f"{target}: networks that differ", len(one["wrong"]), 0, "", "min")
        for target, one in (*figures.items(), *((f"{name}, again", kept) for name, kept in again.items()))
    ]
    bars += [
        Bar(f"{target}, again: counts unlike the kept ones", unlike(figures[target], one), 0, "", "min")
        for target, one in again.items()
    ]
    return report_bars(bars, Arguments(check=given.check, quick=given.quick))


if __name__ == "__main__":
    sys.exit(main())
