"""The jobs of the annealed families: a decision tree for each price, a netlist for each start and price.

Each job is done once for each validation fold, without the rows of the fold, and once on all training rows.
What a job starts from was made for the same fold, so a validated network descends from none that has seen
the rows that validate it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from codegen.cells import CellLibrary
from codegen.ir import Interface, Network
from codegen.synthesis import FAST, THOROUGH
from nas.cross_validation import Fold, rows_for
from nas.data.dataset import Dataset
from nas.data.interface import make_interface
from nas.errors import RunError
from nas.gate_level import GateJob, as_gates, gate_jobs, run_job
from nas.gate_starts import CART_BITS, LearnedRows, cart_start, learned_rows
from nas.parts import make_part
from nas.problem import Problem, library_of
from nas.train.forest import Teacher, teachers_of
from nas.train.trees import TreeRows, mapped_tree_costs, train_tree, tree_rows
from searchspaces.decision_tree import DecisionTreeOptions, TreeCosts, tree_jobs
from searchspaces.gate_netlist import GateNetlistOptions
from searchspaces.space import AxisValue


@dataclass(frozen=True, slots=True, eq=False)
class TreeJobs:
    """One tree a teacher and price, each from the better of CART's tree and that of the price before."""

    dataset: Dataset
    options: DecisionTreeOptions
    costs: TreeCosts
    seed: int
    _rows: dict[tuple[Teacher, Fold], TreeRows] = field(default_factory=dict)

    @classmethod
    def of(cls, problem: Problem, options: DecisionTreeOptions, seed: int) -> "TreeJobs":
        """The jobs of a stage."""
        return cls(problem.dataset, options, mapped_tree_costs(library_of(problem)), seed)

    @property
    def values(self) -> Sequence[Mapping[str, AxisValue]]:
        return [{"teacher": teacher, "price": price} for teacher, price in self._list]

    @property
    def _list(self) -> list[tuple[Teacher, float]]:
        teachers = teachers_of(self.options.distill, len(self.dataset.train))
        return [(teacher, price) for teacher in teachers for price in tree_jobs(self.options)]

    def folds(self, number: int) -> Sequence[int]:
        return range(len(self.dataset.folds))

    def needs(self, number: int) -> Sequence[int]:
        """The job before it, unless it is the first of its teacher."""
        return () if self._list[number][1] == tree_jobs(self.options)[0] else (number - 1,)

    def make(self, number: int, done: Mapping[int, Network], fold: Fold) -> Network:
        """Raises RunError for a regression."""
        teacher, price = self._list[number]
        return train_tree(
            self._rows_for(teacher, fold),
            price=price,
            costs=self.costs,
            options=self.options,
            seed=self.seed + number,
            previous=done.get(number - 1) if self.needs(number) else None,
        )

    def _rows_for(self, teacher: Teacher, fold: Fold) -> TreeRows:
        """Scaling, CART's tree and the answers of a forest come from the same rows, once for all prices."""
        if (teacher, fold) not in self._rows:
            rows = rows_for(self.dataset, fold)
            interface = make_interface(self.dataset, self.options.input_bits.upper, rows)
            part = make_part(self.dataset, rows, interface)
            self._rows[teacher, fold] = tree_rows(
                interface, part.codes, part.targets, self.options, teacher, seed=self.seed
            )
        return self._rows[teacher, fold]


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """A design of an earlier family. folds: the one at index k was fitted without validation fold k."""

    network: Network
    folds: tuple[Network, ...]

    def without(self, fold: Fold) -> Network:
        """The network that has not seen a fold; for None, the one that may see all training rows."""
        return self.network if fold is None else self.folds[fold]


@dataclass(frozen=True, slots=True)
class _Chain:
    """starts: the designs to start from, none for CART's tree. teacher: whose answers it learns."""

    name: str
    starts: tuple[Start, ...]
    teacher: Teacher


@dataclass(frozen=True, slots=True, eq=False)
class GateJobs:
    """One netlist for each chain and price. A chain is validated by the folds that validated its starts.

    starts: designs of earlier families; those of one interface make a chain for each teacher, which goes on
    from the best of them, and of all results before, at each price. CART's tree makes others where the
    options name it; they come first and go on from their own results alone.
    """

    dataset: Dataset
    options: GateNetlistOptions
    starts: Sequence[Start]
    library: CellLibrary
    seed: int
    _gates: dict[tuple[int, Fold], tuple[Network, ...]] = field(default_factory=dict)
    _rows: dict[tuple[Interface, Teacher, Fold], LearnedRows] = field(default_factory=dict)

    @classmethod
    def of(
        cls, problem: Problem, options: GateNetlistOptions, starts: Sequence[Start], seed: int
    ) -> "GateJobs":
        """Raises RunError where there is no start."""
        if not starts and "cart" not in options.start:
            raise RunError(
                "space: gate_netlist improves designs of the families before it in the list, but they found "
                "none; name another family first, loosen the limits, or add cart to its starts"
            )
        return cls(problem.dataset, options, starts, library_of(problem), seed)

    @property
    def _chains(self) -> list[_Chain]:
        groups: dict[tuple[Interface, int], list[Start]] = {}
        for start in self.starts:
            groups.setdefault((start.network.interface, len(start.folds)), []).append(start)
        named = [(f"designs {index}", tuple(group)) for index, group in enumerate(groups.values())]
        if "cart" in self.options.start:
            named.insert(0, ("cart", ()))
        teachers = teachers_of(self.options.distill, len(self.dataset.train))
        return [_Chain(name, starts, teacher) for name, starts in named for teacher in teachers]

    @property
    def _list(self) -> tuple[GateJob, ...]:
        return gate_jobs(len(self._chains), self.options)

    @property
    def values(self) -> Sequence[Mapping[str, AxisValue]]:
        chains = self._chains
        return [
            {
                "start": chains[job.start].name,
                "teacher": chains[job.start].teacher,
                "price": job.price,
            }
            for job in self._list
        ]

    def folds(self, number: int) -> Sequence[int]:
        starts = self._chains[self._list[number].start].starts
        return range(len(starts[0].folds) if starts else len(self.dataset.folds))

    def needs(self, number: int) -> Sequence[int]:
        """A chain of CART's goes its own way, others know all jobs before them."""
        job = self._list[number]
        if self._chains[job.start].starts:
            return range(number)
        return range(number - self.options.prices.index(job.price), number)

    def make(self, number: int, done: Mapping[int, Network], fold: Fold) -> Network:
        """Networks that only validate are not printed, and mapped by one recipe."""
        job = self._list[number]
        starts = (*self._starts(job.start, fold), *self._results(number, done, fold))
        rows = self._rows_for(starts[0].interface, self._chains[job.start].teacher, fold)
        return run_job(
            job,
            starts,
            rows.codes,
            rows.labels,
            self.library,
            self.options,
            self.seed,
            row_weight=rows.weight,
            recipes=THOROUGH if fold is None else FAST,
        )

    def _results(self, number: int, done: Mapping[int, Network], fold: Fold) -> list[Network]:
        """What else a job may start from."""
        interface = self._starts(self._list[number].start, fold)[0].interface
        known = [done[each] for each in self.needs(number) if each in done]
        return [network for network in known if network.interface == interface]

    def _starts(self, index: int, fold: Fold) -> tuple[Network, ...]:
        """Those of a chain as gates, synthesized once for all prices."""
        if (index, fold) not in self._gates:
            chain = self._chains[index]
            designs = [start.without(fold) for start in chain.starts]
            self._gates[index, fold] = (
                tuple(as_gates(design, self.library) for design in designs)
                if designs
                else (self._cart(chain.teacher, fold),)
            )
        return self._gates[index, fold]

    def _cart(self, teacher: Teacher, fold: Fold) -> Network:
        interface = make_interface(self.dataset, self._bits, rows_for(self.dataset, fold))
        return cart_start(self._rows_for(interface, teacher, fold), self.library, seed=self.seed)

    def _rows_for(self, interface: Interface, teacher: Teacher, fold: Fold) -> LearnedRows:
        """With the answers of a forest, fitted once for all chains of an interface."""
        if (interface, teacher, fold) not in self._rows:
            part = make_part(self.dataset, rows_for(self.dataset, fold), interface)
            self._rows[interface, teacher, fold] = learned_rows(
                interface, part.codes, part.targets, teacher, seed=self.seed
            )
        return self._rows[interface, teacher, fold]

    @property
    def _bits(self) -> int:
        """Of CART's features: as many as any start has, or four."""
        features = [feature for start in self.starts for feature in start.network.interface.features]
        return max((feature.bits for feature in features), default=CART_BITS)
