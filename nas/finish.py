"""The end of a run: the front by validation figures, the winners, the test part read once, and the report."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from codegen.ir import DecisionTree, Design, GateNetlist, Network, Schedule, TensorNet
from codegen.ir.serialize import content_hash
from hwmodels.model import Workload
from nas.archive import Archive
from nas.base_network import kept_base
from nas.convnet_problem import schedule_of, some_rows
from nas.errors import RunError
from nas.evaluate import Priced, answers_of, confusion_matrix, price_network, score_network
from nas.front import FIT_PREFIX, front_of, selectable
from nas.gene_search import GeneProblem
from nas.history import entered, in_order
from nas.objectives import Goals
from nas.parts import Part, make_part
from nas.problem import Problem, Stage, axis_space, gene_problem
from nas.records import Evaluation, FrontEntry, Winner, earlier_name
from nas.retrain import retrained_name
from searchspaces.convnet import ConvnetAxes, ConvnetOptions

AS_IT_STANDS = Schedule()


@dataclass(frozen=True, slots=True, eq=False)
class Finalist:
    """A trained design that may be on the final front, with every metric that is known of it.

    workload: what its prices depend on besides it. folds: ids of the networks that validated it, the one at
    index k fitted without validation fold k. n_validated: rows of all those folds. schedule: of a tensor
    network.
    """

    entry: FrontEntry
    network: Network
    priced: Priced
    constant: bool
    workload: Workload
    folds: tuple[str, ...]
    n_validated: int
    schedule: Schedule = AS_IT_STANDS


def gene_finalists(problem: GeneProblem, archive: Archive) -> list[Finalist]:
    """The front of a gene stage by fit figures, decoded, scored and priced exactly."""
    scored = entered(in_order(archive.blocks(), problem.name))
    if scored is None:
        return []
    scored = selectable(scored, problem.goals)
    finalists = []
    for index, row in enumerate(scored.rows):
        network = problem.space.decode(row)
        priced = price_network(Design(network), problem.models, problem.workload)
        fit = score_network(network, problem.fit.part)
        metrics = dict(priced.figures) | score_network(network, problem.validation.part)
        metrics |= {FIT_PREFIX + name: value for name, value in fit.items()}
        _check_same(metrics, {name: float(column[index]) for name, column in scored.figures.items()})
        if problem.known is not problem.fit.part:
            known = score_network(network, problem.known)
            metrics |= {FIT_PREFIX + name: value for name, value in known.items()}
        entry = front_entry(problem.name, network, metrics)
        constant = _is_constant(network, problem.fit.part)
        n_validated = problem.validation.part.n_rows
        folds, workload = (entry.network,), problem.workload
        finalists.append(Finalist(entry, network, priced, constant, workload, folds, n_validated))
    return finalists


def finalists_of(problem: Problem, stages: Iterable[Stage], archive: Archive) -> list[Finalist]:
    """What some stages bring to the final front."""
    finalists: list[Finalist] = []
    for stage in stages:
        if stage.kind == "genes":
            finalists += _of_genes(problem, stage, archive)
        elif isinstance(stage.options, ConvnetOptions):
            finalists += _of_convnets(problem, stage, archive)
        else:
            finalists += evaluated_finalists(problem, stage.name, archive)
    return finalists


def _of_genes(problem: Problem, stage: Stage, archive: Archive) -> list[Finalist]:
    """What was refitted on all training rows; where nothing was, the front as the search left it."""
    if refitted := evaluated_finalists(problem, stage.name, archive):
        return refitted
    return gene_finalists(gene_problem(problem, stage, kept_base(stage.name, archive)), archive)


def _of_convnets(problem: Problem, stage: Stage, archive: Archive) -> list[Finalist]:
    """What was trained in full, with the schedule that it was priced with."""
    space = axis_space(problem, stage)
    assert isinstance(space, ConvnetAxes)
    name = retrained_name(stage.name)
    return evaluated_finalists(problem, name, archive, lambda done: schedule_of(space, done.values))


def evaluated_finalists(
    problem: Problem,
    name: str,
    archive: Archive,
    schedule: Callable[[Evaluation], Schedule] = lambda _: Schedule(),
) -> list[Finalist]:
    """The candidates that a stage evaluated one by one, or was given, and that keep all limits."""
    rows = problem.dataset.train if problem.dataset.table.shape is None else some_rows(problem.dataset)
    families, finalists = (earlier_name(name), name), []
    found = (done for done in archive.evaluations() if done.family in families)
    for done in sorted(found, key=lambda done: (families.index(done.family), done.number)):
        if done.status != "ok" or done.network is None:
            continue
        network = archive.network(done.network)
        train = make_part(problem.dataset, rows, network.interface)
        workload, runs = Workload(train.codes), schedule(done)
        priced = price_network(Design(network, runs), problem.models, workload)
        entry = front_entry(name, network, done.metrics)
        constant = _is_constant(network, train)
        n_validated = sum(len(rows) for rows in problem.dataset.folds[: len(done.folds)])
        finalists.append(Finalist(entry, network, priced, constant, workload, done.folds, n_validated, runs))
    return finalists


def schedule_in(problem: Problem, archive: Archive, network: str) -> Schedule:
    """How a network of a run runs. network: its id."""
    names = {retrained_name(stage.name): stage for stage in problem.stages}
    for done in archive.evaluations():
        stage = names.get(done.family)
        if done.network == network and stage is not None:
            space = axis_space(problem, stage)
            return schedule_of(space, done.values) if isinstance(space, ConvnetAxes) else Schedule()
    return Schedule()


def front_entry(family: str, network: Network, metrics: Mapping[str, float]) -> FrontEntry:
    """The entry of a network under its content hash."""
    identity = content_hash(network)
    return FrontEntry(identity[:12], family, identity, dict(metrics))


def final_front(finalists: Sequence[Finalist], goals: Goals) -> list[Finalist]:
    """Those on the front by validation figures, from the better end of the first objective.

    A design that answers the same to every row costs nothing and helps nobody; it is left out.
    """
    answering = [item for item in finalists if not item.constant]
    return [answering[index] for index in front_of([item.entry.metrics for item in answering], goals)]


def without_gates(front: Sequence[Finalist], finalists: Sequence[Finalist], goals: Goals) -> list[Finalist]:
    """The front of all designs but the gate-level ones; empty where `front` has none of these."""
    if not any(is_gate_level(item.network) for item in front):
        return []
    return final_front([item for item in finalists if not is_gate_level(item.network)], goals)


def is_gate_level(network: Network) -> bool:
    """A netlist that was searched gate by gate is neither the tree nor the MLP that it started from."""
    return isinstance(network.body, GateNetlist)


def read_test_part(
    problem: Problem, chosen: Sequence[tuple[str, Finalist]]
) -> list[tuple[Winner, Finalist, tuple[tuple[int, ...], ...] | None]]:
    """The winners with their task metrics and confusion on the test part; the only reading of it."""
    results = []
    for role, finalist in chosen:
        part = make_part(problem.dataset, problem.dataset.test, finalist.network.interface)
        winner = Winner(role, finalist.entry, score_network(finalist.network, part))
        results.append((winner, finalist, _confusion(problem, finalist.network, part)))
    return results


def _confusion(problem: Problem, network: Network, part: Part) -> tuple[tuple[int, ...], ...] | None:
    if problem.dataset.task != "classification":
        return None
    return tuple(tuple(int(cell) for cell in row) for row in confusion_matrix(network, part))


def _is_constant(network: Network, part: Part) -> bool:
    answers = answers_of(network, part.codes)
    return bool((answers == answers[0]).all())


def _check_same(exact: Mapping[str, float], searched: Mapping[str, float]) -> None:
    """The search's fast evaluators and the definitions must agree; a difference is our bug, said loudly."""
    for name, value in searched.items():
        if not np.isclose(exact[name], value, rtol=1e-9, atol=1e-12):
            raise RunError(
                f"{name}: the fast evaluation of the search gave {value}, the exact one {exact[name]}; "
                "this is a fault of silkscreen or of a plug-in's price_batch; please report it"
            )


def describe(network: Network) -> str:
    """A design in one line."""
    body = network.body
    match body:
        case DecisionTree():
            return f"decision tree of {len(body.nodes)} tests"
        case GateNetlist():
            return f"netlist of {len(body.gates)} gates"
        case TensorNet():
            return f"tensor network of {len(body.graph.operators)} operators"
    widths = [network.interface.n_features, *(len(layer.neurons) for layer in body.layers)]
    read = {term.input for neuron in body.layers[0].neurons for term in neuron.terms}
    return f"{'-'.join(map(str, widths))} MLP reading {len(read)} of {widths[0]} features"
