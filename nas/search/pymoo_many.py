"""The algorithms of pymoo for many objectives, and its SMS-EMOA.

Sources: SMS-EMOA: N. Beume, B. Naujoks, M. Emmerich, EJOR 181, 2007; NSGA-III: K. Deb, H. Jain, IEEE TEVC
18(4), 2014; AGE-MOEA: A. Panichella, GECCO 2019; R-NSGA-II: K. Deb, J.
Sundar, GECCO 2006.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import comb
from typing import TypeAlias

import numpy as np
from pymoo.algorithms.moo.age import AGEMOEA
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.algorithms.moo.nsga3 import NSGA3
from pymoo.algorithms.moo.rnsga2 import RNSGA2
from pymoo.algorithms.moo.sms import SMSEMOA
from pymoo.core.algorithm import Algorithm
from pymoo.core.repair import Repair
from pymoo.util.ref_dirs import get_reference_directions

from nas.search.columns import FloatArray
from nas.search.ledger import Results
from nas.search.protocol import Asked, SearchError, SearchProblem, Snapshot, Told
from nas.search.pymoo_search import CHILDREN, RANDOM, PymooSearch, require_population
from searchspaces.space import Rows

DEFAULT_POPULATION = 100


@dataclass(frozen=True, slots=True)
class ManyOptions:
    """partitions: of each objective, from which reference directions come (Das and Dennis 1998); None takes
    as many as make no more directions than the population has members. reference_points: (n_points) of
    n_objectives figures to minimize, which R-NSGA-II searches around.
    """

    partitions: int | None = None
    reference_points: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self) -> None:
        if self.partitions is not None and self.partitions < 1:
            raise SearchError(f"partitions must be at least 1, but is {self.partitions}")


def directions(n_objectives: int, population: int, options: ManyOptions) -> FloatArray:
    """(n_directions, n_objectives) evenly over the simplex."""
    if n_objectives == 1:
        return np.ones((1, 1))
    partitions = options.partitions or _most_partitions(n_objectives, population)
    found: FloatArray = get_reference_directions("das-dennis", n_objectives, n_partitions=partitions)
    return found


def _most_partitions(n_objectives: int, population: int) -> int:
    partitions = 1
    while comb(partitions + n_objectives, n_objectives - 1) <= population:
        partitions += 1
    return partitions


Make: TypeAlias = Callable[[SearchProblem, int, ManyOptions, Repair], Algorithm]


def _plain(
    kind: type[Algorithm], problem: SearchProblem, size: int, options: ManyOptions, repair: Repair
) -> Algorithm:
    return kind(pop_size=size, repair=repair)


def _directed(
    kind: type[Algorithm], problem: SearchProblem, size: int, options: ManyOptions, repair: Repair
) -> Algorithm:
    found = directions(problem.n_objectives, size, options)
    return kind(ref_dirs=found, pop_size=max(size, len(found)), repair=repair)


def _around_points(problem: SearchProblem, size: int, options: ManyOptions, repair: Repair) -> Algorithm:
    points = np.array(options.reference_points, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != problem.n_objectives:
        raise SearchError(
            f"reference_points: R-NSGA-II needs at least one point of {problem.n_objectives} figures, "
            f"but got {list(map(list, options.reference_points))}"
        )
    return RNSGA2(ref_points=points, pop_size=size, repair=repair)


MANY: Mapping[str, Make] = {
    "pymoo_sms_emoa": partial(_plain, SMSEMOA),
    "pymoo_nsga3": partial(_directed, NSGA3),
    "pymoo_age_moea": partial(_plain, AGEMOEA),
    "pymoo_rnsga2": _around_points,
}
"""What each algorithm is called in a spec, and how it is made."""


def _algorithm(
    name: str, problem: SearchProblem, size: int, options: ManyOptions, repair: Repair
) -> Algorithm:
    if problem.n_objectives == 1:
        return NSGA2(pop_size=size, repair=repair)
    return MANY[name](problem, size, options, repair)


class PymooMany:
    """The searcher. Asks, tells and limits are those of `PymooNsga2`; with one objective it is that.

    A snapshot holds all that was told, and restoring goes through it again: exact for one version of pymoo.
    """

    def __init__(
        self,
        problem: SearchProblem,
        algorithm: str,
        *,
        seed: int,
        initial: Rows | None = None,
        population: int | None = None,
        options: ManyOptions | None = None,
    ) -> None:
        size = require_population(DEFAULT_POPULATION if population is None else population)
        options = options or ManyOptions()
        self._problem = problem
        self._make = partial(
            PymooSearch,
            algorithm,
            problem,
            lambda repair: _algorithm(algorithm, problem, size, options, repair),
            options=f"{size} {options!r}",
            population=size,
            initial=initial,
            keeps_log=True,
        )
        self._seed = seed
        self._search = self._make(seed=seed)

    @property
    def batch_size(self) -> int:
        return self._search.batch_size

    def ask(self, n: int) -> Asked:
        return self._search.ask(n)

    def tell(self, told: Told) -> None:
        self._search.tell(told)

    def snapshot(self) -> Snapshot:
        frame = self._search.settled()
        fed = self._search.fed
        n_figures = self._problem.n_objectives, self._problem.n_limits
        return {
            **frame.snapshot(),
            "seed": np.array(self._seed),
            "log": np.array(self._search.log, np.int64).reshape(-1, 2),
            "rows": np.concatenate([frame.no_rows, *(each.rows for each in fed)]),
            "objectives": np.concatenate([np.empty((0, n_figures[0])), *(each.objectives for each in fed)]),
            "margins": np.concatenate([np.empty((0, n_figures[1])), *(each.margins for each in fed)]),
        }

    def restore(self, snapshot: Snapshot) -> None:
        self._seed = int(snapshot["seed"])
        self._search = self._make(seed=self._seed)
        rows: Rows = snapshot["rows"].astype(self._search.frame.columns.dtype)
        objectives = snapshot["objectives"].astype(np.float64)
        margins = snapshot["margins"].astype(np.float64)
        start = 0
        for what, n in snapshot["log"].astype(np.int64).tolist():
            if what == RANDOM:
                self._search.draw_random(n)
            elif what == CHILDREN:
                self._search.make_children()
            else:
                part = slice(start, start + n)
                self._search.feed(Results(np.arange(n), rows[part], objectives[part], margins[part]))
                start += n
        generator = self._search.frame.rng
        self._search.frame.restore(snapshot)
        self._search.frame.rng = generator


def many_factory(algorithm: str) -> Callable[..., PymooMany]:
    """The factory of one of MANY."""

    def make(
        problem: SearchProblem,
        *,
        seed: int,
        initial: Rows | None = None,
        population: int | None = None,
        options: ManyOptions | None = None,
    ) -> PymooMany:
        return PymooMany(
            problem, algorithm, seed=seed, initial=initial, population=population, options=options
        )

    return make


sms_emoa, nsga3, age_moea, rnsga2 = (many_factory(name) for name in MANY)
