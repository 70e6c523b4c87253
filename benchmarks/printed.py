"""Printed classifiers on five UCI data sets: test accuracy, synthesized area, leakage, time, and others'.

Ten stratified 70/30 splits and two search seeds of each split; everything is chosen on training rows. Two
searches: `trees` (decision trees, then their gates) and `mlp` (approximate MLPs). Published circuits,
untuned CART and ours go through the same yosys and ABC.

Needs the UCI files (`--data FOLDER`). A search that is kept under benchmarks/results/printed/ is not done
again while the code is the same, so a long run goes on where it stopped; `--only`, `--splits`, `--searches`
and `--seeds` do a part.
"""

import argparse
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import TypeAlias

from harness import RESULTS, ROOT, Arguments, Bar, report_bars
from printed_cases import CASES, Case, Search
from printed_runs import (
    Unit,
    disagreement,
    fingerprint,
    problem_of,
    read_unit,
    run_unit,
    spec_of,
    write_unit,
)
from printed_table import (
    TITLES,
    accuracy_bars,
    bar_rows,
    base_reduction,
    markdown_rows,
    power_bar,
    settings_of,
)

Units: TypeAlias = Mapping[tuple[Search, int, int], Unit]
"""By search, split and search seed."""

KEPT = RESULTS / "printed"
SEARCHES: tuple[Search, ...] = ("trees", "mlp")
MAX_MIB = 1024.0
CONFIRM = (
    "keep what other code found where this code ends a search of each kind and data set in the same circuits"
)


def small_path(search: Search) -> Path:
    return KEPT / f"small-{search}.json.gz"


def kept_path(case: Case, search: Search, split: int, seed: int) -> Path:
    return KEPT / case.name / f"{search}-{split}-{seed}.json.gz"


def all_units(case: Case, *, current: bool) -> Units:
    """All that is kept of a data set and belongs to this code, or to other code."""
    units: dict[tuple[Search, int, int], Unit] = {}
    for search in SEARCHES:
        for path in sorted((KEPT / case.name).glob(f"{search}-*.json.gz")):
            code, unit = read_unit(path)
            _, split, seed = path.name.removesuffix(".json.gz").split("-")
            if current == (code == fingerprint(search, spec_of(case, search, int(split)))):
                units[search, int(split), int(seed)] = unit
    return units


def kept_units(case: Case) -> Units:
    """Those that belong to this code."""
    return all_units(case, current=True)


def measure(given: argparse.Namespace) -> None:
    """Does what is not kept, each search in a process of its own so that its memory can be told."""
    for search in given.searches:
        keep_small_unit(search, given.data)
    kept = {case.name: kept_units(case) for case in CASES}
    wanted = [
        (case, search, split, seed)
        for seed in given.seeds
        for split in given.splits
        for case in CASES
        for search in given.searches
        if case.name in given.only
    ]
    for case, search, split, seed in wanted:
        if (search, split, seed) not in kept[case.name]:
            names = (case.name, search, str(split), str(seed))
            subprocess.run([sys.executable, __file__, "--data", given.data, "--one", *names], check=True)


def small_unit(search: Search, data: Path) -> Unit:
    """A search of seconds."""
    return run_unit(problem_of(CASES[0], search, 0, data, small=True), search, 0)


def keep_small_unit(search: Search, data: Path) -> None:
    code = fingerprint(search, spec_of(CASES[0], search, 0, small=True))
    write_unit(small_path(search), small_unit(search, data), code)


def confirm(case: Case, search: Search, data: Path) -> str | None:
    """Takes over what other code found if this code finds the very same; otherwise says what differs.

    The cheapest of those searches is done again and stands for all of its data set and kind: searches depend
    on nothing but code, spec and seed.
    """
    units = {key: unit for key, unit in all_units(case, current=False).items() if key[0] == search}
    if not units:
        return None
    (_, split, seed), unit = min(units.items(), key=lambda item: item[1].seconds)
    if run_unit(problem_of(case, search, split, data), search, seed).circuits != unit.circuits:
        return f"{case.name}, {search}, split {split}, seed {seed} now ends in other circuits"
    for (_, split, seed), each in units.items():
        code = fingerprint(search, spec_of(case, search, split))
        write_unit(kept_path(case, search, split, seed), each, code)
    print(f"{case.name}, {search}: {len(units)} searches of other code are this code's too", flush=True)
    return None


def confirm_all(given: argparse.Namespace) -> list[str]:
    """What could not be taken over."""
    pairs = [(case, search) for case in CASES if case.name in given.only for search in given.searches]
    wrong = [text for case, search in pairs if (text := confirm(case, search, given.data))]
    for search in given.searches:
        keep_small_unit(search, given.data)
    return wrong


def measure_one(name: str, search: Search, split: int, seed: int, data: Path) -> None:
    """One search, kept."""
    case = next(case for case in CASES if case.name == name)
    unit = run_unit(problem_of(case, search, split, data), search, seed)
    write_unit(kept_path(case, search, split, seed), unit, fingerprint(search, spec_of(case, search, split)))
    cost = f"{unit.seconds:.0f} s of processor, {unit.peak_mib:.0f} MiB"
    print(f"{name} {search}, split {split}, seed {seed}: {len(unit.circuits)} circuits, {cost}", flush=True)


def report(case: Case, kept: Units, *, settings: bool) -> list[Bar]:
    """Prints a data set's table, with a row for every setting if wanted, and gives its bars."""
    units = list(kept.values())
    print(f"\n{case.name}: DATE 2024 {case.date24}; ICCAD 2023 {case.iccad23}; exact 8-bit MLP {case.base};")
    print(f"  CART {', '.join(map(str, case.cart))}")
    for group in TITLES if settings else ():
        for setting in settings_of(units, group):
            print(f"  {TITLES[group]:<22} {setting.text}")
    print("  chosen by validation, at most as large as the bar:")
    for group, point, row in bar_rows(case, units):
        print(f"  {TITLES[group]:<22} {point!s:<14} {row.text if row else 'no circuit is that small'}")
    for loss in (0.0, 0.05):
        if (found := base_reduction(case, units, loss)) is not None:
            print(f"  {found[0]:.0f} times smaller than the exact 8-bit MLP, losing at most {loss:.0%}")
    return [*accuracy_bars(case, units), power_bar(case, units), *cost_bars(case, kept)]


def cost_bars(case: Case, kept: Units) -> list[Bar]:
    """Processor time and memory of the searches of one split."""
    bars = []
    for search in SEARCHES:
        units = [unit for unit in kept.values() if unit.search == search]
        if units:
            name, seconds = f"{case.name}, {search}", median(unit.seconds for unit in units)
            bars.append(Bar(f"{name}: processor time of a split", seconds, case.seconds[search], "s", "min"))
            bars.append(Bar(f"{name}: memory", max(unit.peak_mib for unit in units), MAX_MIB, "MiB", "min"))
    return bars


def check_kept(data: Path) -> list[str]:
    """Evaluates the circuits of the table again, exactly; gives what does not agree."""
    wrong = []
    for case in CASES:
        kept = kept_units(case)
        stale = len(list((KEPT / case.name).glob("*.json.gz"))) - len(kept)
        if stale:
            wrong.append(f"{case.name}: {stale} kept searches belong to other code; run without --quick")
        rows = [row for *_, row in bar_rows(case, list(kept.values())) if row is not None]
        shown = {id(circuit) for row in rows for circuit in row.circuits}
        for (search, split, seed), unit in kept.items():
            circuits = [circuit for circuit in unit.circuits if id(circuit) in shown]
            found = disagreement(circuits, problem_of(case, search, split, data)) if circuits else []
            wrong += [f"{case.name}, {search}, split {split}, seed {seed}: {text}" for text in found]
    return wrong


def check_small_case(search: Search, data: Path) -> list[str]:
    """Searches the small case again: its circuits must be the very ones that are kept."""
    path = small_path(search)
    if not path.is_file():
        return [f"{path.relative_to(ROOT)} is missing; run without --quick"]
    if small_unit(search, data).circuits == read_unit(path)[1].circuits:
        return []
    return [f"the small case of {search} now ends in other circuits; run without --quick"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "uci")
    parser.add_argument("--only", nargs="*", default=[case.name for case in CASES])
    parser.add_argument("--searches", nargs="*", choices=SEARCHES, default=list(SEARCHES))
    parser.add_argument("--splits", nargs="*", type=int, default=list(range(10)))
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1], help="of the search")
    parser.add_argument("--one", nargs=4, metavar=("DATA", "SEARCH", "SPLIT", "SEED"), help=argparse.SUPPRESS)
    parser.add_argument("--settings", action="store_true", help="a row for each price and chain too")
    parser.add_argument(
        "--markdown", action="store_true", help="the table of docs/printed.md, of what is kept"
    )
    parser.add_argument("--check", action="store_true", help="exit 1 where a figure misses its bar")
    parser.add_argument("--quick", action="store_true", help="judge what is kept, and search two small cases")
    parser.add_argument("--confirm", action="store_true", help=CONFIRM)
    given = parser.parse_args()
    if given.one:
        name, search, split, seed = given.one
        measure_one(name, search, int(split), int(seed), given.data)
        return 0
    if given.markdown:
        print(
            "\n".join(text for case in CASES for text in markdown_rows(case, list(kept_units(case).values())))
        )
        return 0
    if given.quick:
        wrong = check_kept(given.data)
        wrong += [text for search in SEARCHES for text in check_small_case(search, given.data)]
        print(
            "\n".join(wrong) or "every kept circuit is what is kept of it, and the small cases are the same"
        )
    elif given.confirm:
        wrong = confirm_all(given)
        print("\n".join(wrong) or "this code finds what is kept")
    else:
        wrong = []
        measure(given)
    tables = [(case, kept) for case in CASES if case.name in given.only and (kept := kept_units(case))]
    bars = [bar for case, kept in tables for bar in report(case, kept, settings=given.settings)]
    return int(bool(wrong)) | report_bars(bars, Arguments(check=given.check, quick=given.quick))


if __name__ == "__main__":
    sys.exit(main())
