"""The gate-level search: from any trained network to a smaller netlist that errs hardly more often.

A network is synthesized, its netlist annealed at a price of area, mapped again, and so on; the result is a
network whose body is a `GateNetlist`. A stage of a run is a list of jobs, one for each start and price.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from codegen.cells import CellLibrary
from codegen.circuit import pack_codes
from codegen.ir import ClassOutput, GateNetlist, Interface, Network, TensorNet
from codegen.ir.evaluate import Codes, evaluate
from codegen.ir.network import GATE_KINDS
from codegen.synthesis import FAST, THOROUGH, Recipe, map_netlist, synthesize_network
from nas.errors import ProofError, RunError
from searchspaces.gate_netlist import (
    GateNetlistOptions,
    Objective,
    anneal_netlist,
    objective,
    temperatures_for,
)
from searchspaces.gate_netlist.slots import Areas, Labels, Words


@dataclass(frozen=True, slots=True)
class GateJob:
    """One start at one price. number: from 0, its place in the stage. start: index of the design."""

    number: int
    start: int
    price: float


def gate_jobs(n_starts: int, options: GateNetlistOptions) -> tuple[GateJob, ...]:
    """The jobs of a stage, start by start, each at rising prices: what a job needs comes before it."""
    pairs = product(range(n_starts), options.prices)
    return tuple(GateJob(number, start, price) for number, (start, price) in enumerate(pairs))


def run_job(
    job: GateJob,
    starts: Sequence[Network],
    codes: Codes,
    labels: Labels,
    library: CellLibrary,
    options: GateNetlistOptions,
    seed: int,
    *,
    row_weight: float = 1.0,
    recipes: Sequence[Recipe] = THOROUGH,
) -> Network:
    """Improves the best of its starts at the job's price.

    starts: designs of one interface, better as `as_gates` than synthesized again for each job. seed: of the
    stage; the job makes its own of it. Other arguments and errors as `improve`.
    """
    networks = [as_gates(start, library) for start in starts]
    rows = _Rows.of(networks[0].interface, codes, labels, library)
    best = min(networks, key=lambda network: rows.judge(_gates(network), job.price).cost)
    own_seed = int(np.random.SeedSequence(seed, spawn_key=(job.number,)).generate_state(1)[0])
    return improve(
        best,
        codes,
        labels,
        library,
        options,
        job.price,
        own_seed,
        row_weight=row_weight,
        recipes=recipes,
    )


def improve(
    network: Network,
    codes: Codes,
    labels: Labels,
    library: CellLibrary,
    options: GateNetlistOptions,
    price: float,
    seed: int,
    *,
    row_weight: float = 1.0,
    recipes: Sequence[Recipe] = THOROUGH,
) -> Network:
    """The network as gates, annealed on training rows and mapped again `options.rounds` times.

    codes: (n_rows, n_features) training rows. labels: (n_rows,) their classes. price: accuracy, as a share
    of 1, that a cm2 must earn; errors + price * n_rows * area of the result is never above that of the start
    as gates. row_weight: true rows by all rows where some are made up, above 0 and up to 1; temperatures
    chosen by the number of rows follow it. recipes: of the last mapping. The result depends on the
    arguments, and on the synthesis tools, alone. Raises RunError for a network without classes, SpaceError
    for rows that do not fit, ToolError and SynthesisError where synthesis fails, ProofError where the result
    errs on other rows than the search counted.
    """
    start = as_gates(network, library)
    rows = _Rows.of(start.interface, codes, labels, library)
    best = _gates(start)
    for index, seed_of_round in enumerate(np.random.SeedSequence(seed).generate_state(options.rounds)):
        annealed = anneal_netlist(
            best,
            rows.words,
            rows.labels,
            rows.n_classes,
            rows.gate_areas,
            price,
            moves=options.moves,
            seed=int(seed_of_round),
            temperatures=_temperatures(options, len(labels), row_weight),
            changes=options.changes,
        )
        is_last = index + 1 == options.rounds
        mapped = map_netlist(annealed, len(rows.words), library, recipes if is_last else FAST).netlist
        best = min((best, annealed, mapped), key=lambda netlist: rows.judge(netlist, price).cost)
    result = Network(start.interface, best)
    _check_errors(result, codes, labels, rows.judge(best, price))
    return result


def _temperatures(options: GateNetlistOptions, n_rows: int, row_weight: float) -> tuple[float, float]:
    spread = options.temperatures
    if spread is not None:
        return spread.upper, spread.lower
    hot, cold = temperatures_for(round(n_rows * row_weight))
    return hot / row_weight, cold / row_weight


def as_gates(network: Network, library: CellLibrary) -> Network:
    """The same function as a netlist of the library's gates; a network that is one already stays as it is.

    Raises RunError for a network that answers with values or computes with tensors, and what synthesis
    raises.
    """
    if not isinstance(network.interface.output, ClassOutput):
        raise RunError("gate_netlist: the network must answer with a class, not with values; leave it out")
    if isinstance(network.body, TensorNet):
        raise RunError("gate_netlist: a tensor network has no gates; start from an MLP, a tree or a netlist")
    if isinstance(network.body, GateNetlist):
        if {gate.kind for gate in network.body.gates} <= set(library.kinds):
            return network
        body = map_netlist(network.body, network.interface.n_input_bits, library).netlist
        return Network(network.interface, body)
    return Network(network.interface, synthesize_network(network, library, recipes=FAST).netlist)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Training rows and cells as the kernels want them."""

    words: Words
    labels: npt.NDArray[np.int64]
    n_classes: int
    gate_areas: Areas

    @classmethod
    def of(cls, interface: Interface, codes: Codes, labels: Labels, library: CellLibrary) -> "_Rows":
        words = pack_codes(codes, [feature.bits for feature in interface.features]).words
        return cls(words, labels.astype(np.int64), interface.n_outputs, gate_areas(library))

    def judge(self, netlist: GateNetlist, price: float) -> Objective:
        return objective(netlist, self.words, self.labels, self.n_classes, self.gate_areas, price)


def gate_areas(library: CellLibrary) -> Areas:
    """cm2 of each gate in the order of `GATE_KINDS`; infinite where the library has none."""
    known = set(library.kinds)
    return np.array([library.area_cm2(kind) if kind in known else np.inf for kind in GATE_KINDS])


def _gates(network: Network) -> GateNetlist:
    assert isinstance(network.body, GateNetlist)
    return network.body


def _check_errors(network: Network, codes: Codes, labels: Labels, counted: Objective) -> None:
    errors = int((evaluate(network, codes) != labels).sum())
    if errors != counted.errors:
        raise ProofError(
            f"gate_netlist: the search counted {counted.errors} errors on the training rows, but the network "
            f"has {errors}; please report this"
        )
