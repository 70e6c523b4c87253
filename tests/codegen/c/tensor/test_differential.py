"""Random int8 networks: the emitted C gives what `evaluate` gives, whole and patch by patch."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from codegen.artifact import Artifact
from codegen.c import emit_c
from codegen.cores import load_core
from codegen.ir import Network, PatchSchedule, Schedule, TensorNet
from codegen.ir.testing import random_network
from codegen.plan import PlanError, check_plan, choose_kernels, plan_network
from codegen.verify import verify_c
from tests.codegen.c.differential import compile_and_run, run_on_core, write_program
from tests.networks import codes_for

CORES = ("cortex-m4", "cortex-m0", "cortex-m3")
BATCH = 10
WHOLE = Schedule()
SETTINGS = settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
    ],
)
SEEDS = st.lists(st.integers(0, 1 << 32), min_size=BATCH, max_size=BATCH, unique=True)


def emitted(network: Network, index: int, schedule: Schedule = WHOLE, core: str | None = None) -> Artifact:
    """A module planned for a core, one or another where none is named, after its plan has been checked."""
    assert isinstance(network.body, TensorNet)
    graph, planned = network.body.graph, load_core(core or CORES[index % len(CORES)])
    check_plan(plan_network(graph, schedule, planned), graph, choose_kernels(graph, schedule, planned))
    vectors = codes_for(network.interface, 2, 0)
    return emit_c(network, name=f"n{index}", vectors=vectors, layout="plain", core=planned, schedule=schedule)


def patched(seed: int) -> tuple[Network, Schedule] | None:
    """A network with a leading stage in a few patches, None where its windows don't allow them."""
    rng = np.random.default_rng(seed)
    network = random_network(seed, n_local=4, max_operators=3, max_size=14)
    assert isinstance(network.body, TensorNet)
    graph, n_operators = network.body.graph, int(rng.integers(1, 5))
    height, width, _ = graph.tensors[graph.operators[n_operators - 1].output].shape
    rows, columns = int(rng.integers(1, min(height, 4) + 1)), int(rng.integers(1, min(width, 4) + 1))
    schedule = Schedule(None, PatchSchedule(n_operators, rows, columns))
    try:
        plan_network(graph, schedule, load_core("cortex-m4"))
    except PlanError:
        return None
    return network, schedule


@pytest.mark.parametrize("compiler", [["gcc", "-std=c99"], ["g++", "-x", "c++"]])
@SETTINGS
@given(seeds=SEEDS)
def test_random_networks_agree_with_evaluate(
    compiler: list[str],
    seeds: list[int],
    tmp_path_factory: pytest.TempPathFactory,
    requires_tool,  # type: ignore[no-untyped-def]
) -> None:
    requires_tool(compiler[0])
    folder = tmp_path_factory.mktemp("batch") / "c"
    networks = [random_network(seed) for seed in seeds]
    artifacts = [emitted(network, index) for index, network in enumerate(networks)]
    assert compile_and_run(compiler, write_program(networks, artifacts, folder), folder) == ""


@SETTINGS
@given(seeds=SEEDS)
def test_networks_in_patches_agree_with_their_whole_evaluation(
    seeds: list[int],
    tmp_path_factory: pytest.TempPathFactory,
    requires_tool,  # type: ignore[no-untyped-def]
) -> None:
    requires_tool("gcc")
    folder = tmp_path_factory.mktemp("batch") / "c"
    pairs = [pair for pair in map(patched, seeds) if pair is not None]
    assume(len(pairs) >= BATCH // 2)
    artifacts = [emitted(network, index, schedule) for index, (network, schedule) in enumerate(pairs)]
    networks = [network for network, _ in pairs]
    assert compile_and_run(["gcc", "-std=c99"], write_program(networks, artifacts, folder), folder) == ""


@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m3", "cortex-m4", "cortex-m55", "rv32imc"])
def test_random_networks_agree_with_evaluate_on_simulated_cores(
    core: str,
    tmp_path: Path,
    requires_tool,  # type: ignore[no-untyped-def]
) -> None:
    """Half of them in patches, all planned for the core that they run on."""
    requires_tool(load_core(core).compiler, load_core(core).simulators[0].program)
    pairs = [(random_network(seed), WHOLE) for seed in range(8)]
    pairs += [pair for pair in map(patched, range(40, 50)) if pair is not None]
    networks = [network for network, _ in pairs]
    artifacts = [
        emitted(network, index, schedule, core=core) for index, (network, schedule) in enumerate(pairs)
    ]
    sources = write_program(networks, artifacts, tmp_path / "c")
    assert run_on_core(load_core(core), sources, tmp_path / "c") == 0


def test_a_network_in_patches_is_proven_on_simulated_cores(requires_tool) -> None:  # type: ignore[no-untyped-def]
    requires_tool("gcc", "arm-none-eabi-gcc", "qemu-system-arm")
    pair = patched(55)
    assert pair is not None
    network, schedule = pair
    codes = codes_for(network.interface, 20, 0)
    artifact = emit_c(network, name="net", vectors=codes, schedule=schedule)
    for proof in verify_c(network, artifact, codes, seed=1, n_random=60):
        assert (proof.status, proof.first_mismatch, proof.mismatches) == ("proven", "", 0)


def test_a_changed_table_is_found(tmp_path: Path, requires_tool) -> None:  # type: ignore[no-untyped-def]
    """The programs of this file do find a difference of one."""
    requires_tool("gcc")
    network = random_network(207)
    artifact = emitted(network, 0)
    folder = tmp_path / "c"
    sources = write_program([network], [artifact], folder)
    text = (folder / "n0.c").read_text(encoding="utf-8")
    assert "(int8_t)y;" in text
    (folder / "n0.c").write_text(text.replace("(int8_t)y;", "(int8_t)(y ^ 1);", 1), encoding="utf-8")
    assert compile_and_run(["gcc", "-std=c99"], sources, folder) == "network 0\n"
