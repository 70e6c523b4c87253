"""The problems of benchmarks/searchers.py, each as arrays: rows in, objectives on a log scale and margins
out."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from harness import RESULTS
from pymoo.problems import get_problem

from nas.pareto import pareto_mask
from searchspaces.space import Domain, Rows, Variable

FloatArray = npt.NDArray[np.float64]
TIGHT = 0.7
"""Of the way from the ideal point of a front to its nadir, where the reference point lies."""
Figures = Callable[[Rows], FloatArray]


@dataclass(frozen=True, slots=True)
class BenchProblem:
    """objectives: rows -> (n, n_objectives), minimized, logarithms where they are costs. margins: rows ->
    (n, n_limits), the relative excess over each limit, negative where it is kept. free: all limits are known
    before an evaluation. ideal, reference: the box in which hypervolume is measured.
    """

    name: str
    domain: Domain
    n_limits: int
    free: bool
    objectives: Figures
    margins: Figures
    ideal: tuple[float, ...]
    reference: tuple[float, ...]

    @property
    def n_objectives(self) -> int:
        return len(self.ideal)


MIXED = Domain(
    (
        Variable("rate", "real", 1e-4, 1e-1, log=True),
        Variable("depth", "int", 1, 8),
        Variable("width", "int", 8, 128, log=True),
        Variable("head", "int", 16, 256, log=True),
        Variable("resolution", "int", 16, 64),
        Variable("groups", "int", 1, 4),
        *(Variable(f"kernel{i}", "choice", 0, 2, labels=("3", "5", "7")) for i in range(3)),
        *(Variable(f"expansion{i}", "choice", 0, 2, labels=("2", "4", "6")) for i in range(3)),
        Variable("activation", "choice", 0, 3, labels=("relu", "relu6", "hard_swish", "sigmoid")),
        Variable("pooling", "choice", 0, 2, labels=("max", "average", "none")),
        Variable("format", "choice", 0, 2, labels=("int8", "int16", "float32")),
    )
)
MIXED_RAM, MIXED_FLASH = 64e3, 96e3
BYTES = np.array([1.0, 2.0, 4.0])
SPEED = np.array([1.0, 1.6, 4.0])
"""Cycles of a multiplication by format, relative to int8."""


def _mixed_parts(rows: Rows) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(multiplications of each of three stages, peak activations, weights), all (n,) or (n, 3) counts."""
    depth, width, head, resolution, groups = rows[:, 1:6].astype(float).T
    kernel, expansion = 3 + 2 * rows[:, 6:9], 2 + 2 * rows[:, 9:12]
    stage_width = width[:, None] * np.array([1.0, 1.5, 2.0])
    side = resolution[:, None] / np.array([1.0, 2.0, 4.0])
    layer = stage_width**2 * expansion * (2 / groups[:, None]) + stage_width * expansion * kernel**2
    repeats = np.maximum(1.0, depth[:, None] * np.array([0.5, 1.0, 0.5]))
    weights = (layer * repeats).sum(axis=1) + head * stage_width[:, 2] + 10 * head
    peak = (side**2 * stage_width * (1 + expansion) / 4).max(axis=1)
    return layer * repeats * side**2, peak, weights


def mixed_objectives(rows: Rows) -> FloatArray:
    """(n, 2) logarithms of an error and of a latency in s, as of a small convolutional network."""
    work, _, weights = _mixed_parts(rows)
    rate, depth, width, resolution = np.log10(rows[:, 0]), rows[:, 1], rows[:, 2], rows[:, 4]
    groups, kernel, expansion = rows[:, 5], rows[:, 6:9], rows[:, 9:12]
    activation, pooling, fmt = (rows[:, i].astype(int) for i in (12, 13, 14))
    capacity = 0.05 + 0.9 * (weights / 1e4) ** -0.35
    detail = 0.25 * np.exp(-(resolution - 16) / 14)
    tuned = 0.10 * (rate + 2.2 + 0.08 * depth) ** 2
    field = 0.04 * ((kernel.sum(axis=1) - 3.0 * np.log2(resolution / 16) - 0.5) / 2) ** 2
    shape = 0.03 * ((expansion * np.array([1.0, 0.2, -0.8])).sum(axis=1) + 0.6) ** 2
    choice = np.array([0.06, 0.05, 0.0, 0.15])[activation] + np.array([0.02, 0.0, 0.06])[pooling]
    mismatch = np.where((activation == 2) & (fmt == 0), 0.05, 0.0) + np.array([0.03, 0.0, 0.0])[fmt]
    sharing = 0.02 * (groups - 1) * (np.log2(width / 8) < 2)
    error = 0.1 * (capacity + detail + tuned + field + shape + choice + mismatch + sharing)
    speed = SPEED[fmt] * np.array([1.0, 1.02, 1.15, 1.4])[activation]
    latency = work.sum(axis=1) * speed * (1 + 0.1 * (groups - 1)) / 80e6 + 2e-4
    return np.log(np.column_stack((error, latency)))


def mixed_margins(rows: Rows) -> FloatArray:
    """(n, 2) excess over the RAM and the flash."""
    _, peak, weights = _mixed_parts(rows)
    size = BYTES[rows[:, 14].astype(int)]
    return np.column_stack((peak * size / MIXED_RAM, weights * size / MIXED_FLASH)) - 1


def mixed() -> BenchProblem:
    """The box is that of the front of 60,000 evaluations of NSGA-II, as for tables."""
    return BenchProblem(
        name="mixed",
        domain=MIXED,
        n_limits=2,
        free=True,
        objectives=mixed_objectives,
        margins=mixed_margins,
        ideal=(-2.88, -6.45),
        reference=(-2.21, -2.26),
    )


N_TOKENS = 514
COMPRESSOR = Domain(
    (
        Variable("vocabulary", "int", 1, 50),
        Variable("heads", "int", 0, 3),
        Variable("hidden", "int", 1, 48),
        Variable("intermediate", "int", 1, 95),
        Variable("layers", "int", 1, 12),
    )
)
OPTIMA_GFLOPS = {3: 2.1756, 25: 10.5955, 50: 18.6141}


def _compressor_values(rows: Rows) -> tuple[FloatArray, ...]:
    v, a, h, i, layers = rows.astype(float).T
    return v * 1000, 2.0**a, h * 16, i * 32, layers


def compressor_gflops(rows: Rows) -> FloatArray:
    """(n,) of one inference, by the formula of the published search."""
    v, a, h, i, layers = _compressor_values(rows)
    s = float(N_TOKENS)
    block = 8 * h**2 + 4 * h * s + 10 * s * a + 4 * h * i + 9 * i + 20 * h + 5
    rest = 2 * h * v + 2 * h * (s + 2) + 11 * h + 2 * h**2 + 14 * h
    return s * (layers * block + rest) / 1e9


def compressor_megabytes(rows: Rows) -> FloatArray:
    """(n,) of the parameters at four bytes each."""
    v, _, h, i, layers = _compressor_values(rows)
    s = float(N_TOKENS)
    block = 4 * h**2 + 2 * h * i + i + 9 * h
    return 4 * (v * h + s * h + 3 * h + layers * block + 2 * h**2 + 4 * h + 2) / 1e6


def compressor(megabytes: int) -> BenchProblem:
    """Maximize the FLOPs under a size; the optimum scores 1, half of it 0."""
    best = -np.log(OPTIMA_GFLOPS[megabytes])
    return BenchProblem(
        name=f"compressor-{megabytes}",
        domain=COMPRESSOR,
        n_limits=1,
        free=True,
        objectives=lambda rows: -np.log(compressor_gflops(rows))[:, None],
        margins=lambda rows: compressor_megabytes(rows)[:, None] / megabytes - 1,
        ideal=(best,),
        reference=(best + np.log(2),),
    )


CELLS = Domain(
    tuple(
        Variable(f"edge{i}", "choice", 0, 4, labels=("none", "skip", "conv1", "conv3", "pool3"))
        for i in range(6)
    )
)
CELL_WEIGHTS = 150.0


def cells() -> BenchProblem:
    """Of benchmarks/search_cells.py: logarithms of error and work, at most CELL_WEIGHTS weights."""
    figures = _table("cells")
    costs = np.log(np.column_stack((figures[:, 0], 1000 + figures[:, 1])))
    place = _places(CELLS)
    return BenchProblem(
        name="cells",
        domain=CELLS,
        n_limits=1,
        free=True,
        objectives=lambda rows: costs[place(rows)],
        margins=lambda rows: figures[place(rows), 2:] / CELL_WEIGHTS - 1,
        **_box(costs[figures[:, 2] <= CELL_WEIGHTS]),
    )


RECORDED = Domain(
    (
        Variable("hidden0", "int", 0, 6),
        Variable("input_bits", "int", 0, 3),
        Variable("weights", "choice", 0, 1, labels=("power_of_two", "ternary")),
        Variable("activation_bits", "int", 0, 2),
        Variable("argmax", "choice", 0, 1, labels=("exact", "reduced")),
        Variable("pressure", "int", 0, 3),
    )
)


def recorded(name: str) -> BenchProblem:
    """Of benchmarks/search_recordings.py: logarithms of the error and of the printed area in cm^2."""
    figures = _table(name)
    costs = np.log(np.column_stack((1 - figures[:, 0] + 0.01, figures[:, 1] + 0.05)))
    place = _places(RECORDED)
    return BenchProblem(
        name=name,
        domain=RECORDED,
        n_limits=0,
        free=False,
        objectives=lambda rows: costs[place(rows)],
        margins=lambda rows: np.zeros((len(rows), 0)),
        **_box(costs),
    )


def _box(costs: FloatArray) -> dict[str, tuple[float, ...]]:
    """From the ideal point of a table's front 70 % of the way to its nadir."""
    front = costs[pareto_mask(costs)]
    low, high = front.min(axis=0), front.max(axis=0)
    return {"ideal": tuple(low), "reference": tuple(low + TIGHT * (high - low))}


def _table(name: str) -> FloatArray:
    with np.load(RESULTS / "searchers" / f"{name}.npz") as file:
        return file["figures"].astype(np.float64)


def _places(domain: Domain) -> Callable[[Rows], npt.NDArray[np.int64]]:
    """Rows -> indices in lexicographic order."""
    sizes = (domain.upper - domain.lower).astype(np.int64) + 1
    strides = np.append(np.cumprod(sizes[:0:-1])[::-1], 1)
    return lambda rows: (rows - domain.lower).astype(np.int64) @ strides


def of_pymoo(name: str, box: tuple[tuple[float, ...], tuple[float, ...]], **options: object) -> BenchProblem:
    """A constrained problem of pymoo; its constraints are known only by an evaluation."""
    given = get_problem(name, **options)
    domain = Domain(
        tuple(Variable(f"x{i}", "real", *ends) for i, ends in enumerate(zip(given.xl, given.xu, strict=True)))
    )
    return BenchProblem(
        name=name,
        domain=domain,
        n_limits=given.n_ieq_constr,
        free=False,
        objectives=lambda rows: given.evaluate(rows, return_values_of=["F"]),
        margins=lambda rows: given.evaluate(rows, return_values_of=["G"]),
        ideal=box[0],
        reference=box[1],
    )


def problems() -> dict[str, Callable[[], BenchProblem]]:
    """Those of the table, made when they are needed."""
    return {
        "mixed": mixed,
        "cells": cells,
        "wine": lambda: recorded("wine"),
        "wdbc": lambda: recorded("wdbc"),
        "compressor-25": lambda: compressor(25),
        "mw7": lambda: of_pymoo("mw7", ((0.0, 0.0), (1.6, 1.6))),
        "ctp2": lambda: of_pymoo("ctp2", ((0.0, 0.25), (1.1, 1.6)), n_var=8),
        "dascmop1": lambda: of_pymoo("dascmop1", ((0.3, 0.9), (2.0, 2.6)), difficulty=1),
    }


def development_problems() -> dict[str, Callable[[], BenchProblem]]:
    """Relatives of those of the table, for work on the searchers; the others are looked at with other
    seeds."""
    return {
        "compressor-3": lambda: compressor(3),
        "compressor-50": lambda: compressor(50),
        "mw1": lambda: of_pymoo("mw1", ((0.0, 0.25), (1.6, 1.6))),
        "mw3": lambda: of_pymoo("mw3", ((0.0, 0.0), (1.6, 1.6))),
        "ctp1": lambda: of_pymoo("ctp1", ((0.0, 0.5), (1.1, 1.8)), n_var=8),
        "dascmop2": lambda: of_pymoo("dascmop2", ((0.3, 0.4), (2.0, 2.2)), difficulty=1),
    }
