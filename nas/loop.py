"""Drives the stages of a run, each within its share of the budget."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from nas.algorithms import ANNEALING, Choice, choose_algorithm, make_searcher
from nas.archive import Archive
from nas.axis_filter import axis_filter, decision_events, refusal
from nas.axis_search import AxisProblem
from nas.axis_stage import AxisSearch, window_for
from nas.base_network import keep_base, kept_base
from nas.family_jobs import Start
from nas.finish import Finalist, final_front, finalists_of
from nas.gene_search import GeneProblem, GeneSearch, warm_up
from nas.gene_stage import resume_search, run_generations, save_snapshot, stage_snapshot
from nas.job_stage import JobStage
from nas.problem import Problem, Stage, gene_problem, refit_problem
from nas.records import STAGE_END, Evaluation, Event
from nas.refining import measure_goals
from nas.refit import refit_name, run_refit, search_budget
from nas.report.progress import ProgressFacts
from nas.retrain import retrained_name, run_retraining
from nas.search.protocol import Searcher
from nas.stage import Clock, Sitting
from nas.stage_recipes import axis_problem, axis_workers, job_problem, job_workers
from nas.stopping import TARGET_REACHED, Stopping
from nas.warm_start import earlier_evaluations, earlier_rows
from nas.winners import choose
from searchspaces.approximate_mlp import ApproximateMlpGenes
from searchspaces.convnet import ConvnetOptions
from searchspaces.gate_netlist import GateNetlistOptions
from searchspaces.space import AxisValue, Rows

DEFAULT_POPULATION = 200
SUPERNET = "supernet.npz"
"""In the folder of the run: the weights that the candidates of a stage share."""
GRADIENT_SEEDS = 24
"""Networks trained by gradient for the first population, unless the spec says otherwise."""


def drive(problem: Problem, sitting: Sitting) -> None:
    """Runs every stage that has not ended. Raises RunInterrupted after a clean stop by the user."""
    ended = ended_stages(sitting.archive)
    for index, stage in enumerate(problem.stages):
        seed = int(np.random.SeedSequence(problem.spec.seed, spawn_key=(index,)).generate_state(1)[0])
        choice = choose_algorithm(problem.spec.search, stage)
        if stage.name not in ended and _target_reached(sitting.archive):
            sitting.archive.append(
                _stage_end(stage.name, "not begun, since the target is reached", 0.0, 0, 0)
            )
            continue
        if stage.name not in ended:
            _note_choice(choice, stage, sitting)
            sitting.archive.append(_run_stage(problem, stage, choice, seed, sitting))
        if isinstance(stage.options, ConvnetOptions) and retrained_name(stage.name) not in ended:
            sitting.archive.append(_run_retraining(problem, stage, seed, sitting))
        if is_refitted(stage, choice) and refit_name(stage.name) not in ended:
            sitting.archive.append(_run_refit(problem, stage, seed, sitting))


def _run_stage(problem: Problem, stage: Stage, choice: Choice, seed: int, sitting: Sitting) -> Event:
    match stage.kind:
        case "genes":
            return _run_genes(problem, stage, choice, seed, sitting)
        case "axes":
            return _run_axes(problem, stage, choice, seed, sitting)
        case "trees" | "gates":
            return _run_jobs(problem, stage, seed, sitting)


def ended_stages(archive: Archive) -> set[str]:
    """Names of the stages that have ended."""
    return {str(event.facts["stage"]) for event in archive.events() if event.kind == STAGE_END}


def _target_reached(archive: Archive) -> bool:
    ends = (event for event in archive.events() if event.kind == STAGE_END)
    return any(event.text.startswith(TARGET_REACHED) for event in ends)


def _note_choice(choice: Choice, stage: Stage, sitting: Sitting) -> None:
    noted = {event.facts["stage"] for event in sitting.archive.events() if event.kind == "algorithm"}
    if stage.name not in noted:
        text = f"{stage.name}: {choice.algorithm} ({choice.reason})"
        facts = {"stage": stage.name, "algorithm": choice.algorithm}
        sitting.archive.append(Event("algorithm", text, 0.0, facts))


def _run_genes(problem: Problem, stage: Stage, choice: Choice, seed: int, sitting: Sitting) -> Event:
    sitting.show(ProgressFacts(phase="preparing", detail=stage.name))
    genes = gene_problem(problem, stage, kept_base(stage.name, sitting.archive))
    keep_base(genes, sitting.archive)
    snapshot = stage_snapshot(sitting.archive, stage.name)
    warm_up(genes)
    clock = Clock(meter=sitting.meter)
    initial = None if snapshot else first_rows(problem, stage, genes, seed, sitting)
    search = GeneSearch(
        genes,
        make_searcher(
            choice.algorithm,
            genes.space.domain,
            genes.goals,
            problem.spec.search,
            seed,
            initial,
            own=problem.searcher,
        ),
        Stopping.of(problem.spec.search.stop, genes.goals, problem.proxies),
    )
    if snapshot:
        clock = resume_search(search, snapshot, sitting.meter)
    else:
        save_snapshot(genes.name, search.snapshot(), clock, sitting.archive)
    budget = search_budget(stage.budget) if is_refitted(stage, choice) else stage.budget
    reason = run_generations(search, budget, clock, sitting)
    return _stage_end(stage.name, reason, clock.seconds, search.asked, search.rejected)


def is_refitted(stage: Stage, choice: Choice) -> bool:
    """Whether a stage ends with annealing its front on all training rows."""
    return stage.kind == "genes" and choice.algorithm in ANNEALING


def _run_refit(problem: Problem, stage: Stage, seed: int, sitting: Sitting) -> Event:
    sitting.show(ProgressFacts(phase="preparing", detail=refit_name(stage.name)))
    genes = gene_problem(problem, stage, kept_base(stage.name, sitting.archive))
    done = run_refit(genes, refit_problem(problem, genes, stage), stage.budget, seed, sitting)
    return _stage_end(refit_name(stage.name), done.reason, done.seconds, done.asked, done.rejected)


def first_rows(problem: Problem, stage: Stage, genes: GeneProblem, seed: int, sitting: Sitting) -> Rows:
    """The first population: rows of gradient-trained networks and of earlier runs, and samples."""
    search = problem.spec.search
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1,)))
    n_rows = search.population or DEFAULT_POPULATION
    rows = np.concatenate([earlier_rows(problem, stage, genes), genes.space.sample(rng, n_rows)])
    if search.seed_with_gradients is False or not isinstance(genes.space, ApproximateMlpGenes):
        return rows
    sitting.show(ProgressFacts(phase="training", detail="first networks by gradient"))
    from nas.train.seeds import seed_rows  # torch is heavy

    n_seeds = GRADIENT_SEEDS if search.seed_with_gradients is True else search.seed_with_gradients
    part = genes.fit.part
    trained = seed_rows(
        genes.space, genes.space.interface, part.codes, part.targets, seed=seed, n_networks=n_seeds
    )
    return np.concatenate([trained, rows])


def _run_axes(problem: Problem, stage: Stage, choice: Choice, seed: int, sitting: Sitting) -> Event:
    axes = with_supernet(axis_problem(problem, stage, seed), sitting)
    known = _known(stage, sitting)
    earlier = earlier_evaluations(problem, stage, axes, sitting)
    initial = np.stack([axes.space.row(done.values) for done in earlier.values()]) if earlier else None
    searcher = make_searcher(
        choice.algorithm,
        axes.space.domain,
        problem.goals,
        problem.spec.search,
        seed,
        initial,
        filter=axis_filter(axes, problem.spec.search.evaluations and stage.budget.evaluations),
        own=problem.searcher,
    )
    with axis_workers(problem, stage, axes, seed) as workers:
        search = AxisSearch(
            axes,
            searcher,
            workers,
            stage.budget,
            _clock(known, workers.capacity, sitting),
            sitting,
            known,
            earlier,
            _kept_window(stage, searcher, workers.capacity, sitting.archive),
            Stopping.of(problem.spec.search.stop, problem.goals),
        )
        reason = refusal(searcher, problem.goals) or search.run()
    for event in decision_events(searcher, stage.name, sitting.archive.events()):
        sitting.archive.append(event)
    return _stage_end(stage.name, reason, search.clock.seconds, search.asked, search.rejected)


def with_supernet(axes: AxisProblem, sitting: Sitting) -> AxisProblem:
    """The problem with its shared weights, trained if they are not yet, where the spec wants them."""
    if axes.training is None or axes.training.spec.supernet is None:
        return axes
    from nas.supernet.ranking import train_supernet  # torch is heavy

    path = sitting.archive.folder / f"{axes.name}-{SUPERNET}"
    train_supernet(axes, path, sitting)
    return replace(axes, supernet=path)


def _run_retraining(problem: Problem, stage: Stage, seed: int, sitting: Sitting) -> Event:
    axes = with_supernet(axis_problem(problem, stage, seed), sitting)
    n, seconds = run_retraining(axes, problem.spec.train.finalists, sitting)
    reason = f"{n} designs of the front were trained in full" if n else "no design keeps all limits"
    return _stage_end(retrained_name(stage.name), reason, seconds, n, 0)


def _known(stage: Stage, sitting: Sitting) -> dict[int, Evaluation]:
    return {done.number: done for done in sitting.archive.evaluations() if done.family == stage.name}


def _clock(known: Mapping[int, Evaluation], n_workers: int, sitting: Sitting) -> Clock:
    """Goes on from what earlier sittings took, as if so many workers had always been busy."""
    return Clock(before=sum(done.seconds for done in known.values()) / n_workers, meter=sitting.meter)


def _kept_window(stage: Stage, searcher: Searcher, n_workers: int, archive: Archive) -> int:
    """How far a searcher may run ahead; the same in all sittings, though a cluster may have grown."""
    kept = {
        event.facts["stage"]: event.facts["window"] for event in archive.events() if event.kind == "window"
    }
    window = int(kept.get(stage.name, window_for(searcher, n_workers)))
    if stage.name not in kept:
        archive.append(Event("window", "", 0.0, {"stage": stage.name, "window": window}))
    return window


def _run_jobs(problem: Problem, stage: Stage, seed: int, sitting: Sitting) -> Event:
    known = _known(stage, sitting)
    sitting.show(ProgressFacts(phase="annealing", detail=f"{stage.name}, first designs"))
    starts = starting_designs(problem, stage, sitting) if stage.kind == "gates" else []
    jobs = job_problem(problem, stage, starts, seed)
    with job_workers(problem, stage, jobs, starts, seed) as workers:
        search = JobStage(
            stage.name,
            jobs,
            workers,
            stage.budget,
            _clock(known, workers.capacity, sitting),
            sitting,
            known,
            Stopping.of(problem.spec.search.stop, problem.goals),
        )
        reason = search.run()
    return _stage_end(stage.name, reason, search.clock.seconds, len(search.values), 0)


def starting_designs(problem: Problem, stage: Stage, sitting: Sitting) -> list[Start]:
    """The designs of the stages before a gate-level one that it is told to start from."""
    before = problem.stages[: problem.stages.index(stage)]
    if not before:
        return []
    archive = sitting.archive
    finalists = measure_goals(problem, finalists_of(problem, before, archive), sitting)
    front = final_front(finalists, problem.goals)
    assert isinstance(stage.options, GateNetlistOptions)
    chosen: dict[str, Finalist] = {}
    for start in stage.options.start:
        match start:
            case "front":
                found = front
            case "cart":
                found = []
            case "winners":
                found = [item for _, item in choose(front, problem.goals, problem.spec.emit.winners)]
            case role:
                found = [item for _, item in choose(front, problem.goals, (role,))]
        chosen |= {item.entry.network: item for item in found}
    return [_start(item, archive) for item in chosen.values()]


def _start(item: Finalist, archive: Archive) -> Start:
    """Genes are fitted without the first fold, and the design itself is then what that fold validates."""
    own = {item.entry.network: item.network}
    return Start(item.network, tuple(own.get(fold) or archive.network(fold) for fold in item.folds))


def _stage_end(name: str, reason: str, seconds: float, asked: int, rejected: int) -> Event:
    facts: dict[str, AxisValue] = {"stage": name, "asked": asked, "rejected": rejected}
    return Event(STAGE_END, reason, seconds, facts)
