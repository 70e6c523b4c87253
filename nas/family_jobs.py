"""The jobs of the annealed families: a decision tree for each price, a netlist for each start and price."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codegen.cells import CellLibrary
from codegen.ir import Interface, Network
from nas.data.dataset import Dataset
from nas.data.interface import make_interface
from nas.errors import RunError
from nas.gate_level import GateJob, as_gates, gate_jobs, run_job
from nas.parts import Part, fit_rows, make_part
from nas.problem import Problem, library_of
from nas.train.trees import TreeRows, mapped_tree_costs, train_tree, tree_rows
from searchspaces.decision_tree import DecisionTreeOptions, TreeCosts, tree_jobs
from searchspaces.gate_netlist import GateNetlistOptions
from searchspaces.space import AxisValue


def parts_of(dataset: Dataset, interface: Interface) -> tuple[Part, Part]:
    """Training rows without the first fold, and that fold."""
    fit = make_part(dataset, fit_rows(dataset, 0), interface)
    return fit, make_part(dataset, dataset.folds[0], interface)


@dataclass(frozen=True, slots=True, eq=False)
class TreeJobs:
    """One tree a price, each from the better of CART's tree and that of the price before."""

    dataset: Dataset
    options: DecisionTreeOptions
    rows: TreeRows
    costs: TreeCosts
    seed: int

    @classmethod
    def of(cls, problem: Problem, options: DecisionTreeOptions, seed: int) -> "TreeJobs":
        """Raises RunError for a regression."""
        dataset = problem.dataset
        interface = make_interface(dataset, options.input_bits.upper, fit_rows(dataset, 0))
        fit, _ = parts_of(dataset, interface)
        rows = tree_rows(interface, fit.codes, fit.targets, options, seed=seed)
        return cls(dataset, options, rows, mapped_tree_costs(library_of(problem)), seed)

    @property
    def values(self) -> Sequence[Mapping[str, AxisValue]]:
        return [{"price": price} for price in tree_jobs(self.options)]

    def make(self, number: int, done: Mapping[int, Network]) -> Network:
        return train_tree(
            self.rows,
            price=tree_jobs(self.options)[number],
            costs=self.costs,
            options=self.options,
            seed=self.seed + number,
            previous=done.get(number - 1),
        )

    def parts(self, network: Network) -> tuple[Part, Part]:
        return parts_of(self.dataset, network.interface)


@dataclass(frozen=True, slots=True, eq=False)
class GateJobs:
    """One netlist for each start and price. starts: designs of the stages before, as gates."""

    dataset: Dataset
    options: GateNetlistOptions
    starts: Sequence[Network]
    library: CellLibrary
    seed: int

    @classmethod
    def of(
        cls, problem: Problem, options: GateNetlistOptions, designs: Sequence[Network], seed: int
    ) -> "GateJobs":
        """designs: to start from. Raises RunError where there is none."""
        if not designs:
            raise RunError(
                "space: gate_netlist improves designs of the families before it in the list, but they found "
                "none; name another family first, or loosen the limits"
            )
        library = library_of(problem)
        return cls(problem.dataset, options, [as_gates(each, library) for each in designs], library, seed)

    @property
    def _list(self) -> tuple[GateJob, ...]:
        return gate_jobs(len(self.starts), self.options)

    @property
    def values(self) -> Sequence[Mapping[str, AxisValue]]:
        return [{"start": job.start, "price": job.price} for job in self._list]

    def make(self, number: int, done: Mapping[int, Network]) -> Network:
        job = self._list[number]
        fit, _ = self.parts(self.starts[job.start])
        labels = fit.targets.astype("int64")
        return run_job(job, self.starts, done, fit.codes, labels, self.library, self.options, self.seed)

    def parts(self, network: Network) -> tuple[Part, Part]:
        return parts_of(self.dataset, network.interface)
