"""Late-generation designs of gene searches on UCI sets, with the area and leakage that synthesis gives them.

python benchmarks/printed_designs.py [--data FOLDER] [--drive METRIC] [--splits 0 1 ...] [--sets NAME ...]

What the estimate of printed area is fitted to and judged by. For each data set, split and driving metric: a
stratified 70/30 split, codes with ranges of the training rows, NSGA-II from trained and random rows on the
training rows, and designs from its front and its population, spread over area. Each goes through
`codegen.synthesis.synthesize_network`. Kept under benchmarks/results/printed_designs; what is there is not
done again.
"""

import argparse
import gzip
import json
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from harness import RESULTS, ROOT
from sklearn.model_selection import train_test_split

from codegen.cells import load_cells
from codegen.circuit.netlist import leakage_mw, pack_codes
from codegen.ir import ClassOutput, Design, Feature, Interface, Network
from codegen.ir.serialize import content_hash, from_json, to_json
from codegen.synthesis import synthesize_network
from hwmodels.model import Workload
from hwmodels.printed import PrintedModel
from nas.evaluate import pack_part
from nas.gene_search import GeneProblem, GeneSearch
from nas.objectives import Goals, Objective
from nas.parts import Part
from nas.search.nsga2 import Nsga2
from nas.search.protocol import SearchProblem
from nas.train.seeds import seed_rows
from searchspaces.approximate_mlp import ApproximateMlpGenes
from searchspaces.approximate_mlp.options import parse_options

KEPT = RESULTS / "printed_designs"
UCI = ROOT.parent / "shared" / "data" / "uci"
LIBRARY = load_cells("egfet")
SUPPLIES_V = (0.6, 1.0)
COUNTED, ESTIMATED = "area_cm2", "estimated_area_cm2"
POPULATION = 200
MOMENTS = (0.4, 1.0)
"""Shares of the evaluations after which designs are taken."""


@dataclass(frozen=True, slots=True)
class DataSet:
    """hidden: neurons. evaluations: of a search. n_designs: synthesized of each search.

    largest_cm2: counted area above which no design is synthesized, for the time it takes.
    """

    name: str
    hidden: str
    evaluations: int
    n_designs: int
    largest_cm2: float


DATA_SETS = (
    DataSet("breast_cancer", "2..3", 150_000, 48, 1.0),
    DataSet("cardio", "2..4", 150_000, 40, 2.0),
    DataSet("red_wine", "2..4", 150_000, 40, 2.0),
    DataSet("white_wine", "2..4", 150_000, 40, 2.0),
    DataSet("pendigits", "5..8", 150_000, 16, 8.0),
)


@dataclass(frozen=True, slots=True)
class Built:
    """A design and what synthesis makes of it. leakage_mw: by supply, on training rows."""

    network: Network
    area_cm2: float
    leakage_mw: tuple[float, ...]
    recipe: str


def path_of(name: str, split: int, drive: str) -> Path:
    return KEPT / f"{name}-{split}-{drive}.jsonl.gz"


def load_built(path: Path) -> tuple[Built, ...]:
    """The designs of one search, in the order in which they were taken."""
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    return tuple(_built(json.loads(line)) for line in lines)


def _built(line: dict[str, object]) -> Built:
    leakage = line["leakage_mw"]
    assert isinstance(leakage, list)
    return Built(
        from_json(json.dumps(line["network"])),
        float(str(line["area_cm2"])),
        tuple(float(value) for value in leakage),
        str(line["recipe"]),
    )


def save_built(path: Path, designs: Sequence[Built]) -> None:
    lines = [
        json.dumps(
            {
                "area_cm2": round(one.area_cm2, 8),
                "leakage_mw": [round(value, 8) for value in one.leakage_mw],
                "recipe": one.recipe,
                "network": json.loads(to_json(one.network)),
            }
        )
        for one in designs
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0))


def training_rows(
    name: str, split: int, folder: Path
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Features and class numbers of the training part of a split."""
    table = np.genfromtxt(folder / f"{name}.csv", delimiter=",", skip_header=1)
    table = table[~np.isnan(table).any(axis=1)]
    x, labels = table[:, :-1].astype(np.float32), np.unique(table[:, -1], return_inverse=True)[1]
    train, _, y, _ = train_test_split(x, labels, test_size=0.3, random_state=split, stratify=labels)
    return train, y


def gene_problem(data: DataSet, split: int, drive: str, folder: Path) -> GeneProblem:
    """The search of one split; odd splits have a reduced argmax."""
    train, y = training_rows(data.name, split, folder)
    ends = zip(train.min(axis=0).tolist(), train.max(axis=0).tolist(), strict=True)
    features = tuple(Feature(f"x{i}", lo, hi if hi > lo else lo + 1, 4) for i, (lo, hi) in enumerate(ends))
    interface = Interface(features, ClassOutput(tuple(str(c) for c in range(y.max() + 1))))
    argmax = "reduced" if split % 2 and y.max() > 1 else "exact"
    options = parse_options({"hidden": data.hidden, "argmax": argmax})
    part = pack_part(Part(interface.quantize(train), y))
    return GeneProblem(
        name=data.name,
        space=ApproximateMlpGenes(options, interface),
        goals=Goals((Objective("accuracy", "max"), Objective(f"egfet.{drive}", "min")), ()),
        models={"egfet": PrintedModel("egfet", estimate=True)},
        workload=Workload(),
        known=part.part,
        fit=part,
        validation=part,
    )


def late_designs(problem: GeneProblem, data: DataSet, seed: int) -> tuple[Network, ...]:
    """Runs a search; designs from its front and population, spread over the logarithm of counted area."""
    space, part = problem.space, problem.fit.part
    assert isinstance(space, ApproximateMlpGenes)
    trained = seed_rows(space, space.interface, part.codes, part.targets, seed=seed)
    initial = np.concatenate([trained, space.sample(np.random.default_rng(seed), POPULATION)])
    searcher = Nsga2(
        SearchProblem(space.domain, len(problem.goals.objectives)),
        seed=seed,
        initial=initial,
        population=POPULATION,
    )
    search = GeneSearch(problem, searcher)
    found: dict[str, Network] = {}
    for moment in MOMENTS:
        while search.evaluations < data.evaluations * moment:
            search.step(data.evaluations, 0.0)
        rows = np.concatenate([search.elite.rows, searcher.snapshot()["rows"].astype(np.int32)])
        networks = [space.decode(row) for row in np.unique(rows, axis=0)]
        found |= {content_hash(network): network for network in _spread(networks, data, len(found))}
    return tuple(found.values())


def _spread(networks: Sequence[Network], data: DataSet, n_before: int) -> Iterator[Network]:
    """Half of the designs wanted, or what is missing; about evenly by the logarithm of counted area."""
    model = PrintedModel("egfet", estimate=True)
    areas = [model.price(Design(network), Workload()).metrics[COUNTED] for network in networks]
    order = [i for i in np.argsort(areas, kind="stable").tolist() if 0 < areas[i] <= data.largest_cm2]
    wanted = min(len(order), data.n_designs - n_before if n_before else data.n_designs // 2)
    logs = np.log([areas[i] for i in order])
    taken: set[int] = set()
    for target in np.linspace(logs[0], logs[-1], wanted) if wanted else ():
        free = [place for place in range(len(order)) if place not in taken]
        taken.add(min(free, key=lambda place: abs(logs[place] - target)))
    return (networks[order[place]] for place in sorted(taken))


def build(network: Network, codes: npt.NDArray[np.integer]) -> Built:
    """Synthesis of one design. codes: (n_rows, n_features), what its leakage is averaged over."""
    mapped = synthesize_network(network, LIBRARY)
    samples = pack_codes(codes, [feature.bits for feature in network.interface.features])
    leakage = [leakage_mw(mapped.netlist, samples, LIBRARY, supply_v=supply) for supply in SUPPLIES_V]
    return Built(network, mapped.area_cm2, tuple(leakage), mapped.recipe)


def run(data: DataSet, split: int, drive: str, folder: Path) -> None:
    """One search and its synthesis, kept."""
    start = time.process_time()
    problem = gene_problem(data, split, drive, folder)
    networks = late_designs(problem, data, seed=split + 1)
    searched = time.process_time() - start
    clock = time.monotonic()
    designs = [build(network, problem.fit.part.codes) for network in networks]
    save_built(path_of(data.name, split, drive), designs)
    areas = [one.area_cm2 for one in designs if one.area_cm2 > 0] or [math.nan]
    print(
        f"{data.name} {split} {drive}: {len(designs)} designs, {min(areas):.4f} to {max(areas):.3f} cm2, "
        f"search {searched:.0f} s, synthesis {time.monotonic() - clock:.0f} s",
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=UCI, help="folder of the UCI files")
    parser.add_argument("--drive", choices=(COUNTED, ESTIMATED), default=COUNTED)
    parser.add_argument("--splits", type=int, nargs="+", default=[0, 1, 2, 3])
    parser.add_argument("--sets", nargs="+", default=[data.name for data in DATA_SETS])
    given = parser.parse_args()
    for split in given.splits:
        for data in DATA_SETS:
            if data.name in given.sets and not path_of(data.name, split, given.drive).is_file():
                run(data, split, given.drive, given.data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
