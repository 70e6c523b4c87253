"""Runs whole tensor networks on the host and on a core, many in one program, and compares with `evaluate`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from codegen.c import emit_c
from codegen.c.kernels import KernelCode
from codegen.cores import Core, load_core
from codegen.ir import ClassOutput, Network, PatchSchedule, Schedule, TensorNet
from codegen.ir.evaluate import evaluate
from codegen.ir.testing import random_network, samples_of
from codegen.plan import PlanError, check_plan, choose_kernels, plan_network
from codegen.verify.kernels import KernelCase, run_kernels_on_core, run_kernels_on_host

HOST = "host"
TARGETS = (HOST, "cortex-m0", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m55", "rv32imc")
"""Where random networks run: the host under sanitizers, and a core of each instruction set."""
N_ROWS = 12
MAX_PATCHES = 4
"""Along an axis."""


@dataclass(frozen=True, slots=True, eq=False)
class NetworkCase:
    """codes: (n_rows, n_features) int8 rows. seed: that the network is made of."""

    seed: int
    network: Network
    schedule: Schedule
    codes: npt.NDArray[np.int64]

    @property
    def answers(self) -> npt.NDArray[np.int64]:
        """(n_rows, n_answers) by definition."""
        return evaluate(self.network, self.codes).reshape(len(self.codes), -1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one network on one target. n_rows ran, of which n_wrong differ; difference: the first in words.
    instructions: of the first row, 0 on the host."""

    seed: int
    n_rows: int
    n_wrong: int
    difference: str
    instructions: int


def random_case(seed: int) -> NetworkCase:
    """A random network and rows; every second one has a leading stage in patches, where its windows allow."""
    if seed % 2:
        network = random_network(seed, n_local=4, max_operators=3, max_size=14)
        schedule = _patches(network, np.random.default_rng(seed))
    else:
        network, schedule = random_network(seed), Schedule()
    return NetworkCase(seed, network, schedule, samples_of(network, seed, N_ROWS))


def _patches(network: Network, rng: np.random.Generator) -> Schedule:
    """A stage of a few patches, the whole at once where the plan refuses it."""
    assert isinstance(network.body, TensorNet)
    graph = network.body.graph
    n_local = min(4, len(graph.operators))
    n_operators = int(rng.integers(1, n_local + 1))
    height, width = graph.tensors[graph.operators[n_operators - 1].output].shape[:2]
    rows, columns = (int(rng.integers(1, min(length, MAX_PATCHES) + 1)) for length in (height, width))
    schedule = Schedule(None, PatchSchedule(n_operators, rows, columns))
    try:
        plan_network(graph, schedule, load_core("cortex-m4"))
    except PlanError:
        return Schedule()
    return schedule


def run_networks(cases: Sequence[NetworkCase], target: str) -> list[Outcome]:
    """What each network gives on "host" or on a core of codegen.cores that it is planned and emitted for.

    The host runs the portable form with warnings as errors, under the address and undefined-behavior
    sanitizers with an input, an output and an arena of exact size. On cores bytes behind them are watched.
    The plans are checked too. Raises KernelError where a write or a fault is found, BuildError, ToolError,
    and CodegenError for a network that can't be emitted.
    """
    core = load_core("rv32imc" if target == HOST else target)
    kernels = [_kernel(case, f"n{index}", core) for index, case in enumerate(cases)]
    if target == HOST:
        found, instructions = run_kernels_on_host(kernels), [0] * len(cases)
    else:
        found, costs = run_kernels_on_core(kernels, core)
        instructions = [runs[0].instructions for runs in costs]
    return [_outcome(*one) for one in zip(cases, found, instructions, strict=True)]


def _kernel(case: NetworkCase, name: str, core: Core) -> KernelCase:
    """The module with its arena as a kernel's scratch. Classes are answered as 16 bits."""
    graph = case.network.body.graph  # type: ignore[union-attr]
    check_plan(plan_network(graph, case.schedule, core), graph, choose_kernels(graph, case.schedule, core))
    artifact = emit_c(
        case.network, name=name, vectors=case.codes, layout="plain", core=core, schedule=case.schedule
    )
    texts = {file.path: file.text for file in artifact.files}
    (arena_bytes,) = re.findall(r"_ARENA_BYTES (\d+)", texts[f"{name}.h"])
    module = texts[f"{name}.c"].replace(f'#include "{name}.h"\n', texts[f"{name}.h"])
    classes = isinstance(case.network.interface.output, ClassOutput)
    if classes:
        call = f"const int16_t y = (int16_t){name}_predict_in(input, scratch);\n    memcpy(output, &y, 2);"
    else:
        call = f"{name}_predict_in(input, ({name}_value_t *)output, scratch);"
    prototype = f"static void {name}_run(const int8_t *input, int8_t *output, void *scratch)"
    functions = f"{module}\n{prototype}\n{{\n    {call}\n}}\n"
    code = KernelCode("", functions, prototype, int(arena_bytes), "portable")
    n_bytes = 2 if classes else case.answers.shape[1]
    return KernelCase(f"{name}_run", code, case.codes.astype(np.int8), n_bytes)


def _outcome(case: NetworkCase, found: npt.NDArray[np.int8], instructions: int) -> Outcome:
    answers = case.answers
    if isinstance(case.network.interface.output, ClassOutput):
        rows = np.ascontiguousarray(found).view("<i2").astype(np.int64)
    else:
        rows = found.astype(np.int64)
    wrong = np.flatnonzero((rows != answers).any(axis=1))
    difference = ""
    if len(wrong):
        row = int(wrong[0])
        difference = f"row {row}: expected {answers[row].tolist()}, found {rows[row].tolist()}"
    return Outcome(case.seed, len(answers), len(wrong), difference, instructions)
