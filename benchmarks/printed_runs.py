"""One search of one split for `printed.py`: the designs that it found, as the circuits that would be printed.

A design is judged as printed: its network is synthesized, and the mapped netlist, not the network, answers
the rows of the test part; the two must agree on every row.
"""

import gzip
import json
import os
import resource
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np
from harness import code_fingerprint
from printed_cases import Case, Group, Search

from codegen.cells import load_cells
from codegen.circuit.netlist import area_cm2, leakage_mw, pack_codes
from codegen.ir import GateNetlist, Network
from codegen.ir.evaluate import evaluate
from codegen.ir.serialize import from_json, to_json
from codegen.synthesis import synthesize_network
from nas.archive import FORMAT_VERSION, Archive, RunHeader
from nas.evaluate import score_network
from nas.finish import finalists_of
from nas.front import FIT_PREFIX
from nas.loop import drive
from nas.parts import make_part
from nas.problem import Problem, build_problem
from nas.specfile import parse_spec, spec_text
from nas.stage import Sitting

TREE_CODE = (
    "codegen/ir/evaluate.py",
    "codegen/ir/network.py",
    "codegen/circuit",
    "codegen/synthesis",
    "hwmodels/printed/costs.py",
    "hwmodels/printed/units.py",
    "searchspaces/decision_tree",
    "searchspaces/gate_netlist",
    "nas/train/forest.py",
    "nas/train/pairs.py",
    "nas/train/rows.py",
    "nas/train/trees.py",
    "nas/gate_level.py",
    "nas/family_jobs.py",
    "nas/job_stage.py",
    "nas/cross_validation.py",
    "nas/gate_starts.py",
    "nas/problem.py",
    "nas/loop.py",
    "nas/finish.py",
)
SEARCHERS = (
    *("nsga2_anneal", "nsga2", "operators", "anneal", "chains", "chain_kernels", "moves", "move_kernels"),
    *("prices", "polish", "population", "frame", "ledger", "visited", "columns", "kernels", "snapshots"),
)
"""What `auto` takes for genes, and what that stands on."""
MLP_CODE = (
    *TREE_CODE,
    "codegen/ir/batch.py",
    "codegen/ir/kernels.py",
    "codegen/ir/lowering.py",
    "codegen/ir/members.py",
    "codegen/ir/population.py",
    "codegen/ir/reuse.py",
    "hwmodels/printed",
    "searchspaces/approximate_mlp/encoding.py",
    "searchspaces/approximate_mlp/genes.py",
    "searchspaces/approximate_mlp/layout.py",
    "searchspaces/approximate_mlp/options.py",
    "searchspaces/approximate_mlp/sampling.py",
    "searchspaces/approximate_mlp/tournament.py",
    *(f"nas/search/{name}.py" for name in SEARCHERS),
    *(f"nas/train/{name}.py" for name in ("argmax", "base", "group", "heads", "mlp", "seeds")),
    "nas/gene_search.py",
    "nas/gene_stage.py",
    "nas/refit.py",
    "nas/front.py",
)
CODE: dict[Search, tuple[str, ...]] = {"trees": TREE_CODE, "mlp": MLP_CODE}
"""What the figures of a search come from."""
LIBRARY = load_cells("egfet")
GROUPS: dict[str, Group] = {"approximate_mlp": "mlp", "decision_tree": "tree", "gate_netlist": "gates"}
VALIDATION: dict[Search, float] = {"trees": 0.3, "mlp": 0.2}
"""Share of the training rows; every design is fitted on all of them in the end."""
SMALL_SPACES: dict[Search, tuple[Mapping[str, object], ...]] = {
    "trees": (
        {"decision_tree": {"moves": 2_000, "prices": [1]}},
        {"gate_netlist": {"moves": 20_000, "rounds": 1, "prices": [0.5]}},
    ),
    "mlp": ({"approximate_mlp": {"hidden": 2, "input_bits": 4, "argmax": "reduced"}},),
}
SMALL_EVALUATIONS = 25_000
MAX_MLPS = 32
"""Of the front of a gene search that many are synthesized, spread evenly over the logarithm of area."""
LEAST_CM2 = 0.003
"""By counting; what is smaller hardly looks at its inputs."""
SEED_STEP = 1000
"""Between the seeds of two searches of the same split."""


@dataclass(frozen=True, slots=True)
class Circuit:
    """A design of one search.

    setting: what it was searched with, equal over splits, such as "price 0.5"; empty where the search gives
    a front. fit, validation: accuracy on all rows it was fitted on, and by inner validation; test: of the
    mapped netlist. leakage_mw: by supply in V, from the signals of the training rows. network, netlist: as
    canonical JSON, since most are never looked at again.
    """

    group: Group
    setting: str
    fit: float
    validation: float
    test: float
    area_cm2: float
    leakage_mw: dict[str, float]
    network: str
    netlist: str


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """One search of one split: what is done in one piece and kept in one file. seconds: processor time."""

    search: Search
    circuits: tuple[Circuit, ...]
    seconds: float
    peak_mib: float


def spec_of(case: Case, search: Search, split: int, *, small: bool = False) -> dict[str, object]:
    """The spec of a search, as a user would write it, but for its data. small: a second's work."""
    objective = "egfet.area_cm2" if search == "mlp" else "egfet.synthesized_area_cm2"
    return {
        "version": 1,
        "name": case.name,
        "seed": split,
        "task": "classification",
        "split": {"test": 0.3, "stratified": True, "validation": {"share": VALIDATION[search]}},
        "space": list(SMALL_SPACES[search] if small else case.spaces[search]),
        "hardware": {"egfet": {"model": "printed", "cells": "egfet"}},
        "objectives": {"accuracy": "max", objective: "min"},
        "limits": dict(case.limits.get(search, {})),
        "search": {"evaluations": SMALL_EVALUATIONS if small else case.evaluations[search]},
    }


def problem_of(case: Case, search: Search, split: int, data: Path, *, small: bool = False) -> Problem:
    """What `spec_of` describes, on the files of a folder."""
    spec = spec_of(case, search, split, small=small)
    spec["data"] = {"csv": str(data / case.file), "target": "class"}
    return build_problem(parse_spec(json.dumps(spec), base=data), allow_code=False)


def run_unit(problem: Problem, search: Search, search_seed: int) -> Unit:
    """Searches, and judges what was found. search_seed: from 0, another search of the same split."""
    began = processor_seconds()
    seed = problem.spec.seed + SEED_STEP * search_seed
    searched = replace(problem, spec=problem.spec.model_copy(update={"seed": seed}))
    with tempfile.TemporaryDirectory() as folder:
        header = RunHeader(
            FORMAT_VERSION, spec_text(searched.spec), problem.dataset.fingerprint, seed, {}, ""
        )
        with Archive.create(Path(folder) / "run", header) as archive:
            drive(searched, Sitting(archive, lambda facts: None, lambda: False))
            seconds = processor_seconds() - began
            circuits = tuple(circuits_of(searched, archive))
    return Unit(search, circuits, seconds, peak_mib())


def circuits_of(problem: Problem, archive: Archive) -> Iterator[Circuit]:
    """Every design of the job stages; of a gene stage, the front thinned to `MAX_MLPS`."""
    for stage in problem.stages:
        group = GROUPS[stage.name.partition("-")[0]]
        if stage.kind == "genes":
            finalists = finalists_of(problem, (stage,), archive)
            networks = [(item.network, item.entry.metrics) for item in finalists if not item.constant]
            for network, metrics in thinned(networks):
                yield circuit_of(problem, group, "", network, metrics)
            continue
        for done in archive.evaluations():
            if done.family == stage.name and done.network is not None and "accuracy" in done.metrics:
                setting = ", ".join(
                    f"{name} {value}"
                    for name, value in done.values.items()
                    if name in ("price", "teacher", "start")
                )
                network = archive.network(done.network)
                yield circuit_of(problem, group, setting, network, done.metrics)


def thinned(
    networks: Sequence[tuple[Network, dict[str, float]]],
) -> list[tuple[Network, dict[str, float]]]:
    """At most `MAX_MLPS`, none below `LEAST_CM2`: of each step of area the best by all training rows."""
    large = [item for item in networks if item[1]["egfet.area_cm2"] >= LEAST_CM2]
    if len(large) <= MAX_MLPS:
        return large
    areas = np.log([metrics["egfet.area_cm2"] for _, metrics in large])
    steps = np.minimum((areas - areas.min()) / np.ptp(areas) * MAX_MLPS, MAX_MLPS - 1).astype(int)
    return [
        max(
            (item for item, at in zip(large, steps, strict=True) if at == step),
            key=lambda item: item[1][FIT_PREFIX + "accuracy"],
        )
        for step in sorted(set(steps.tolist()))
    ]


def circuit_of(
    problem: Problem, group: Group, setting: str, network: Network, metrics: dict[str, float]
) -> Circuit:
    """Synthesizes a design and reads the test part with its netlist."""
    mapped = synthesize_network(network, LIBRARY)
    netlist = Network(network.interface, mapped.netlist)
    train = make_part(problem.dataset, problem.dataset.train, network.interface)
    samples = pack_codes(train.codes, [feature.bits for feature in network.interface.features])
    return Circuit(
        group,
        setting,
        metrics[FIT_PREFIX + "accuracy"],
        metrics["accuracy"],
        tested(problem, network, netlist),
        mapped.area_cm2,
        {
            f"{supply:g}": leakage_mw(mapped.netlist, samples, LIBRARY, supply_v=supply)
            for supply in (0.6, 1.0)
        },
        to_json(network),
        to_json(netlist),
    )


def tested(problem: Problem, network: Network, netlist: Network) -> float:
    """Accuracy of the netlist on the test part. Raises SystemExit where it answers unlike the network."""
    part = make_part(problem.dataset, problem.dataset.test, network.interface)
    if not np.array_equal(evaluate(netlist, part.codes), evaluate(network, part.codes)):
        raise SystemExit(f"{problem.spec.name}: a mapped netlist answers unlike its network on the test part")
    return score_network(netlist, part)["accuracy"]


def disagreement(circuits: Sequence[Circuit], problem: Problem) -> list[str]:
    """What kept circuits say of themselves that is not so: their area, or how they answer the test part."""
    wrong = []
    for circuit in circuits:
        netlist, network = from_json(circuit.netlist), from_json(circuit.network)
        assert isinstance(netlist.body, GateNetlist)
        found = (tested(problem, network, netlist), area_cm2(netlist.body, LIBRARY))
        if found != (circuit.test, circuit.area_cm2):
            wrong.append(
                f"{circuit.group}, {circuit.setting}: kept {circuit.test} @ {circuit.area_cm2}, is {found}"
            )
    return wrong


@cache
def code_of(search: Search) -> str:
    """The fingerprint of the code that a search depends on; reading it takes a second."""
    return code_fingerprint(CODE[search])


def fingerprint(search: Search, spec: Mapping[str, object]) -> str:
    """Of the code that a search depends on, and of its spec."""
    return sha256(f"{code_of(search)} {json.dumps(spec)}".encode()).hexdigest()


def write_unit(path: Path, unit: Unit, code: str) -> None:
    """As compressed JSON, with the fingerprint of the search that found it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    content = {"code": code, **asdict(unit)}
    part.write_bytes(gzip.compress(json.dumps(content).encode(), mtime=0))
    part.replace(path)


def read_unit(path: Path) -> tuple[str, Unit]:
    """The fingerprint, and what was found."""
    content = json.loads(gzip.decompress(path.read_bytes()))
    circuits = tuple(Circuit(**each) for each in content["circuits"])
    return content["code"], Unit(content["search"], circuits, content["seconds"], content["peak_mib"])


def processor_seconds() -> float:
    """Of this process and of the tools that it ran."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def peak_mib() -> float:
    """The largest resident set so far, of this process or of one tool that it ran."""
    kib = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return kib / 1024
