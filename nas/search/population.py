"""The survivors of an evolutionary search, and who they are."""

from dataclasses import dataclass

import numpy as np

from nas.pareto import crowding_of_distinct, distinct_points, ranks_of_distinct
from nas.search.columns import FloatArray, HashArray, IntArray
from nas.search.kernels import judge_pairs
from nas.search.ledger import Results, total_violation
from nas.search.operators import hash_rows
from searchspaces.space import Rows


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """Candidates, best first; all arrays but `store` have length n, at most capacity.

    store: (capacity, n_variables) rows in no order; a next population takes the store over, so that
    survivors are not copied. places: where each candidate's row lies in it. objectives: (n,
    n_objectives). violations: total excess over the limits, 0 where all are kept. hashes: of the rows.
    """

    store: Rows
    places: IntArray
    objectives: FloatArray
    violations: FloatArray
    hashes: HashArray

    def __len__(self) -> int:
        return len(self.places)

    @property
    def rows(self) -> Rows:
        """(n, n_variables) a copy, best first."""
        return self.store[self.places]

    def as_results(self) -> Results:
        """As if told anew, with the total excess as that over a single limit."""
        return Results(np.arange(len(self)), self.rows, self.objectives, self.violations[:, None])


def population_of(rows: Rows, objectives: FloatArray, violations: FloatArray, capacity: int) -> Population:
    """A population of rows (n, n_variables), sorted already, that can grow to capacity."""
    store: Rows = np.zeros((capacity, rows.shape[1]), dtype=rows.dtype)
    store[: len(rows)] = rows
    return Population(store, np.arange(len(rows)), objectives, violations, hash_rows(rows))


def compete(population: Population, results: Results) -> Population:
    """The best of a population and of results, up to its capacity; uses up the old population."""
    objectives = np.concatenate((results.objectives, population.objectives))
    violations = np.concatenate((total_violation(results), population.violations))
    survivors = survival_order(objectives, violations, len(population.store))
    return Population(
        store=population.store,
        places=_store_newcomers(population, results.rows, survivors),
        objectives=objectives[survivors],
        violations=violations[survivors],
        hashes=np.concatenate((hash_rows(results.rows), population.hashes))[survivors],
    )


def feasible_points(population: Population) -> FloatArray:
    """(n, n_objectives) objectives of those that keep all limits; of the best alone where none does.

    A population is sorted, so they are its first ones. It must not be empty. What has no figures counts
    as the best of all, for there is nothing to compare.
    """
    n = max(1, int(np.count_nonzero(population.violations == 0)))
    return np.nan_to_num(population.objectives[:n], posinf=0.0)


def survival_order(objectives: FloatArray, violations: FloatArray, n_survivors: int) -> IntArray:
    """Indices of the best n_survivors candidates (fewer if there are fewer), best first.

    objectives: (n, n_objectives). violations: (n,) total excess over the limits, 0 where all are kept.
    Feasible candidates come first: of each objective vector the first copy, by front and then by
    crowding; then, only where places are left, second copies, and so on. Candidates that break a limit
    follow by their excess. Ties go to the lower index, so put newer candidates first: drifting over equal
    designs finds ways out that holding on to the oldest does not.
    Source: Deb et al. 2002, NSGA-II; copies last, so that fronts over few counts keep their spread.
    """
    feasible = np.flatnonzero(violations == 0)
    fronts, crowding = judge(objectives[feasible])
    by_quality = feasible[np.lexsort((-crowding, fronts))[:n_survivors]]
    if len(by_quality) == n_survivors:
        return by_quality
    infeasible = np.flatnonzero(violations > 0)
    by_excess = infeasible[np.argsort(violations[infeasible], kind="stable")]
    return np.concatenate((by_quality, by_excess))[:n_survivors]


def judge(points: FloatArray) -> tuple[IntArray, FloatArray]:
    """Front (n,) and crowding distance (n,) of finite points (n, n_objectives).

    The first copies of all points have the fronts of the Pareto order; second copies come in fronts
    behind all of these, then third copies, and so on, with the crowding distance of the first.
    """
    if points.shape[1] == 2:
        return judge_pairs(points, np.lexsort(points.T[::-1]))
    distinct = distinct_points(points)
    fronts = ranks_of_distinct(distinct)
    crowding = crowding_of_distinct(distinct, fronts)
    return fronts[distinct.index] + distinct.copy * len(fronts), crowding[distinct.index]


def _store_newcomers(population: Population, rows: Rows, survivors: IntArray) -> IntArray:
    """Writes surviving newcomers over rows that did not survive, and returns the survivors' places.

    survivors: (n,) indices into the newcomers followed by the population.
    """
    is_new = survivors < len(rows)
    places = np.empty(len(survivors), dtype=np.int64)
    places[~is_new] = population.places[survivors[~is_new] - len(rows)]
    is_free = np.ones(len(population.store), dtype=np.bool_)
    is_free[places[~is_new]] = False
    places[is_new] = np.flatnonzero(is_free)[: np.count_nonzero(is_new)]
    population.store[places[is_new]] = rows[survivors[is_new]]
    return places
