"""Proofs of emitted C, and what they say when it is wrong or a tool is missing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codegen.artifact import Artifact, File, Proof
from codegen.c import emit_c
from codegen.cores import known_cores, load_core
from codegen.errors import CodegenError
from codegen.ir import ClassOutput, Feature, Gate, GateNetlist, Interface, Network, Value, ValueOutput
from codegen.ir.counts import count
from codegen.verify import build, verify_c
from codegen.verify import c as verify_module
from codegen.verify.c import raw_rows
from codegen.verify.measure import measure_firmware
from tests.codegen.c.golden_networks import features, small_convolution, small_mlp, small_tree
from tests.networks import codes_for

TARGETS = ["c-host", "c-cortex-m0", "c-cortex-m4"]
TOOLS = ("gcc", "arm-none-eabi-gcc", "qemu-system-arm")


def small_netlist() -> Network:
    """Two signed features of two bits; values in two's complement."""
    gates = (Gate("xor", 2, 4), Gate("nand", 3, 5), Gate("inv", 6, 6))
    output = ValueOutput((Value("a", 1.0, 0.0), Value("b", 1.0, 0.0)))
    return Network(Interface(features(2, 2, signed=True), output), GateNetlist(gates, ((6, 7, 8), (7,))))


def emitted(network: Network, name: str = "net", form: str = "auto") -> Artifact:
    return emit_c(network, name=name, vectors=codes_for(network.interface, 20, 1), form=form)  # type: ignore[arg-type]


def proofs(network: Network, artifact: Artifact) -> tuple[Proof, ...]:
    codes = codes_for(network.interface, 50, 2)
    raw = np.random.default_rng(3).uniform(-1, 8, (30, network.interface.n_features))
    return verify_c(network, artifact, codes, seed=4, n_random=300, raw=raw)


def changed(artifact: Artifact, old: str, new: str) -> Artifact:
    """The artifact with one change in its module."""
    files = []
    for file in artifact.files:
        if file.path.endswith("net.c"):
            assert old in file.text
            file = File(file.path, file.text.replace(old, new, 1))
        files.append(file)
    return replace(artifact, files=tuple(files))


@pytest.mark.parametrize(
    ("network", "form"),
    [
        (small_mlp(), "straight"),
        (small_mlp(), "table"),
        (small_tree(), "auto"),
        (small_netlist(), "auto"),
        (small_convolution(), "auto"),
    ],
    ids=["straight", "table", "tree", "netlist", "tensors"],
)
def test_every_body_is_proven_on_the_host_and_on_the_usual_cores(
    network: Network, form: str, requires_tool
) -> None:  # type: ignore[no-untyped-def]
    requires_tool(*TOOLS)
    found = proofs(network, emitted(network, form=form))
    assert [proof.target for proof in found] == TARGETS
    rows32 = 350 if isinstance(network.body, GateNetlist) else 0
    assert [proof.vectors for proof in found] == [350 + 430 + rows32, 350 + 430, 350 + 430]
    for proof in found:
        assert (proof.status, proof.mismatches, proof.first_mismatch) == ("proven", 0, "")
        assert proof.detail == "350 rows of codes, 430 raw rows quantized"


@pytest.mark.parametrize("name", known_cores())
@pytest.mark.parametrize("network", [small_mlp(), small_convolution()], ids=["mlp", "tensors"])
def test_a_module_is_proven_on_the_core_of_its_board(name: str, network: Network, requires_tool) -> None:  # type: ignore[no-untyped-def]
    core = load_core(name)
    requires_tool("gcc", core.compiler, *(simulator.program for simulator in core.simulators))
    codes = codes_for(network.interface, 50, 2)
    artifact = emit_c(network, name="net", vectors=codes, core=core)
    found = verify_c(network, artifact, codes, seed=4, n_random=100, cores=(core,))
    assert [(proof.target, proof.status) for proof in found] == [
        ("c-host", "proven"),
        (f"c-{name}", "proven"),
    ]


def test_the_tool_names_compiler_simulator_and_core_with_versions(requires_tool) -> None:  # type: ignore[no-untyped-def]
    requires_tool(*TOOLS)
    host, m0, m4 = proofs(small_mlp(), emitted(small_mlp()))
    assert host.tool.startswith("gcc ")
    assert host.tool.endswith("with address and undefined-behavior sanitizers")
    assert "arm-none-eabi-gcc" in m0.tool
    assert m0.tool.endswith("Cortex-M0 of the micro:bit")
    assert m4.tool.endswith("Cortex-M4 of the MPS2 board, AN386")


def test_a_wrong_weight_is_a_mismatch_that_names_the_vector(requires_tool) -> None:  # type: ignore[no-untyped-def]
    requires_tool("gcc")
    broken = changed(emitted(small_tree()), "return 10;", "return 11;")
    proof = proofs(small_tree(), replace(broken, files=without_self_test(broken)))[0]
    assert proof.status == "mismatch"
    assert proof.mismatches > 0
    assert proof.first_mismatch == "vector 0 (0, 0): expected 10, found 11"


def without_self_test(artifact: Artifact) -> tuple[File, ...]:
    return tuple(file for file in artifact.files if "selftest" not in file.path)


def test_a_wrong_module_fails_on_the_cores_too(requires_tool) -> None:  # type: ignore[no-untyped-def]
    requires_tool(*TOOLS)
    broken = changed(emitted(small_tree()), "return 10;", "return 11;")
    assert [proof.status for proof in proofs(small_tree(), broken)] == ["mismatch"] * 3


def test_a_failing_self_test_is_a_mismatch(requires_tool) -> None:  # type: ignore[no-untyped-def]
    requires_tool("gcc")
    artifact = emitted(small_mlp())
    files = tuple(
        File(file.path, file.text.replace("return wrong == 0 ? 0 : 1", "return 1")) for file in artifact.files
    )
    proof = proofs(small_mlp(), replace(artifact, files=files))[0]
    assert proof.status == "mismatch"
    assert proof.detail.startswith("ended with status 1: net: 20 of 20 vectors agree")


def test_a_wrong_quantization_names_the_raw_row(requires_tool) -> None:  # type: ignore[no-untyped-def]
    requires_tool("gcc")
    proof = proofs(small_mlp(), changed(emitted(small_mlp()), "word - 0x3f800000u", "word - 0x40000000u"))[0]
    assert proof.status == "mismatch"
    assert proof.first_mismatch.startswith("raw row ")


def test_undefined_behavior_is_a_mismatch_in_the_sanitizers_words(requires_tool) -> None:  # type: ignore[no-untyped-def]
    requires_tool("gcc")
    proof = proofs(small_mlp(), changed(emitted(small_mlp()), "v = x[0];", "v = x[0] << 31;"))[0]
    assert proof.status == "mismatch"
    assert "runtime error: left shift" in proof.detail


def test_text_that_does_not_compile_is_a_mismatch_in_the_compilers_words(requires_tool) -> None:  # type: ignore[no-untyped-def]
    requires_tool("gcc")
    proof = proofs(small_mlp(), changed(emitted(small_mlp()), "int32_t v;", "int16_t v; int unused;"))[0]
    assert proof.status == "mismatch"
    assert proof.detail.startswith("does not compile: ")
    assert "[-Werror=unused-variable]" in proof.detail


def test_a_missing_tool_is_told_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "find_tool", lambda name: None)
    host, m0, m4 = proofs(small_mlp(), emitted(small_mlp()))
    assert (host.status, host.tool, host.detail) == ("missing", "gcc", "apt install gcc")
    for proof in (m0, m4):
        assert (proof.status, proof.tool) == ("missing", "arm-none-eabi-gcc")
        assert proof.detail == "apt install gcc-arm-none-eabi libnewlib-arm-none-eabi"
        assert (proof.vectors, proof.mismatches) == (0, 0)


@pytest.mark.parametrize("name", ["startup", "subject"])
def test_a_network_may_have_the_name_of_a_file_of_ours(name: str, requires_tool) -> None:  # type: ignore[no-untyped-def]
    requires_tool("gcc")
    network = small_tree()
    assert proofs(network, emitted(network, name))[0].status == "proven"


def test_no_vector_at_all_is_refused() -> None:
    network = small_mlp()
    with pytest.raises(CodegenError, match="at least one vector is needed"):
        verify_c(network, emitted(network), np.zeros((0, 2), dtype=np.int64), seed=0, n_random=0)


def test_an_artifact_without_the_module_is_refused(requires_tool) -> None:  # type: ignore[no-untyped-def]
    requires_tool("gcc")
    network = small_mlp()
    artifact = replace(emitted(network), prefix="other")
    with pytest.raises(CodegenError, match=r"artifact: must hold other\.c and other\.h, but has \['net"):
        proofs(network, artifact)


def with_table(artifact: Artifact, n_bytes: int) -> Artifact:
    table = f"static const int8_t big[{n_bytes}] = {{0}};\n\nvoid net_quantize"
    return changed(changed(artifact, "return 10;", "return 10 + big[x[0]];"), "void net_quantize", table)


def test_a_firmware_beyond_the_simulated_machines_is_missing_not_wrong(requires_tool) -> None:  # type: ignore[no-untyped-def]
    requires_tool(*TOOLS)
    host, m0, m4 = proofs(small_tree(), with_table(emitted(small_tree()), 5_000_000))
    assert (host.status, m0.status, m4.status) == ("proven", "missing", "missing")
    assert m0.detail == (
        "arm-none-eabi-gcc: the firmware must fit the memory of the simulated machine, but does not"
    )


def test_a_firmware_beyond_the_smaller_machine_runs_on_the_larger(requires_tool) -> None:  # type: ignore[no-untyped-def]
    requires_tool(*TOOLS)
    _, m0, _ = proofs(small_tree(), with_table(emitted(small_tree()), 400_000))
    assert m0.status == "proven"
    assert m0.tool.endswith("Cortex-M3 of the MPS2 board, AN385 (runs all instructions of a Cortex-M0)")


def test_a_large_tensor_network_runs_on_fewer_rows_given_and_random_ones_in_turn(
    monkeypatch: pytest.MonkeyPatch,
    requires_tool,  # type: ignore[no-untyped-def]
) -> None:
    requires_tool(*TOOLS)
    network = small_convolution()
    macs = count(network).macs
    monkeypatch.setattr(verify_module, "MAX_MACS", 40 * macs)
    monkeypatch.setattr(verify_module, "MAX_MACS_ON_CORE", 10 * macs)
    host, m0, m4 = proofs(network, emitted(network))
    assert [proof.status for proof in (host, m0, m4)] == ["proven"] * 3
    assert [proof.detail.split(" rows")[0] for proof in (host, m0, m4)] == ["40", "10", "10"]
    given = codes_for(network.interface, 50, 2)
    rows = verify_module._mixed(network, given, seed=4, n_random=300)
    assert rows.shape == (40, 16)
    assert (rows[0::2] == given[np.arange(20) * 50 // 20]).all()
    assert rows[1].tolist() == [-128] * 16
    assert rows[3].tolist() == [127] * 16


def test_random_raw_rows_hold_special_values_and_come_first() -> None:
    interface = Interface((Feature("a", -1.0, 1.0, 4),), ClassOutput(("x", "y")))
    rows = raw_rows(interface, np.array([[0.25]]), seed=0)
    assert rows.dtype == np.float32
    assert rows[-1, 0] == np.float32(0.25)
    assert np.isnan(rows).any()
    assert np.isinf(rows).any()
    assert np.array_equal(rows, raw_rows(interface, np.array([[0.25]]), seed=0), equal_nan=True)


def test_a_measurement_counts_instructions_flash_and_stack(requires_tool) -> None:  # type: ignore[no-untyped-def]
    requires_tool(*TOOLS)
    network = small_mlp()
    codes = codes_for(network.interface, 16, 0)
    found = measure_firmware(emitted(network), network, codes, load_core("cortex-m4"))
    assert found.instructions_min <= found.instructions_mean <= found.instructions_max
    assert 40 < found.instructions_mean < 120
    assert 150 < found.flash_bytes < 600
    assert found.ram_bytes == found.stack_bytes
    assert 24 <= found.stack_bytes <= 120
    assert found.compiler.startswith("arm-none-eabi-gcc")


def test_the_folder_of_the_proof_is_removed(
    requires_tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    requires_tool("gcc")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    proofs(small_mlp(), emitted(small_mlp()))
    assert not list(tmp_path.glob("silkscreen-*"))
