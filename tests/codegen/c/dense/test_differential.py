"""Random chains on the shared routine: the emitted C gives what `evaluate` gives, in every form and on every
core.
"""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codegen.artifact import Artifact
from codegen.c import EmitError, emit_c
from codegen.cores import load_core
from codegen.ir import Network
from codegen.verify import verify_c
from tests.codegen.c.dense.random_chains import chain, plain_mlp
from tests.codegen.c.differential import compile_and_run, run_on_core, write_program
from tests.networks import codes_for

CORES = ("cortex-m0", "cortex-m3", "cortex-m4", "cortex-m55", "rv32imc")
BATCH = 12
SEEDS = st.lists(st.integers(0, 1 << 32), min_size=BATCH, max_size=BATCH, unique=True)
SETTINGS = settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def networks(seeds: list[int]) -> list[Network]:
    """Chains of int8 layers and bespoke MLPs in turn."""
    return [chain(seed) if seed % 3 else plain_mlp(seed) for seed in seeds]


def emitted(network: Network, index: int, core: str = "cortex-m4") -> Artifact:
    vectors = codes_for(network.interface, 2, 0)
    return emit_c(
        network, name=f"n{index}", vectors=vectors, layout="plain", form="shared", core=load_core(core)
    )


def runnable(found: list[Network], core: str = "cortex-m4") -> tuple[list[Network], list[Artifact]]:
    """Those that the routine takes."""
    pairs = []
    for index, network in enumerate(found):
        try:
            pairs.append((network, emitted(network, index, core)))
        except EmitError:
            continue
    assert len(pairs) > len(found) // 2
    return [network for network, _ in pairs], [artifact for _, artifact in pairs]


@pytest.mark.parametrize("compiler", [["gcc", "-std=c99"], ["g++", "-x", "c++"]])
@SETTINGS
@given(seeds=SEEDS)
def test_random_chains_agree_with_evaluate(
    compiler: list[str],
    seeds: list[int],
    tmp_path_factory: pytest.TempPathFactory,
    requires_tool,  # type: ignore[no-untyped-def]
) -> None:
    requires_tool(compiler[0])
    folder = tmp_path_factory.mktemp("batch") / "c"
    assert compile_and_run(compiler, write_program(*runnable(networks(seeds)), folder), folder) == ""


@pytest.mark.parametrize("core", CORES)
def test_random_chains_agree_with_evaluate_on_simulated_cores(
    core: str,
    tmp_path: Path,
    requires_tool,  # type: ignore[no-untyped-def]
) -> None:
    requires_tool(load_core(core).compiler, load_core(core).simulators[0].program)
    sources = write_program(*runnable(networks(list(range(100, 124))), core), tmp_path / "c")
    assert run_on_core(load_core(core), sources, tmp_path / "c") == 0


@pytest.mark.parametrize("make", [chain, plain_mlp])
def test_an_export_proves_raw_rows_too(make, requires_tool) -> None:  # type: ignore[no-untyped-def]
    requires_tool("gcc", "arm-none-eabi-gcc", "qemu-system-arm")
    network = make(8)
    codes = codes_for(network.interface, 20, 0)
    for proof in verify_c(network, emitted(network, 0), codes, seed=1, n_random=60):
        assert (proof.status, proof.first_mismatch, proof.mismatches) == ("proven", "", 0), proof.detail


def test_a_wrong_answer_to_a_raw_row_is_no_proof(requires_tool) -> None:  # type: ignore[no-untyped-def]
    requires_tool("gcc")
    network = chain(8)
    artifact = emitted(network, 0)
    wrong = [
        type(file)(
            file.path,
            file.text.replace(
                "first[i] = (uint16_t)n0_steps(raw, i);", "first[i] = (uint16_t)(n0_steps(raw, i) ^ 255);"
            ),
        )
        for file in artifact.files
    ]
    assert any(a.text != b.text for a, b in zip(artifact.files, wrong, strict=True))
    changed = replace(artifact, files=tuple(wrong))
    proof = verify_c(network, changed, codes_for(network.interface, 20, 0), seed=1, n_random=20)[0]
    assert (proof.status, proof.detail[:19]) == ("mismatch", "ended with status 2")
