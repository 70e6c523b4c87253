"""Random int8 networks: the emitted C gives what `evaluate` gives, whole and patch by patch."""

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from codegen.artifact import Artifact
from codegen.c import emit_c
from codegen.cores import load_core
from codegen.ir import Network, Schedule, TensorNet
from codegen.ir.testing import random_network
from codegen.plan import check_plan, choose_kernels, plan_network
from codegen.verify import verify_c
from codegen.verify.networks import NetworkCase, random_case
from tests.codegen.c.differential import compile_and_run, write_program
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


def patched(seed: int) -> NetworkCase | None:
    """A network with a leading stage in a few patches, None where its windows don't allow them."""
    case = random_case(2 * seed + 1)
    return None if case.schedule.patches is None else case


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
    cases = [case for case in map(patched, seeds) if case is not None]
    assume(len(cases) >= BATCH // 2)
    artifacts = [emitted(case.network, index, case.schedule) for index, case in enumerate(cases)]
    networks = [case.network for case in cases]
    assert compile_and_run(["gcc", "-std=c99"], write_program(networks, artifacts, folder), folder) == ""


def test_a_network_in_patches_is_proven_on_simulated_cores(requires_tool) -> None:  # type: ignore[no-untyped-def]
    requires_tool("gcc", "arm-none-eabi-gcc", "qemu-system-arm")
    case = next(case for case in map(patched, range(20)) if case is not None)
    codes = codes_for(case.network.interface, 20, 0)
    artifact = emit_c(case.network, name="net", vectors=codes, schedule=case.schedule)
    for proof in verify_c(case.network, artifact, codes, seed=1, n_random=60):
        assert (proof.status, proof.first_mismatch, proof.mismatches) == ("proven", "", 0)
