"""Emitted modules: their files, their text, and what is refused."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from codegen.c import EmitError, choose_form, emit_c
from codegen.c.program import mlp_program
from codegen.cores import load_core
from codegen.ir import (
    BespokeMlp,
    ClassOutput,
    Gate,
    GateNetlist,
    Interface,
    Layer,
    Network,
    Neuron,
    Term,
)
from tests.codegen.c.golden_networks import features, small_chain, small_convolution, small_mlp, small_tree
from tests.networks import codes_for

GOLDEN = Path(__file__).parents[2] / "golden" / "c"


def file(network: Network, suffix: str, **options: str) -> str:
    artifact = emit_c(network, name="golden", vectors=codes_for(network.interface, 3, 0), **options)  # type: ignore[arg-type]
    return next(file.text for file in artifact.files if file.path.endswith(suffix))


@pytest.mark.parametrize(
    ("name", "network", "options"),
    [
        ("mlp.c", small_mlp(), {}),
        ("mlp_table.c", small_mlp(), {"form": "table"}),
        ("tree.c", small_tree(), {}),
        ("tensor.c", small_convolution(), {"form": "portable"}),
        ("chain.c", small_chain(), {"form": "shared"}),
    ],
)
def test_the_module_is_the_golden_text(name: str, network: Network, options: dict[str, str]) -> None:
    assert file(network, "golden.c", **options) == (GOLDEN / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "network"),
    [("mlp.h", small_mlp()), ("tensor.h", small_convolution())],
)
def test_the_header_is_the_golden_text(name: str, network: Network) -> None:
    assert file(network, ".h") == (GOLDEN / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("layout", "paths"),
    [
        ("plain", {"net.h", "net.c", "net_selftest.c"}),
        ("cmake", {"CMakeLists.txt", "include/net.h", "src/net.c", "test/net_selftest.c"}),
        (
            "arduino",
            {
                "library.properties",
                "src/net.h",
                "src/net.c",
                "extras/net_selftest.c",
                "examples/Predict/Predict.ino",
            },
        ),
        (
            "platformio",
            {"library.json", "include/net.h", "src/net.c", "examples/selftest/net_selftest.c"},
        ),
    ],
)
def test_each_layout_has_its_files(layout: str, paths: set[str]) -> None:
    network = small_mlp()
    artifact = emit_c(network, name="net", vectors=codes_for(network.interface, 3, 0), layout=layout)  # type: ignore[arg-type]
    assert {file.path for file in artifact.files} == paths
    assert artifact.prefix == "net"


def test_every_outer_name_begins_with_the_prefix(tmp_path: Path, requires_tool) -> None:  # type: ignore[no-untyped-def]
    requires_tool("gcc", "nm")
    network = small_mlp()
    artifact = emit_c(network, name="1 odd-name!", vectors=codes_for(network.interface, 3, 0), layout="plain")
    artifact.write(tmp_path)
    prefix = artifact.prefix
    subprocess.run(["gcc", "-c", f"{prefix}.c", "-o", "net.o"], cwd=tmp_path, check=True)
    listed = subprocess.run(
        ["nm", "-g", "--defined-only", "net.o"], cwd=tmp_path, check=True, capture_output=True
    )
    names = {line.split()[-1] for line in listed.stdout.decode().splitlines()}
    assert names == {f"{prefix}_{name}" for name in ("predict", "quantize", "labels")}


@pytest.mark.parametrize(
    ("name", "prefix"),
    [("test", "test_net"), ("int", "int"), ("größe 2", "groe_2"), ("x" * 99, "x" * 40), ("", "x")],
)
def test_the_prefix_is_safe_for_c_and_cmake(name: str, prefix: str) -> None:
    network = small_mlp()
    assert emit_c(network, name=name, vectors=codes_for(network.interface, 3, 0)).prefix == prefix


def test_the_text_does_not_depend_on_the_run() -> None:
    assert file(small_mlp(), ".c") == file(small_mlp(), ".c")


def test_the_self_test_takes_rows_from_all_over_the_data() -> None:
    network = small_mlp()
    vectors = np.stack([np.arange(1000) % 16, np.arange(1000) // 100], axis=1)
    artifact = emit_c(network, name="net", vectors=vectors)
    text = next(file.text for file in artifact.files if file.path.endswith("selftest.c"))
    assert "#define N_VECTORS 64" in text
    assert "{8, 9}" in text


def test_the_objective_chooses_the_form_of_large_networks() -> None:
    core = load_core("cortex-m4")
    assert choose_form(mlp_program(small_mlp()), core) == "straight"
    neurons = tuple(Neuron(0, tuple(Term(index, 3, 7, 1) for index in range(60))) for _ in range(30))
    output = ClassOutput(tuple(f"c{index}" for index in range(30)))
    large = Network(Interface(features(60), output), BespokeMlp((Layer(neurons),)))
    assert choose_form(mlp_program(large), core) == "straight"
    assert choose_form(mlp_program(large), core, "flash") == "table"
    whole = tuple(Neuron(0, tuple(Term(index, 3, 15, 1) for index in range(60))) for _ in range(30))
    plain = mlp_program(Network(large.interface, BespokeMlp((Layer(whole),))))
    assert choose_form(plain, core) == choose_form(plain, core, "flash") == "shared"
    assert choose_form(plain, load_core("cortex-m0"), "instructions") == "straight"


def test_an_unknown_layout_and_form_are_refused_by_name() -> None:
    network = small_mlp()
    vectors = codes_for(network.interface, 3, 0)
    with pytest.raises(
        EmitError, match="layout must be one of plain, cmake, arduino, platformio, not 'make'"
    ):
        emit_c(network, name="net", vectors=vectors, layout="make")  # type: ignore[arg-type]
    with pytest.raises(EmitError, match="form must be one of auto, straight, table, shared, not 'fast'"):
        emit_c(network, name="net", vectors=vectors, form="fast")  # type: ignore[arg-type]
    with pytest.raises(EmitError, match="form must be one of auto, portable, acle, asm, shared, not 'table'"):
        emit_c(
            small_convolution(),
            name="net",
            vectors=codes_for(small_convolution().interface, 3, 0),
            form="table",
        )


def test_vectors_of_another_shape_are_refused() -> None:
    with pytest.raises(EmitError, match=r"vectors must be \(at least 1, 2\) codes, not \(3, 4\)"):
        emit_c(small_mlp(), name="net", vectors=np.zeros((3, 4), dtype=np.int64))


def test_a_class_index_that_no_int_holds_is_refused() -> None:
    body = GateNetlist((Gate("inv", 2, 2),), ((3,) * 16,))
    network = Network(Interface(features(1, 1), ClassOutput(("a", "b"))), body)
    with pytest.raises(EmitError, match="netlist: an output must have at most 15 bits, not 16"):
        emit_c(network, name="net", vectors=codes_for(network.interface, 3, 0))
